/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Who holds a VFIO group (kernel Documentation/driver-api/vfio.rst). */

#include <stdbool.h>

#include "pci-address.h"

/* Whether some process has the group, or one of its devices through the newer character device,
 * open: unbinding vfio-pci under it would wait for ever. */
bool vfio_group_is_held(int group);

/* One line that names a holder: "process 1234 (qemu-system-x86)"; "a process" when it cannot be
 * found. Owned by the caller, NULL for lack of memory. */
char *vfio_group_holder(int group) _must_check_;
