/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recover.h"

#include <errno.h>
#include <fcntl.h>

#include "hugepages-ledger.h"
#include "log.h"
#include "step-cpus.h"
#include "summed.h"
#include "text.h"
#include "work.h"

/* Nothing is left to be done for a journal; or the reason why there is. */
static int finished(int directory, struct journal *journal, int r) {
    if (r == 0)
        journal_remove(directory, journal);
    return r;
}

int recover_finish(int directory, struct journal *journal, uint64_t deadline, struct error *error) {
    return finished(directory, journal, steps_undo(&journal->steps, deadline, error));
}

int recover_finish_and_tell(int directory, struct journal *journal, uint64_t deadline,
                            steps_undone undone, void *data, struct error *error) {
    return finished(directory, journal,
                    steps_undo_and_tell(&journal->steps, deadline, undone, data, error));
}

bool recover_is_stale(const struct journal *journal) {
    if (journal_is_settled(journal))
        return false;
    return journal->released ||
           (!process_lives(journal->daemon) && !process_qemu_lives(journal->domain));
}

/* ---- what VMs share ------------------------------------------------------------------------- */

/* No domain has this name: all live VMs count, and what cannot be had is no reason to keep the
 * rest. */
#define NOBODY ""

/* All of the things, and the steps whose sum they are. */
static const struct shared_thing {
    const struct summed_kind *kind;
    const struct step_kind *step;
    const char *what;
} shared_things[] = {
    {&summed_threads, &step_kind_pin, "the CPUs of VMs' threads"},
    {&summed_latencies, &step_kind_latency, "how deep CPUs may sleep"},
    {&summed_governors, &step_kind_governor, "the frequency governors"},
    {&summed_irqs, &step_kind_irq, "the CPUs of interrupts"},
    {&summed_workqueues, &step_kind_isolate, "the CPUs of the kernel's work"},
    {&summed_cgroups, &step_kind_isolate, "the CPUs of control groups"},
    {&summed_units, &step_kind_isolate, "the CPUs of systemd's units"},
};

static int sync_thing(void *data, uint64_t deadline, struct error *error) {
    const struct shared_thing *thing = data;

    return summed_sync(thing->kind, thing->step, NOBODY, deadline, error);
}

static bool is_over(const char *domain, const void *data) {
    const int *directory = data;
    _cleanup_free_ char *file = text_escape_file_name(domain);

    return file && faccessat(*directory, file, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT &&
           !process_qemu_lives(domain);
}

/* The worker has no descriptors but its own. */
static int give_pages_back(_unused_ void *data, uint64_t deadline, struct error *error) {
    _cleanup_ledger_ struct ledger ledger;
    int r = ledger_open(deadline, &ledger, error);

    while (r == 0) {
        uint64_t kib = 0;
        _cleanup_free_ char *domain = ledger_find(&ledger, is_over, &ledger.directory, &kib);

        if (!domain)
            break;
        r = ledger_give_back(&ledger, domain, kib, error);
    }
    return r;
}

static void collect(struct work *work, const char *what, struct error *error) {
    if (work->result < 0 && !work->error.code)
        error_set(&work->error, ETIME,
                  "%s could not be given back in time: the kernel, or systemd, is slow or hangs",
                  what);
    if (work->result < 0 && error->code)
        log_warning("%s", error_text(&work->error));
    else if (work->result < 0)
        error_move(error, &work->error);
    error_clear(&work->error);
}

/* Whether there is such a file in the directory. */
static bool exists(int directory, const char *file) {
    return faccessat(directory, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Also when no more than the companion is left, which the one that this host uses cleans up. */
static bool is_left(int directory, const struct summed_kind *kind) {
    return exists(directory, kind->file) ||
           (kind->companion && kind == step_isolate_tasks() && exists(directory, kind->companion));
}

static void settle(int directory, const char *file, const char *what, struct work *work,
                   uint64_t deadline, void (*given_back)(void *data, const char *what), void *data,
                   struct error *error) {
    work_run(work, 1, deadline);
    if (work->result == 0 && !exists(directory, file))
        given_back(data, what);
    collect(work, what, error);
}

int recover_shared(int directory, uint64_t deadline,
                   void (*given_back)(void *data, const char *what), void *data,
                   struct error *error) {
    struct work pages = {.run = give_pages_back};

    for (size_t i = 0; i < ELEMENTS(shared_things); i++) {
        const struct shared_thing *thing = &shared_things[i];
        struct work work = {.run = sync_thing, .data = (void *)(uintptr_t)thing};

        if (is_left(directory, thing->kind))
            settle(directory, thing->kind->file, thing->what, &work, deadline, given_back, data,
                   error);
    }
    if (exists(directory, LEDGER_FILE))
        settle(directory, LEDGER_FILE, "huge pages", &pages, deadline, given_back, data, error);
    return -error->code;
}
