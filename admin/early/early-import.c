/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "early.h"

#include <errno.h>
#include <string.h>

#include "early-reserve.h"
#include "early-warn.h"
#include "early-write.h"
#include "legacy.h"
#include "options.h"
#include "say.h"
#include "verb.h"

/* What one call works with. */
struct import {
    bool dry_run;
    struct early_state state;
    struct pci_functions functions;
    struct legacy legacy;
    struct outcome {
        bool taken;   /* something of it is reserved, now or before */
        bool refused; /* something of it cannot be */
    } * outcomes;     /* for each source */
};

static void import_done(struct import *import) {
    early_state_done(&import->state);
    pci_functions_done(&import->functions);
    legacy_done(&import->legacy);
    free(import->outcomes);
}

/* ---- what each source asks for --------------------------------------------------------------- */

/* 0 when the device is reserved, now or before; that it was before is said. */
static int reserve(struct import *import, const struct legacy_claim *claim,
                   struct pci_address device, enum early_by by, struct error *error) {
    const struct early_request request = {.device = device, .by = by};
    int r = early_reserve_plan(&import->state, &request, error);

    if (r < 0 && r != -EALREADY)
        return r;
    if (r == -EALREADY)
        printf("%s\n", error_text(error));
    error_clear(error);
    import->outcomes[claim->source].taken = true;
    return 0;
}

static void refuse(struct import *import, const struct legacy_claim *claim,
                   const struct error *error) {
    say_error("%s: %s", import->legacy.sources[claim->source].what, error_text(error));
    import->outcomes[claim->source].refused = true;
}

/* Each of those that match, by its address. */
static void take_each(struct import *import, const struct legacy_claim *claim) {
    for (size_t i = 0; i < import->functions.count; i++) {
        const struct pci_function *function = &import->functions.items[i];
        _cleanup_error_ struct error error = {0};

        if (pci_pattern_matches(&claim->pattern, function) &&
            reserve(import, claim, function->address, EARLY_BY_ADDRESS, &error) < 0)
            refuse(import, claim, &error);
    }
}

/* All of them by their id, in the name of the first of which that can be said. */
static void take_twins(struct import *import, const struct legacy_claim *claim) {
    _cleanup_error_ struct error error = {0};

    for (size_t i = 0; i < import->functions.count; i++) {
        const struct pci_function *function = &import->functions.items[i];

        if (pci_pattern_matches(&claim->pattern, function) &&
            reserve(import, claim, function->address, EARLY_BY_ID, &error) == 0)
            return;
    }
    refuse(import, claim, &error);
}

static size_t count_matches(const struct import *import, const struct legacy_claim *claim) {
    size_t count = 0;

    for (size_t i = 0; i < import->functions.count; i++)
        count += pci_pattern_matches(&claim->pattern, &import->functions.items[i]);
    return count;
}

static void take(struct import *import, const struct legacy_claim *claim) {
    size_t count = claim->has_address ? 1 : count_matches(import, claim);
    _cleanup_error_ struct error error = {0};

    if (claim->has_address) {
        if (reserve(import, claim, claim->address, EARLY_BY_ADDRESS, &error) < 0)
            refuse(import, claim, &error);
    } else if (count == 0) {
        printf("%s: there is no %s on this host, nothing is written for it\n",
               import->legacy.sources[claim->source].what, claim->text);
    } else if (count > 1 && pci_pattern_is_id(&claim->pattern)) {
        take_twins(import, claim);
    } else {
        take_each(import, claim);
    }
}

/* ---- what is written ------------------------------------------------------------------------- */

static int write_rule(const struct import *import, size_t i, struct error *error) {
    const struct early_rule *rule = &import->state.rules.items[i];
    int r = import->dry_run ? 0 : early_write(rule, "import", error);

    if (r < 0)
        return r;
    if (early_write_report(&import->state, i) < 0 || early_warn(&import->state, i) < 0)
        return error_oom(error);
    return 0;
}

static int write_rules(const struct import *import, struct error *error) {
    int r = 0;

    if (import->dry_run && import->state.rules.count > import->state.known)
        puts("Nothing is written now. These files would be:");
    for (size_t i = import->state.known; i < import->state.rules.count && r == 0; i++)
        r = write_rule(import, i, error);
    return r;
}

static bool any_refused(const struct import *import) {
    for (size_t i = 0; i < import->legacy.source_count; i++)
        if (import->outcomes[i].refused)
            return true;
    return false;
}

static void print_what_remains(const struct import *import) {
    bool first = true;

    for (size_t i = 0; i < import->legacy.source_count; i++) {
        if (!import->outcomes[i].taken || import->outcomes[i].refused)
            continue;
        if (first)
            puts(import->dry_run ? "\nThen they would replace:"
                                 : "\nWhat is not needed any more, and should be taken away:");
        printf("  %s\n", import->legacy.sources[i].away);
        first = false;
    }
    if (import->state.rules.count > import->state.known && !import->dry_run)
        puts("\nThis takes effect at the next boot, after: hostdevctl early update");
}

/* ---- the verb -------------------------------------------------------------------------------- */

static int run(struct import *import, struct error *error) {
    int r = early_state_read(&import->state, error);

    if (r >= 0)
        r = pci_functions_read(&import->functions, error);
    if (r >= 0)
        r = legacy_read(&import->legacy, error);
    if (r < 0)
        return r;
    import->outcomes = calloc(import->legacy.source_count + 1, sizeof *import->outcomes);
    if (!import->outcomes)
        return error_oom(error);
    if (import->legacy.claim_count == 0)
        puts("There is nothing to import: the kernel line has no vfio-pci.ids=, modprobe.d no "
             "options of vfio-pci, and driverctl no override with vfio-pci.");
    for (size_t i = 0; i < import->legacy.claim_count; i++)
        take(import, &import->legacy.claims[i]);
    r = write_rules(import, error);
    if (r >= 0)
        print_what_remains(import);
    return r;
}

static int parse(int argc, char **argv, bool *ret_dry_run) {
    const struct option_row rows[] = {{"dry-run", ret_dry_run, NULL}};
    int operands = options_parse("early import", rows, ELEMENTS(rows), argc, argv);

    if (operands < 0)
        return operands;
    if (operands < argc) {
        say_error("early import takes no arguments: it finds what there is");
        return -EINVAL;
    }
    return 0;
}

int early_import_main(int argc, char **argv) {
    _cleanup_(import_done) struct import import = {0};
    _cleanup_error_ struct error error = {0};

    if (parse(argc, argv, &import.dry_run) < 0)
        return EXIT_USAGE;
    if (!import.dry_run && say_root_is_needed("hostdevctl early import"))
        return EXIT_FAILURE;
    if (run(&import, &error) < 0) {
        say_error("%s", error_text(&error));
        return EXIT_FAILURE;
    }
    return any_refused(&import) ? EXIT_FAILURE : EXIT_SUCCESS;
}
