/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CPU lists and CPU masks: what is accepted is written and read again as the same set. */
#include "fuzz.h"

#include <errno.h>
#include <string.h>

#include "cpulist.h"

typedef int (*parser)(const char *text, struct cpulist *ret);
typedef char *(*formatter)(const struct cpulist *list);

static void check_counts(const struct cpulist *list) {
    unsigned count = 0;

    CPULIST_FOREACH(number, list) {
        REQUIRE(cpulist_has(list, number));
        count++;
    }
    REQUIRE(count == cpulist_count(list));
    REQUIRE(cpulist_empty(list) == (count == 0));
}

static void check(const char *text, parser parse, formatter format) {
    struct cpulist list, again, untouched;
    _cleanup_free_ char *written = NULL, *rewritten = NULL;
    int r;

    memset(&list, 0x5a, sizeof list);
    untouched = list;
    r = parse(text, &list);
    if (r < 0) {
        REQUIRE(r == -EINVAL || r == -ERANGE);
        REQUIRE(cpulist_equal(&list, &untouched));
        return;
    }
    check_counts(&list);
    written = format(&list);
    REQUIRE(written && parse(written, &again) == 0 && cpulist_equal(&list, &again));
    rewritten = format(&again);
    REQUIRE(rewritten && strcmp(written, rewritten) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    _cleanup_free_ char *text = fuzz_text(data, size);

    check(text, cpulist_parse, cpulist_format);
    check(text, cpulist_parse_mask, cpulist_format_mask);
    return 0;
}
