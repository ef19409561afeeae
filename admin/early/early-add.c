/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "early.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "early-reserve.h"
#include "early-warn.h"
#include "early-write.h"
#include "say.h"
#include "verb.h"

/* ---- the command line ------------------------------------------------------------------------ */

static const char *const ways[] = {
    [EARLY_BY_ADDRESS] = "address",
    [EARLY_BY_ID] = "id",
    [EARLY_BY_SERIAL] = "serial",
    [EARLY_BY_PATH] = "path",
};

static const char *const companions[] = {
    [EARLY_WITH_NOTHING] = "nothing",
    [EARLY_WITH_SLOT] = "slot",
    [EARLY_WITH_GROUP] = "iommu-group",
};

static int parse_word(const char *const words[], size_t count, const char *text, unsigned *ret) {
    for (unsigned i = 0; i < count; i++)
        if (strcmp(words[i], text) == 0) {
            *ret = i;
            return 0;
        }
    return -EINVAL;
}

static int parse_by(const char *text, struct early_request *request) {
    unsigned by;

    if (parse_word(ways, ELEMENTS(ways), text, &by) < 0) {
        say_error("early add: --by %s: expected address, id, serial or path", text);
        return -EINVAL;
    }
    request->by = (enum early_by)by;
    return 0;
}

static int parse_with(const char *text, struct early_request *request) {
    unsigned with;

    if (parse_word(companions, ELEMENTS(companions), text, &with) < 0 ||
        with == EARLY_WITH_NOTHING) {
        say_error("early add: --with %s: expected slot or iommu-group", text);
        return -EINVAL;
    }
    request->with = (enum early_with)with;
    return 0;
}

static int parse_options(int argc, char **argv, struct early_request *request) {
    static const struct option options[] = {
        {"by", required_argument, NULL, 'b'},
        {"with", required_argument, NULL, 'w'},
        {"boot-display", no_argument, NULL, 'd'},
        {0},
    };
    int option, r = 0;

    opterr = 0;
    while (r == 0 && (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'b')
            r = parse_by(optarg, request);
        else if (option == 'w')
            r = parse_with(optarg, request);
        else if (option == 'd')
            request->boot_display = true;
        else {
            say_error("early add: option %s is unknown, or lacks its word: hostdevctl early add "
                      "--help lists them",
                      argv[optind - 1]);
            r = -EINVAL;
        }
    }
    if (r == 0 && optind == argc) {
        say_error("early add: which device? For example: hostdevctl early add 0000:05:00.0 (lspci "
                  "-D lists them)");
        r = -EINVAL;
    }
    return r;
}

static int check_addresses(int argc, char **argv) {
    struct pci_address address;

    for (int i = optind; i < argc; i++)
        if (pci_address_parse(argv[i], &address) < 0) {
            say_error("early add: '%s' is no PCI address: expected something like 0000:05:00.0, as "
                      "lspci -D prints it",
                      argv[i]);
            return -EINVAL;
        }
    return 0;
}

/* ---- what is done ---------------------------------------------------------------------------- */

/* All of them, so that all that is wrong is said at once. How many are refused. */
static int plan_all(struct early_state *state, struct early_request *request, int argc,
                    char **argv) {
    int refused = 0;

    for (int i = optind; i < argc; i++) {
        _cleanup_error_ struct error error = {0};

        if (pci_address_parse(argv[i], &request->device) < 0 ||
            early_reserve_plan(state, request, &error) < 0) {
            say_error("%s", error_text(&error));
            refused++;
        }
    }
    return refused;
}

static int write_all(const struct early_state *state, struct error *error) {
    for (size_t i = state->known; i < state->rules.count; i++) {
        int r = early_write(&state->rules.items[i], "add", error);

        if (r < 0)
            return r;
        if (early_write_report(state, i) < 0 || early_warn(state, i) < 0)
            return error_oom(error);
    }
    return 0;
}

int early_add_main(int argc, char **argv) {
    _cleanup_early_state_ struct early_state state = {0};
    _cleanup_error_ struct error error = {0};
    struct early_request request = {.by = EARLY_BY_ADDRESS};

    if (parse_options(argc, argv, &request) < 0 || check_addresses(argc, argv) < 0)
        return EXIT_USAGE;
    if (say_root_is_needed("hostdevctl early add"))
        return EXIT_FAILURE;
    if (early_state_read(&state, &error) < 0) {
        say_error("%s", error_text(&error));
        return EXIT_FAILURE;
    }
    if (plan_all(&state, &request, argc, argv) > 0)
        return EXIT_FAILURE;
    if (write_all(&state, &error) < 0) {
        say_error("%s", error_text(&error));
        return EXIT_FAILURE;
    }
    puts("This takes effect at the next boot, after: hostdevctl early update");
    return EXIT_SUCCESS;
}
