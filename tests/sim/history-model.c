/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the machine has to be like: for each thing the value that was there before any VM, and what
 * the VMs that live want of it. Of VMs in limbo any may count or not.
 */
#include "history.h"

#include <dirent.h>
#include <string.h>

#include "cpumask-file.h"

/* VMs, a bit each. */
typedef unsigned set;

static set all_in(const struct history *history, enum state state) {
    set vms = 0;

    for (size_t i = 0; i < VMS; i++)
        if (history->vms[i].state == state)
            vms |= 1U << i;
    return vms;
}

/* ---- who has a say --------------------------------------------------------------------------- */

static bool wants(const struct vm *vm, const struct item *item) {
    const struct wish *wish = &vm->wish;
    const struct cpumask *cpus = &vm->cpus;

    switch (item->kind) {
    case GOVERNOR:
        return wish->governor && cpumask_intersects(cpus, &item->governed);
    case PREFERENCE:
        return (wish->preference ||
                (wish->governor && strcmp(wish->governor, "performance") == 0)) &&
               cpumask_intersects(cpus, &item->governed);
    case LATENCY:
        return wish->latency >= 0 && cpumask_has(cpus, item->number);
    case WORKQUEUE:
        return wish->isolate;
    case CGROUP:
        /* VMs live in machine.slice; what is not below the root follows what is. */
        return wish->isolate && strcmp(item->name, "machine.slice") != 0 &&
               !strchr(item->name, '/');
    case IRQ:
        return wish->move_irqs && !item->fixed;
    case DEVICE:
        return wish->device && strcmp(wish->device, item->name) == 0;
    case PAGES:
    case KINDS:
        break;
    }
    return false;
}

static set who_wants(const struct history *history, const struct item *item, set vms) {
    for (size_t i = 0; i < VMS; i++)
        if (!wants(&history->vms[i], item))
            vms &= ~(1U << i);
    return vms;
}

static struct cpumask cpus_of(const struct history *history, set vms) {
    struct cpumask cpus = {0};

    for (size_t i = 0; i < VMS; i++)
        if (vms >> i & 1)
            cpus = cpumask_or(&cpus, &history->vms[i].cpus);
    return cpus;
}

/* An interrupt that is elsewhere need not be moved. */
static bool concerns(const struct history *history, const struct item *item, const char *baseline,
                     set vms) {
    struct cpumask taken, cpus;

    vms = who_wants(history, item, vms);
    if (vms == 0 || item->kind != IRQ)
        return vms != 0;
    taken = cpus_of(history, vms);
    return cpumask_parse_list(baseline, CPUMASK_BITS, &cpus) == 0 &&
           cpumask_intersects(&cpus, &taken);
}

/* With `sure` VMs in limbo do not count. */
static bool concerned(const struct history *history, const struct item *item, bool sure) {
    set vms = all_in(history, RUNS) | (sure ? 0 : all_in(history, LIMBO));

    return concerns(history, item, item->baseline, vms) ||
           (item->owner != SUMMED && concerns(history, item, item->before, vms));
}

/* ---- what the sum is ------------------------------------------------------------------------- */

/* The CPUs of a list, or all, without those that VMs have; all others if none is left. NULL when
 * VMs have all CPUs: then nobody has said what is right. */
static char *without(const struct history *history, const char *list, set vms) {
    const struct cpumask *online = &history->host.online;
    struct cpumask taken = cpus_of(history, vms), cpus, left,
                   others = cpumask_without(online, &taken);

    if (cpumask_parse_list(list, CPUMASK_BITS, &cpus) < 0 || cpumask_empty(&cpus))
        cpus = *online;
    cpus = cpumask_without(&cpus, &taken);
    left = cpumask_and(&cpus, online);
    if (cpumask_empty(&others))
        return NULL;
    return cpumask_list(cpumask_empty(&left) ? &others : &cpus);
}

/* "performance" wins, else the first VM of the alphabet. */
static const char *first_wish(const struct history *history, const struct item *item, set vms,
                              bool preference) {
    const char *first = NULL;

    for (size_t i = 0; i < VMS; i++) {
        const struct wish *wish = &history->vms[i].wish;
        const char *word = preference ? wish->preference : wish->governor;

        if (vms >> i & 1 && word && cpumask_intersects(&history->vms[i].cpus, &item->governed) &&
            (!first || strcmp(word, "performance") == 0))
            first = word;
    }
    return first;
}

