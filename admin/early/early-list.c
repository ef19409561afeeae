/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "early-list.h"

#include <errno.h>

#include "device-text.h"
#include "early-row.h"
#include "early.h"
#include "kernel-line.h"
#include "options.h"
#include "say.h"
#include "table.h"
#include "verb.h"

static const struct table_column columns[] = {
    {"DEVICE", 0}, {"NAME", 16}, {"ID", 0}, {"NOW", 0}, {"NEXT BOOT", 16}, {"RULE", 16},
};

#define COLUMN_NEXT_BOOT 4

static enum table_colour colour_of(const struct early_verdict *verdict) {
    switch (verdict->outcome) {
    case EARLY_RESERVE:
    case EARLY_PHYSFN:
        return TABLE_GOOD;
    case EARLY_LEAVE:
        return TABLE_DOUBTFUL;
    case EARLY_MISSING:
        return TABLE_BAD;
    }
    return TABLE_PLAIN;
}

static int add_row(struct table *table, const struct early_state *state,
                   const struct early_verdict *verdict) {
    _cleanup_early_row_ struct early_row row = {0};
    int r = early_row_fill(&row, state, verdict);

    if (r < 0)
        return r;
    return table_add(
        table, colour_of(verdict),
        (const char *[]){row.device, row.name, row.id, row.driver, row.next_boot, row.rule});
}

/* Below the table, or in its place. */
static void print_notes(const struct early_state *state) {
    _cleanup_free_ char *line = kernel_line_read();
    bool by_serial = false;

    for (size_t i = 0; i < state->rules.count; i++)
        by_serial = by_serial || state->rules.items[i].by == EARLY_BY_SERIAL;
    if (state->plan.count == 0 && state->wrong == 0)
        puts("No device is reserved for VMs from boot on: 'hostdevctl early add 0000:05:00.0' "
             "reserves one (lspci -D lists them).");
    if (by_serial && geteuid() != 0)
        say_warning("serial numbers can be read by root only: what is said of [serial ...] is not "
                    "what will happen");
    if (line && kernel_line_turns_off(line))
        say_warning("the kernel line has hostdevctl.early=off: as long as it does, nothing is "
                    "reserved");
}

int early_list_print(const struct early_state *state) {
    _cleanup_table_ struct table table = {
        .columns = columns, .column_count = ELEMENTS(columns), .coloured = COLUMN_NEXT_BOOT};
    int r = 0;

    for (size_t i = 0; i < state->plan.count && r == 0; i++)
        r = add_row(&table, state, &state->plan.verdicts[i]);
    if (r < 0)
        return r;
    if (table.row_count > 0)
        table_print(&table, stdout);
    print_notes(state);
    return 0;
}

static int parse(int argc, char **argv, bool *ret_json) {
    const struct option_row rows[] = {{"json", ret_json, NULL}};
    int operands = options_parse("early list", rows, ELEMENTS(rows), argc, argv);

    if (operands >= 0 && operands < argc) {
        say_error("early list takes no arguments: it lists all");
        return -EINVAL;
    }
    return operands;
}

int early_list_main(int argc, char **argv) {
    _cleanup_early_state_ struct early_state state = {0};
    _cleanup_error_ struct error error = {0};
    bool json = false;

    if (parse(argc, argv, &json) < 0)
        return EXIT_USAGE;
    if (early_state_read(&state, &error) >= 0 &&
        (json ? early_rows_print_json(&state) : early_list_print(&state)) < 0)
        error_oom(&error);
    if (error.code) {
        say_error("%s", error_text(&error));
        return EXIT_FAILURE;
    }
    return fflush(stdout) != 0 || state.wrong > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
