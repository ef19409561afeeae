/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deadline.h"
#include "json-record.h"
#include "state-file.h"

struct fixture {
    char path[sizeof "/tmp/test-state-file-XXXXXX"];
    int directory;
};

static int set_up(void **state) {
    struct fixture *fixture = calloc(1, sizeof *fixture);

    assert_non_null(fixture);
    *fixture = (struct fixture){.path = "/tmp/test-state-file-XXXXXX"};
    assert_non_null(mkdtemp(fixture->path));
    fixture->directory = open(fixture->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fixture->directory >= 0);
    *state = fixture;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *fixture = *state;

    close(fixture->directory);
    assert_int_equal(rmdir(fixture->path), 0);
    free(fixture);
    return 0;
}

static void open_file(const struct fixture *fixture, struct state_file *ret) {
    _cleanup_error_ struct error error = {0};

    assert_int_equal(
        state_file_open(fixture->directory, ".test", now_usec() + USEC_PER_SEC, ret, &error), 0);
}

static void save(struct state_file *file) {
    _cleanup_error_ struct error error = {0};

    assert_int_equal(state_file_save(file, &error), 0);
}

static void comes_back(void **state) {
    struct state_file file;

    open_file(*state, &file);
    assert_true(json_add(file.state, "key", json_object_new_string("value")));
    save(&file);
    state_file_close(&file);

    open_file(*state, &file);
    assert_string_equal(json_string(file.state, "key"), "value");
    json_object_object_del(file.state, "key");
    save(&file);
    state_file_close(&file);
    assert_int_not_equal(faccessat(((struct fixture *)*state)->directory, ".test", F_OK, 0), 0);
}

/* Grown beyond what is only ever appended to. */
static void is_replaced(void **state) {
    const struct fixture *fixture = *state;
    struct state_file file;
    struct stat st;

    open_file(fixture, &file);
    assert_true(json_add(file.state, "key", json_object_new_string("value")));
    assert_int_equal(ftruncate(file.fd, (off_t)2 << 20), 0);
    save(&file);
    assert_int_equal(fstatat(fixture->directory, ".test", &st, 0), 0);
    assert_true(st.st_size < 100);
    assert_int_equal(faccessat(fixture->directory, ".test.new", F_OK, 0), -1);
    json_object_object_del(file.state, "key");
    state_file_close(&file);
}

static void removes_what_the_dead_left(void **state) {
    const struct fixture *fixture = *state;
    struct state_file file;

    close(openat(fixture->directory, ".test.new", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    open_file(fixture, &file);
    assert_int_equal(faccessat(fixture->directory, ".test.new", F_OK, 0), -1);
    state_file_close(&file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PROVES("a state comes back, and an empty one has no file", comes_back),
        PROVES("a file that has grown is replaced", is_replaced),
        PROVES("what a writer that died had not put in place yet is removed",
               removes_what_the_dead_left),
    };

    return cmocka_run_group_tests_name("state-file", tests, set_up, tear_down);
}
