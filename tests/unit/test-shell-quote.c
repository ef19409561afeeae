/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include "shell-quote.h"

static void assert_quoted(const char *word, const char *expected) {
    _cleanup_free_ char *quoted = shell_quote(word);

    assert_string_equal(quoted, expected);
}

static void leaves_plain_words(_unused_ void **state) {
    assert_quoted("win10", "win10");
    assert_quoted("/etc/hostdevctl/early.d/0000:06:00.0.conf",
                  "/etc/hostdevctl/early.d/0000:06:00.0.conf");
}

static void quotes_the_rest(_unused_ void **state) {
    assert_quoted("", "''");
    assert_quoted("my vm", "'my vm'");
    assert_quoted("$(reboot);*", "'$(reboot);*'");
    assert_quoted("~", "'~'");
    assert_quoted("f\303\274r", "'f\303\274r'");
}

static void quotes_quotes(_unused_ void **state) {
    assert_quoted("it's", "'it'\\''s'");
    assert_quoted("'''", "''\\'''\\'''\\'''");
}

static void shows_no_control_characters(_unused_ void **state) {
    assert_quoted("a\nb\033", "'a?b?'");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PROVES("a word that a shell takes as it is stays so", leaves_plain_words),
        PROVES("any other is put in quotes", quotes_the_rest),
        PROVES("a quote in it does not end them", quotes_quotes),
        PROVES("control characters do not reach a terminal", shows_no_control_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
