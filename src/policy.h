/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the admin wants: the INI files below /etc/hostdevctl, as plain data. Without any file the
 * defaults do the right thing; a file that is wrong in any way is refused as a whole, so that no VM
 * starts half-configured.
 */

#include <stdbool.h>

#include <json-c/json_object.h>

#include "error.h"
#include "pci-address.h"
#include "policy-cpu.h"

/* [devices] detach: which of the VM's PCI devices are taken from the host here. */
enum policy_detach {
    DETACH_ALL,       /* those libvirt would manage by itself, too */
    DETACH_UNMANAGED, /* only managed='no' */
    DETACH_NONE,      /* none: everything is left to libvirt and the admin */
};

/* [devices] iommu-group: what happens to a device that shares the group of one of the VM's. */
enum policy_group {
    GROUP_REQUIRE, /* the start is refused, and the device named */
    GROUP_BIND,    /* it is taken along */
};

/* [device ADDRESS] */
struct policy_device {
    struct pci_address address;
    bool has_id;
    struct pci_id id;  /* only if this is what sits there */
    bool force_in_use; /* even if the host is using it */
    unsigned
        vgpu_type; /* NVIDIA's number of the vGPU that this virtual function becomes; 0: none */
};

/* Who says what a mediated device is. */
enum policy_mdev_source {
    MDEV_SECTION,  /* [mdev UUID] */
    MDEV_MDEVCTL,  /* /etc/mdevctl.d/PARENT/UUID */
    MDEV_DEFAULTS, /* [mdev] */
};

struct policy_mdev {
    enum policy_mdev_source source;
    char uuid[37];                  /* "" of the defaults */
    char *type;                     /* NULL: not said here */
    char *parent;                   /* NULL: not said here */
    struct json_object *attributes; /* see mdev-attributes.h */
    bool by_mdevctl;                /* mdevctl has scripts to run when it starts and stops */
};

struct policy {
    enum policy_detach detach;
    enum policy_group group;
    unsigned timeout; /* seconds for all of prepare */
    struct policy_device *devices;
    size_t n_devices;
    struct policy_mdev *mdevs;
    size_t n_mdevs;
    struct policy_cpu cpu;
    bool reserve_hugepages;
    char *file; /* the file of this domain, there or not: where an admin would write */
};

/*
 * Reads, each one if it exists and the later ones over the earlier: hostdevctl.conf,
 * domains/NAME.conf, domains/NAME.conf.d/ in alphabetical order (files ending in .conf), and the
 * same two for the UUID.
 * *ret is owned by the caller (policy_free). Errors name file and line: -EINVAL for an unknown
 * section or key or a bad value, -EPERM for a file that is not root's alone to write.
 */
int policy_load(const char *name, const char *uuid, struct policy **ret,
                struct error *error) _must_check_;

/* The section for an address, or NULL. */
const struct policy_device *policy_device(const struct policy *policy, struct pci_address address);

/* The index-th entry of a source for a UUID ("" for the defaults), or NULL. Only mdevctl can have
 * more than one, on different parents. */
const struct policy_mdev *policy_mdev(const struct policy *policy, enum policy_mdev_source source,
                                      const char *uuid, size_t index);

/* Appends an empty entry. Owned by the policy; NULL for lack of memory. */
struct policy_mdev *policy_add_mdev(struct policy *policy, enum policy_mdev_source source,
                                    const char *uuid) _must_check_;

void policy_free(struct policy *policy);

static inline void policy_freep(struct policy **policy) {
    policy_free(*policy);
}

#define _cleanup_policy_ _cleanup_(policy_freep)
