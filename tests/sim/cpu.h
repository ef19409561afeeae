/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The CPUs of the machine, which of them are online, and what is at each: /sys/devices/system/cpu.
 * All of it is there only when the description has `cpus` lines.
 */

#include "gate.h"

struct policy;

struct cache {
    const struct cpu *cpu;
    const struct cpumask *shared;
    const char *type;
    unsigned level, size, id;
};

struct cpu {
    struct model *model;
    const struct machine_cpus *is;
    unsigned number, core, thread, l2, l2_id;
    struct cpumask core_cpus, l2_cpus, l3_cpus, die_cpus, package_cpus;
    struct cache caches[4];
    size_t n_caches;
    struct node *directory;
    struct policy *policy; /* NULL: no cpufreq */
    unsigned long latency; /* power/pm_qos_resume_latency_us */
    bool strict;           /* and its other zero: no latency at all */
};

struct processors {
    struct model *model;
    struct cpu **cpus; /* by number; NULL where there is none */
    struct cpumask possible, present, online;
    unsigned bits; /* nr_cpu_ids: the highest possible number and one */
    struct cpumask workqueue;
    struct gate workqueue_gate;
    struct policy *policies; /* the one of the lowest CPU first */
};

/* NULL: there is no such CPU. */
struct cpu *cpu_by_number(const struct model *model, unsigned long number);

/* As a write to its file `online`: -EBUSY for the last one that is. */
int cpu_set_online(struct cpu *cpu, bool online) _must_check_;

void cpu_add(struct model *model, const struct machine *machine);
void cpu_show_state(const struct model *model, struct text *out);

/* For the files that show a set of CPUs: adds the newline. */
void cpu_show_list(const struct model *model, const struct cpumask *mask, struct text *out);
void cpu_show_hex(const struct model *model, const struct cpumask *mask, struct text *out);

/* ---- cpu-files.c ----------------------------------------------------------------------------- */

void cpu_add_files(struct processors *all);

/* ---- cpu-topology.c: the directories topology and cache, of a CPU that is online --------------
 */

void cpu_topology_add(struct cpu *cpu);
void cpu_topology_remove(struct cpu *cpu);

/* ---- cpufreq.c ------------------------------------------------------------------------------- */

void cpufreq_add(struct processors *all);
void cpufreq_show_state(const struct policy *policy, struct text *out);

/* ---- workqueue.c ----------------------------------------------------------------------------- */

void workqueue_add(struct processors *all);
