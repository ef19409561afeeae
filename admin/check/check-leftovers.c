/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What VMs that have ended without giving back what they had have left in /run/hostdevctl. */

#include "check-host.h"

#include <errno.h>

#include "holdings.h"
#include "text.h"

static bool is_damaged(enum holding_state state) {
    return state == HOLDING_DAMAGED || state == HOLDING_ASIDE;
}

static size_t count_state(const struct holdings *holdings, bool damaged) {
    size_t count = 0;

    for (size_t i = 0; i < holdings->count; i++)
        count += damaged ? is_damaged(holdings->items[i].state)
                         : holdings->items[i].state == HOLDING_STALE;
    return count;
}

static const struct holding *first(const struct holdings *holdings, bool damaged) {
    for (size_t i = 0; i < holdings->count; i++)
        if (damaged ? is_damaged(holdings->items[i].state)
                    : holdings->items[i].state == HOLDING_STALE)
            return &holdings->items[i];
    return NULL;
}

static char *and_more(size_t count) {
    return count > 1 ? text_format(" (and %zu more)", count - 1) : text_format("%s", "");
}

static int fail_stale(struct check_report *report, const struct holdings *holdings) {
    _cleanup_free_ char *more = and_more(count_state(holdings, false));
    _cleanup_free_ char *name = holding_name(first(holdings, false));

    return check_fail(report,
                      more && name ? text_format("VM %s%s has ended, and what it had has not been "
                                                 "given back",
                                                 name, more)
                                   : NULL,
                      text_format("hostdevctl recover"));
}

static int fail_damaged(struct check_report *report, const struct holdings *holdings) {
    _cleanup_free_ char *more = and_more(count_state(holdings, true));
    _cleanup_free_ char *name = holding_name(first(holdings, true));

    return check_fail(report,
                      more && name ? text_format("the journal of VM %s%s is damaged, so that its "
                                                 "devices may not have been given back",
                                                 name, more)
                                   : NULL,
                      name ? text_format("hostdevctl recover %s", name) : NULL);
}

static int report_holdings(struct check_report *report, const struct holdings *holdings) {
    if (first(holdings, false))
        return fail_stale(report, holdings);
    if (first(holdings, true))
        return fail_damaged(report, holdings);
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
