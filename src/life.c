/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "life.h"

#include <errno.h>
#include <string.h>

#include "deadline.h"
#include "domain.h"
#include "host.h"
#include "journal.h"
#include "log.h"
#include "plan.h"
#include "policy.h"
#include "text.h"

/* From 10.0 on libvirt accepts a vendor-specific VFIO driver in place of vfio-pci. */
#define LIBVIRT_KNOWS_VARIANTS 10000

/* A prepare that fails needs time to undo what it did: this part of its timeout is for that. */
#define UNDO_SHARE 3

#define HOLDER_RETRY_USEC (50 * USEC_PER_MSEC)
#define RELEASE_TIMEOUT_USEC (15 * USEC_PER_SEC)

/* All that a prepare works with. */
struct prepare {
    const struct life *life;
    struct domain *domain;
    struct policy *policy;
    struct host *host;
    struct intent intent;
    int directory; /* of the journals */
    struct journal *journal;
    uint64_t act_deadline;  /* for what is done */
    uint64_t undo_deadline; /* and for undoing it */
};

static void prepare_done(struct prepare *prepare) {
    journal_free(prepare->journal);
    close_descriptor(&prepare->directory);
    intent_done(&prepare->intent);
    host_free(prepare->host);
    policy_free(prepare->policy);
    domain_free(prepare->domain);
}

static int refused(const struct prepare *prepare, const struct refusal *refusal,
                   struct error *error) {
    return refusal_explain(refusal, prepare->host, prepare->policy, error);
}

/* ---- undoing a journal --------------------------------------------------------------------- */

/* Undoes a journal that is loaded and locked, and removes it when nothing is left. */
static int finish(int directory, struct journal *journal, uint64_t deadline, struct error *error) {
    int r = steps_undo(&journal->steps, deadline, error);

    if (r == 0)
        journal_remove(directory, journal);
    return r;
}

/* Finishes what an earlier life of this domain left behind: its hook or daemon was killed. */
static int finish_own(const struct prepare *prepare, struct error *error) {
    _cleanup_journal_ struct journal *journal = NULL;
    const char *name = prepare->domain->name;
    int r = journal_load(prepare->directory, name, prepare->act_deadline, &journal, error);

    if (r == -ENOENT)
        return 0;
    if (r == -EWOULDBLOCK)
        return error_set(error, EBUSY, "another hook is still at work for this VM: try again");
    if (r < 0)
        return r;
    if (process_qemu_lives(name))
        return error_set(error, EBUSY, "the VM is running already");
    log_notice("an earlier start of this VM was cut short: giving its devices back first");
    return finish(prepare->directory, journal, prepare->act_deadline, error);
}

/* A journal is stale when its VM has ended and its release was cut short, or when nobody is left
 * who would ever call release. */
static bool is_stale(const struct journal *journal) {
    return journal->released ||
           (!process_lives(journal->daemon) && !process_qemu_lives(journal->domain));
}

/* Tries to get a holder's journal out of the way. 0: done, look again; RIGHTLY_HELD; or a negative
 * errno with a sentence, when its VM is gone but not all of its devices could be given back. */
#define RIGHTLY_HELD 1
static int reclaim(const struct prepare *prepare, const char *holder, struct error *error) {
    _cleanup_journal_ struct journal *journal = NULL;
    _cleanup_error_ struct error failure = {0};
    _cleanup_free_ char *name = text_printable(holder);
    int r = journal_load(prepare->directory, holder, 0, &journal, &failure);

    if (r == -ENOENT)
        return 0;
    /* Its hook is at work, perhaps giving back just what is wanted here. */
    if (r == -EWOULDBLOCK && now_usec() < prepare->act_deadline) {
        sleep_usec(HOLDER_RETRY_USEC, prepare->act_deadline);
        return 0;
    }
    if (r == -EWOULDBLOCK || (r == 0 && !is_stale(journal)))
        return RIGHTLY_HELD;
    if (r < 0) {
        error_move(error, &failure);
        return r;
    }
    log_notice("VM %s is gone: giving its devices back", name);
    r = finish(prepare->directory, journal, prepare->act_deadline, &failure);
    if (r < 0)
        return error_set(error, -r, "VM %s is gone, but what it had is not free: %s", name,
                         error_text(&failure));
    return 0;
}

/* ---- prepare ------------------------------------------------------------------------------- */

static int held(const struct prepare *prepare, const char *holder, const struct claim *claim,
                struct error *error) {
    struct refusal refusal = {
        .reason = claim->is_group ? REFUSED_GROUP_HELD : REFUSED_HELD,
        .device = claim->device,
    };
    _cleanup_free_ char *printable = text_printable(holder);

    if (!printable)
        return error_oom(error);
    snprintf(refusal.holder, sizeof refusal.holder, "%s", printable);
    return refused(prepare, &refusal, error);
}

static int check_time(const struct prepare *prepare, struct error *error) {
    if (now_usec() < prepare->act_deadline)
        return 0;
    return error_set(error, ETIME, "no time was left to prepare the VM's devices (timeout = %u)",
                     prepare->policy->timeout);
}

