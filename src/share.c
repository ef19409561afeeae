/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "share.h"

#include <errno.h>
#include <string.h>

#include "journal.h"
#include "json-record.h"
#include "log.h"
#include "recover.h"
#include "topology.h"

static int add(struct shares *shares, const char *domain, struct json_object *data) {
    struct share *larger = reallocarray(shares->items, shares->count + 1, sizeof *larger);
    const char *cpus = json_string(data, "cpus");

    if (!larger)
        return -ENOMEM;
    shares->items = larger;
    larger += shares->count;
    *larger = (struct share){.domain = strdup(domain), .data = json_object_get(data)};
    shares->count++;
    if (!larger->domain)
        return -ENOMEM;
    return cpus && cpulist_parse(cpus, &larger->cpus) < 0 ? -EINVAL : 0;
}

struct reading {
    const struct step_kind *kind;
    const char *except;
    struct shares *shares;
};

static int take(struct journal *journal, void *data) {
    const struct reading *reading = data;
    int r = 0;

    if (journal->released || (reading->except && strcmp(journal->domain, reading->except) == 0))
        return 0;
    for (size_t i = 0; i < journal->steps.count && r == 0; i++) {
        const struct step *step = &journal->steps.items[i];

        if (step->kind != reading->kind)
            continue;
        /* Asked only here: it looks into /proc. */
        if (recover_is_stale(journal))
            break;
        r = add(reading->shares, journal->domain, step->data);
    }
    return r;
}

static int compare(const void *a, const void *b) {
    const struct share *left = a, *right = b;

    return strcmp(left->domain, right->domain);
}

int shares_read(int directory, const struct step_kind *kind, const char *except,
                struct shares *ret) {
    struct reading reading = {kind, except, ret};
    int r = journal_for_each(directory, take, &reading);

    if (r == 0 && ret->count > 0)
        qsort(ret->items, ret->count, sizeof *ret->items, compare);
    for (size_t i = 0; i < ret->count; i++)
        cpulist_add_all(&ret->cpus, &ret->items[i].cpus);
    return r < 0 ? r : topology_online(&ret->online);
}

void shares_done(struct shares *shares) {
    for (size_t i = 0; i < shares->count; i++) {
        free(shares->items[i].domain);
        json_object_put(shares->items[i].data);
    }
    free(shares->items);
}
