/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* [cpu]: on which CPUs a VM runs, and how quiet these are. */

#include <stdbool.h>

#include "cpu-choose.h"
#include "qemu-threads.h"

enum policy_pin {
    PIN_NONE,
    PIN_AUTO, /* chosen by the host's topology */
    PIN_MAP,  /* as the configuration says */
};

/* One part of a map: "0-3=4-7", "emulator=0-1", "iothread1=2". */
struct policy_pin_entry {
    enum thread_group group;
    unsigned first, last; /* vCPUs, or iothreads */
    struct cpulist cpus;
};

enum policy_scheduler { SCHEDULER_NONE, SCHEDULER_FIFO, SCHEDULER_RR, SCHEDULER_NICE };

struct policy_sched {
    enum policy_scheduler scheduler;
    int value; /* priority, or nice value */
};

struct policy_cpu {
    enum policy_pin pin;
    struct policy_pin_entry *map;
    size_t n_map;
    bool pin_strict; /* a VM that cannot be pinned does not run */
    enum cpu_preference preference;
    enum core_kind kind;
    bool isolate;
    bool move_irqs;
    char *governor;          /* or NULL */
    char *energy_preference; /* or NULL */
    bool limits_latency;
    unsigned latency_usec;
    struct policy_sched sched[THREAD_GROUPS];
};

/* Takes one `name = value` of the section. -EINVAL with the reason. */
int policy_cpu_set(struct policy_cpu *cpu, const char *name, const char *value,
                   struct error *error) _must_check_;

void policy_cpu_done(struct policy_cpu *cpu);
