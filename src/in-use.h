/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Whether the host is using a PCI device: its disks (mounted, swap, part of a volume), network
 * interfaces with an address or a master, its picture on the console, the only keyboard, virtual
 * functions, device files that a process has open. What cannot be told counts as use, never as
 * free.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "pci-address.h"

/* More device files than any one device has; a device with still more counts as in use. */
#define IN_USE_NODES_MAX 128
#define IN_USE_TEXT_MAX 256

enum in_use_rank {
    IN_USE_NOT,
    IN_USE_VAGUELY, /* somebody uses it, or may */
    IN_USE_KNOWN,   /* and it can be told who */
    IN_USE_VITAL,   /* the host cannot go on without it */
};

/* Plain data, so that a worker process can fill it in. */
struct in_use {
    struct pci_address address;
    enum in_use_rank rank;
    char user[IN_USE_TEXT_MAX]; /* "its disk nvme0n1p1 is mounted at /srv" */

    dev_t nodes[IN_USE_NODES_MAX]; /* device files of what hangs below it */
    unsigned n_nodes;
    unsigned n_keyboards;
    bool maybe_keyboard; /* something of which that cannot be told */
    bool has_held_disk;  /* by the kernel */
};

/* Asks what the kernel knows: all but open device files. Opening a disk may wait for its driver:
 * only to be called in a worker. `in_use` starts with its address and zeros. */
void in_use_examine(struct in_use *in_use);

/* Looks for processes that have device files of the devices open, of all of them in one go. */
void in_use_find_processes(struct in_use *devices, size_t count);

/* All of it, for one device. 0: nobody uses it. 1: *ret tells who, as `user` does; owned by the
 * caller. -ENOMEM. */
int in_use(struct pci_address address, char **ret) _must_check_;
