/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "life.h"

#include <errno.h>

#include "deadline.h"
#include "log.h"
#include "recover.h"

#define RELEASE_TIMEOUT_USEC (15 * USEC_PER_SEC)

/* Loads the journal of the VM, if there is one: -ENOENT otherwise. */
static int load(const struct life *life, uint64_t deadline, int *ret_directory,
                struct journal **ret, struct error *error) {
    _cleanup_close_ int directory = journal_open_directory(false, error);
    int r;

    if (directory < 0)
        return directory;
    r = journal_load(directory, life->domain, deadline, ret, error);
    if (r == -EWOULDBLOCK)
        return error_set(error, EBUSY, "another hook is still at work for this VM");
    if (r == 0)
        *ret_directory = take_fd(&directory);
    return r;
}

int life_release(const struct life *life, struct error *error) {
    _cleanup_journal_ struct journal *journal = NULL;
    _cleanup_error_ struct error unwritten = {0};
    _cleanup_close_ int directory = -1;
    int r = load(life, life->begun + RELEASE_TIMEOUT_USEC, &directory, &journal, error);

    if (r == -ENOENT)
        return 0;
    if (r < 0)
        return r;
    /* A full /run is no reason not to give devices back. */
    if (journal_release(journal, &unwritten) < 0)
        log_warning("%s", error_text(&unwritten));
    return recover_finish(directory, journal, now_usec() + journal->timeout * USEC_PER_SEC, error);
}

int life_reconnect(const struct life *life, struct error *error) {
    _cleanup_journal_ struct journal *journal = NULL;
    _cleanup_close_ int directory = -1;
    int r = load(life, life->begun + RELEASE_TIMEOUT_USEC, &directory, &journal, error);

    /* A daemon that died while it called answers for nothing. */
    if (r == -ENOENT || (r == 0 && life->daemon.pid == 0))
        return 0;
    return r < 0 ? r : journal_stamp(journal, life->daemon, error);
}
