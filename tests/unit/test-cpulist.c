/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include <errno.h>

#include "cpulist.h"

static struct cpulist parse(const char *text) {
    struct cpulist list;

    assert_int_equal(cpulist_parse(text, &list), 0);
    return list;
}

static void reads_lists(_unused_ void **state) {
    struct cpulist list = parse("0-2,8, 10 - 11\n");

    for (unsigned cpu = 0; cpu < 13; cpu++)
        assert_int_equal(cpulist_has(&list, cpu), cpu <= 2 || cpu == 8 || cpu == 10 || cpu == 11);
    list = parse("8191");
    assert_true(cpulist_has(&list, 8191));
    list = parse(" ");
    assert_true(cpulist_empty(&list));
}

static void takes_out_again(_unused_ void **state) {
    struct cpulist list = parse("0-7,^2,^4-5");

    for (unsigned cpu = 0; cpu < 9; cpu++)
        assert_int_equal(cpulist_has(&list, cpu), cpu < 8 && cpu != 2 && cpu != 4 && cpu != 5);
}

static void refuses_what_is_no_list(_unused_ void **state) {
    static const char *const texts[] = {"a",   "1,",  ",1", "3-1", "1-",  "-1",
                                        "1 2", "1;2", "^",  "0x1", "1--2"};
    struct cpulist list = parse("7");

    for (size_t i = 0; i < ELEMENTS(texts); i++)
        assert_int_equal(cpulist_parse(texts[i], &list), -EINVAL);
    assert_int_equal(cpulist_parse("8192", &list), -ERANGE);
    assert_int_equal(cpulist_parse("1-99999999999", &list), -ERANGE);
    assert_true(cpulist_has(&list, 7));
}

static void compares(_unused_ void **state) {
    struct cpulist a = parse("0-3"), b = parse("3-6"), c = parse("4000-4001");

    assert_true(cpulist_intersects(&a, &b));
    assert_false(cpulist_intersects(&a, &c));
    assert_false(cpulist_empty(&c));
    cpulist_remove(&a, 3);
    assert_false(cpulist_intersects(&a, &b));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PROVES("CPU lists are read as the kernel and libvirt write them", reads_lists),
        PROVES("^ takes CPUs out of a list again", takes_out_again),
        PROVES("what is no CPU list is refused, and changes nothing", refuses_what_is_no_list),
        PROVES("CPU lists are compared", compares),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
