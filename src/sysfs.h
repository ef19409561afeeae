/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The PCI part of /sys (kernel Documentation/ABI/testing/sysfs-bus-pci), read without libudev: that
 * opens `uevent`, which blocks behind a stuck driver. Attributes are reached from a descriptor of
 * the device's directory.
 */

#include <stdbool.h>

#include "driver.h"
#include "pci-address.h"

/* A descriptor of /sys/bus/pci/devices/ADDRESS, or -ENOENT when there is no such device. */
int sysfs_open_device(struct pci_address address) _must_check_;

/* A descriptor to lock a device by (flock): of its `remove`, which is never written, but which only
 * root can open. A lock that others can take would let any user keep VMs from starting. */
int sysfs_open_lock(struct pci_address address) _must_check_;

/* What a device is, to tell whether it still is the one it was. Never blocks. */
int sysfs_read_id(int device, struct pci_id *ret) _must_check_;

/* Whether the firmware left its picture on a device: boot_vga of a VGA device, and since Linux 6.17
 * boot_display of any display (kernel Documentation/ABI/testing/sysfs-bus-pci). Never blocks. */
bool sysfs_is_boot_display(int device);

/* The driver a device is bound to; an empty string when none. `ret` has DRIVER_NAME_MAX. */
int sysfs_read_driver(int device, char *ret) _must_check_;

/* The driver_override of a device; an empty string when it is unset. May block while a driver
 * holds the device: only to be called in a worker. `ret` has DRIVER_NAME_MAX. */
int sysfs_read_override(int device, char *ret) _must_check_;

/* Sets driver_override, or unsets it with an empty string. May block, as above. */
int sysfs_write_override(int device, const char *driver) _must_check_;

/* Writes the address to the `unbind` of the driver the device is bound to. May block. */
int sysfs_unbind(int device, struct pci_address address) _must_check_;

/* Binds by the driver's name: unlike drivers_probe this tells when it did not work. May block. */
int sysfs_bind(const char *driver, struct pci_address address) _must_check_;

/* The exact name of a registered driver that is the same as `name` but for '-' and '_'. -ENOENT
 * when no such driver is registered. `ret` has DRIVER_NAME_MAX. */
int sysfs_find_driver(const char *name, char *ret) _must_check_;
