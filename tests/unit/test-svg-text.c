/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include <string.h>

#include "svg-text.h"

#define ELLIPSIS "\u2026"

static const struct svg_font font = {.size = 20}, bold = {.size = 20, .bold = true};

/* ---- widths ---------------------------------------------------------------------------------- */

static int width_of(struct svg_font with, const char *text) {
    return svg_text_width(with, text, strlen(text));
}

static void test_widths(_unused_ void **state) {
    assert_int_equal(0, width_of(font, ""));
    assert_int_equal(0, svg_text_width(font, "abc", 0));
    assert_int_equal(20, width_of(font, "W"));
    assert_int_equal(40, width_of((struct svg_font){.size = 40}, "W"));
    assert_true(width_of(font, "i") < width_of(font, "a") &&
                width_of(font, "a") < width_of(font, "A"));
    assert_true(width_of(bold, "GeForce") > width_of(font, "GeForce"));
    /* Rounded up once, and not for each character. */
    assert_int_equal(84, width_of(font, "iiiiiiiiii"));
    assert_int_equal(9, width_of(font, "i"));
}

static void test_character_widths(_unused_ void **state) {
    assert_int_equal(20, width_of(font, "\u00e4"));
    assert_int_equal(20, width_of(font, "\u20ac"));
    assert_int_equal(20, width_of(font, "\U0001f600"));
    assert_int_equal(60, width_of(font, "\xff\x80\xe2"));
}

/* ---- lines ----------------------------------------------------------------------------------- */

static size_t line(const char *text, int width) {
    return svg_text_line(font, text, width);
}

static void test_lines(_unused_ void **state) {
    const char *text = "one two three";

    assert_int_equal(0, line("", 100));
    assert_int_equal(strlen(text), line(text, 1000));
    assert_int_equal(strlen(text), line(text, width_of(font, text)));
    assert_int_equal(strlen("one two"), line(text, width_of(font, text) - 1));
    assert_int_equal(strlen("one two"), line(text, width_of(font, "one two")));
    assert_int_equal(strlen("one"), line(text, width_of(font, "one two") - 1));
}

static void test_long_words(_unused_ void **state) {
    assert_int_equal(3, line("WWWWWW", 60));
    assert_int_equal(3, line("WWWWWW", 79));
    assert_int_equal(3, line(" WWWWWW", 50));
}

/* Else whoever breaks lines would never end. */
static void test_narrow_lines(_unused_ void **state) {
    static const int widths[] = {19, 1, 0, -100};

    for (size_t i = 0; i < ELEMENTS(widths); i++) {
        assert_int_equal(1, line("W", widths[i]));
        assert_int_equal(3, line("\u20ac\u20ac", widths[i]));
        assert_int_equal(1, line("\xff\xff", widths[i]));
        assert_int_equal(1, line("  ", widths[i] > 6 ? 6 : widths[i]));
    }
}

static void test_whole_characters(_unused_ void **state) {
    const char *text = "\u00e4\u00e4\u20ac\u20ac\U0001f600";

    assert_int_equal(strlen("\u00e4\u00e4\u20ac"), line(text, 79));
    assert_int_equal(strlen("\u00e4\u00e4\u20ac\u20ac"), line(text, 99));
}

/* ---- shortening ------------------------------------------------------------------------------ */

static void assert_shortened(const char *expected, const char *text, int width) {
    _cleanup_free_ char *shorter = svg_text_shorten(font, text, width);

    assert_non_null(shorter);
    assert_string_equal(expected, shorter);
}

static void test_shortening(_unused_ void **state) {
    assert_shortened("", "", 0);
    assert_shortened("WWW", "WWW", 60);
    assert_shortened("WW" ELLIPSIS, "WWWW", 60);
    assert_shortened("WW" ELLIPSIS, "WWWW", 79);
    /* No blank is left in front of it. */
    assert_shortened("W" ELLIPSIS, "W  WWWW", 60);
    assert_shortened("\u00e4\u20ac" ELLIPSIS, "\u00e4\u20ac\u00e4\u20ac", 60);
}

static void test_shortening_to_nothing(_unused_ void **state) {
    assert_shortened(ELLIPSIS, "WWWW", 20);
    assert_shortened(ELLIPSIS, "WWWW", 39);
    assert_shortened(ELLIPSIS, "  WWWW", 30);
    assert_shortened(ELLIPSIS, "WWWW", 0);
    assert_shortened(ELLIPSIS, "W", -1);
}

static void test_shortened_fits(_unused_ void **state) {
    const char *text = "Samsung \u00e4 NVMe SSD <Controller> \xff\xfe SM981/PM981/PM983 (970 EVO)";

    for (int width = 25; width < 1500; width++) {
        _cleanup_free_ char *plain = svg_text_shorten(font, text, width);
        _cleanup_free_ char *thick = svg_text_shorten(bold, text, width);

        assert_true(width_of(font, plain) <= width);
        assert_true(width_of(bold, thick) <= width);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PROVES("a text is as wide as the widest of common fonts makes it", test_widths),
        PROVES("a character counts once, however many bytes it has", test_character_widths),
        PROVES("a line ends at a blank", test_lines),
        PROVES("a word that is longer than a line is cut where the line ends", test_long_words),
        PROVES("a line has a character even where none fits", test_narrow_lines),
        PROVES("no character is cut", test_whole_characters),
        PROVES("what does not fit ends with an ellipsis", test_shortening),
        PROVES("where nothing fits there is an ellipsis alone", test_shortening_to_nothing),
        PROVES("what was shortened fits", test_shortened_fits),
    };

    return cmocka_run_group_tests_name("svg-text", tests, NULL, NULL);
}
