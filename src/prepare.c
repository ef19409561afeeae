/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "prepare.h"

#include <errno.h>
#include <string.h>

#include "deadline.h"
#include "inspect.h"
#include "log.h"
#include "recover.h"
#include "text.h"

#define HOLDER_RETRY_USEC (50 * USEC_PER_MSEC)

void prepare_done(struct prepare *prepare) {
    journal_free(prepare->journal);
    close_descriptor(&prepare->directory);
    intent_done(&prepare->intent);
    host_free(prepare->host);
}

int prepare_refused(const struct prepare *prepare, const struct refusal *refusal,
                    struct error *error) {
    return prepare->explain(refusal, prepare->host, prepare->policy, error);
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
    r = journal_release(journal, error);
    if (r < 0)
        return r;
    return recover_finish(prepare->directory, journal, prepare->act_deadline, error);
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
    if (r == -EWOULDBLOCK || (r == 0 && !recover_is_stale(journal)))
        return RIGHTLY_HELD;
    if (r < 0) {
        error_move(error, &failure);
        return r;
    }
    log_notice("VM %s is gone: giving its devices back", name);
    r = recover_finish(prepare->directory, journal, prepare->act_deadline, &failure);
    if (r < 0)
        return error_set(error, -r, "VM %s is gone, but what it had is not free: %s", name,
                         error_text(&failure));
    return 0;
}

/* ---- prepare ------------------------------------------------------------------------------- */

/* Why a claim cannot be had; a CPU is looked at again, for it was free a moment ago. */
static enum refusal_reason reason_of(const struct prepare *prepare, const struct claim *claim) {
    _cleanup_error_ struct error unread = {0};

    switch (claim->kind) {
    case CLAIM_DEVICE:
        return REFUSED_HELD;
    case CLAIM_GROUP:
        return REFUSED_GROUP_HELD;
    case CLAIM_MDEV:
        return REFUSED_MDEV_CLAIMED;
    case CLAIM_CPU:
    case CLAIM_PINNED:
        break;
    }
    return inspect_cpus(prepare->domain, &prepare->host->cpus, &unread) == 0 &&
                   !cpulist_has(&prepare->host->cpus.isolated, claim->cpu)
               ? REFUSED_CPU_PINNED
               : REFUSED_CPU_CLAIMED;
}

int prepare_held(const struct prepare *prepare, const char *holder, const struct claim *claim,
                 struct error *error) {
    struct pci_address by_hand;
    struct refusal refusal = {
        .reason = reason_of(prepare, claim),
        .device = claim->device,
        .uuid = claim->uuid,
        .cpu = claim->cpu,
    };
    _cleanup_free_ char *printable = text_printable(holder);

    if (!printable)
        return error_oom(error);
    if (journal_is_by_hand(holder, &by_hand))
        return error_set(error, EBUSY,
                         "%s is being detached or given back by hand at this moment: try again",
                         PCI_ADDRESS_FORMAT(by_hand));
    snprintf(refusal.holder, sizeof refusal.holder, "%s", printable);
    return prepare_refused(prepare, &refusal, error);
}

static int check_time(const struct prepare *prepare, struct error *error) {
    if (now_usec() < prepare->act_deadline)
        return 0;
    return error_set(error, ETIME, "no time was left to prepare the VM's devices (timeout = %u)",
                     prepare->policy->timeout);
}

/* CPUs that were free when they were chosen, and are not any more: others can be. */
#define CHOOSE_AGAIN 1
static bool chose_cpus(const struct prepare *prepare, const struct claim *conflict) {
    return prepare->intent.cpu.chosen &&
           (conflict->kind == CLAIM_CPU || conflict->kind == CLAIM_PINNED);
}

/* 0, CHOOSE_AGAIN, or a negative errno. */
static int make_claims(struct prepare *prepare, struct error *error) {
    const struct journal_head head = {
        .domain = prepare->domain->name,
        .uuid = prepare->domain->uuid,
        .timeout = prepare->policy->timeout,
        .daemon = prepare->owner,
        .claims = &prepare->intent.claims,
    };

    for (;;) {
        _cleanup_free_ char *holder = NULL;
        const struct claim *conflict = NULL;
        int r = prepare->journal ? journal_claim(prepare->directory, prepare->journal, head.claims,
                                                 prepare->act_deadline, &holder, &conflict, error)
                                 : journal_create(prepare->directory, &head, prepare->act_deadline,
                                                  &prepare->journal, &holder, &conflict, error);

        if (r != JOURNAL_CONFLICT)
            return r;
        r = reclaim(prepare, holder, error);
        if (r == RIGHTLY_HELD && chose_cpus(prepare, conflict))
            return CHOOSE_AGAIN;
        if (r == RIGHTLY_HELD)
            return prepare_held(prepare, holder, conflict, error);
        if (r == 0)
            r = check_time(prepare, error);
        if (r < 0)
            return r;
    }
}

/* Tries to get instances back that VMs hold which are gone. Whether any came back. */
static bool reclaim_mdevs(const struct prepare *prepare) {
    const struct host_mdevs *mdevs = &prepare->host->mdevs;
    bool any = false;

    for (size_t i = 0; i < mdevs->n_devices; i++) {
        _cleanup_claims_ struct claims claims = {0};
        _cleanup_error_ struct error failure = {0};
        _cleanup_free_ char *holder = NULL;

        if (claims_add_mdev(&claims, mdevs->devices[i].mdev.uuid) == 0)
            holder = journal_find_holder(prepare->directory, &claims, prepare->domain->name);
        if (!holder)
            continue;
        if (reclaim(prepare, holder, &failure) == 0)
            any = true;
        else if (failure.code)
            log_warning("%s", error_text(&failure));
    }
    return any;
}

