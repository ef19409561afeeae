/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host-ask.h"

#include <errno.h>
#include <string.h>
#include <sys/file.h>

#include "deadline.h"
#include "reader.h"
#include "sysfs.h"

/* A driver that has not answered by then is not about to; more for many devices, which take time
 * even when all is well. */
#define ANSWER_USEC (2 * USEC_PER_SEC)
#define ANSWER_USEC_EACH (4 * USEC_PER_MSEC)
/* All devices together, when several are stuck. */
#define ANSWERS_USEC (8 * USEC_PER_SEC)
/* For a worker that has a device just now to be done with it. */
#define WORKER_USEC (300 * USEC_PER_MSEC)
#define WORKER_RETRY_USEC (10 * USEC_PER_MSEC)

/* ---- in the worker --------------------------------------------------------------------------- */

/* Whether a worker of the hook keeps the device: a question would wait as long as that does. Others
 * than root cannot look. */
static bool is_kept(struct pci_address address) {
    uint64_t deadline = now_usec() + WORKER_USEC;
    _cleanup_close_ int lock = sysfs_open_lock(address);

    while (lock >= 0 && flock(lock, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
        if (now_usec() >= deadline)
            return true;
        sleep_usec(WORKER_RETRY_USEC, deadline);
    }
    return false;
}

static void ask(void *item, _unused_ size_t i) {
    struct host_answer *answer = item;
    _cleanup_close_ int device = sysfs_open_device(answer->use.address);

    if (device >= 0 && is_kept(answer->use.address))
        return;
    answer->override_known = device >= 0 && sysfs_read_override(device, answer->override) == 0;
    if (answer->examine)
        in_use_examine(&answer->use);
    answer->answered = true;
}

/* All that the processes are looked through for, in one go. */
struct examined {
    size_t count;
    struct in_use devices[];
};

static void find_processes(void *item, _unused_ size_t i) {
    struct examined *examined = item;

    in_use_find_processes(examined->devices, examined->count);
}

/* ---- by the caller --------------------------------------------------------------------------- */

/* One after the other; what comes after a device that is stuck is asked by another worker. */
static int ask_devices(struct host_answer *answers, size_t count, struct error *error) {
    uint64_t last = now_usec() + ANSWERS_USEC + count * ANSWER_USEC_EACH;
    size_t done = 0;

    while (done < count && now_usec() < last) {
        const struct reader reader = {ask, answers + done, count - done, sizeof *answers};
        size_t stuck = 0;
        int r = reader_run(&reader, now_usec() + ANSWER_USEC + reader.count * ANSWER_USEC_EACH,
                           &stuck, error);

        if (r < 0)
            return r;
        done += r == READER_STUCK ? stuck + 1 : count - done;
    }
    return 0;
}

static bool has_files(const struct host_answer *answer) {
    return answer->answered && answer->examine && answer->use.n_nodes > 0;
}

static void take_processes(struct host_answer *answers, size_t count,
                           const struct examined *examined) {
    size_t next = 0;

    for (size_t i = 0; i < count; i++)
        if (has_files(&answers[i]))
            answers[i].use = examined->devices[next++];
}

/* That nobody was found in time is not that there is nobody. */
static void doubt(struct examined *examined) {
    for (size_t i = 0; i < examined->count; i++)
        if (examined->devices[i].rank == IN_USE_NOT) {
            examined->devices[i].rank = IN_USE_VAGUELY;
            strcpy(examined->devices[i].user,
                   "no time was left to find out which processes have its device files open");
        }
}

static int ask_processes(struct host_answer *answers, size_t count, struct error *error) {
    size_t room = sizeof(struct examined) + count * sizeof(struct in_use), stuck;
    _cleanup_free_ struct examined *examined = calloc(1, room);
    const struct reader reader = {find_processes, examined, 1, room};
    int r;

    if (!examined)
        return error_oom(error);
    for (size_t i = 0; i < count; i++)
        if (has_files(&answers[i]))
            examined->devices[examined->count++] = answers[i].use;
    r = reader_run(&reader, now_usec() + ANSWER_USEC, &stuck, error);
    if (r < 0)
        return r;
    if (r == READER_STUCK)
        doubt(examined);
    take_processes(answers, count, examined);
    return 0;
}

int host_ask(struct host_answer *answers, size_t count, struct error *error) {
    int r = ask_devices(answers, count, error);

    return r < 0 ? r : ask_processes(answers, count, error);
}
