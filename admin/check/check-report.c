/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-report.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "text.h"

static void make_printable(char *text) {
    for (char *c = text; c && *c; c++)
        if (iscntrl((unsigned char)*c))
            *c = '?';
}

static int add(struct check_report *report, struct check_finding finding) {
    struct check_finding *larger =
        reallocarray(report->items, report->count + 1, sizeof *report->items);

    if (larger)
        report->items = larger;
    if (!larger || !finding.what) {
        free(finding.what);
        free(finding.fix);
        return -ENOMEM;
    }
    make_printable(finding.what);
    make_printable(finding.fix);
    finding.point = report->point;
    larger[report->count++] = finding;
    return 0;
}

int check_ok(struct check_report *report, char *what) {
    return add(report, (struct check_finding){.state = CHECK_OK, .what = what});
}

static int add_fixable(struct check_report *report, enum check_state state, char *what, char *fix) {
    if (fix)
        return add(report, (struct check_finding){.state = state, .what = what, .fix = fix});
    free(what);
    return -ENOMEM;
}

int check_warn(struct check_report *report, char *what, char *fix) {
    return add_fixable(report, CHECK_WARN, what, fix);
}

int check_fail(struct check_report *report, char *what, char *fix) {
    return add_fixable(report, CHECK_FAIL, what, fix);
}

int check_refused(struct check_report *report, char *sentence) {
    return add(report, (struct check_finding){.state = CHECK_FAIL, .what = sentence});
}

int check_needs_root(struct check_report *report, const char *what) {
    return check_warn(report, text_format("%s: only root can tell", what),
                      text_format("sudo hostdevctl check"));
}

int check_unknown(struct check_report *report, const char *what, const char *why) {
    return check_warn(report, text_format("%s cannot be told, for %s", what, why),
                      text_format("see to that, then run 'hostdevctl check' again"));
}

size_t check_report_count(const struct check_report *report, enum check_state state) {
    size_t count = 0;

    for (size_t i = 0; i < report->count; i++)
        count += report->items[i].state == state;
    return count;
}

void check_report_done(struct check_report *report) {
    for (size_t i = 0; i < report->count; i++) {
        free(report->items[i].what);
        free(report->items[i].fix);
    }
    free(report->items);
    *report = (struct check_report){0};
}
