/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host-holders.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "file.h"
#include "process.h"
#include "text.h"

#define VFIO_FILES "/dev/vfio/"

static bool is_vfio_file(int descriptors, const char *name, char ret[static VFIO_FILE_MAX]) {
    char target[sizeof VFIO_FILES - 1 + VFIO_FILE_MAX];
    ssize_t length = readlinkat(descriptors, name, target, sizeof target);

    /* What fills the buffer is longer than any such file. */
    if (length < 0 || (size_t)length == sizeof target ||
        strncmp(target, VFIO_FILES, strlen(VFIO_FILES)) != 0)
        return false;
    target[length] = '\0';
    strcpy(ret, target + strlen(VFIO_FILES));
    return strcmp(ret, "vfio") != 0; /* the container, which tells nothing */
}

static char *describe(int process, const char *pid, bool *ret_is_vm) {
    char *domain = process_domain(atoi(pid));
    _cleanup_free_ char *shown = NULL;
    char command[32];

    *ret_is_vm = domain;
    if (domain)
        return domain;
    if (file_read_line_at(process, "comm", command, sizeof command) < 0)
        strcpy(command, "?");
    shown = text_printable(command);
    return shown ? text_format("process %s (%s)", pid, shown) : NULL;
}

static int add(struct vfio_holders *holders, const char *file, int process, const char *pid) {
    struct vfio_holder *larger =
        reallocarray(holders->items, holders->count + 1, sizeof *holders->items);

    if (!larger)
        return -ENOMEM;
    holders->items = larger;
    larger += holders->count;
    *larger = (struct vfio_holder){0};
    strcpy(larger->file, file);
    larger->name = describe(process, pid, &larger->is_vm);
    if (!larger->name)
        return -ENOMEM;
    holders->count++;
    return 0;
}

/* Processes that end meanwhile, or that are somebody else's, are passed over. */
static int look_at_process(struct vfio_holders *holders, int proc, const char *pid) {
    _cleanup_close_ int process = openat(proc, pid, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int fd = process < 0 ? -1 : openat(process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
    _cleanup_closedir_ DIR *descriptors = fd < 0 ? NULL : fdopendir(fd);

    if (!descriptors) {
        close_descriptor(&fd);
        return 0;
    }
    for (struct dirent *entry = readdir(descriptors); entry && r == 0;
         entry = readdir(descriptors)) {
        char file[VFIO_FILE_MAX];

        if (is_vfio_file(fd, entry->d_name, file) && !vfio_holder_of(holders, file))
            r = add(holders, file, process, pid);
    }
    return r;
}

int vfio_holders_read(struct vfio_holders *ret) {
    _cleanup_closedir_ DIR *proc = opendir("/proc");
    int r = 0;

    for (struct dirent *entry = proc ? readdir(proc) : NULL; entry && r == 0; entry = readdir(proc))
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
            r = look_at_process(ret, dirfd(proc), entry->d_name);
    return r;
}

const struct vfio_holder *vfio_holder_of(const struct vfio_holders *holders, const char *file) {
    for (size_t i = 0; i < holders->count; i++)
        if (strcmp(holders->items[i].file, file) == 0)
            return &holders->items[i];
    return NULL;
}

void vfio_holders_done(struct vfio_holders *holders) {
    for (size_t i = 0; i < holders->count; i++)
        free(holders->items[i].name);
    free(holders->items);
    *holders = (struct vfio_holders){0};
}
