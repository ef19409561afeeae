/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include "check-iommu-words.h"

#define WORDS(...)                                                                                 \
    (&(struct check_words){(char *[]){__VA_ARGS__}, ELEMENTS(((char *[]){__VA_ARGS__}))})

static void assert_off(const struct check_words *words, enum check_cpu_maker maker,
                       const char *expected) {
    struct check_iommu_words said = check_iommu_words(words, maker);

    if (!expected)
        assert_null(said.off);
    else
        assert_string_equal(said.off, expected);
}

static void last_of_intels_counts(_unused_ void **state) {
    assert_off(WORDS("ro", "intel_iommu=off", "intel_iommu=on"), CHECK_CPU_INTEL, NULL);
    assert_off(WORDS("intel_iommu=on", "intel_iommu=off"), CHECK_CPU_INTEL, "intel_iommu=off");
    assert_off(WORDS("intel-iommu=off"), CHECK_CPU_INTEL, "intel-iommu=off");
    assert_off(WORDS("intel_iommu_other=off", "intel_iommu"), CHECK_CPU_INTEL, NULL);
}

static void lists_are_read(_unused_ void **state) {
    assert_off(WORDS("intel_iommu=on,igfx_off"), CHECK_CPU_INTEL, NULL);
    assert_true(check_iommu_words(WORDS("intel_iommu=igfx_off,on"), CHECK_CPU_INTEL).on);
    assert_off(WORDS("intel_iommu=on,,off"), CHECK_CPU_INTEL, "intel_iommu=on,,off");
    assert_false(check_iommu_words(WORDS("intel_iommu=on,off"), CHECK_CPU_INTEL).on);
    assert_off(WORDS("intel_iommu=\"off\""), CHECK_CPU_INTEL, "intel_iommu=\"off\"");
    assert_off(WORDS("amd_iommu=force_isolation,off"), CHECK_CPU_AMD,
               "amd_iommu=force_isolation,off");
    assert_off(WORDS("iommu=pt"), CHECK_CPU_AMD, NULL);
}

static void others_stay_off(_unused_ void **state) {
    assert_off(WORDS("amd_iommu=off", "amd_iommu=on"), CHECK_CPU_AMD, "amd_iommu=off");
    assert_off(WORDS("iommu=off", "iommu=pt", "intel_iommu=on"), CHECK_CPU_INTEL, "iommu=off");
}

static void words_of_others_say_nothing(_unused_ void **state) {
    assert_off(WORDS("amd_iommu=off"), CHECK_CPU_INTEL, NULL);
    assert_off(WORDS("intel_iommu=off"), CHECK_CPU_AMD, NULL);
    assert_false(check_iommu_words(WORDS("intel_iommu=on"), CHECK_CPU_AMD).on);
    assert_off(WORDS("amd_iommu=off"), CHECK_CPU_OTHER, "amd_iommu=off");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PROVES("the last word about Intel's counts", last_of_intels_counts),
        PROVES("a word may be a list", lists_are_read),
        PROVES("what nothing turns on again stays off", others_stay_off),
        PROVES("a word for another maker's processors says nothing", words_of_others_say_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
