/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>

#include "deadline.h"
#include "work.h"

/* Memory that workers and the test both see. */
struct board {
    volatile int finished;
    volatile pid_t pid, session;
    volatile int open_descriptors;
};

static int set_up(void **state) {
    *state =
        mmap(NULL, sizeof(struct board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return *state == MAP_FAILED;
}

static int tear_down(void **state) {
    return munmap(*state, sizeof(struct board));
}

static int succeed(void *data, _unused_ uint64_t deadline, _unused_ struct error *error) {
    __atomic_add_fetch(&((struct board *)data)->finished, 1, __ATOMIC_SEQ_CST);
    return 0;
}

static int explain(_unused_ void *data, _unused_ uint64_t deadline, struct error *error) {
    return error_set(error, ENODEV, "no such thing: %d", 42);
}

static int die(_unused_ void *data, _unused_ uint64_t deadline, _unused_ struct error *error) {
    raise(SIGKILL);
    return 0;
}

static int hang(void *data, _unused_ uint64_t deadline, _unused_ struct error *error) {
    struct board *board = data;

    board->pid = getpid();
    while (board->finished >= 0)
        pause();
    return 0;
}

static int look_around(void *data, _unused_ uint64_t deadline, _unused_ struct error *error) {
    struct board *board = data;

    board->pid = getpid();
    board->session = getsid(0);
    for (int fd = 0; fd < 64; fd++)
        board->open_descriptors += fcntl(fd, F_GETFD) >= 0;
    return 0;
}

static int nap(_unused_ void *data, _unused_ uint64_t deadline, _unused_ struct error *error) {
    usleep(200000);
    return 0;
}

static void all_are_done(void **state) {
    struct board *board = *state;
    struct work work[200];

    for (size_t i = 0; i < ELEMENTS(work); i++)
        work[i] = (struct work){.run = succeed, .data = board, .result = -1};
    work_run(work, ELEMENTS(work), now_usec() + 20 * USEC_PER_SEC);
    assert_int_equal(board->finished, ELEMENTS(work));
    for (size_t i = 0; i < ELEMENTS(work); i++)
        assert_int_equal(work[i].result, 0);
}

static void errors_come_back(_unused_ void **state) {
    struct work work[] = {{.run = explain}, {.run = die}};

    work_run(work, ELEMENTS(work), now_usec() + 20 * USEC_PER_SEC);
    assert_int_equal(work[0].result, -ENODEV);
    assert_int_equal(work[0].error.code, ENODEV);
    assert_string_equal(error_text(&work[0].error), "no such thing: 42");
    assert_int_equal(work[1].result, -EIO);
    error_clear(&work[0].error);
    error_clear(&work[1].error);
}

static void deadlines_hold(void **state) {
    struct board *board = *state;
    struct work work[] = {{.run = hang, .data = board}, {.run = succeed, .data = board}};

    work_run(work, ELEMENTS(work), now_usec() + 300 * USEC_PER_MSEC);
    assert_int_equal(work[0].result, -ETIME);
    assert_int_equal(work[1].result, 0);
    /* What can be killed is killed, at the latest when the signal is delivered. */
    for (int i = 0; i < 100 && kill(board->pid, 0) == 0; i++)
        usleep(10000);
    assert_int_not_equal(board->pid, 0);
}

static void workers_hold_nothing(void **state) {
    struct board *board = *state;
    struct work work = {.run = look_around, .data = board};
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    work_run(&work, 1, now_usec() + 20 * USEC_PER_SEC);
    assert_int_equal(work.result, 0);
    assert_int_not_equal(board->pid, getpid());
    assert_int_equal(board->session, board->pid);
    /* Standard input, output and error on /dev/null, and the pipe of the answer. */
    assert_int_equal(board->open_descriptors, 4);
    close(ends[0]);
    close(ends[1]);
}

static void works_are_side_by_side(_unused_ void **state) {
    struct work work[8];
    uint64_t begun = now_usec();

    for (size_t i = 0; i < ELEMENTS(work); i++)
        work[i] = (struct work){.run = nap};
    work_run(work, ELEMENTS(work), begun + 20 * USEC_PER_SEC);
    for (size_t i = 0; i < ELEMENTS(work); i++)
        assert_int_equal(work[i].result, 0);
    /* One after another they would take 1.6 s of sleep alone: no slow machine can fake this. */
    assert_true(now_usec() - begun < UINT64_C(8) * 200 * USEC_PER_MSEC);
}

static int open_temporary(void *data) {
    return open(data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int never_called(_unused_ void *data, _unused_ uint64_t deadline,
                        _unused_ struct error *error) {
    return -ENOTSUP;
}

static void locks_are_waited_for(_unused_ void **state) {
    char directory[] = "/tmp/hostdevctl-test-XXXXXX";
    struct work work = {.run = never_called, .open_lock = open_temporary, .data = directory};
    int held;

    assert_non_null(mkdtemp(directory));
    held = open_temporary(directory);
    assert_int_equal(flock(held, LOCK_EX), 0);
    work_run(&work, 1, now_usec() + 100 * USEC_PER_MSEC);
    assert_int_equal(work.result, -EBUSY);
    close(held);
    work_run(&work, 1, now_usec() + 20 * USEC_PER_SEC);
    assert_int_equal(work.result, -ENOTSUP);
    rmdir(directory);
}

#define WORKS(sentence, function)                                                                  \
    ((const struct CMUnitTest){sentence, function, set_up, tear_down, NULL})

int main(void) {
    const struct CMUnitTest tests[] = {
        WORKS("more works than run at once are all done", all_are_done),
        WORKS("a worker's error comes back, and its death counts as one", errors_come_back),
        WORKS("a worker that hangs is given up at the deadline, the others are not",
              deadlines_hold),
        WORKS("a worker has a session of its own and none of the caller's descriptors",
              workers_hold_nothing),
        WORKS("works run side by side", works_are_side_by_side),
        WORKS("a lock that another process holds is waited for until the deadline",
              locks_are_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
