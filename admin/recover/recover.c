/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recover-verb.h"

#include <errno.h>
#include <string.h>

#include "deadline.h"
#include "holdings.h"
#include "log.h"
#include "options.h"
#include "recover-damaged.h"
#include "recover-off.h"
#include "recover-orphans.h"
#include "recover.h"
#include "say.h"
#include "step-text.h"
#include "text.h"
#include "verb.h"

/* A hook that is about to end is waited for. */
#define BUSY_USEC (3 * USEC_PER_SEC)
/* For what VMs share. */
#define SHARED_USEC (15 * USEC_PER_SEC)

struct recovery {
    int directory;
    const char *domain; /* NULL: all */
    struct off_domains off;
    const char *name; /* whose journal is at hand: "VM win10", fit to be shown */
    size_t left;      /* journals of which something is left to be done */
    size_t seen;      /* journals, whatever came of them */
    bool given_back;  /* anything was that VMs share */
    bool unclear;     /* of some VM it is not known what it has */
};

static void recovery_done(struct recovery *recovery) {
    off_domains_done(&recovery->off);
}

/* ---- one journal ---------------------------------------------------------------------------- */

static void tell_step(void *data, const struct step *step, const struct error *failure) {
    const struct recovery *recovery = data;
    _cleanup_free_ char *text = step_text(step, true);

    printf("  %s  %s\n", failure ? "FAILED" : "done  ", text ? text : step->kind->name);
    if (failure)
        say_error("%s: %s", recovery->name, error_text(failure));
    fflush(stdout);
}

static bool is_by_hand(const char *domain) {
    struct pci_address device;

    return journal_is_by_hand(domain, &device);
}

/* What nobody is at work on, and nobody else will take in hand. */
static void finish(struct recovery *recovery, struct journal *journal) {
    _cleanup_error_ struct error error = {0};

    printf("%s %s; giving back what it had:\n", recovery->name,
           is_by_hand(journal->domain) ? "is neither detached nor attached" : "is gone");
    if (journal->steps.count == 0)
        puts("  done    nothing had been taken yet");
    fflush(stdout);
    /* A full /run is no reason not to give devices back. */
    if (!journal->released && journal_release(journal, &error) < 0)
        say_warning("%s", error_text(&error));
    error_clear(&error);
    if (recover_finish_and_tell(recovery->directory, journal,
                                now_usec() + journal->timeout * USEC_PER_SEC, tell_step, recovery,
                                &error) < 0)
        recovery->left++;
}

static void say_live(const struct recovery *recovery, const struct journal *journal) {
    if (journal_is_settled(journal))
        printf("%s was detached by hand: left alone, 'hostdevctl attach' gives it back.\n",
               recovery->name);
    else if (is_by_hand(journal->domain))
        printf("%s is just being detached or attached by hand: left alone.\n", recovery->name);
    else if (process_qemu_lives(journal->domain))
        printf("%s runs: left alone.\n", recovery->name);
    else
        printf("%s is being started or stopped by libvirt: left alone.\n", recovery->name);
}

static void recover_journal(struct recovery *recovery, const struct holding *holding) {
    _cleanup_journal_ struct journal *journal = NULL;
    _cleanup_error_ struct error error = {0};
    int r = journal_load(recovery->directory, holding->domain, now_usec() + BUSY_USEC, &journal,
                         &error);

    /* Somebody was quicker. */
    if (r == -ENOENT)
        return;
    if (r == -EWOULDBLOCK)
        say_error("%s is just being %s. If that hangs, the kernel log may tell why; then try again",
                  recovery->name,
                  is_by_hand(holding->domain) ? "detached or attached by hand"
                                              : "started or stopped: a hook is at work for it");
    else if (r < 0)
        say_error("%s: %s", recovery->name, error_text(&error));
    if (r < 0) {
        recovery->unclear = true;
        recovery->left++;
        if (holding->state == HOLDING_DAMAGED)
            damaged_describe(recovery->directory, holding->domain);
    } else if (recover_is_stale(journal) || off_domains_has(&recovery->off, holding, journal)) {
        finish(recovery, journal);
    } else {
        say_live(recovery, journal);
    }
}

static void say_copy(struct recovery *recovery, const struct holding *holding) {
    _cleanup_free_ char *file = text_printable(holding->file);

    say_error("/run/hostdevctl/%s is a copy of another VM's journal, or was renamed, so that it is "
              "nobody's: remove it",
              file ? file : "?");
    recovery->left++;
}

