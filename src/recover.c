/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recover.h"

int recover_finish(int directory, struct journal *journal, uint64_t deadline, struct error *error) {
    int r = steps_undo(&journal->steps, deadline, error);

    if (r == 0)
        journal_remove(directory, journal);
    return r;
}

bool recover_is_stale(const struct journal *journal) {
    return journal->released ||
           (!process_lives(journal->daemon) && !process_qemu_lives(journal->domain));
}
