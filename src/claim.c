/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "claim.h"

#include <errno.h>
#include <string.h>

/* The index of the first claim that is not below `what`. */
static size_t position(const struct claims *claims, const char *what) {
    size_t low = 0, high = claims->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(claims->items[middle].what, what) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct claim *find(const struct claims *claims, const char *what) {
    size_t i = position(claims, what);

    return i < claims->count && strcmp(claims->items[i].what, what) == 0 ? &claims->items[i] : NULL;
}

static int add(struct claims *claims, const struct claim *claim) {
    size_t i = position(claims, claim->what);
    struct claim *larger;

    if (find(claims, claim->what))
        return 0;
    larger = reallocarray(claims->items, claims->count + 1, sizeof *larger);
    if (!larger)
        return -ENOMEM;
    claims->items = larger;
    memmove(&larger[i + 1], &larger[i], (claims->count - i) * sizeof *larger);
    larger[i] = *claim;
    larger[i].rank = claims->count++;
    return 0;
}

int claims_add_device(struct claims *claims, struct pci_address device) {
    struct claim claim = {.device = device};

    snprintf(claim.what, sizeof claim.what, "pci %s", PCI_ADDRESS_FORMAT(device));
    return add(claims, &claim);
}

int claims_add_group(struct claims *claims, int group, struct pci_address device) {
    struct claim claim = {.kind = CLAIM_GROUP, .device = device};

    snprintf(claim.what, sizeof claim.what, "iommu-group %d", group);
    return add(claims, &claim);
}

int claims_add_mdev(struct claims *claims, const char *uuid) {
    struct claim claim = {.kind = CLAIM_MDEV, .uuid = uuid};

    snprintf(claim.what, sizeof claim.what, "mdev %s", uuid);
    return add(claims, &claim);
}

int claims_add_cpu(struct claims *claims, unsigned cpu, bool alone) {
    struct claim claim = {.kind = alone ? CLAIM_CPU : CLAIM_PINNED, .cpu = cpu};

    snprintf(claim.what, sizeof claim.what, alone ? "cpu %u" : "pinned %u", cpu);
    return add(claims, &claim);
}

bool claim_is_cpu(const char *what, bool *ret_alone, unsigned *ret_cpu) {
    *ret_alone = sscanf(what, "cpu %u", ret_cpu) == 1;
    return *ret_alone || sscanf(what, "pinned %u", ret_cpu) == 1;
}

const struct claim *claims_conflict(const struct claims *claims, const char *theirs) {
    char what[sizeof claims->items->what];
    const struct claim *claim;
    unsigned cpu;
    bool alone;

    if (!claim_is_cpu(theirs, &alone, &cpu))
        return find(claims, theirs);
    snprintf(what, sizeof what, "cpu %u", cpu);
    claim = find(claims, what);
    if (claim || !alone)
        return claim;
    snprintf(what, sizeof what, "pinned %u", cpu);
    return find(claims, what);
}

void claims_done(struct claims *claims) {
    free(claims->items);
}
