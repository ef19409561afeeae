/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Why a VM is not started. The plan, which does no I/O, says it as data; here it becomes the
 * sentence that the person in front of virt-manager reads, with the names of devices.
 */

#include "error.h"
#include "host.h"
#include "policy.h"

enum refusal_reason {
    REFUSED_NO_DEVICE,    /* nothing is at `device` */
    REFUSED_OTHER_ID,     /* something else than the configuration expects is at `device` */
    REFUSED_BRIDGE,       /* `device` is a bridge */
    REFUSED_NO_IOMMU,     /* `device` is in no IOMMU group */
    REFUSED_GROUP,        /* `other`, on a host driver, shares the group of `device` */
    REFUSED_NO_DRIVER,    /* this kernel has no `driver` for `device` */
    REFUSED_HELD,         /* `holder` has `device` */
    REFUSED_GROUP_HELD,   /* `holder` has the IOMMU group of `device` */
    REFUSED_IN_USE,       /* the host is using `device`; its host_device tells how */
    REFUSED_VITAL,        /* and cannot do without */
    REFUSED_BOOT_DISPLAY, /* `device` shows the host's picture */

    REFUSED_MDEV_UNKNOWN,    /* nobody says which type `uuid` shall have */
    REFUSED_MDEV_AMBIGUOUS,  /* mdevctl has defined `uuid` on `parent` and on `other_parent` */
    REFUSED_MDEV_OTHER_TYPE, /* `uuid` exists, and is no `type` */
    REFUSED_MDEV_HELD,       /* somebody has `uuid` open; its host_mdev tells who */
    REFUSED_MDEV_NO_PARENT,  /* `parent` offers no types; without parent: nothing does */
    REFUSED_MDEV_TYPE,       /* `parent` does not offer `type`; without parent: nothing does */
    REFUSED_MDEV_FULL,       /* no instance is free; the host_mdevs tell who has them */
    REFUSED_MDEV_CLAIMED,    /* VM `holder` has `uuid` */

    REFUSED_VGPU_LIBVIRT, /* libvirt is too old for `device` */
    REFUSED_VGPU_MANAGED, /* libvirt would take `device` from its driver */
    REFUSED_VGPU_NONE,    /* `device` cannot become a vGPU */
    REFUSED_VGPU_OTHER,   /* `device` is a vGPU of another type than `vgpu_type` */
    REFUSED_VGPU_TYPE,    /* `device` cannot become a `vgpu_type` */

    REFUSED_CPU_OFFLINE,       /* `cpu` is not there, or not online */
    REFUSED_CPU_NO_VCPU,       /* the VM has no vCPU `thread` */
    REFUSED_CPU_NO_IOTHREAD,   /* the VM has no iothread `thread` */
    REFUSED_CPU_HIGH_IOTHREAD, /* an iothread with number `thread` cannot be pinned */
    REFUSED_CPU_FEW,           /* there are not enough CPUs for `thread` vCPUs */
    REFUSED_CPU_UNKNOWN,       /* nobody says which CPUs are to be isolated */
    REFUSED_CPU_PLACEMENT,     /* libvirt will say it later */
    REFUSED_CPU_ALL,           /* no whole core would stay with the host */
    REFUSED_CPU_CLAIMED,       /* `cpu` is isolated for VM `holder` */
    REFUSED_CPU_PINNED,        /* `cpu` is to be isolated, and VM `holder` is pinned to it */

    REFUSED_HUGEPAGE_NONE, /* the kernel has no huge pages */
};

struct refusal {
    enum refusal_reason reason;
    struct pci_address device;
    struct pci_address other;
    struct pci_id expected;
    char driver[DRIVER_NAME_MAX];
    char holder[128]; /* name of a VM */

    /* Owned by domain, policy or host; NULL where the reason has no use for them. */
    const char *uuid;
    const char *type;
    const char *parent;
    const char *other_parent;
    unsigned vgpu_type;
    unsigned cpu;
    unsigned thread;
};

/* Puts the refusal into words. Returns -EBUSY for what another VM holds, -EINVAL otherwise. */
int refusal_explain(const struct refusal *refusal, const struct host *host,
                    const struct policy *policy, struct error *error);
