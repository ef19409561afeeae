/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "status.h"

#include <errno.h>

#include "device-text.h"
#include "host-owners.h"
#include "json-print.h"
#include "json-record.h"
#include "options.h"
#include "say.h"
#include "status-holds.h"
#include "status-workers.h"
#include "svg.h"
#include "table.h"
#include "text.h"
#include "verb.h"

static const struct table_column columns[] = {
    {"VM", 12},
    {"STATE", 0},
    {"HOLDS", 0},
    {"WHAT", 24},
};

#define COLUMN_STATE 1

/* All that can be told. */
struct status {
    struct holdings holdings;
    struct stuck_workers workers;
};

static void status_done(struct status *status) {
    holdings_done(&status->holdings);
    stuck_workers_done(&status->workers);
}

/* ---- the table ------------------------------------------------------------------------------ */

static enum table_colour colour_of(enum holding_state state) {
    switch (state) {
    case HOLDING_LIVE:
        return TABLE_GOOD;
    case HOLDING_BY_HAND:
        return TABLE_DOUBTFUL;
    case HOLDING_STALE:
    case HOLDING_NEWER:
    case HOLDING_COPY:
    case HOLDING_DAMAGED:
    case HOLDING_UNREADABLE:
    case HOLDING_ASIDE:
        return TABLE_BAD;
    }
    return TABLE_PLAIN;
}

struct rows {
    struct table *table;
    const struct holding *holding;
    const char *name;
    size_t count;
};

static int add_row(void *data, const char *kind, const char *what) {
    struct rows *rows = data;

    rows->count++;
    return table_add(rows->table, colour_of(rows->holding->state),
                     (const char *[]){rows->name, holds_state(rows->holding), kind, what});
}

static int add_holding(struct table *table, const struct holding *holding) {
    _cleanup_free_ char *name = holding_name(holding);
    struct pci_address device;
    struct rows rows = {table, holding, name, 0};
    int r = 0;

    if (!name)
        return -ENOMEM;
    if (journal_is_by_hand(holding->domain, &device))
        rows.name = "";
    if (holding->journal && holding->state != HOLDING_COPY)
        r = holds_list(holding->journal, add_row, &rows);
    return r == 0 && rows.count == 0 ? add_row(&rows, NULL, NULL) : r;
}

/* ---- advice --------------------------------------------------------------------------------- */

static void print_advice(const struct holding *holding) {
    _cleanup_free_ char *owned = holding_text(holding);
    const char *who = owned ? owned : "?";
    struct pci_address device;

    switch (holding->state) {
    case HOLDING_LIVE:
        break;
    case HOLDING_BY_HAND:
        printf("%s was detached by hand: 'hostdevctl attach' gives it back.\n", who);
        break;
    case HOLDING_STALE:
        printf("%s is %s: 'hostdevctl recover' does.\n", who,
               journal_is_by_hand(holding->domain, &device)
                   ? "neither detached nor attached, and nobody has given it back"
                   : "gone, and nobody has given back what it had");
        break;
    case HOLDING_NEWER:
        printf("%s: its journal is of a newer version of hostdevctl: install that again to give\n"
               "back what the VM has.\n",
               who);
        break;
    case HOLDING_COPY:
    case HOLDING_DAMAGED:
    case HOLDING_ASIDE:
    case HOLDING_UNREADABLE:
        printf("%s: its journal is %s: 'hostdevctl recover' tells what to do.\n", who,
               holding->state == HOLDING_COPY ? "a copy" : holds_state(holding));
        break;
    }
}

static void print_worker(const struct stuck_worker *worker) {
    struct pci_address address;
    _cleanup_free_ char *device = worker->device && pci_address_parse(worker->device, &address) == 0
                                      ? device_text(address)
                                      : NULL;

    printf("A worker (process %d) %s%s%s%s.\n", worker->pid,
           worker->hangs ? "hangs in the kernel" : "is still at work", device ? ", on " : "",
           device ? device : "",
           worker->hangs ? ": the kernel log may tell why. When the kernel lets go of it, "
                           "'hostdevctl recover' gives back what is left"
                         : "");
}

