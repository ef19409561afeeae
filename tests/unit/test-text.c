/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "text.h"
#include "uuid.h"

static void assert_escaped(const char *text, const char *expected) {
    _cleanup_free_ char *escaped = text_escape_file_name(text);

    assert_non_null(escaped);
    assert_string_equal(escaped, expected);
}

static void names_are_safe_files(_unused_ void **state) {
    assert_escaped("win10", "win10");
    assert_escaped("win10.new", "win10.new");
    assert_escaped("..", "\\x2e.");
    assert_escaped(".new", "\\x2enew");
    assert_escaped("../../etc/passwd", "\\x2e.\\x2f..\\x2fetc\\x2fpasswd");
    assert_escaped("a b\n", "a\\x20b\\x0a");
    assert_escaped("a\\x20b", "a\\x5cx20b");
    assert_escaped("\xff\xc3\xa9", "\\xff\\xc3\\xa9");
    assert_escaped("", "");
}

static void messages_are_one_line(_unused_ void **state) {
    char *longer = malloc(10001);
    _cleanup_free_ char *printable = text_printable("a\nb\033[31m");
    _cleanup_free_ char *cut = NULL;

    assert_string_equal(printable, "a?b?[31m");
    memset(longer, 'x', 10000);
    longer[10000] = '\0';
    cut = text_printable(longer);
    assert_int_equal(strlen(cut), 83);
    assert_string_equal(cut + 80, "...");
    free(longer);
}

static void uuids_are_normalized(_unused_ void **state) {
    char uuid[37];

    assert_int_equal(uuid_normalize(" DB10F5F6-0546-4c1c-96c7-1ffe204ae6ce\n", uuid), 0);
    assert_string_equal(uuid, "db10f5f6-0546-4c1c-96c7-1ffe204ae6ce");
    assert_int_equal(uuid_normalize("db10f5f605464c1c96c71ffe204ae6ce", uuid), 0);
    assert_string_equal(uuid, "db10f5f6-0546-4c1c-96c7-1ffe204ae6ce");
    assert_int_equal(uuid_normalize("db10f5f6-0546-4c1c-96c7-1ffe204ae6c", uuid), -EINVAL);
    assert_int_equal(uuid_normalize("db10f5f6-0546-4c1c-96c7-1ffe204ae6ce0", uuid), -EINVAL);
    assert_int_equal(uuid_normalize("db10f5f6--546-4c1c-96c7-1ffe204ae6ce", uuid), -EINVAL);
    assert_int_equal(uuid_normalize("db1-0f5f6-0546-4c1c-96c7-1ffe204ae6c", uuid), -EINVAL);
    assert_int_equal(uuid_normalize("", uuid), -EINVAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PROVES("any name of a VM becomes a harmless file name", names_are_safe_files),
        PROVES("what goes into a message is printable and bounded", messages_are_one_line),
        PROVES("a UUID is read as libvirt reads it", uuids_are_normalized),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
