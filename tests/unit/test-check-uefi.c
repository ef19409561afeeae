/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include <string.h>

#include "check-uefi.h"

/* What is said of it for an architecture. */
static void assert_described(const char *text, const char *architecture, const char *expected) {
    char path[] = "/tmp/test-check-uefi-XXXXXX";
    _cleanup_close_ int fd = mkstemp(path);
    _cleanup_free_ char *firmware = NULL;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    firmware = check_uefi_described(path, architecture);
    unlink(path);
    if (!expected)
        assert_null(firmware);
    else
        assert_string_equal(firmware, expected);
}

#define UEFI "\"interface-types\": [\"bios\", \"uefi\"]"
#define FLASH "\"mapping\": {\"device\": \"flash\", \"executable\": {\"filename\": \"/flash\"}}"
#define ARM "\"targets\": [{\"architecture\": \"aarch64\", \"machines\": [\"virt-*\"]}]"
#define BOTH "\"targets\": [{\"architecture\": \"i386\"}, {\"architecture\": \"x86_64\"}]"

static void is_for_its_targets(_unused_ void **state) {
    assert_described("{" UEFI ", " FLASH ", " ARM "}", "x86_64", NULL);
    assert_described("{" UEFI ", " FLASH ", " ARM "}", "aarch64", "/flash");
    assert_described("{" UEFI ", " FLASH ", " BOTH "}", "x86_64", "/flash");
    assert_described("{" UEFI ", " FLASH "}", "x86_64", NULL);
    assert_described("{" UEFI ", " FLASH ", " ARM "}", NULL, "/flash");
}

static void names_flash_or_rom(_unused_ void **state) {
    assert_described("{" UEFI ", \"mapping\": {\"device\": \"memory\", \"filename\": \"/rom\"}}",
                     NULL, "/rom");
    assert_described("{" UEFI "}", NULL, NULL);
    assert_described("{\"interface-types\": [\"bios\"], " FLASH "}", NULL, NULL);
}

static void survives_other_things(_unused_ void **state) {
    static const char *const texts[] = {"",
                                        "[]",
                                        "7",
                                        "{" UEFI ", \"mapping\": []}",
                                        "{\"interface-types\": 7, " FLASH "}",
                                        "{" UEFI ", " FLASH ", \"targets\": [7, [], {}]}"};

    for (size_t i = 0; i < ELEMENTS(texts); i++)
        assert_described(texts[i], "x86_64", NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PROVES("a firmware is for the architectures that it names", is_for_its_targets),
        PROVES("it may be flash, or a ROM", names_flash_or_rom),
        PROVES("a description that is none describes nothing", survives_other_things),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
