/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Interrupts: where each may go and where it goes. /proc/irq, /proc/interrupts (both below
 * /sys/.sim/proc, which sim-world lays over /proc) and /sys/kernel/irq.
 */

#include "cpu.h"

struct irq {
    struct model *model;
    unsigned number, hwirq;
    char *actions; /* with commas between; "" when nobody handles it */
    const char *chip, *type, *node;
    struct cpumask affinity;
    unsigned effective; /* CPUMASK_BITS: none, it is shut down */
    bool managed;
    struct gate gate;
    struct node *proc, *sys; /* its directories; NULL: removed */
};

struct interrupts {
    struct irq **list; /* by number */
    size_t count, size;
    struct cpumask default_affinity;
    unsigned load[CPUMASK_BITS]; /* how many go to each CPU */
};

void irq_add(struct model *model, const struct machine *machine);

/* As request_irq(): a new interrupt goes where new ones go, but within `affinity` when that is not
 * NULL. -EEXIST when there is one of that number. */
int irq_request(struct model *model, const struct machine_irq *is, const char *actions,
                const struct cpumask *affinity) _must_check_;
int irq_free(struct model *model, unsigned number) _must_check_;

/* As write_irq_affinity(). */
int irq_set_affinity(struct irq *irq, const struct cpumask *mask) _must_check_;

/* A CPU went offline: what went there goes elsewhere. */
void irq_leave_cpu(struct model *model, unsigned cpu);

void irq_show_state(const struct model *model, struct text *out);

/* ---- irq-files.c ----------------------------------------------------------------------------- */

void irq_add_files(struct model *model);
void irq_add_directories(struct irq *irq);
