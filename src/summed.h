/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Things of the host that VMs share, such as which CPUs system.slice may use. What is in force is
 * always computed from what was there before any VM (the baseline) and from what all live VMs want;
 * nothing is ever restored to "what I saw", which breaks as soon as two VMs come and go in turns.
 *
 * A thing has items ("system.slice", "user.slice") with texts as values. For each that was changed
 * the baseline and the value last written stand in a file in /run/hostdevctl, which is also the
 * writers' lock; the sum is computed inside of it. An item whose value is another one by now is
 * somebody else's: it is left, and logged.
 */

#include "share.h"

struct summed;

/* Tells summed_sync of an item that there is. -ENOMEM. */
int summed_add(struct summed *summed, const char *item) _must_check_;

struct summed_kind {
    const char *file; /* of the state; begins with a dot */
    const char *what; /* for messages: "the CPUs of" */

    /* What the others need is made once for all: *context, closed in the end. */
    int (*open)(uint64_t deadline, void **context, struct error *error);
    void (*close)(void *context);
    /* Calls summed_add for all items that shares may concern, in the order in which they are to be
     * written. */
    int (*list)(void *context, struct summed *summed);
    /* The item's value, owned by the caller. -ENOENT, -ENODEV, -ESRCH: it is gone; -EBUSY: it
     * cannot be told now. */
    int (*read)(void *context, const char *item, char **ret);
    int (*write)(void *context, const char *item, const char *value);
    /* The value in force, owned by the caller: 1; 0 when no share concerns the item. With
     * `baseline` NULL only the answer counts, and `ret` is NULL. */
    int (*compute)(void *context, const char *item, const char *baseline,
                   const struct shares *shares, char **ret);

    /* All of the following may be left out. */

    /* Whether a new item took its value over from another one (a thread from that which made it):
     * then it has the other's baseline, too. */
    bool (*is_kin)(const char *item, const char *other);
    /* Whether two values mean the same. */
    bool (*is_same)(const char *a, const char *b);
    /* Whether the item shows what was written only after a while. */
    bool (*is_slow)(const char *item);
    /* Whether a write that was cut short may have left this value. */
    bool (*is_interim)(const char *value);
    /* The item is gone: clean up what writing it has left elsewhere. */
    void (*gone)(const char *item, const char *baseline);
    /* All is written; `last`: and nothing is changed any more. */
    void (*finish)(void *context, bool last);
    /* Another state file that `open` and `finish` keep. */
    const char *companion;
    /* Items that refuse are counted in the log, and are no failure. */
    bool may_refuse;
};

/* Brings all items in line with the shares of `step` that the live VMs have, without that of the
 * domain `except` (NULL: with all). Waits for other writers until the deadline. The error is that
 * of the first item; the others are tried nevertheless. May block: only to be called in a worker.
 */
int summed_sync(const struct summed_kind *kind, const struct step_kind *step, const char *except,
                uint64_t deadline, struct error *error) _must_check_;

/* ---- the kinds ------------------------------------------------------------------------------ */

extern const struct summed_kind summed_units;      /* CPUs of systemd's units */
extern const struct summed_kind summed_cgroups;    /* CPUs of cgroups, on hosts without systemd */
extern const struct summed_kind summed_workqueues; /* CPUs of the kernel's unbound work */
extern const struct summed_kind summed_threads;    /* CPUs of VMs' threads that nobody has pinned */
extern const struct summed_kind summed_irqs;       /* CPUs that serve interrupts */
extern const struct summed_kind summed_governors;  /* frequency governors and energy preferences */
extern const struct summed_kind summed_latencies;  /* how long CPUs may take to wake up */

/* What remains of a list of CPUs, or of all that are online when it is empty, without those that
 * the shares have: a text, owned by the caller, NULL for lack of memory. When nothing would remain,
 * all online ones without them. */
char *summed_without(const char *list, const struct shares *shares) _must_check_;