static void recover_one(struct recovery *recovery, const struct holding *holding) {
    _cleanup_free_ char *name = holding_text(holding);

    recovery->name = name ? name : "?";
    recovery->seen++;
    log_open(holding->domain);
    switch (holding->state) {
    case HOLDING_COPY:
        say_copy(recovery, holding);
        break;
    case HOLDING_ASIDE:
        say_error("%s: its journal was damaged, and is set aside as "
                  "/run/hostdevctl/%s. Its devices may not have been given back",
                  recovery->name, holding->file);
        damaged_describe(recovery->directory, holding->domain);
        recovery->left++;
        break;
    case HOLDING_BY_HAND:
    case HOLDING_LIVE:
    case HOLDING_STALE:
    case HOLDING_NEWER:
    case HOLDING_DAMAGED:
    case HOLDING_UNREADABLE:
        recover_journal(recovery, holding);
        break;
    }
    log_open(NULL);
}

/* ---- what VMs share ------------------------------------------------------------------------- */

static void tell_shared(void *data, const char *what) {
    struct recovery *recovery = data;

    orphans_begin(&recovery->given_back);
    printf("  done    giving back %s\n", what);
    fflush(stdout);
}

/* A journal that cannot be read may be of a VM that runs, and has its share. */
static void recover_the_shared(struct recovery *recovery) {
    _cleanup_error_ struct error error = {0};

    if (recovery->unclear)
        return;
    if (recover_shared(recovery->directory, now_usec() + SHARED_USEC, tell_shared, recovery,
                       &error) < 0) {
        say_error("%s", error_text(&error));
        recovery->left++;
    }
    recovery->left += orphans_remove(recovery->directory, &recovery->given_back);
}

/* ---- all of it ------------------------------------------------------------------------------ */

static bool is_wanted(const struct recovery *recovery, const struct holding *holding) {
    return !recovery->domain || strcmp(recovery->domain, holding->domain) == 0;
}

static int recover_all(struct recovery *recovery, struct error *error) {
    _cleanup_holdings_ struct holdings holdings = {0};
    int r = holdings_read(recovery->directory, &holdings, error);

    if (r == 0)
        off_domains_read(&holdings, &recovery->off);
    for (size_t i = 0; i < holdings.count && r == 0; i++)
        if (is_wanted(recovery, &holdings.items[i]))
            recover_one(recovery, &holdings.items[i]);
        else if (holdings.items[i].state >= HOLDING_NEWER &&
                 holdings.items[i].state <= HOLDING_UNREADABLE)
            recovery->unclear = true;
    return r;
}

static int report(const struct recovery *recovery) {
    if (recovery->left > 0) {
        say_error("not all is as it was before: see above, and try again");
        return EXIT_FAILURE;
    }
    if (recovery->seen == 0 && !recovery->given_back) {
        if (recovery->domain)
            puts("That VM holds nothing: there is nothing to recover.");
        else
            puts("No VM has left anything: there is nothing to recover.");
    }
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int recover_into(struct recovery *recovery) {
    _cleanup_error_ struct error error = {0};

    if (recovery->directory >= 0 && recover_all(recovery, &error) == 0)
        recover_the_shared(recovery);
    if (error.code) {
        say_error("%s", error_text(&error));
        return EXIT_FAILURE;
    }
    return report(recovery);
}

/* ---- the verb ------------------------------------------------------------------------------- */

static int parse(int argc, char **argv, const char **ret_forget, const char **ret_domain) {
    const struct option_row rows[] = {{"forget", NULL, ret_forget}};
    int operands = options_parse("recover", rows, ELEMENTS(rows), argc, argv);

    if (operands >= 0 && argc - operands > (*ret_forget ? 0 : 1)) {
        say_error("recover takes one VM, or none for all: hostdevctl recover --help");
        return -EINVAL;
    }
    if (operands >= 0 && operands < argc)
        *ret_domain = argv[operands];
    return operands;
}

int recover_main(int argc, char **argv) {
    _cleanup_error_ struct error error = {0};
    _cleanup_(recovery_done) struct recovery recovery = {0};
    _cleanup_close_ int directory = -1;
    const char *forget = NULL;

    if (parse(argc, argv, &forget, &recovery.domain) < 0)
        return EXIT_USAGE;
    if (say_root_is_needed("hostdevctl recover"))
        return EXIT_FAILURE;
    directory = journal_open_directory(false, &error);
    if (directory < 0 && directory != -ENOENT) {
        say_error("%s", error_text(&error));
        return EXIT_FAILURE;
    }
    recovery.directory = directory;
    return forget ? damaged_forget(directory, forget) : recover_into(&recovery);
}