static int print_table(const struct status *status) {
    _cleanup_table_ struct table table = {
        .columns = columns, .column_count = ELEMENTS(columns), .coloured = COLUMN_STATE};
    int r = 0;

    for (size_t i = 0; i < status->holdings.count && r == 0; i++)
        r = add_holding(&table, &status->holdings.items[i]);
    if (r < 0)
        return r;
    if (table.row_count > 0)
        table_print(&table, stdout);
    else
        puts("No VM holds anything, and nothing is detached by hand.");
    for (size_t i = 0; i < status->holdings.count; i++)
        print_advice(&status->holdings.items[i]);
    for (size_t i = 0; i < status->workers.count; i++)
        print_worker(&status->workers.items[i]);
    return 0;
}

/* ---- for scripts ---------------------------------------------------------------------------- */

static struct json_object *worker_to_json(const struct stuck_worker *worker) {
    _cleanup_json_ struct json_object *object = json_object_new_object();
    struct json_object *device = worker->device ? json_object_new_string(worker->device) : NULL;

    if (!object || json_object_object_add(object, "device", device) < 0 ||
        !json_add(object, "process", json_object_new_int(worker->pid)) ||
        !json_add(object, "hangs", json_object_new_boolean(worker->hangs)))
        return NULL;
    return take_pointer(object);
}

static int print_json(const struct status *status) {
    _cleanup_json_ struct json_object *object = json_object_new_object();
    struct json_object *held = json_object_new_array(), *workers = json_object_new_array();
    bool all = object && json_add(object, "held", held);

    all = json_add(object, "workers", workers) && all;
    for (size_t i = 0; i < status->holdings.count && all; i++)
        all = json_append(held, holds_to_json(&status->holdings.items[i]));
    for (size_t i = 0; i < status->workers.count && all; i++)
        all = json_append(workers, worker_to_json(&status->workers.items[i]));
    return all ? json_print(object) : -ENOMEM;
}

/* ---- the verb ------------------------------------------------------------------------------- */

static int read_status(struct status *status, struct error *error) {
    _cleanup_close_ int directory = journal_open_directory(false, error);
    int r = directory;

    if (r == -ENOENT)
        return 0;
    if (r >= 0)
        r = holdings_read(directory, &status->holdings, error);
    if (r >= 0 && stuck_workers_find(&status->workers) < 0)
        r = error_oom(error);
    return r;
}

static int draw(const char *file, struct error *error) {
    _cleanup_inventory_ struct inventory inventory = {0};
    int r = inventory_read(&inventory, error);

    if (r >= 0 && inventory_ask(&inventory, error) < 0)
        r = error->code ? -error->code : error_oom(error);
    return r < 0 ? r : svg_write_file(&inventory, file, error);
}

static int print_status(bool json, struct error *error) {
    _cleanup_(status_done) struct status status = {0};
    int r = read_status(&status, error);

    if (r == 0 && (json ? print_json(&status) : print_table(&status)) < 0)
        r = error_oom(error);
    return r;
}

static int parse(int argc, char **argv, bool *ret_json, const char **ret_svg) {
    const struct option_row rows[] = {{"json", ret_json, NULL}, {"svg", NULL, ret_svg}};
    int operands = options_parse("status", rows, ELEMENTS(rows), argc, argv);

    if (operands >= 0 && operands < argc) {
        say_error("status takes no arguments: it shows all");
        return -EINVAL;
    }
    return operands;
}

int status_main(int argc, char **argv) {
    _cleanup_error_ struct error error = {0};
    const char *svg = NULL;
    bool json = false;

    if (parse(argc, argv, &json, &svg) < 0)
        return EXIT_USAGE;
    if (access("/run/hostdevctl", F_OK) == 0 && say_root_is_needed("hostdevctl status"))
        return EXIT_FAILURE;
    if ((svg ? draw(svg, &error) : print_status(json, &error)) < 0) {
        say_error("%s", error_text(&error));
        return EXIT_FAILURE;
    }
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
