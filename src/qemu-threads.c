/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "qemu-threads.h"

#include <errno.h>
#include <string.h>

#include "file.h"

static void read_thread(int task, const char *name, struct qemu_thread *ret) {
    char path[64], command[32] = "";
    int length;

    *ret = (struct qemu_thread){.id = atoi(name), .group = THREADS_EMULATOR};
    length = snprintf(path, sizeof path, "%.16s/comm", name);
    if (length < 0 || file_read_line_at(task, path, command, sizeof command) < 0)
        return;
    if (sscanf(command, "CPU %u/", &ret->number) == 1)
        ret->group = THREADS_VCPU;
    else if (sscanf(command, "IO iothread%u", &ret->number) == 1)
        ret->group = THREADS_IOTHREAD;
}

int qemu_threads(pid_t qemu, struct qemu_thread **ret, size_t *ret_count) {
    _cleanup_free_ struct qemu_thread *threads = NULL;
    _cleanup_closedir_ DIR *task = NULL;
    size_t count = 0;
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/task", qemu);
    task = opendir(path);
    if (!task)
        return errno == ENOENT ? -ESRCH : -errno;
    for (struct dirent *entry = readdir(task); entry; entry = readdir(task)) {
        struct qemu_thread *larger;

        if (entry->d_name[0] == '.')
            continue;
        larger = reallocarray(threads, count + 1, sizeof *larger);
        if (!larger)
            return -ENOMEM;
        threads = larger;
        read_thread(dirfd(task), entry->d_name, &threads[count++]);
    }
    *ret = take_pointer(threads);
    *ret_count = count;
    return 0;
}
