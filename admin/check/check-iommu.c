/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether the IOMMU is on, and if not, what keeps it off: the kernel line, or the firmware, which
 * tells the kernel of it in an ACPI table (DMAR: Intel VT-d; IVRS: AMD-Vi; IORT: Arm).
 */

#include "check-host.h"

#include <errno.h>
#include <string.h>

#include "check-iommu-words.h"
#include "text.h"

#define GROUPS "/sys/kernel/iommu_groups"
#define TABLES "/sys/firmware/acpi/tables"

static size_t count_entries(const char *path) {
    _cleanup_closedir_ DIR *directory = opendir(path);
    size_t count = 0;

    for (struct dirent *entry; directory && (entry = readdir(directory));)
        count += entry->d_name[0] != '.';
    return count;
}

static char *firmware_setting(enum check_cpu_maker maker) {
    switch (maker) {
    case CHECK_CPU_INTEL:
        return text_format("switch VT-d on in the firmware's settings, and add intel_iommu=on to "
                           "the kernel line");
    case CHECK_CPU_AMD:
        return text_format("switch IOMMU (AMD-Vi) on in the firmware's settings");
    case CHECK_CPU_OTHER:
        break;
    }
    return text_format("switch it on in the firmware's settings (IOMMU, VT-d, AMD-Vi, SMMU)");
}

static char *kernel_setting(const struct check_words *words) {
    enum check_cpu_maker maker = check_cpu_read().maker;
    struct check_iommu_words said = check_iommu_words(words, maker);

    if (said.off)
        return text_format("take %s away from the kernel line", said.off);
    if (access(TABLES "/DMAR", F_OK) == 0)
        return said.on ? text_format("the kernel log tells why: dmesg | grep -i dmar")
                       : text_format("add intel_iommu=on to the kernel line");
    if (access(TABLES "/IVRS", F_OK) == 0)
        return text_format("the kernel log tells why: dmesg | grep AMD-Vi");
    return firmware_setting(maker);
}

int check_iommu(struct check_report *report) {
    _cleanup_check_words_ struct check_words words = {0};
    size_t groups = count_entries(GROUPS);

    if (check_words_read(&words) < 0)
        return -ENOMEM;
    if (groups > 0)
        return check_ok(report, text_format("it is on: %zu group%s of devices", groups,
                                            groups == 1 ? "" : "s"));
    return check_fail(report, text_format("it is off, so no device can be given to a VM"),
                      kernel_setting(&words));
}
