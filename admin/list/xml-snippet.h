/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Host devices as libvirt's domain XML has them (https://libvirt.org/formatdomain.html, "Host
 * device assignment"): one element each, for virt-manager's XML tab or virsh attach-device. */

#include "host-devices.h"

struct xml_snippet {
    const struct pci_device *device;
    bool managed;   /* libvirt takes it from its driver, and gives it back */
    bool interface; /* as a network interface, whose MAC address libvirt sets */
};

/* Prints it, below a comment that names the device. -ENOMEM. */
int xml_snippet_print(const struct xml_snippet *snippet, FILE *stream) _must_check_;

/* A comment that tells how the guest sees the `count` (more than one) functions as those of one
 * slot. */
void xml_snippet_print_advice(const struct pci_device *const *functions, size_t count,
                              FILE *stream);
