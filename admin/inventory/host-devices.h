/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The inventory: all PCI devices of the host, and what they are. No device is touched for it: its
 * configuration space is left alone, so one that sleeps goes on sleeping, and nothing here blocks
 * behind a driver. How devices stand now, and who holds them, is in host-owners.h.
 */

#include <stdbool.h>

#include "driver.h"
#include "error.h"
#include "pci-address.h"

#define PCI_GROUP_NONE (-1)
#define PCI_NODE_NONE (-1)
#define PCI_RESETS_MAX 64

/* What is known of who holds a device; of the last ones host-owners.h knows. */
enum pci_owner {
    PCI_OWNER_UNKNOWN, /* it cannot be told, or not to this user */
    PCI_OWNER_NOBODY,  /* it is free: a VM can have it */
    PCI_OWNER_HOST,    /* the host uses it; bridges always */
    PCI_OWNER_VM,
    PCI_OWNER_PROCESS, /* it is on a VFIO driver, and a process that is no VM has it open */
    PCI_OWNER_STUCK,   /* its driver does not answer; nothing more is known of it */
};

struct pci_device {
    struct pci_address address; /* the first member: see pci_address_position */
    struct pci_id id;
    struct pci_id subsystem;
    uint32_t class; /* 24 bits: base class, subclass, programming interface */
    char *name;     /* "NVIDIA GM204 [GeForce GTX 970]", fit to be printed; NULL: not known */
    int group;      /* of the IOMMU, or PCI_GROUP_NONE */
    int node;       /* of NUMA, or PCI_NODE_NONE: the host does not say */

    bool bridge;       /* a bridge or root port: it stays with the host */
    bool boot_display; /* the firmware left its picture there */
    bool has_parent;   /* it sits behind a bridge, and not directly on a root bus */
    struct pci_address parent;
    struct pci_address root_port; /* the topmost bridge above it, or the device itself */

    bool resets_known;
    char resets[PCI_RESETS_MAX]; /* "flr bus", the kernel's words; "": it cannot be reset */

    unsigned vfs;          /* virtual functions that are made */
    unsigned vfs_possible; /* 0: no SR-IOV */
    bool is_vf;
    struct pci_address physfn; /* of a virtual function */
    int vf;                    /* its number there; -1: not known */

    char driver[DRIVER_NAME_MAX]; /* "": none */

    /* Known after inventory_ask. */
    bool override_known;
    char override[DRIVER_NAME_MAX]; /* "": unset */
    bool reserved;                  /* for VMs from boot on, by a file in early.d */
    bool detached;                  /* by hand, with "hostdevctl detach" */
    enum pci_owner owner;
    bool holder_gone; /* the VM has ended, or its libvirtd: "hostdevctl recover" gives it back */
    const char *rom;  /* what its option ROM is good for; NULL: it was not read (see list-rom.h) */
    char *holder; /* the VM's name; of a process "process 12 (qemu)"; of the host what it does with
                     it, "its disk nvme0n1p1 is mounted at /srv"; NULL: there is no more to say */
};

struct inventory {
    struct pci_device *items; /* in the order of their addresses */
    size_t count;
    bool has_iommu; /* at least one device has a group */
};

/* Reads all of them. `ret` is the caller's to clean up in any case. */
int inventory_read(struct inventory *ret, struct error *error) _must_check_;

/* The device at an address, or NULL. */
struct pci_device *inventory_find(const struct inventory *inventory, struct pci_address address);

/* The same, of a DEVICE that somebody has typed, 01:00.0 or 0000:01:00.0. -EINVAL, or -ENOENT when
 * there is none, with a sentence. */
int inventory_find_text(const struct inventory *inventory, const char *text,
                        struct pci_device **ret, struct error *error) _must_check_;

/* Name, or what stands for it: "Samsung 980 PRO", "144d:a80a". Owned by the caller, NULL for lack
 * of memory. */
char *pci_device_name(const struct pci_device *device) _must_check_;

/* For sentences: "0000:05:00.0 (Samsung 980 PRO)". Owned by the caller, NULL for lack of memory. */
char *pci_device_text(const struct pci_device *device) _must_check_;

/* What it is, in a word: "gpu", "nvme", "disk", "net", "usb", "audio", "bridge", "accelerator", or
 * "other". */
const char *pci_device_kind(const struct pci_device *device);

void inventory_done(struct inventory *inventory);

#define _cleanup_inventory_ _cleanup_(inventory_done)