static int make_claims(struct prepare *prepare, struct error *error) {
    const struct journal_head head = {
        .domain = prepare->domain->name,
        .uuid = prepare->domain->uuid,
        .timeout = prepare->policy->timeout,
        .daemon = prepare->life->daemon,
        .claims = &prepare->intent.claims,
    };

    for (;;) {
        _cleanup_free_ char *holder = NULL;
        const struct claim *conflict = NULL;
        int r = journal_create(prepare->directory, &head, prepare->act_deadline, &prepare->journal,
                               &holder, &conflict, error);

        if (r != JOURNAL_CONFLICT)
            return r;
        r = reclaim(prepare, holder, error);
        if (r == RIGHTLY_HELD)
            return held(prepare, holder, conflict, error);
        if (r == 0)
            r = check_time(prepare, error);
        if (r < 0)
            return r;
    }
}

/* From the claims to a host that is ready: look how the devices stand, plan, write down, act. */
static int act(struct prepare *prepare, struct error *error) {
    _cleanup_steps_ struct steps steps = {0};
    struct refusal refusal;
    int r = check_time(prepare, error);

    if (r < 0)
        return r;
    r = host_inspect(prepare->host, prepare->intent.bind, prepare->intent.n_bind,
                     prepare->act_deadline, error);
    if (r < 0)
        return r;
    r = plan_steps(prepare->domain, prepare->policy, prepare->host, &prepare->intent, &steps,
                   &refusal);
    if (r == PLAN_REFUSED)
        return refused(prepare, &refusal, error);
    if (r < 0)
        return error_set(error, -r, "the devices of the VM cannot be planned for: %s",
                         strerror(-r));
    if (steps.count == 0)
        return 0;
    r = journal_write_steps(prepare->journal, &steps, error);
    if (r < 0)
        return r;
    return steps_apply(&prepare->journal->steps, prepare->act_deadline, error);
}

/* A daemon that died meanwhile will not call release: nobody else would give the devices back. */
static int check_daemon(const struct prepare *prepare, struct error *error) {
    if (process_lives(prepare->life->daemon))
        return 0;
    return error_set(error, ESRCH, "libvirtd died while the VM's devices were being prepared");
}

static void roll_back(struct prepare *prepare, struct error *error) {
    _cleanup_error_ struct error left = {0};

    /* Should it be cut short: nothing of this VM runs, and anybody may go on. */
    if (journal_release(prepare->journal, &left) < 0)
        log_warning("%s", error_text(&left));
    error_clear(&left);
    if (finish(prepare->directory, prepare->journal, prepare->undo_deadline, &left) == 0)
        return;
    log_warning("%s", error_text(&left));
    /* What hung on the way hangs on the way back: once is enough. */
    if (error->code != ETIME || left.code != ETIME)
        error_set(error, error->code, "%s. Besides, %s", error_text(error), error_text(&left));
}

static int open_and_claim(struct prepare *prepare, struct error *error) {
    int r;

    prepare->directory = journal_open_directory(prepare->intent.claims.count > 0, error);
    if (prepare->directory == -ENOENT)
        return 0;
    if (prepare->directory < 0)
        return prepare->directory;
    r = finish_own(prepare, error);
    if (r == 0 && prepare->intent.claims.count > 0)
        r = make_claims(prepare, error);
    return r;
}

static int look_at_host(struct prepare *prepare, struct error *error) {
    struct refusal refusal;
    bool variants;
    int r;

    if (prepare->domain->n_hostdevs == 0 || prepare->policy->detach == DETACH_NONE)
        return 0;
    variants = process_libvirt_version(prepare->life->daemon.pid) >= LIBVIRT_KNOWS_VARIANTS;
    r = host_read(prepare->domain, variants, &prepare->host, error);
    if (r < 0)
        return r;
    r = plan_intent(prepare->domain, prepare->policy, prepare->host, &prepare->intent, &refusal);
    if (r == PLAN_REFUSED)
        return refused(prepare, &refusal, error);
    return r < 0 ? error_oom(error) : 0;
}

static int take_devices(struct prepare *prepare, struct error *error) {
    int r = look_at_host(prepare, error);

    if (r < 0)
        return r;
    r = open_and_claim(prepare, error);
    if (r < 0 || !prepare->journal)
        return r;
    r = act(prepare, error);
    if (r == 0)
        r = check_daemon(prepare, error);
    if (r < 0)
        roll_back(prepare, error);
    return r;
}

static int read_wishes(struct prepare *prepare, int xml, struct error *error) {
    uint64_t timeout;
    int r = domain_read(xml, &prepare->domain, error);

    if (r < 0)
        return r;
    if (strcmp(prepare->domain->name, prepare->life->domain) != 0) {
        _cleanup_free_ char *name = text_printable(prepare->domain->name);

        return error_set(
            error, EINVAL,
            "the domain XML is of another VM (%s) than the one the hook was called for",
            name ? name : "?");
    }
    r = policy_load(prepare->domain->name, prepare->domain->uuid, &prepare->policy, error);
    if (r < 0)
        return r;
    timeout = prepare->policy->timeout * USEC_PER_SEC;
    prepare->undo_deadline = prepare->life->begun + timeout;
    prepare->act_deadline = prepare->undo_deadline - timeout / UNDO_SHARE;
    return 0;
}

int life_prepare(const struct life *life, int xml, struct error *error) {
    _cleanup_(prepare_done) struct prepare prepare = {.life = life, .directory = -1};
    int r = read_wishes(&prepare, xml, error);

    return r < 0 ? r : take_devices(&prepare, error);
}

/* ---- the other events ---------------------------------------------------------------------- */

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
    return finish(directory, journal, now_usec() + journal->timeout * USEC_PER_SEC, error);
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