/* Looks how all stands, and plans. */
static int inspect_and_plan(struct prepare *prepare, struct steps *steps, struct refusal *refusal,
                            struct error *error) {
    int r = check_time(prepare, error);

    if (r == 0)
        r = inspect_host(prepare->domain, prepare->policy, &prepare->intent, prepare->act_deadline,
                         prepare->host, NULL, error);
    if (r < 0)
        return r;
    r = plan_steps(prepare->domain, prepare->policy, prepare->host, &prepare->intent, steps,
                   refusal);
    return r < 0 ? error_set(error, -r, "the devices of the VM cannot be planned for: %s",
                             strerror(-r))
                 : r;
}

static int plan_or_refuse(struct prepare *prepare, struct steps *steps, struct error *error) {
    struct refusal refusal;
    int r = inspect_and_plan(prepare, steps, &refusal, error);

    if (r == PLAN_REFUSED && refusal.reason == REFUSED_MDEV_FULL && reclaim_mdevs(prepare)) {
        steps_done(steps);
        *steps = (struct steps){0};
        r = inspect_and_plan(prepare, steps, &refusal, error);
    }
    if (r != PLAN_REFUSED)
        return r;
    if (refusal.reason == REFUSED_MDEV_FULL || refusal.reason == REFUSED_MDEV_HELD)
        inspect_mdev_holders(prepare->directory, prepare->domain->name, &prepare->host->mdevs);
    return prepare_refused(prepare, &refusal, error);
}

/* From the claims to a host that is ready: look how the devices stand, plan, write down, act. */
static int act(struct prepare *prepare, struct error *error) {
    _cleanup_steps_ struct steps steps = {0};
    int r = plan_or_refuse(prepare, &steps, error);

    if (r < 0 || steps.count == 0)
        return r;
    r = journal_write_steps(prepare->journal, &steps, error);
    if (r < 0)
        return r;
    return steps_apply(&prepare->journal->steps, prepare->act_deadline, error);
}

/* A daemon that died meanwhile will not call release: nobody else would give the devices back. */
static int check_daemon(const struct prepare *prepare, struct error *error) {
    if (process_lives(prepare->owner))
        return 0;
    return error_set(error, ESRCH, "libvirtd died while the VM's devices were being prepared");
}

void prepare_roll_back(struct prepare *prepare, struct error *error) {
    _cleanup_journal_ struct journal *journal = take_pointer(prepare->journal);
    _cleanup_error_ struct error left = {0};

    /* Should it be cut short: nothing of this VM runs, and anybody may go on. */
    if (journal_release(journal, &left) < 0)
        log_warning("%s", error_text(&left));
    error_clear(&left);
    if (recover_finish(prepare->directory, journal, prepare->undo_deadline, &left) == 0)
        return;
    log_warning("%s", error_text(&left));
    /* What hangs on the way keeps the way back waiting: once is enough. */
    if ((error->code != ETIME && error->code != EALREADY) || left.code != EALREADY)
        error_set(error, error->code, "%s. Besides, %s", error_text(error), error_text(&left));
}

static int open_and_claim(struct prepare *prepare, struct error *error) {
    int r;

    if (prepare->directory < 0)
        prepare->directory = journal_open_directory(prepare->host, error);
    if (prepare->directory == -ENOENT)
        return 0;
    if (prepare->directory < 0)
        return prepare->directory;
    r = prepare->journal ? 0 : finish_own(prepare, error);
    if (r == 0 && prepare->host)
        r = make_claims(prepare, error);
    return r;
}

int prepare_look(struct prepare *prepare, struct error *error) {
    const struct domain *domain = prepare->domain;
    unsigned libvirt = prepare->libvirt;
    struct refusal refusal;
    int r;

    if (!plan_takes_anything(domain, prepare->policy))
        return 0;
    if (libvirt == 0 && domain->n_hostdevs > 0)
        libvirt = process_libvirt_version(prepare->owner.pid);
    r = host_read(domain, libvirt, &prepare->host, error);
    if (r == 0 &&
        (plan_cpu_wanted(prepare->policy) || plan_hugepages_wanted(domain, prepare->policy)))
        r = inspect_cpus(domain, &prepare->host->cpus, error);
    if (r < 0)
        return r;
    r = plan_intent(domain, prepare->policy, prepare->host, &prepare->intent, &refusal);
    if (r == PLAN_REFUSED)
        return prepare_refused(prepare, &refusal, error);
    return r < 0 ? error_oom(error) : 0;
}

static void forget_choice(struct prepare *prepare) {
    intent_done(&prepare->intent);
    prepare->intent = (struct intent){0};
    host_free(prepare->host);
    prepare->host = NULL;
    close_descriptor(&prepare->directory);
    prepare->directory = -1;
}

/* Decides what the VM takes, and claims it. */
int prepare_claim(struct prepare *prepare, struct error *error) {
    for (;;) {
        int r = prepare_look(prepare, error);

        if (r == 0)
            r = open_and_claim(prepare, error);
        if (r == CHOOSE_AGAIN)
            r = check_time(prepare, error);
        else
            return r;
        if (r < 0)
            return r;
        forget_choice(prepare);
    }
}

int prepare_take(struct prepare *prepare, struct error *error) {
    int r = prepare_claim(prepare, error);

    if (r < 0 || !prepare->journal)
        return r;
    r = act(prepare, error);
    if (r == 0)
        r = check_daemon(prepare, error);
    if (r < 0)
        prepare_roll_back(prepare, error);
    return r;
}
