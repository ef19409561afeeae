/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "inspect.h"

#include <errno.h>
#include <string.h>

#include "host-numa.h"
#include "journal.h"
#include "log.h"
#include "plan-mdev.h"
#include "recover.h"
#include "text.h"
#include "vfio.h"

void inspect_mdev_holders(int directory, const char *domain, struct host_mdevs *mdevs) {
    for (size_t i = 0; i < mdevs->n_devices; i++) {
        struct host_mdev *device = &mdevs->devices[i];
        _cleanup_claims_ struct claims claims = {0};
        _cleanup_free_ char *name = NULL, *printable = NULL, *process = NULL;

        if (claims_add_mdev(&claims, device->mdev.uuid) < 0)
            return;
        name = journal_find_holder(directory, &claims, domain);
        printable = name ? text_printable(name) : NULL;
        if (printable)
            snprintf(device->holder, sizeof device->holder, "VM %s", printable);
        else if ((process = vfio_group_holder(device->mdev.group)))
            snprintf(device->holder, sizeof device->holder, "%s", process);
    }
}

static int read_mdevs(const struct domain *domain, const struct policy *policy, uint64_t deadline,
                      struct host *host, struct error *error) {
    _cleanup_free_ const char **types = calloc(domain->n_mdevs, sizeof *types);
    size_t n_types;

    if (!types)
        return error_oom(error);
    n_types = plan_mdev_types(domain, policy, types);
    return host_mdevs_read(domain, n_types > 0 ? types : NULL, n_types, deadline, &host->mdevs,
                           error);
}

/* CPUs that were chosen for the VM are on nodes, too. */
static void add_nodes_of(const struct cpulist *cpus, const struct topology *topology,
                         struct cpulist *nodes) {
    CPULIST_FOREACH(cpu, cpus) {
        const struct topology_cpu *own = topology_cpu(topology, cpu);

        if (own)
            cpulist_add(nodes, own->node);
    }
}

/* Reads what the host offers, and once more when a module had to be loaded for that. */
static int look_at_mdevs(const struct domain *domain, const struct policy *policy,
                         const struct intent *intent, uint64_t deadline, struct host *host,
                         struct steps *foreseen, struct error *error) {
    _cleanup_error_ struct error failure = {0};
    _cleanup_steps_ struct steps loads = {0};
    int r;

    if (domain->n_mdevs == 0)
        return 0;
    host_near_nodes(domain, &host->mdevs.nodes);
    add_nodes_of(&intent->cpu.own, &host->cpus.topology, &host->mdevs.nodes);
    r = read_mdevs(domain, policy, deadline, host, error);
    if (r < 0)
        return r;
    if (plan_loads(domain, policy, host, foreseen ? foreseen : &loads) < 0)
        return error_oom(error);
    if (loads.count == 0)
        return 0;
    /* The plan says what is missing, in better words. */
    if (steps_apply(&loads, deadline, &failure) < 0) {
        if (failure.code == ETIME) {
            error_move(error, &failure);
            return -ETIME;
        }
        log_warning("%s", error_text(&failure));
    }
    return read_mdevs(domain, policy, deadline, host, error);
}

int inspect_host(const struct domain *domain, const struct policy *policy,
                 const struct intent *intent, uint64_t deadline, struct host *host,
                 struct steps *foreseen, struct error *error) {
    int r;

    r = host_inspect(host, intent->bind, intent->n_bind, deadline, error);
    if (r == 0)
        r = host_examine(host, intent->guarded, intent->n_guarded, deadline, error);
    if (r < 0)
        return r;
    free(host->vgpus);
    host->vgpus = NULL;
    r = host_vgpus_read(intent->vgpus, intent->n_vgpus, deadline, &host->vgpus, error);
    if (r < 0)
        return r;
    host->n_vgpus = intent->n_vgpus;
    return look_at_mdevs(domain, policy, intent, deadline, host, foreseen, error);
}

/* ---- CPUs ---------------------------------------------------------------------------------- */

struct cpu_holders {
    const char *domain;
    struct host_cpus *cpus;
};

static int note_cpus(struct journal *journal, void *data) {
    const struct cpu_holders *holders = data;

    if (strcmp(journal->domain, holders->domain) == 0 || recover_is_stale(journal))
        return 0;
    for (size_t i = 0; i < json_object_array_length(journal->claims); i++) {
        const char *what = json_object_get_string(json_object_array_get_idx(journal->claims, i));
        unsigned cpu;
        bool alone;

        if (what && claim_is_cpu(what, &alone, &cpu))
            cpulist_add(alone ? &holders->cpus->isolated : &holders->cpus->pinned, cpu);
    }
    return 0;
}

int inspect_cpus(const struct domain *domain, struct host_cpus *cpus, struct error *error) {
    const struct cpu_holders holders = {domain->name, cpus};
    _cleanup_close_ int directory = -1;
    int r = host_cpus_read(domain, cpus, error);

    if (r < 0)
        return r;
    directory = journal_open_directory(false, error);
    if (directory == -ENOENT)
        return 0;
    if (directory < 0)
        return directory;
    cpus->pinned = cpus->isolated = (struct cpulist){0};
    return journal_for_each(directory, note_cpus, (void *)&holders) < 0 ? error_oom(error) : 0;
}
