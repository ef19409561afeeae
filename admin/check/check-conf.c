/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether the files below /etc/hostdevctl can be understood. One that is refused because of who may
 * write it is another point's business.
 */

#include "check-host.h"

#include <errno.h>

#include "conf-check.h"
#include "text.h"

static int report_mistake(struct check_report *report, const struct conf_finding *finding) {
    static const char advice[] = "correct it; 'hostdevctl conf check' shows all mistakes";

    if (finding->line == 0)
        return check_fail(report, text_format("%s: %s", finding->file, finding->what),
                          text_format("%s", advice));
    return check_fail(report, text_format("%s:%d: %s", finding->file, finding->line, finding->what),
                      text_format("%s", advice));
}

static int report_findings(struct check_report *report, const struct conf_findings *findings) {
    if (findings->lacks_memory)
        return -ENOMEM;
    for (size_t i = 0; i < findings->count; i++)
        if (findings->items[i].kind == CONF_MISTAKE)
            return report_mistake(report, &findings->items[i]);
    if (findings->hidden)
        return check_needs_root(report, "what is in " SYSCONFDIR "/hostdevctl");
    return check_ok(report,
                    text_format("%zu file%s in " SYSCONFDIR "/hostdevctl, without a mistake",
                                findings->files, findings->files == 1 ? "" : "s"));
}

int check_conf(struct check_report *report) {
    _cleanup_conf_findings_ struct conf_findings findings = {0};

    conf_check(&findings);
    return report_findings(report, &findings);
}
