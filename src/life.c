/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "life.h"

#include <errno.h>

#include "deadline.h"
#include "log.h"
#include "recover.h"
#include "step-pin.h"
#include "summed.h"
#include "work.h"

#define EVENT_TIMEOUT_USEC (15 * USEC_PER_SEC)

/* Loads the journal of the VM, if there is one: -ENOENT otherwise. */
static int load(const struct life *life, uint64_t deadline, int directory, struct journal **ret,
                struct error *error) {
    int r = journal_load(directory, life->domain, deadline, ret, error);

    return r == -EWOULDBLOCK ? error_set(error, EBUSY, "another hook is still at work for this VM")
                             : r;
}

/* ---- release ------------------------------------------------------------------------------- */

int life_release(const struct life *life, struct error *error) {
    _cleanup_close_ int directory = journal_open_directory(false, error);
    _cleanup_journal_ struct journal *journal = NULL;
    _cleanup_error_ struct error unwritten = {0};
    int r = directory;

    if (r >= 0)
        r = load(life, life->begun + EVENT_TIMEOUT_USEC, directory, &journal, error);
    if (r == -ENOENT)
        return 0;
    if (r < 0)
        return r;
    /* A full /run is no reason not to give devices back. */
    if (journal_release(journal, &unwritten) < 0)
        log_warning("%s", error_text(&unwritten));
    return recover_finish(directory, journal, now_usec() + journal->timeout * USEC_PER_SEC, error);
}

/* ---- started, and reconnect ---------------------------------------------------------------- */

/* Pins the VM's threads as its journal says. What cannot be had is an error only where the
 * configuration is strict about it; otherwise it is logged. */
static int assert_pins(const struct life *life, const struct journal *journal,
                       struct error *error) {
    pid_t qemu = process_qemu(life->domain);

    for (size_t i = 0; i < journal->steps.count; i++) {
        const struct step *step = &journal->steps.items[i];
        _cleanup_error_ struct error failure = {0};

        if (step->kind != &step_kind_pin)
            continue;
        if (!qemu)
            error_set(&failure, ESRCH, "the VM cannot be pinned: its QEMU is not found");
        else if (step_pin_assert(step, qemu, &failure) == 0)
            continue;
        if (step_pin_is_strict(step)) {
            error_move(error, &failure);
            return -error->code;
        }
        log_warning("%s", error_text(&failure));
    }
    return 0;
}

static int sync_threads(_unused_ void *data, uint64_t deadline, struct error *error) {
    return summed_sync(&summed_threads, &step_kind_pin, NULL, deadline, error);
}

/* The threads of a VM that nobody has pinned are kept off the CPUs that are isolated for any. */
static void keep_off_isolated_cpus(const struct life *life, int directory) {
    _cleanup_shares_ struct shares shares = {0};
    struct work work = {.run = sync_threads};

    if (shares_read(directory, &step_kind_pin, NULL, &shares) < 0 || shares.count == 0)
        return;
    work_run(&work, 1, life->begun + EVENT_TIMEOUT_USEC);
    if (work.result < 0)
        log_warning("QEMU's threads could not be kept off isolated CPUs: %s",
                    error_text(&work.error));
    error_clear(&work.error);
}

int life_started(const struct life *life, struct error *error) {
    _cleanup_close_ int directory = journal_open_directory(false, error);
    _cleanup_journal_ struct journal *journal = NULL;
    int r = directory;

    if (r == -ENOENT)
        return 0;
    if (r >= 0)
        r = load(life, life->begun + EVENT_TIMEOUT_USEC, directory, &journal, error);
    if (r == 0) {
        r = assert_pins(life, journal, error);
    } else if (r != -ENOENT) {
        /* No reason to stop a VM that runs. */
        log_warning("%s", error_text(error));
        r = 0;
    }
    if (directory >= 0)
        keep_off_isolated_cpus(life, directory);
    return r == -ENOENT ? 0 : r;
}

int life_reconnect(const struct life *life, struct error *error) {
    _cleanup_close_ int directory = journal_open_directory(false, error);
    _cleanup_journal_ struct journal *journal = NULL;
    int r = directory;

    if (r >= 0)
        r = load(life, life->begun + EVENT_TIMEOUT_USEC, directory, &journal, error);
    if (r == -ENOENT)
        return 0;
    /* A daemon that died while it called answers for nothing. */
    if (r == 0 && life->daemon.pid != 0)
        r = journal_stamp(journal, life->daemon, error);
    if (r < 0)
        return r;
    r = assert_pins(life, journal, error);
    keep_off_isolated_cpus(life, directory);
    return r;
}