static char *preference(const struct history *history, const struct item *item,
                        const char *baseline, set vms) {
    const char *governor = first_wish(history, item, vms, false);
    const char *wish = first_wish(history, item, vms, true);

    if (strcmp(baseline, "-") == 0)
        return new_string(baseline);
    if (governor && strcmp(governor, "performance") == 0)
        return new_string("performance");
    return new_string(wish ? wish : baseline);
}

static char *latency(const struct history *history, const char *baseline, set vms) {
    long shortest = strcmp(baseline, "n/a") == 0 ? 0 : strtol(baseline, NULL, 10);

    if (shortest == 0 && strcmp(baseline, "n/a") != 0)
        shortest = INT32_MAX;
    for (size_t i = 0; i < VMS; i++)
        if (vms >> i & 1 && history->vms[i].wish.latency < shortest)
            shortest = history->vms[i].wish.latency;
    return shortest == 0 ? new_string("n/a") : new_format("%ld", shortest);
}

static char *sum(const struct history *history, const struct item *item, const char *baseline,
                 set vms) {
    const char *word;

    if (!concerns(history, item, baseline, vms))
        return new_string(baseline);
    vms = who_wants(history, item, vms);
    switch (item->kind) {
    case GOVERNOR:
        word = first_wish(history, item, vms, false);
        return new_string(word && strcmp(baseline, "-") != 0 ? word : baseline);
    case PREFERENCE:
        return preference(history, item, baseline, vms);
    case LATENCY:
        return latency(history, baseline, vms);
    case DEVICE:
        return new_string("vfio-pci");
    default:
        return without(history, baseline, vms);
    }
}

/* ---- strangers ------------------------------------------------------------------------------- */

static void settle(const struct history *history, struct item *item) {
    if (item->owner == STRANGERS && !concerned(history, item, true))
        item->owner = EITHER;
    if (item->owner == EITHER && !concerned(history, item, false))
        item->owner = SUMMED;
}

void model_settle(struct history *history) {
    for (size_t i = 0; i < history->host.count; i++)
        settle(history, &history->host.items[i]);
}

void model_note_stranger(struct history *history, struct item *item) {
    _cleanup_free_ char *summed = sum(history, item, item->baseline, all_in(history, RUNS));
    bool changed = summed && strcmp(summed, item->baseline) != 0;

    free(item->before);
    item->before = item->baseline;
    item->baseline = new_string(item->now);
    /* Where the VMs had nothing to change the hook cannot know who was there first. */
    if (item->owner == SUMMED)
        item->owner = changed ? STRANGERS : EITHER;
    settle(history, item);
}

/* ---- the comparison -------------------------------------------------------------------------- */

static bool is_sum(const struct history *history, const struct item *item) {
    set sure = all_in(history, RUNS), limbo = all_in(history, LIMBO);

    /* On its way from one driver to the other. */
    if (item->kind == DEVICE && who_wants(history, item, limbo))
        return true;

    for (set some = limbo;; some = (some - 1) & limbo) {
        _cleanup_free_ char *expected = sum(history, item, item->baseline, sure | some);

        if (!expected || strcmp(expected, item->now) == 0)
            return true;
        if (some == 0)
            return false;
    }
}

static void check_pool(struct history *history, const struct item *item) {
    unsigned long low = strtoul(item->baseline, NULL, 10), high, now = strtoul(item->now, NULL, 10);

    high = low;
    for (size_t i = 0; i < VMS; i++) {
        const struct vm *vm = &history->vms[i];

        if (vm->state == OFF || vm->wish.pages == 0 || vm->wish.size != item->size ||
            !(vm->wish.nodes >> item->number & 1))
            continue;
        high += vm->state == LIMBO ? vm->wish.pages : vm->obtained[item->number];
        low += vm->state == LIMBO ? 0 : vm->obtained[item->number];
    }
    if (now < low || now > high)
        wrong(history, "%s: %lu, expected %lu to %lu", item->name, now, low, high);
}

static void check_item(struct history *history, struct item *item) {
    _cleanup_free_ char *expected = NULL;
    bool left = strcmp(item->now, item->baseline) == 0;

    if ((item->owner != SUMMED && left) || (item->owner != STRANGERS && is_sum(history, item)))
        return;
    expected = item->owner == STRANGERS ? new_string(item->baseline)
                                        : sum(history, item, item->baseline, all_in(history, RUNS));
    wrong(history, "%s: '%s', expected '%s'%s", item->name, item->now, expected,
          item->owner == STRANGERS ? ", which a stranger wrote" : "");
}

/* ---- promises between VMs -------------------------------------------------------------------- */

static set that_isolate(const struct history *history, set vms) {
    for (size_t i = 0; i < VMS; i++)
        if (!history->vms[i].wish.isolate)
            vms &= ~(1U << i);
    return vms;
}

