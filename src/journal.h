/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The journal of a VM: what it holds and how to undo what was done for it, in /run/hostdevctl, one
 * file a domain. It is written before anything acts, and only ever appended to, a line of JSON at a
 * time, so that a hook killed at any instruction leaves a file that can be obeyed.
 *
 *     {"version":1,"domain":"win10","uuid":"…","timeout":15,"claims":["pci 0000:01:00.0",…]}
 *     {"daemon":{"pid":812,"start":5012}}
 *     {"steps":[{"step":"bind","device":"0000:01:00.0",…},…]}
 *     {"released":true}
 *
 * A later line wins over an earlier one; a last line without its newline was never finished, and
 * what it announced has not happened. While a hook works on a VM it holds a lock (flock) on the
 * file. New journals appear, and claims are compared, under one more lock, on the directory.
 *
 * A device that an admin has taken from the host by hand has a journal, too, which is no VM's: its
 * domain is called by-hand/ADDRESS, for libvirt lets no VM have a name with a slash. It is of
 * version 2; programs that know version 1 alone leave it as it is, and take its claims for made.
 *
 *     {"version":2,"domain":"by-hand/0000:01:00.0","uuid":"","timeout":15,"claims":[…]}
 *     {"daemon":{"pid":2034,"start":9120}}
 *     {"steps":[{"step":"bind","device":"0000:01:00.0",…}]}
 *     {"claims":[]}
 *
 * Its daemon is the tool. The claims last while that is at work: then the line without any says
 * that it is done, and a VM may use the device. While there are claims and no tool, the work was
 * cut short, and the journal is stale as that of a VM that is gone.
 */

#include "claim.h"
#include "error.h"
#include "process.h"
#include "step.h"

struct journal {
    int fd;
    char *file; /* its name in the directory */
    char *domain;
    unsigned timeout;           /* seconds */
    int64_t version;            /* of the program that wrote it: its claims count, whatever it is */
    struct process daemon;      /* the libvirtd that answers for the VM */
    bool released;              /* the VM has ended: whoever comes may finish the way back */
    struct json_object *claims; /* as they were read; NULL of one that was just made */
    struct steps steps;
};

/* The name under which the journal of a device stands that was taken by hand. Owned by the caller,
 * NULL for lack of memory. */
char *journal_name_by_hand(struct pci_address address) _must_check_;

/* Whether a domain's name is such a name; *ret is the device then. */
bool journal_is_by_hand(const char *domain, struct pci_address *ret);

/* Whether a device was taken by hand, and that is done: it stays so until it is given back by hand,
 * and nobody's end makes the journal stale. */
bool journal_is_settled(const struct journal *journal);

/* Whether this program understands the journal as a whole: 0, or -EBADMSG with a sentence for one
 * that a newer version has written. */
int journal_check_version(const struct journal *journal, struct error *error) _must_check_;

/* Opens /run/hostdevctl, and makes it first when `create` says so. -ENOENT when it is not there;
 * -EPERM with a sentence when others than root could have written to it. */
int journal_open_directory(bool create, struct error *error) _must_check_;

/* Reads the journal of a domain and locks it, waiting for another hook that holds it until the
 * deadline (0: not at all). *ret is owned by the caller (journal_free).
 * -ENOENT: there is none. -EWOULDBLOCK: another hook holds it. -EBADMSG with a sentence: a newer
 * version has written it, or it is damaged; then it is set aside (.damaged-NAME) unless its VM
 * runs. */
int journal_load(int directory, const char *domain, uint64_t deadline, struct journal **ret,
                 struct error *error) _must_check_;

/* What is written at the start of a journal. */
struct journal_head {
    const char *domain;
    const char *uuid;
    unsigned timeout;
    struct process daemon;
    const struct claims *claims;
};

/* Makes the claims under the directory's lock: *ret is the new journal, locked. When another domain
 * has one of them already nothing is made, the result is JOURNAL_CONFLICT, *holder is that domain's
 * name (owned by the caller) and *conflict the claim. -EBUSY: another hook made one for this domain
 * meanwhile. -EBADMSG: another domain's journal is damaged and its VM runs, so nobody knows what it
 * claims; one whose VM does not run is set aside. */
#define JOURNAL_CONFLICT 1
int journal_create(int directory, const struct journal_head *head, uint64_t deadline,
                   struct journal **ret, char **holder, const struct claim **conflict,
                   struct error *error) _must_check_;

/* Makes claims with a journal that is there already, loaded and by hand, in place of those it has.
 * Results as those of journal_create. */
int journal_claim(int directory, struct journal *journal, const struct claims *claims,
                  uint64_t deadline, char **holder, const struct claim **conflict,
                  struct error *error) _must_check_;

/* Gives up all claims of a journal by hand: VMs may use its device. */
int journal_settle(struct journal *journal, struct error *error) _must_check_;

/* Compares the claims of a domain without making them, and changes nothing. 0, JOURNAL_CONFLICT as
 * journal_create, or -EBADMSG for a journal of which nobody knows what it claims. Journals for
 * which `is_passed_over` is true count as if they were not there. */
int journal_compare(int directory, const char *domain, const struct claims *claims,
                    bool (*is_passed_over)(struct journal *journal, void *data), void *data,
                    char **holder, const struct claim **conflict, struct error *error) _must_check_;

/* The domain whose journal has one of the claims, other than `domain` itself. Owned by the caller,
 * NULL when there is none, or a journal cannot be read. */
char *journal_find_holder(int directory, const struct claims *claims,
                          const char *domain) _must_check_;

/* Writes down the steps that are about to be applied, and moves them into the journal. */
int journal_write_steps(struct journal *journal, struct steps *steps,
                        struct error *error) _must_check_;

/* Stamps the journal with the daemon that now answers for the VM. */
int journal_stamp(struct journal *journal, struct process daemon, struct error *error) _must_check_;

/* Notes that the VM has ended: from now on nobody has to be asked to take its devices back. */
int journal_release(struct journal *journal, struct error *error) _must_check_;

/* Calls `visit` with each journal there is, unlocked, until it returns other than 0, and returns
 * that. What cannot be read is passed over, and logged. */
int journal_for_each(int directory, int (*visit)(struct journal *journal, void *data),
                     void *data) _must_check_;

/* Removes the file: nothing is left to undo. */
void journal_remove(int directory, struct journal *journal);

void journal_free(struct journal *journal);

static inline void journal_freep(struct journal **journal) {
    journal_free(*journal);
}

#define _cleanup_journal_ _cleanup_(journal_freep)
