/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether the IOMMU is on, and if not, what keeps it off: the kernel line, or the firmware, which
 * tells the kernel of it in an ACPI table (DMAR: Intel VT-d; IVRS: AMD-Vi; IORT: Arm).
 */

#include "check-host.h"

#include <errno.h>
#include <string.h>

#include "check-cpu.h"
#include "check-words.h"
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

static bool is_off_word(const char *word) {
    static const char *const words[] = {"intel_iommu=off", "amd_iommu=off", "iommu=off"};

    for (size_t i = 0; i < ELEMENTS(words); i++)
        if (strcmp(word, words[i]) == 0)
            return true;
    return false;
}

/* The last one counts, as for the kernel. */
static const char *word_that_turns_off(const struct check_words *words) {
    for (size_t i = words->count; i-- > 0;)
        if (is_off_word(words->items[i]))
            return words->items[i];
    return NULL;
}

static char *firmware_setting(void) {
    switch (check_cpu_read().maker) {
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
    const char *off = word_that_turns_off(words);

    if (off)
        return text_format("take %s away from the kernel line", off);
    if (access(TABLES "/DMAR", F_OK) == 0)
        return check_words_find(words, "intel_iommu=on")
                   ? text_format("the kernel log tells why: dmesg | grep -i dmar")
                   : text_format("add intel_iommu=on to the kernel line");
    if (access(TABLES "/IVRS", F_OK) == 0)
        return text_format("the kernel log tells why: dmesg | grep AMD-Vi");
    return firmware_setting();
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
