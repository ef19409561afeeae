/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mdev-types.h"

#include <errno.h>
#include <string.h>

#include "mdev-offers.h"
#include "mdev-print.h"
#include "options.h"
#include "refusal-mdev.h"
#include "say.h"
#include "verb.h"

/* Of somebody who waits at a terminal. */
#define PATIENCE_USEC (5 * USEC_PER_SEC)

/* ---- only some parents ----------------------------------------------------------------------- */

/* An address may be written without its domain. */
static bool is_named(const char *parent, const char *text) {
    struct pci_address wanted, address;

    return strcmp(parent, text) == 0 ||
           (pci_address_parse(parent, &address) == 0 && pci_address_parse(text, &wanted) == 0 &&
            pci_address_equal(address, wanted));
}

static bool is_wanted(const struct mdev_offer *offer, char *const *parents) {
    if (!*parents)
        return true;
    for (; *parents; parents++)
        if (is_named(offer->parent, *parents))
            return true;
    return false;
}

static bool offers_any(const struct mdev_offers *offers, const char *parent) {
    for (size_t i = 0; i < offers->count; i++)
        if (is_named(offers->items[i].parent, parent))
            return true;
    return false;
}

/* Moves what is not wanted behind what is, in their order; the count of the latter. */
static size_t wanted_first(struct mdev_offers *offers, char *const *parents) {
    size_t count = 0;

    for (size_t i = 0; i < offers->count; i++)
        if (is_wanted(&offers->items[i], parents)) {
            struct mdev_offer wanted = offers->items[i];

            memmove(&offers->items[count + 1], &offers->items[count], (i - count) * sizeof wanted);
            offers->items[count++] = wanted;
        }
    return count;
}

/* ---- nothing to show ------------------------------------------------------------------------- */

static const char *why_none(const struct mdev_offers *offers) {
    if (offers->mdevs.gvt == GVT_ON && !offers->mdevs.kvmgt)
        return "GVT-g is turned on, but its module is not loaded: the start of a VM that needs it "
               "does that; to see the types now: modprobe kvmgt";
    return refusal_why_no_mdevs(&offers->mdevs, NULL);
}

static int check_parents(const struct mdev_offers *offers, char *const *parents,
                         struct error *error) {
    for (; *parents; parents++)
        if (!offers_any(offers, *parents))
            return error_set(error, ENOENT, "%s offers no mediated devices%s%s", *parents,
                             offers->count > 0 ? ": hostdevctl mdev types lists what does" : ": ",
                             offers->count > 0 ? "" : why_none(offers));
    return 0;
}

/* ---- the verb -------------------------------------------------------------------------------- */

static int show(struct mdev_offers *offers, char *const *parents, bool json, struct error *error) {
    size_t count;
    int r = check_parents(offers, parents, error);

    if (r < 0)
        return r;
    count = wanted_first(offers, parents);
    if (count == 0 && !json)
        printf("No device of this host offers mediated devices: %s.\n", why_none(offers));
    else
        r = json ? mdev_print_json(offers->items, count) : mdev_print(offers->items, count);
    return r < 0 ? error_oom(error) : 0;
}

static int types_main(int argc, char **argv) {
    _cleanup_mdev_offers_ struct mdev_offers offers = {0};
    _cleanup_error_ struct error error = {0}, trouble = {0};
    bool json = false;
    const struct option_row rows[] = {{"json", &json, NULL}};
    int first = options_parse("mdev types", rows, ELEMENTS(rows), argc, argv), r;

    if (first < 0)
        return EXIT_USAGE;
    r = mdev_offers_read(&offers, PATIENCE_USEC, &trouble);
    if (r == 0 || r == -ETIME)
        (void)show(&offers, argv + first, json, &error);
    if (trouble.code)
        say_error("%s", error_text(&trouble));
    else if (error.code)
        say_error("%s", error_text(&error));
    return fflush(stdout) != 0 || trouble.code || error.code ? EXIT_FAILURE : EXIT_SUCCESS;
}

static const struct verb items[] = {
    {"types", "[--json] [PARENT...]", "which types of mediated devices there are, and who has them",
     "A line for each type that a device of the host (its parent) offers: how many\n"
     "more there can be, and which there are, with the VM that has each. With PARENT,\n"
     "such as 00:02.0, only what that one offers. vGPUs of NVIDIA's that are virtual\n"
     "functions are listed below their card, with the functions that can become one.\n"
     "\n"
     "  --json    the same for scripts\n"
     "\n"
     "Only root can see who has an instance that no VM of hostdevctl's has.\n",
     types_main},
};

static const struct verbs verbs = {
    .command = "hostdevctl mdev",
    .about = "Mediated devices: vGPUs, and other shares of a device. They are created when a VM\n"
             "starts, and removed when it has ended.\n",
    .notes = "hostdevctl mdev VERB --help tells more of each.\n",
    .items = items,
    .count = ELEMENTS(items),
};

int mdev_main(int argc, char **argv) {
    return verbs_run(&verbs, argc, argv);
}
