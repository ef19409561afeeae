/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "work.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>

#include "deadline.h"

#define SIDE_BY_SIDE_MAX 64
#define LOCK_RETRY_USEC (10 * USEC_PER_MSEC)

/* What a worker answers with; small enough that the pipe takes it in one piece. */
struct answer {
    int result;
    int code;
    char text[1024];
};

/* Somebody who holds a lock this share of the time is stuck, more likely than slow; the rest is for
 * others, and for whoever waits for the hook. */
#define LOCK_SHARE 3

/* A work that has been taken up: first it waits for its lock, then its process runs. */
struct worker {
    struct work *work;
    int lock;    /* -1: none */
    int channel; /* the pipe that brings the answer; -1 while waiting for the lock */
    uint64_t lock_deadline;
    pid_t pid;
};

static void prepare_process(int *channel, int *lock) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    setsid();
    for (int fd = 0; fd < 3; fd++)
        if (null < 0 || dup2(null, fd) < 0)
            close(fd);
    /* In this order nothing is overwritten that is still needed: the channel is the higher end of
     * its pipe, so above 3. */
    if (*lock >= 0)
        *lock = dup2(*lock, 3);
    *channel = dup2(*channel, 4);
    if (*lock < 0)
        close(3);
    close_range(5, ~0U, 0);
}

static void worker_main(struct work *work, int channel, int lock, uint64_t deadline) {
    _cleanup_error_ struct error error = {0};
    struct answer answer = {0};

    prepare_process(&channel, &lock);
    answer.result = work->run(work->data, deadline, &error);
    answer.code = error.code;
    if (error.text)
        snprintf(answer.text, sizeof answer.text, "%s", error.text);
    while (write(channel, &answer, sizeof answer) < 0 && errno == EINTR)
        continue;
}

static void finish(struct worker *worker, int result) {
    worker->work->result = result;
    if (worker->channel >= 0)
        close(worker->channel);
    if (worker->lock >= 0)
        close(worker->lock);
    *worker = (struct worker){.lock = -1, .channel = -1};
}

static void start_process(struct worker *worker, uint64_t deadline) {
    int ends[2];

    /* The answer fits: its writer does not wait either. */
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) {
        finish(worker, error_set(&worker->work->error, errno, "no pipe for a worker process: %s",
                                 strerror(errno)));
        return;
    }
    worker->pid = fork();
    if (worker->pid == 0) {
        worker_main(worker->work, ends[1], worker->lock, deadline);
        _exit(0);
    }
    close(ends[1]);
    worker->channel = ends[0];
    if (worker->pid < 0) {
        finish(worker, error_set(&worker->work->error, errno,
                                 "no worker process can be started: %s", strerror(errno)));
        return;
    }
    /* The worker's copy keeps the lock from here on, even if this process is killed. */
    if (worker->lock >= 0) {
        close(worker->lock);
        worker->lock = -1;
    }
}

/* Starts the process as soon as the lock is there. The lock is taken before the fork, so that
 * there is no moment in which the work is under way without it. */
static void advance(struct worker *worker, uint64_t deadline) {
    if (worker->lock >= 0 && flock(worker->lock, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
        return;
    start_process(worker, deadline);
}

static void take_up(struct worker *worker, struct work *work, uint64_t deadline) {
    uint64_t now = now_usec();

    *worker = (struct worker){
        .work = work,
        .lock = work->open_lock ? work->open_lock(work->data) : -1,
        .channel = -1,
        .lock_deadline = now + (deadline > now ? deadline - now : 0) / LOCK_SHARE,
    };
    advance(worker, deadline);
}

/* If the worker has answered, which is asked by reading alone: poll(2) can fail. */
static void take_answer(struct worker *worker) {
    struct answer answer;
    ssize_t n;

    do
        n = read(worker->channel, &answer, sizeof answer);
    while (n < 0 && errno == EINTR);
    if (n < 0 && errno == EAGAIN)
        return;
    while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    if (n != (ssize_t)sizeof answer) {
        finish(worker,
               error_set(&worker->work->error, EIO, "a worker process ended without an answer"));
        return;
    }
    if (answer.code) {
        answer.text[sizeof answer.text - 1] = '\0';
        error_set(&worker->work->error, answer.code, "%s", answer.text);
    }
    finish(worker, answer.result);
}

static void give_up(struct worker *worker) {
    int result = -EBUSY;

    if (worker->channel >= 0) {
        /* With what it has started; unless it has not even come to be a session of its own. */
        if (kill(-worker->pid, SIGKILL) < 0)
            kill(worker->pid, SIGKILL);
        /* Stuck in the kernel it stays a child until it is let go; init inherits it. */
        waitpid(worker->pid, NULL, WNOHANG);
        result = -ETIME;
    }
    finish(worker, result);
}

static void wait_for_any(const struct worker *workers, size_t count, uint64_t deadline) {
    struct pollfd channels[SIDE_BY_SIDE_MAX];
    uint64_t now = now_usec(), left = deadline > now ? deadline - now : 0;

    for (size_t i = 0; i < count; i++) {
        channels[i] = (struct pollfd){.fd = workers[i].channel, .events = POLLIN};
        if (workers[i].work && workers[i].channel < 0 && left > LOCK_RETRY_USEC)
            left = LOCK_RETRY_USEC;
    }
    if (poll(channels, count, (int)(left / USEC_PER_MSEC) + 1) < 0)
        sleep_usec(LOCK_RETRY_USEC, deadline);
}

void work_run(struct work *work, size_t count, uint64_t deadline) {
    struct worker workers[SIDE_BY_SIDE_MAX] = {0};
    size_t places = count < SIDE_BY_SIDE_MAX ? count : SIDE_BY_SIDE_MAX, next = 0, busy = 0;

    for (size_t i = 0; i < places; i++)
        workers[i] = (struct worker){.lock = -1, .channel = -1};
    for (;;) {
        uint64_t now = now_usec();
        bool late = now >= deadline;

        busy = 0;
        for (size_t i = 0; i < places; i++) {
            struct worker *worker = &workers[i];

            if (worker->channel >= 0)
                take_answer(worker);
            if (worker->work && (late || (worker->channel < 0 && now >= worker->lock_deadline)))
                give_up(worker);
            else if (worker->work && worker->channel < 0)
                advance(worker, deadline);
            if (!worker->work && next < count && !late)
                take_up(worker, &work[next++], deadline);
            busy += worker->work != NULL;
        }
        if (late || (busy == 0 && next == count))
            break;
        if (busy > 0)
            wait_for_any(workers, places, deadline);
    }
    while (next < count)
        work[next++].result = -ETIME;
}
