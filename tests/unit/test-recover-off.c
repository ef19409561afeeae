/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "recover-off.h"

/* ---- a libvirt ------------------------------------------------------------------------------- */

/* What it knows, in place of the real one: a name, and whether it runs. */
struct libvirt {
    bool answers;
    bool lists;
    size_t asked;
    size_t count;
    struct known {
        const char *name;
        bool running;
    } known[4];
};

static struct libvirt daemon_of_test;

int libvirt_open(struct libvirt **ret, struct error *error) {
    daemon_of_test.asked++;
    if (!daemon_of_test.answers)
        return error_set(error, ENOTCONN, "no daemon");
    *ret = &daemon_of_test;
    return 0;
}

int libvirt_domains(struct libvirt *libvirt, struct libvirt_domains *ret, struct error *error) {
    if (!libvirt->lists)
        return error_set(error, ENOTCONN, "no list");
    ret->items = calloc(ELEMENTS(libvirt->known), sizeof *ret->items);
    assert_non_null(ret->items);
    for (; ret->count < libvirt->count; ret->count++) {
        const struct known *known = &libvirt->known[ret->count];

        ret->items[ret->count] =
            (struct libvirt_domain){.name = strdup(known->name), .running = known->running};
    }
    return 0;
}

void libvirt_domains_done(struct libvirt_domains *domains) {
    for (size_t i = 0; i < domains->count; i++)
        free(domains->items[i].name);
    free(domains->items);
    *domains = (struct libvirt_domains){0};
}

void libvirt_close(_unused_ struct libvirt *libvirt) {
}

/* ---- journals -------------------------------------------------------------------------------- */

/* Names that no VM of whoever runs this has. */
#define WIN10 "hostdevctl-test-win10"
#define BY_HAND "by-hand/0000:01:00.0"

struct fixture {
    FILE *first, *second;
    struct journal journal, loaded, later;
};

static int set_up(void **state) {
    struct fixture *fixture = calloc(1, sizeof *fixture);

    assert_non_null(fixture);
    fixture->first = tmpfile();
    fixture->second = tmpfile();
    assert_true(fixture->first && fixture->second);
    fixture->journal.fd = fileno(fixture->first);
    fixture->loaded.fd = fileno(fixture->first);
    fixture->later.fd = fileno(fixture->second);
    daemon_of_test = (struct libvirt){.answers = true, .lists = true};
    *state = fixture;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *fixture = *state;

    fclose(fixture->first);
    fclose(fixture->second);
    free(fixture);
    return 0;
}

static struct holding holding_of(struct fixture *fixture, char *domain, enum holding_state state) {
    return (struct holding){.domain = domain, .state = state, .journal = &fixture->journal};
}

static bool is_off(struct holding *holdings, size_t count, size_t which,
                   const struct journal *journal) {
    _cleanup_off_domains_ struct off_domains off = {0};

    off_domains_read(&(struct holdings){.items = holdings, .count = count}, &off);
    return off_domains_has(&off, &holdings[which], journal);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void test_off(void **state) {
    struct fixture *fixture = *state;
    struct holding holding = holding_of(fixture, (char[]){WIN10}, HOLDING_LIVE);

    assert_true(is_off(&holding, 1, 0, &fixture->loaded));
    daemon_of_test.known[daemon_of_test.count++] = (struct known){"other", true};
    daemon_of_test.known[daemon_of_test.count++] = (struct known){WIN10, false};
    assert_true(is_off(&holding, 1, 0, &fixture->loaded));
}

static void test_on(void **state) {
    struct fixture *fixture = *state;
    struct holding holding = holding_of(fixture, (char[]){WIN10}, HOLDING_LIVE);

    daemon_of_test.known[daemon_of_test.count++] = (struct known){"other", false};
    daemon_of_test.known[daemon_of_test.count++] = (struct known){WIN10, true};
    assert_false(is_off(&holding, 1, 0, &fixture->loaded));
}

static void test_no_answer(void **state) {
    struct fixture *fixture = *state;
    struct holding holding = holding_of(fixture, (char[]){WIN10}, HOLDING_LIVE);

    daemon_of_test.lists = false;
    assert_false(is_off(&holding, 1, 0, &fixture->loaded));
    daemon_of_test.answers = false;
    assert_false(is_off(&holding, 1, 0, &fixture->loaded));
}

static void test_later_start(void **state) {
    struct fixture *fixture = *state;
    struct holding holding = holding_of(fixture, (char[]){WIN10}, HOLDING_LIVE);

    assert_false(is_off(&holding, 1, 0, &fixture->later));
    holding.journal = NULL;
    assert_false(is_off(&holding, 1, 0, &fixture->loaded));
}

static void test_by_hand(void **state) {
    struct fixture *fixture = *state;
    struct holding holdings[] = {
        holding_of(fixture, (char[]){BY_HAND}, HOLDING_LIVE),
        holding_of(fixture, (char[]){WIN10}, HOLDING_LIVE),
    };

    assert_false(is_off(holdings, 1, 0, &fixture->loaded));
    assert_int_equal(0, daemon_of_test.asked);
    holdings[0].state = HOLDING_BY_HAND;
    assert_false(is_off(holdings, 1, 0, &fixture->loaded));
    assert_int_equal(0, daemon_of_test.asked);
    holdings[0].state = HOLDING_LIVE;
    assert_false(is_off(holdings, 2, 0, &fixture->loaded));
    assert_true(is_off(holdings, 2, 1, &fixture->loaded));
    assert_int_equal(2, daemon_of_test.asked);
}

static void test_not_in_question(void **state) {
    static const enum holding_state others[] = {HOLDING_STALE,   HOLDING_NEWER,      HOLDING_COPY,
                                                HOLDING_DAMAGED, HOLDING_UNREADABLE, HOLDING_ASIDE};
    struct fixture *fixture = *state;

    for (size_t i = 0; i < ELEMENTS(others); i++) {
        struct holding holding = holding_of(fixture, (char[]){WIN10}, others[i]);

        assert_false(is_off(&holding, 1, 0, &fixture->loaded));
    }
    assert_int_equal(0, daemon_of_test.asked);
}

int main(void) {
#define ON_JOURNALS(sentence, function)                                                            \
    { sentence, function, set_up, tear_down, NULL }
    const struct CMUnitTest tests[] = {
        ON_JOURNALS("a VM that libvirt says is off is off, as is one it does not know", test_off),
        ON_JOURNALS("one that it says runs is not", test_on),
        ON_JOURNALS("without an answer none is", test_no_answer),
        ON_JOURNALS("one that was started since libvirt was asked is not", test_later_start),
        ON_JOURNALS("what is being detached by hand is no VM that is off", test_by_hand),
        ON_JOURNALS("of what has another end libvirt is not asked", test_not_in_question),
    };

    return cmocka_run_group_tests_name("recover-off", tests, NULL, NULL);
}
