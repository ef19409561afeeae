/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "early.h"

#include <errno.h>
#include <string.h>

#include "early-reserve.h"
#include "early-warn.h"
#include "early-write.h"
#include "options.h"
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

static int parse_by(const char *text, enum early_by *ret) {
    unsigned by = 0;

    if (text && parse_word(ways, ELEMENTS(ways), text, &by) < 0) {
        say_error("early add: --by %s: expected address, id, serial or path", text);
        return -EINVAL;
    }
    *ret = (enum early_by)by;
    return 0;
}

static int parse_with(const char *text, enum early_with *ret) {
    unsigned with = EARLY_WITH_NOTHING;

    if (text && (parse_word(companions, ELEMENTS(companions), text, &with) < 0 ||
                 with == EARLY_WITH_NOTHING)) {
        say_error("early add: --with %s: expected slot or iommu-group", text);
        return -EINVAL;
    }
    *ret = (enum early_with)with;
    return 0;
}

/* The index of the first operand, or negative. */
static int parse_options(int argc, char **argv, struct early_request *request) {
    const char *by = NULL, *with = NULL;
    const struct option_row rows[] = {
        {"by", NULL, &by},
        {"with", NULL, &with},
        {"boot-display", &request->boot_display, NULL},
    };
    int operands = options_parse("early add", rows, ELEMENTS(rows), argc, argv);

    if (operands < 0 || parse_by(by, &request->by) < 0 || parse_with(with, &request->with) < 0)
        return -EINVAL;
    if (operands == argc) {
        say_error("early add: which device? For example: hostdevctl early add 0000:05:00.0 (lspci "
                  "-D lists them)");
        return -EINVAL;
    }
    return operands;
}

static int check_addresses(char **operands) {
    struct pci_address address;

    for (; *operands; operands++)
        if (pci_address_parse(*operands, &address) < 0) {
            say_error("early add: '%s' is no PCI address: expected something like 0000:05:00.0, as "
                      "lspci -D prints it",
                      *operands);
            return -EINVAL;
        }
    return 0;
}

/* ---- what is done ---------------------------------------------------------------------------- */

/* All of them, so that all that is wrong is said at once. How many are refused. */
static int plan_all(struct early_state *state, struct early_request *request, char **operands) {
    int refused = 0;

    for (; *operands; operands++) {
        _cleanup_error_ struct error error = {0};

        if (pci_address_parse(*operands, &request->device) < 0 ||
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
    struct early_request request = {0};
    int operands = parse_options(argc, argv, &request);

    if (operands < 0 || check_addresses(argv + operands) < 0)
        return EXIT_USAGE;
    if (say_root_is_needed("hostdevctl early add"))
        return EXIT_FAILURE;
    if (early_state_read(&state, &error) < 0) {
        say_error("%s", error_text(&error));
        return EXIT_FAILURE;
    }
    if (plan_all(&state, &request, argv + operands) > 0)
        return EXIT_FAILURE;
    if (write_all(&state, &error) < 0) {
        say_error("%s", error_text(&error));
        return EXIT_FAILURE;
    }
    puts("This takes effect at the next boot, after: hostdevctl early update");
    return EXIT_SUCCESS;
}
