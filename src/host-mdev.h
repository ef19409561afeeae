/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the host says of mediated devices: the types its parents offer, and the devices there are.
 */

#include <stdbool.h>

#include "cpulist.h"
#include "domain.h"
#include "error.h"
#include "mdev.h"

#define MDEV_TEXT_MAX 256

/* A type that a parent offers. */
struct host_mdev_type {
    char parent[MDEV_NAME_MAX];
    char name[MDEV_NAME_MAX];
    int numa_node; /* the parent's, -1: unknown */

    /* Of the types that were asked for. */
    int available;                   /* free instances, or a negative errno */
    char label[MDEV_NAME_MAX];       /* name for people, or "" */
    char description[MDEV_TEXT_MAX]; /* one line, or "" */
};

struct host_mdev {
    struct mdev mdev;
    bool held;        /* some process has it open; known of the domain's own */
    char holder[128]; /* who, for messages: "" while nobody looked */
};

/* Intel's GVT-g, by the parameter enable_gvt of i915. */
enum host_gvt {
    GVT_UNKNOWN, /* no i915, or a kernel without GVT-g */
    GVT_OFF,     /* not turned on */
    GVT_ON,
};

struct host_mdevs {
    struct host_mdev_type *types; /* ordered by parent, then by name */
    size_t n_types;
    struct host_mdev *devices; /* ordered by UUID */
    size_t n_devices;
    enum host_gvt gvt;
    bool kvmgt;           /* its module is loaded */
    struct cpulist nodes; /* NUMA nodes of the VM's CPUs, memory and other devices */
};

/* Fills `ret`, which is zeroed or filled already (its nodes are kept). What may block is read in a
 * worker: the free instances and texts of the types named in `types`, all when it is NULL.
 * -ETIME with a sentence that names the parent whose driver does not answer. */
int host_mdevs_read(const struct domain *domain, const char *const *types, size_t n_types,
                    uint64_t deadline, struct host_mdevs *ret, struct error *error) _must_check_;

/* The device of a UUID, or NULL. */
struct host_mdev *host_mdev(const struct host_mdevs *mdevs, const char *uuid);

/* Whether the parent offers any type at all. */
bool host_mdev_is_parent(const struct host_mdevs *mdevs, const char *parent);

void host_mdevs_done(struct host_mdevs *mdevs);
