/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * As Linux parses them: a list with commas between, of whose items only the beginning is compared,
 * word after word (drivers/iommu/intel/iommu.c: intel_iommu_setup; drivers/iommu/amd/init.c:
 * parse_amd_iommu_options; arch/x86/kernel/pci-dma.c: iommu_setup).
 */

#include "check-iommu-words.h"

#include <string.h>

static bool begins(const char *text, const char *beginning) {
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

/* What stands behind KEY=, or NULL. For the kernel '-' and '_' are the same in a key. */
static const char *value_of(const char *word, const char *key) {
    for (; *key; word++, key++)
        if (*word != *key && !(*word == '-' && *key == '_'))
            return NULL;
    if (*word != '=')
        return NULL;
    return word[1] == '"' ? word + 2 : word + 1;
}

static const char *next_item(const char *item) {
    item += strcspn(item, ",");
    return item + strspn(item, ",");
}

/* Intel's is turned on again by what comes later. */
static void read_intel(struct check_iommu_words *ret, const char *word) {
    for (const char *item = value_of(word, "intel_iommu"); item && *item; item = next_item(item))
        if (begins(item, "on"))
            *ret = (struct check_iommu_words){NULL, true};
        else if (begins(item, "off"))
            *ret = (struct check_iommu_words){word, false};
}

/* Those that nothing turns on again. */
static bool turns_off(const char *word, const char *key) {
    for (const char *item = value_of(word, key); item && *item; item = next_item(item))
        if (begins(item, "off"))
            return true;
    return false;
}

struct check_iommu_words check_iommu_words(const struct check_words *words,
                                           enum check_cpu_maker maker) {
    struct check_iommu_words ret = {0};
    const char *off = NULL;

    for (size_t i = 0; i < words->count; i++) {
        const char *word = words->items[i];

        if (maker != CHECK_CPU_AMD)
            read_intel(&ret, word);
        if ((maker != CHECK_CPU_INTEL && turns_off(word, "amd_iommu")) || turns_off(word, "iommu"))
            off = word;
    }
    if (off)
        ret.off = off;
    return ret;
}
