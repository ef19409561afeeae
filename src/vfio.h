/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Who holds a VFIO group (kernel Documentation/driver-api/vfio.rst). */

#include <stdbool.h>

#include "pci-address.h"

/* Whether some process has the group, or one of its devices through the newer character device,
 * open: unbinding vfio-pci under it would wait for ever. */
bool vfio_group_is_held(int group);

/* Names a holder: "VM win10 (process 1234)", "process 1234 (dd)". Owned by the caller, NULL when
 * none is found. Never blocks. */
char *vfio_group_holder(int group) _must_check_;

/* Waits until nobody holds the group: QEMU can outlive the VM's end by a moment, and while it holds
 * a device, taking that away waits for ever. -EBUSY shortly before the deadline, with the holder as
 * above in *ret_holder. */
int vfio_wait_until_free(int group, uint64_t deadline, char **ret_holder) _must_check_;
