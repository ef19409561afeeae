/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Words of the kernel line that matter for passing devices through
 * (Linux Documentation/admin-guide/kernel-parameters.txt).
 */

#include "check-host.h"

#include <errno.h>

#include "check-words.h"
#include "early-conf.h"
#include "text.h"

static bool passes_through(const struct check_words *words) {
    return check_words_have(words, "iommu=pt") || check_words_have(words, "iommu.passthrough=1") ||
           check_words_have(words, "iommu.passthrough=on");
}

/* Not part of Linux, but of the kernels that people use for this. */
static int warn_override(struct check_report *report) {
    return check_warn(
        report,
        text_format("pcie_acs_override has the kernel believe that devices cannot reach each "
                    "other, and those of a VM may reach the memory of the host through others"),
        text_format("take it away from the kernel line unless you trust the VMs"));
}

static int warn_off(struct check_report *report) {
    return check_warn(
        report,
        text_format("hostdevctl.early=off: nothing in " EARLY_DIRECTORY " is reserved at boot"),
        text_format("take it away from the kernel line"));
}

int check_kernel_line(struct check_report *report) {
    _cleanup_check_words_ struct check_words words = {0};

    if (check_words_read(&words) < 0)
        return -ENOMEM;
    if (check_words_have(&words, "hostdevctl.early=off"))
        return warn_off(report);
    if (check_words_find(&words, "pcie_acs_override="))
        return warn_override(report);
    if (passes_through(&words))
        return check_ok(report, text_format("nothing stands in the way"));
    return check_ok(report, text_format("nothing stands in the way (iommu=pt would spare the "
                                        "host's own devices the way through the IOMMU)"));
}
