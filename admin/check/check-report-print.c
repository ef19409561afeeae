/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-report.h"

#include <errno.h>
#include <string.h>

#include "json-print.h"
#include "json-record.h"
#include "table.h"
#include "text.h"

/* ---- for people ------------------------------------------------------------------------------ */

static const struct table_column columns[] = {{"CHECK", 0}, {"STATE", 0}, {"FOUND", 32}};

#define COLUMN_STATE 1

static const struct {
    const char *shown, *word;
    enum table_colour colour;
} states[] = {
    [CHECK_OK] = {"OK", "ok", TABLE_GOOD},
    [CHECK_WARN] = {"WARN", "warn", TABLE_DOUBTFUL},
    [CHECK_FAIL] = {"FAIL", "fail", TABLE_BAD},
};

static int add_row(struct table *table, const struct check_finding *finding) {
    _cleanup_free_ char *found =
        finding->fix ? text_format("%s: %s", finding->what, finding->fix) : strdup(finding->what);

    if (!found)
        return -ENOMEM;
    return table_add(table, states[finding->state].colour,
                     (const char *[]){finding->point, states[finding->state].shown, found});
}

static void print_closing_line(const struct check_report *report) {
    size_t good = check_report_count(report, CHECK_OK), bad = report->count - good;

    if (bad > 0)
        printf("\n%zu of %zu point%s need%s attention.\n", bad, report->count,
               report->count == 1 ? "" : "s", bad == 1 ? "s" : "");
    else if (report->count == 1)
        puts("\nThe one point is in order.");
    else
        printf("\nAll %zu points are in order.\n", report->count);
}

int check_report_print(const struct check_report *report) {
    _cleanup_table_ struct table table = {
        .columns = columns, .column_count = ELEMENTS(columns), .coloured = COLUMN_STATE};

    for (size_t i = 0; i < report->count; i++)
        if (add_row(&table, &report->items[i]) < 0)
            return -ENOMEM;
    table_print(&table, stdout);
    print_closing_line(report);
    return 0;
}

/* ---- for scripts ----------------------------------------------------------------------------- */

static struct json_object *finding_object(const struct check_finding *finding) {
    struct json_object *object = json_object_new_object();

    if (object && json_add(object, "check", json_object_new_string(finding->point)) &&
        json_add(object, "state", json_object_new_string(states[finding->state].word)) &&
        json_add(object, "found", json_object_new_string(finding->what)) &&
        (finding->fix ? json_add(object, "fix", json_object_new_string(finding->fix))
                      : json_object_object_add(object, "fix", NULL) == 0))
        return object;
    json_object_put(object);
    return NULL;
}

int check_report_print_json(const struct check_report *report) {
    _cleanup_json_ struct json_object *array = json_object_new_array();

    for (size_t i = 0; i < report->count && array; i++)
        if (!json_append(array, finding_object(&report->items[i])))
            return -ENOMEM;
    return json_print(array);
}