static unsigned whole_cores(const struct history *history, const struct cpumask *taken) {
    const struct host *host = &history->host;
    unsigned cores = 0;

    for_each_cpu(cpu, &host->online) if (cpumask_next(&host->cores[cpu], 0) == cpu &&
                                         !cpumask_intersects(&host->cores[cpu], taken)) cores++;
    return cores;
}

/* Those of cores of which no CPU is taken: others are not chosen. */
static unsigned cpus_of_whole_cores(const struct history *history, const struct cpumask *taken) {
    const struct host *host = &history->host;
    unsigned cpus = 0;

    for_each_cpu(cpu, &host->online) cpus += !cpumask_intersects(&host->cores[cpu], taken);
    return cpus;
}

/* What the VM's XML pins is the hook's business only if it is told anything about its CPUs. */
static bool takes_part(const struct wish *wish) {
    return wish->pin != PIN_XML || wish->isolate || wish->move_irqs || wish->governor ||
           wish->preference || wish->latency >= 0;
}

static void check_isolation(struct history *history) {
    set isolating = that_isolate(history, all_in(history, RUNS));
    struct cpumask taken = cpus_of(history, isolating);

    if (whole_cores(history, &taken) == 0)
        wrong(history, "the host has no whole core left");
    for (size_t i = 0; i < VMS; i++)
        for (size_t j = 0; j < VMS; j++)
            if (i != j && isolating >> i & 1 && history->vms[j].state == RUNS &&
                takes_part(&history->vms[j].wish) &&
                cpumask_intersects(&history->vms[i].cpus, &history->vms[j].cpus))
                wrong(history, "%s shares CPUs that are isolated for %s", history->vms[j].name,
                      history->vms[i].name);
}

static void check_nothing_left(struct history *history) {
    _cleanup_closedir_ DIR *journals = opendir(JOURNALS);

    if (all_in(history, OFF) != (1U << VMS) - 1)
        return;
    for (struct dirent *entry = journals ? readdir(journals) : NULL; entry;
         entry = readdir(journals))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            wrong(history, "%s is left in " JOURNALS, entry->d_name);
}

void model_check(struct history *history) {
    model_settle(history);
    host_look(&history->host);
    for (size_t i = 0; i < history->host.count; i++)
        if (history->host.items[i].kind == PAGES)
            check_pool(history, &history->host.items[i]);
        else
            check_item(history, &history->host.items[i]);
    check_isolation(history);
    for (size_t i = 0; i < VMS; i++)
        if (history->vms[i].state == RUNS)
            vm_check_threads(history, &history->vms[i]);
    check_nothing_left(history);
}

/* ---- refusals -------------------------------------------------------------------------------- */

bool model_may_refuse(const struct history *history, const struct vm *vm, const char *message) {
    set others = (all_in(history, RUNS) | all_in(history, LIMBO)) & ~(1U << (vm - history->vms));
    struct cpumask isolated = cpus_of(history, that_isolate(history, others)), own = {0}, rest;
    bool fixed = vm->wish.pin == PIN_MAP || vm->wish.pin == PIN_XML;

    for (unsigned i = 0; i < vm->wish.vcpus && fixed; i++)
        cpumask_set(&own, vm->wish.map[i]);
    if (strstr(message, "is isolated for"))
        return cpumask_intersects(&own, &isolated);
    if (strstr(message, "is to be isolated")) {
        rest = cpus_of(history, others);
        return vm->wish.isolate && cpumask_intersects(&own, &rest);
    }
    if (strstr(message, "not enough CPUs")) {
        rest = vm->wish.isolate ? cpus_of(history, others) : isolated;
        return cpus_of_whole_cores(history, &rest) < vm->wish.vcpus;
    }
    if (strstr(message, "without a whole core")) {
        rest = cpumask_or(&isolated, &own);
        return vm->wish.isolate && whole_cores(history, &rest) <= (fixed ? 0 : vm->wish.vcpus);
    }
    if (strstr(message, "does not say which CPUs"))
        return vm->wish.isolate && vm->wish.pin == PIN_NONE;
    if (strstr(message, "huge pages of"))
        return vm->wish.pages > 0;
    if (strstr(message, "cannot be set to"))
        return vm->wish.governor || vm->wish.preference;
    for (size_t i = 0; i < VMS; i++)
        if (others >> i & 1 && vm->wish.device && history->vms[i].wish.device &&
            strcmp(vm->wish.device, history->vms[i].wish.device) == 0 &&
            strstr(message, history->vms[i].name))
            return true;
    return false;
}
