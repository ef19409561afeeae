/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel line: its words come in order, none is empty, and nothing but blanks is between. */
#include "fuzz.h"

#include <string.h>

#include "kernel-line.h"

#define BLANKS " \t\n"

struct reading {
    const char *rest; /* behind the last word */
    int stop_after;   /* words; negative: never */
    bool off;
};

static int take_word(void *data, const char *word, size_t length) {
    struct reading *reading = data;

    REQUIRE(length > 0 && length <= strlen(word));
    REQUIRE(word == reading->rest + strspn(reading->rest, BLANKS));
    reading->rest = word + length;
    if (length == strlen("hostdevctl.early=off") &&
        strncmp(word, "hostdevctl.early=off", length) == 0)
        reading->off = true;
    return --reading->stop_after == 0 ? 7 : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    _cleanup_free_ char *line = fuzz_text(data, size);
    struct reading all = {.rest = line, .stop_after = -1}, first = {.rest = line, .stop_after = 1};

    REQUIRE(kernel_line_for_each(line, take_word, &all) == 0);
    REQUIRE(all.rest[strspn(all.rest, BLANKS)] == '\0');
    REQUIRE(kernel_line_turns_off(line) == all.off);
    REQUIRE(kernel_line_for_each(line, take_word, &first) == (line[strspn(line, BLANKS)] ? 7 : 0));
    return 0;
}
