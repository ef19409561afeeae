/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Names of PCI drivers, as /sys/bus/pci/drivers and driver_override know them. */

#include <stdbool.h>

#include "util.h"

#define DRIVER_NAME_MAX 64
#define DRIVER_VFIO_PCI "vfio-pci"

/* Whether it can be a driver's name at all, and is safe as one component of a path: printable ASCII
 * without a slash, not starting with a dot, shorter than DRIVER_NAME_MAX. */
bool driver_name_valid(const char *name);

/* Whether two names mean one driver: '-' and '_' are the same, as for modules. A variant driver is
 * known by its module until the module is loaded. */
bool driver_name_same(const char *a, const char *b);

/* The name of the module that has such a driver: '-' becomes '_'. `ret` has DRIVER_NAME_MAX. */
void driver_module_name(const char *driver, char *ret);

/* Whether a device on this driver lets its group be given to a VM: a VFIO driver, or pci-stub
 * (kernel Documentation/driver-api/vfio.rst). */
bool driver_is_vfio_friendly(const char *name);
