/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which processes have which VFIO files open. They are looked for in /proc: to try whether a group
 * can be opened would keep a VM that starts at that moment from opening it. */

#include <stdbool.h>
#include <sys/types.h>

#include "util.h"

#define VFIO_FILE_MAX 24

struct vfio_holder {
    char file[VFIO_FILE_MAX]; /* below /dev/vfio: "12" for a group, "devices/vfio3" for a device */
    bool is_vm;
    char *name; /* of the VM; or "process 12 (qemu)" */
};

struct vfio_holders {
    struct vfio_holder *items;
    size_t count;
};

/* What can be seen by this user. -ENOMEM. `ret` is the caller's to clean up in any case. */
int vfio_holders_read(struct vfio_holders *ret) _must_check_;

/* Who has a file open, or NULL. */
const struct vfio_holder *vfio_holder_of(const struct vfio_holders *holders, const char *file);

void vfio_holders_done(struct vfio_holders *holders);

#define _cleanup_vfio_holders_ _cleanup_(vfio_holders_done)
