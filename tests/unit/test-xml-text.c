/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include <string.h>

#include "xml-text.h"

static void assert_writes(const char *expected, const char *text, size_t length) {
    _cleanup_free_ char *written = NULL;
    size_t size;
    FILE *stream = open_memstream(&written, &size);

    assert_non_null(stream);
    xml_text_write(stream, text, length);
    assert_int_equal(0, fclose(stream));
    assert_string_equal(expected, written);
    assert_int_equal(strlen(expected), size);
}

static void assert_written(const char *expected, const char *text) {
    assert_writes(expected, text, strlen(text));
}

static void test_escapes(_unused_ void **state) {
    assert_written("", "");
    assert_written("NVIDIA GM204", "NVIDIA GM204");
    assert_written("&lt;a b=&quot;&amp;amp;&quot; c=&#39;]]&gt;&#39;&gt;",
                   "<a b=\"&amp;\" c=']]>'>");
    assert_writes("a&lt;", "a<b", 2);
    assert_writes("", "a", 0);
}

static void test_utf8(_unused_ void **state) {
    assert_written("\u00e4\u20ac\U0001f600", "\u00e4\u20ac\U0001f600");
    /* The first and the last of each length, and the neighbours of what is none. */
    assert_written("\xc2\x80\xdf\xbf", "\xc2\x80\xdf\xbf");
    assert_written("\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbd",
                   "\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbd");
    assert_written("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf");
}

static void test_no_characters(_unused_ void **state) {
    static const char *const not_utf8[] = {
        "\x80",
        "\xbf",
        "\xc0\xaf",
        "\xc1\xbf",
        "\xe0\x9f\xbf",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xef\xbf\xbe",
        "\xef\xbf\xbf",
        "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xfe",
        "\xff",
        "\xc3",
        "\xe2\x82",
        "\xf0\x9f\x98",
    };

    assert_written("a?b?c?d?e", "a\tb\nc\x1b"
                                "d\x7f"
                                "e");
    for (size_t i = 0; i < ELEMENTS(not_utf8); i++) {
        char questions[8] = "";

        memset(questions, '?', strlen(not_utf8[i]));
        assert_written(questions, not_utf8[i]);
    }
    assert_written("?&lt;&lt;", "\xe2<<");
    /* What is beyond the length is nobody's to complete it with. */
    assert_writes("a?", "a\u00e4", 2);
    assert_writes("??", "\u20ac", 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PROVES("what XML would take for its own is escaped, in attributes too", test_escapes),
        PROVES("all characters of UTF-8 are written as they are", test_utf8),
        PROVES("what is no character, or none that XML can have, is a question mark",
               test_no_characters),
    };

    return cmocka_run_group_tests_name("xml-text", tests, NULL, NULL);
}
