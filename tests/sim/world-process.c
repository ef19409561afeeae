/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A process whose system call waits for its answer: its memory, and what it may do. */
#include "world.h"

#include <fcntl.h>

static int open_memory(pid_t process, int flags) {
    _cleanup_free_ char *path = new_format("/proc/%d/mem", process);

    return open(path, flags | O_CLOEXEC);
}

ssize_t memory_read(pid_t process, uint64_t address, void *buffer, size_t size) {
    _cleanup_close_ int fd = open_memory(process, O_RDONLY);

    return fd < 0 ? -1 : pread(fd, buffer, size, (off_t)address);
}

ssize_t memory_write(pid_t process, uint64_t address, const void *data, size_t size) {
    _cleanup_close_ int fd = open_memory(process, O_WRONLY);

    return fd < 0 ? -1 : pwrite(fd, data, size, (off_t)address);
}

bool is_capable(pid_t process, int capability) {
    _cleanup_free_ char *path = new_format("/proc/%d/status", process), *line = NULL;
    _cleanup_fclose_ FILE *file = fopen(path, "re");
    unsigned long long effective = 0;
    size_t size = 0;

    while (file && getline(&line, &size, file) >= 0)
        if (sscanf(line, "CapEff: %llx", &effective) == 1)
            break;
    return effective >> capability & 1;
}
