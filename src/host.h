/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the host says of the PCI devices involved: those the domain names, and all that share an
 * IOMMU group with them. Facts of two kinds: what a device *is* never blocks and never changes
 * (host_read); how it stands now, which driver and override, may change until the device is
 * claimed, and may block behind a stuck driver (host_inspect).
 */

#include <stdbool.h>

#include "domain.h"
#include "driver.h"
#include "error.h"
#include "host-cpus.h"
#include "host-mdev.h"
#include "host-vgpu.h"
#include "in-use.h"
#include "pci-address.h"

#define MODALIAS_MAX 128
#define IOMMU_GROUP_NONE (-1)

/* PCI header type of a PCI-to-PCI bridge or root port (PCI Local Bus Specification, 6.1). */
#define PCI_HEADER_BRIDGE 1

struct host_device {
    struct pci_address address;
    bool present;
    struct pci_id id;
    uint32_t class;                /* 24 bits: base class, subclass, programming interface */
    uint8_t header_type;           /* without the multi-function bit */
    int group;                     /* IOMMU group, or IOMMU_GROUP_NONE */
    char modalias[MODALIAS_MAX];   /* pci:v0000... */
    char variant[DRIVER_NAME_MAX]; /* module of a vendor-specific VFIO driver for it, or "" */

    bool boot_display; /* the firmware left its picture there */

    char driver[DRIVER_NAME_MAX];   /* "": none */
    char override[DRIVER_NAME_MAX]; /* "": unset; known after host_inspect */
    enum in_use_rank use;           /* by the host itself; known after host_examine */
    char user[IN_USE_TEXT_MAX];     /* who that is: "its disk nvme0n1p1 is mounted at /srv" */
};

/* A VFIO driver that a device may be given to. */
struct host_driver {
    char name[DRIVER_NAME_MAX];
    bool registered; /* the kernel has it now */
    bool available;  /* it has, or a module can be loaded for it */
};

struct host {
    struct host_device *devices; /* ordered by address */
    size_t n_devices;
    struct host_driver *drivers;
    size_t n_drivers;
    struct host_mdevs mdevs; /* known after host_mdevs_read */
    struct host_vgpu *vgpus; /* known after host_vgpus_read */
    size_t n_vgpus;
    struct host_cpus cpus; /* known after host_cpus_read */
    unsigned libvirt;      /* version of the calling libvirt, 11003 for 11.3; 0: unknown */
};

/* From 10.0 on libvirt accepts a vendor-specific VFIO driver in place of vfio-pci. */
#define LIBVIRT_KNOWS_VARIANTS 10000

/* Reads what the PCI devices of the domain are, and their whole IOMMU groups, and which VFIO
 * drivers there are for them; vendor-specific ones are looked for when the calling libvirt, of
 * version `libvirt`, knows them. A device that is not there is an entry with present = false.
 * *ret is owned by the caller (host_free). */
int host_read(const struct domain *domain, unsigned libvirt, struct host **ret,
              struct error *error) _must_check_;

/* Reads driver and override of the `count` devices at `addresses`, and the driver of all others.
 * -ETIME with a sentence that names the device whose driver does not answer before the deadline. */
int host_inspect(struct host *host, const struct pci_address *addresses, size_t count,
                 uint64_t deadline, struct error *error) _must_check_;

/* Asks, for those of the `count` devices that a driver of the host has (host_inspect came before),
 * whether the host is using them. Errors as those of host_inspect. */
int host_examine(struct host *host, const struct pci_address *addresses, size_t count,
                 uint64_t deadline, struct error *error) _must_check_;

/* The sentence for a device whose driver does not answer; returns -ETIME. */
int host_report_stuck(const struct host *host, struct pci_address address, struct error *error);

/* The entry for an address, or NULL when it is neither the domain's nor in one of its groups. */
struct host_device *host_device(const struct host *host, struct pci_address address);

/* The entry for a VFIO driver ('-' and '_' are the same), or NULL when nothing asked for it. */
const struct host_driver *host_driver(const struct host *host, const char *name);

void host_free(struct host *host);

static inline void host_freep(struct host **host) {
    host_free(*host);
}

#define _cleanup_host_ _cleanup_(host_freep)
