/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the running host cannot go on without, as PCI devices. */

#include "host-needs-note.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "disk-open.h"
#include "in-use-vital.h"

static int note(void *data, const char *what, const char *path);

/* Each disk that the kernel holds. */
static int note_held_disks(struct host_needs *needs, const char *what) {
    const struct in_use_vital vital = {note, needs};
    _cleanup_closedir_ DIR *disks = opendir("/sys/class/block");
    int r = 0;

    for (struct dirent *entry = disks ? readdir(disks) : NULL; entry && r == 0;
         entry = readdir(disks)) {
        char path[sizeof "/sys/class/block/" + NAME_MAX];

        if (entry->d_name[0] == '.' || disk_open_exclusively(entry->d_name) != EBUSY)
            continue;
        snprintf(path, sizeof path, "/sys/class/block/%s", entry->d_name);
        r = in_use_vital_note_disk(&vital, what, path);
    }
    return r;
}

static int note(void *data, const char *what, const char *path) {
    return path ? host_needs_note(data, what, path) : note_held_disks(data, what);
}

int host_needs_ask(struct host_needs *ret, struct error *error) {
    const struct in_use_vital vital = {note, ret};
    int r;

    /* Nothing is mounted where there is no /proc: in a tree that an image is being made of. */
    if (access("/proc/self/mounts", F_OK) < 0 && errno == ENOENT)
        return 0;
    r = in_use_vital_search(&vital);
    if (r == -ENOMEM)
        return error_oom(error);
    return r < 0 ? error_set(error, -r, "what the host needs cannot be found out: %s", strerror(-r))
                 : 0;
}
