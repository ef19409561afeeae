/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The CPUs of VMs' threads that nobody has pinned: they are kept off the CPUs that are isolated for
 * any VM, and, where pin = auto gave its vCPUs CPUs of their own, off those of their own VM. The
 * shares are those of the step "pin". An item is a thread, "1240 5012 1234 win10": its number,
 * start time, QEMU and domain.
 */

#include <errno.h>
#include <string.h>

#include "affinity.h"
#include "json-record.h"
#include "process.h"
#include "qemu-threads.h"
#include "summed.h"
#include "text.h"
#include "topology.h"

/* ---- items --------------------------------------------------------------------------------- */

static int add_threads(const char *domain, pid_t qemu, void *summed) {
    _cleanup_free_ struct qemu_thread *threads = NULL;
    size_t count = 0;
    int r = qemu_threads(qemu, &threads, &count);

    for (size_t i = 0; i < count && r == 0; i++) {
        _cleanup_free_ char *item = NULL;
        struct process thread;

        if (process_identify(threads[i].id, &thread) < 0)
            continue;
        item = text_format("%d %llu %d %s", thread.pid, (unsigned long long)thread.start, qemu,
                           domain);
        r = item ? summed_add(summed, item) : -ENOMEM;
    }
    return r == -ENOMEM ? r : 0;
}

static int list(_unused_ void *context, struct summed *summed) {
    return process_for_each_qemu(add_threads, summed);
}

/* The number of an item's thread, if it still is that one. */
static int find(const char *item, pid_t *ret) {
    unsigned long long start;
    struct process thread;

    if (sscanf(item, "%d %llu ", &thread.pid, &start) != 2)
        return -EINVAL;
    thread.start = start;
    *ret = thread.pid;
    return process_lives(thread) ? 0 : -ESRCH;
}

/* What follows the number and the start time: QEMU and domain. */
static const char *vm_of(const char *item) {
    const char *blank = strchr(item, ' ');

    blank = blank ? strchr(blank + 1, ' ') : NULL;
    return blank ? blank + 1 : "";
}

static const char *domain_of(const char *item) {
    const char *blank = strchr(vm_of(item), ' ');

    return blank ? blank + 1 : "";
}

/* A thread has its affinity from the one of its QEMU that made it. */
static bool is_kin(const char *item, const char *other) {
    return strcmp(vm_of(item), vm_of(other)) == 0;
}

/* A CPU that went offline has gone from all of them. */
static bool is_same(const char *a, const char *b) {
    struct cpulist left, right, online;

    if (topology_online(&online) < 0 || cpulist_parse(a, &left) < 0 || cpulist_parse(b, &right) < 0)
        return false;
    cpulist_keep(&left, &online);
    cpulist_keep(&right, &online);
    return cpulist_equal(&left, &right);
}

/* ---- values -------------------------------------------------------------------------------- */

static int read_thread(_unused_ void *context, const char *item, char **ret) {
    struct cpulist cpus;
    pid_t thread;
    int r = find(item, &thread);

    if (r >= 0)
        r = affinity_get(thread, &cpus);
    if (r < 0)
        return r;
    *ret = cpulist_format(&cpus);
    return *ret ? 0 : -ENOMEM;
}

static int write_thread(_unused_ void *context, const char *item, const char *value) {
    struct cpulist cpus;
    pid_t thread;
    int r = find(item, &thread);

    if (r >= 0)
        r = cpulist_parse(value, &cpus);
    return r < 0 ? r : affinity_set(thread, &cpus);
}

/* The CPUs that the threads of a domain that nobody pinned have to leave alone. */
static struct cpulist taken_from(const char *domain, const struct shares *shares) {
    struct cpulist taken = {0};

    for (size_t i = 0; i < shares->count; i++) {
        const struct share *share = &shares->items[i];
        bool own = strcmp(share->domain, domain) == 0;

        if (json_object_get_boolean(json_object_object_get(share->data, "alone")) ||
            (own && json_object_get_boolean(json_object_object_get(share->data, "auto"))))
            cpulist_add_all(&taken, &share->cpus);
    }
    return taken;
}

static int compute(_unused_ void *context, const char *item, const char *baseline,
                   const struct shares *shares, char **ret) {
    struct cpulist taken = taken_from(domain_of(item), shares), online, cpus;

    if (cpulist_empty(&taken))
        return 0;
    if (!baseline)
        return 1;
    /* Somebody has pinned it. */
    if (topology_online(&online) < 0 || cpulist_parse(baseline, &cpus) < 0 ||
        !cpulist_contains(&cpus, &online))
        return 0;
    cpulist_remove_all(&online, &taken);
    if (cpulist_empty(&online))
        return 0;
    *ret = cpulist_format(&online);
    return *ret ? 1 : -ENOMEM;
}

const struct summed_kind summed_threads = {
    .file = ".threads",
    .what = "the CPUs of thread",
    .list = list,
    .read = read_thread,
    .write = write_thread,
    .compute = compute,
    .is_kin = is_kin,
    .is_same = is_same,
    .may_refuse = true,
};
