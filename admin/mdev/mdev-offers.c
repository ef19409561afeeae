/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mdev-offers.h"

#include <errno.h>
#include <string.h>

#include "deadline.h"
#include "inspect.h"
#include "journal.h"
#include "mdev-vgpus.h"
#include "text.h"

struct mdev_offer *mdev_offers_add(struct mdev_offers *offers, const char *parent, const char *type,
                                   const char *label, const char *description) {
    struct mdev_offer *larger = reallocarray(offers->items, offers->count + 1, sizeof *larger);

    if (!larger)
        return NULL;
    offers->items = larger;
    larger += offers->count++;
    *larger = (struct mdev_offer){.parent = text_printable(parent),
                                  .type = text_printable(type),
                                  .label = text_printable(label),
                                  .description = strdup(description)};
    return larger->parent && larger->type && larger->label && larger->description ? larger : NULL;
}

int mdev_offer_add_instance(struct mdev_offer *offer, const char *id, const char *holder) {
    struct mdev_instance *larger =
        reallocarray(offer->instances, offer->n_instances + 1, sizeof *larger);

    if (!larger)
        return -ENOMEM;
    offer->instances = larger;
    larger += offer->n_instances++;
    *larger = (struct mdev_instance){strdup(id), holder && *holder ? strdup(holder) : NULL};
    return larger->id && (!holder || !*holder || larger->holder) ? 0 : -ENOMEM;
}

static int add_type(struct mdev_offers *offers, const struct host_mdev_type *type) {
    struct mdev_offer *offer =
        mdev_offers_add(offers, type->parent, type->name, type->label, type->description);
    int r = offer ? 0 : -ENOMEM;

    if (offer)
        offer->available = type->available;
    for (size_t i = 0; i < offers->mdevs.n_devices && r == 0; i++) {
        const struct host_mdev *device = &offers->mdevs.devices[i];

        if (strcmp(device->mdev.parent, type->parent) == 0 &&
            strcmp(device->mdev.type, type->name) == 0)
            r = mdev_offer_add_instance(offer, device->mdev.uuid, device->holder);
    }
    return r;
}

/* Who has them: VMs by their journals, others by what they have open. */
static void find_holders(struct host_mdevs *mdevs) {
    _cleanup_error_ struct error error = {0};
    _cleanup_close_ int directory = journal_open_directory(false, &error);

    inspect_mdev_holders(directory, "", mdevs);
}

int mdev_offers_read(struct mdev_offers *ret, uint64_t patience, struct error *error) {
    _cleanup_error_ struct error second = {0};
    const struct domain no_domain = {0};
    int r = host_mdevs_read(&no_domain, NULL, 0, now_usec() + patience, &ret->mdevs, error), s = 0;

    if (r < 0 && r != -ETIME)
        return r;
    find_holders(&ret->mdevs);
    for (size_t i = 0; i < ret->mdevs.n_types && s == 0; i++)
        s = add_type(ret, &ret->mdevs.types[i]);
    if (s < 0)
        return error_oom(error);
    /* One sentence is enough. */
    s = mdev_vgpus_read(ret, now_usec() + patience, r < 0 ? &second : error);
    return r < 0 ? r : s;
}

static void offer_done(struct mdev_offer *offer) {
    free(offer->parent);
    free(offer->type);
    free(offer->label);
    free(offer->description);
    for (size_t i = 0; i < offer->n_instances; i++) {
        free(offer->instances[i].id);
        free(offer->instances[i].holder);
    }
    free(offer->instances);
    for (size_t i = 0; i < offer->n_free; i++)
        free(offer->free[i]);
    free(offer->free);
}

void mdev_offers_done(struct mdev_offers *offers) {
    for (size_t i = 0; i < offers->count; i++)
        offer_done(&offers->items[i]);
    free(offers->items);
    host_mdevs_done(&offers->mdevs);
}
