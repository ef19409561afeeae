/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ids that vfio-pci is told by other means: with them it takes each device of that id, also one
 * that hostdevctl leaves to the host.
 */

#include "check-host.h"

#include <errno.h>

#include "early-conf.h"
#include "legacy.h"
#include "text.h"

static void pass_over(_unused_ const char *sentence) {
}

static int warn(struct check_report *report, const struct legacy *legacy) {
    return check_warn(report,
                      text_format("%s takes all devices of an id, beside those that are reserved "
                                  "in " EARLY_DIRECTORY,
                                  legacy->sources[0].what),
                      text_format("hostdevctl early import"));
}

int check_ids(struct check_report *report) {
    static const char what[] = "whether devices are reserved twice";
    _cleanup_legacy_ struct legacy legacy = {0};
    _cleanup_error_ struct error error = {0};
    struct early_rules rules = {0};
    int known = early_conf_read(&rules, pass_over, &error), r;
    bool reserves = rules.count > 0;

    early_rules_done(&rules);
    r = known == -ENOMEM ? known : legacy_read_kernel_line(&legacy);
    if (r == 0)
        r = legacy_read_modprobe(&legacy);
    if (r < 0)
        return r;
    if (legacy.source_count == 0)
        return check_ok(report, text_format("there are none"));
    /* A file that others cannot read is one with a mistake to them. */
    if (geteuid() != 0 && (known == -EACCES || known > 0))
        return check_needs_root(report, what);
    if (known < 0)
        return check_unknown(report, what, error_text(&error));
    return reserves ? warn(report, &legacy)
                    : check_ok(report, text_format("%s, which 'hostdevctl early import' would "
                                                   "take over",
                                                   legacy.sources[0].what));
}
