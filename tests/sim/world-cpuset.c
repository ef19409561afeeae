/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which CPUs a task may have: read from the machine's /sys each time, for it may change at any.
 */
#include "world-task.h"

#include <pthread.h>
#include <string.h>

#define ONLINE "devices/system/cpu/online"
#define POSSIBLE "devices/system/cpu/possible"

static char sys[4096] = "/sys";
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void cpuset_set_sys(const char *directory) {
    pthread_mutex_lock(&lock);
    snprintf(sys, sizeof sys, "%s", directory);
    pthread_mutex_unlock(&lock);
}

static bool read_mask(const char *path, struct cpumask *ret) {
    _cleanup_free_ char *full = NULL;

    pthread_mutex_lock(&lock);
    full = new_format("%s/%s", sys, path);
    pthread_mutex_unlock(&lock);
    return cpumask_read(full, ret);
}

void cpuset_online(struct cpumask *ret) {
    long count;

    if (read_mask(ONLINE, ret))
        return;
    count = sysconf(_SC_NPROCESSORS_ONLN);
    *ret = (struct cpumask){0};
    for (unsigned cpu = 0; cpu < count; cpu++)
        cpumask_set(ret, cpu);
}

size_t cpuset_possible(void) {
    struct cpumask cpus;
    size_t end = 0;

    if (!read_mask(POSSIBLE, &cpus))
        cpuset_online(&cpus);
    for_each_cpu(cpu, &cpus) end = cpu + 1;
    return end;
}

/* What the kernel says is effective already has what is above in it; where only settings are to be
 * read, all of them count. Returns whether that is all there is to know. */
static bool restrict_to_cgroup(const char *cgroup, struct cpumask *allowed) {
    _cleanup_free_ char *effective = new_format("fs/cgroup/%s/cpuset.cpus.effective", cgroup);
    _cleanup_free_ char *setting = new_format("fs/cgroup/%s/cpuset.cpus", cgroup);
    struct cpumask cpus;

    if (read_mask(effective, &cpus)) {
        *allowed = cpumask_and(allowed, &cpus);
        return true;
    }
    if (read_mask(setting, &cpus) && !cpumask_empty(&cpus))
        *allowed = cpumask_and(allowed, &cpus);
    return false;
}

/* From the cgroup itself upwards; those that are not there (the scopes of a fake QEMU) restrict
 * nothing. */
void cpuset_allowed(const char *cgroup, struct cpumask *ret) {
    _cleanup_free_ char *path = new_string(cgroup);

    cpuset_online(ret);
    while (*path) {
        char *slash = strrchr(path, '/');

        if (restrict_to_cgroup(path, ret))
            return;
        *(slash ? slash : path) = '\0';
    }
}

void cpuset_of_task(const struct task *task, struct cpumask *ret) {
    cpuset_allowed(task->cgroup, ret);
    if (task->pinned && cpumask_intersects(&task->affinity, ret))
        *ret = cpumask_and(&task->affinity, ret);
}
