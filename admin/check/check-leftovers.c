/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What VMs that have ended without giving back what they had have left in /run/hostdevctl. */

#include "check-host.h"

#include <errno.h>

#include "holdings.h"
#include "shell-quote.h"
#include "text.h"

enum kind { STALE, DAMAGED };

static bool is_of(const struct holding *holding, enum kind kind) {
    return kind == STALE ? holding->state == HOLDING_STALE
                         : holding->state == HOLDING_DAMAGED || holding->state == HOLDING_ASIDE;
}

/* The first of them, or NULL; *ret_count is how many there are. */
static const struct holding *find(const struct holdings *holdings, enum kind kind,
                                  size_t *ret_count) {
    const struct holding *first = NULL;

    *ret_count = 0;
    for (size_t i = 0; i < holdings->count; i++)
        if (is_of(&holdings->items[i], kind) && (*ret_count)++ == 0)
            first = &holdings->items[i];
    return first;
}

/* "win10 (and 2 more)". Owned by the caller, NULL for lack of memory. */
static char *name_all(const struct holding *first, size_t count) {
    _cleanup_free_ char *name = holding_name(first);

    if (!name || count == 1)
        return take_pointer(name);
    return text_format("%s (and %zu more)", name, count - 1);
}

static int fail_stale(struct check_report *report, const struct holding *first, size_t count) {
    _cleanup_free_ char *names = name_all(first, count);

    return check_fail(report,
                      names ? text_format("VM %s has ended, and what it had has not been given "
                                          "back",
                                          names)
                            : NULL,
                      text_format("hostdevctl recover"));
}

static int fail_damaged(struct check_report *report, const struct holding *first, size_t count) {
    _cleanup_free_ char *names = name_all(first, count);
    _cleanup_free_ char *quoted = shell_quote(first->domain);

    return check_fail(report,
                      names ? text_format("the journal of VM %s is damaged, so that its devices "
                                          "may not have been given back",
                                          names)
                            : NULL,
                      quoted ? text_format("hostdevctl recover %s", quoted) : NULL);
}

static int report_holdings(struct check_report *report, const struct holdings *holdings) {
    const struct holding *first;
    size_t count;

    if ((first = find(holdings, STALE, &count)))
        return fail_stale(report, first, count);
    if ((first = find(holdings, DAMAGED, &count)))
        return fail_damaged(report, first, count);
    return check_ok(report, text_format("there are none"));
}

int check_leftovers(struct check_report *report) {
    _cleanup_holdings_ struct holdings holdings = {0};
    _cleanup_error_ struct error error = {0};
    _cleanup_close_ int directory = journal_open_directory(false, &error);
    int r;

    if (directory == -ENOENT)
        return check_ok(report, text_format("there are none"));
    if (directory == -EACCES || geteuid() != 0)
        return check_needs_root(report, "what VMs have left");
    r = directory < 0 ? directory : holdings_read(directory, &holdings, &error);
    if (r == -ENOMEM)
        return r;
    if (r < 0)
        return check_fail(report, text_format("%s", error_text(&error)),
                          text_format("then run 'hostdevctl check' again"));
    return report_holdings(report, &holdings);
}
