/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The scheduler of the machine, as far as it can be seen from outside: what the tasks that were
 * registered as the machine's (threads of a QEMU, processes of the host) are allowed and were told.
 * The real kernel, which has other CPUs, never learns of it.
 */

#include "cpumask-file.h"
#include "world.h"

/* A task is a value: nobody holds one while it changes, or while a file of /sys is read. */
struct task {
    pid_t tid;
    unsigned long long started; /* of /proc/TID/stat: a number may be used again */
    char cgroup[256];           /* below the root of cgroups, without a leading slash */
    bool pinned;                /* it has an affinity of its own */
    struct cpumask affinity;    /* what was asked for */
    int policy, priority, nice;
};

/* ---- world-task.c ---------------------------------------------------------------------------- */

/* False when there is no such task any more, or never was. */
bool task_get(pid_t tid, struct task *task);
void task_put(const struct task *task);

/* Makes the machine's own what was just another thread of the world; false when there is none. */
bool task_register(pid_t tid, const char *cgroup);

/* Affinities of the tasks in this cgroup and below are forgotten, as by Linux before 6.2. */
void tasks_wipe(const char *cgroup);

/* A line each: TID COMM AFFINITY POLICY PRIORITY NICE CGROUP, with tabs between. */
void tasks_list(struct text *text);

/* Appends to WORLD_SCHEDULER_LOG: what, of whom, to what, and how that ended (a negative errno). */
void task_log(const struct task *task, const char *call, const char *value, int64_t result);

/* "other", "fifo", ...; NULL for a policy that the machine does not have. */
const char *policy_name(int policy);

/* ---- world-cpuset.c -------------------------------------------------------------------------- */

/* The CPUs of the machine that are online. */
void cpuset_online(struct cpumask *ret);

/* How many CPUs the kernel's masks have. */
size_t cpuset_possible(void);

/* The CPUs that tasks of this cgroup may use. */
void cpuset_allowed(const char *cgroup, struct cpumask *ret);

/* Those that the task really has. Never empty: if what it asked for is not to be had, it has all
 * that its cgroup allows. */
void cpuset_of_task(const struct task *task, struct cpumask *ret);

/* Where CPUs and cgroups are: /sys unless told otherwise. */
void cpuset_set_sys(const char *directory);

/* ---- world-fault.c --------------------------------------------------------------------------- */

/* From now on the call fails for this task (0: for all), so many times (0: for ever). */
void scheduler_fail(const char *call, pid_t tid, int error, unsigned times);
void scheduler_reset(void);

/* The errno that this call has to fail with, or 0. */
int scheduler_fault(const char *call, pid_t tid);
