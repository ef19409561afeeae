/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "foresee.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "deadline.h"
#include "file.h"
#include "foresee-left.h"
#include "foresee-undo.h"
#include "holdings.h"
#include "inspect.h"
#include "mdevctl.h"
#include "prepare.h"
#include "recover.h"
#include "text.h"

/* All that is worked with. */
struct view {
    struct prepare *prepare;
    struct holdings holdings;
    struct foreseen *foreseen;
};

static void view_done(struct view *view) {
    holdings_done(&view->holdings);
}

static const struct holding *find(const struct view *view, const char *domain) {
    for (size_t i = 0; i < view->holdings.count; i++)
        if (view->holdings.items[i].state != HOLDING_ASIDE &&
            strcmp(view->holdings.items[i].domain, domain) == 0)
            return &view->holdings.items[i];
    return NULL;
}

/* ---- journals ------------------------------------------------------------------------------- */

static int read_holdings(struct view *view, struct error *error) {
    struct prepare *prepare = view->prepare;

    if (geteuid() != 0)
        return 0;
    prepare->directory = journal_open_directory(false, error);
    if (prepare->directory == -ENOENT)
        return 0;
    if (prepare->directory < 0)
        return prepare->directory;
    return holdings_read(prepare->directory, &view->holdings, error);
}

/* What this VM has now, it would have given back by then. */
static int look_at_own(struct view *view, struct error *error) {
    const char *domain = view->prepare->domain->name;
    const struct holding *own = find(view, domain);

    view->foreseen->running = process_qemu(domain) != 0;
    if (!own)
        return 0;
    switch (own->state) {
    case HOLDING_LIVE:
    case HOLDING_STALE:
        view->foreseen->own_first = true;
        return 0;
    case HOLDING_BY_HAND:
    case HOLDING_ASIDE:
        return 0;
    case HOLDING_NEWER:
        return journal_check_version(own->journal, error);
    case HOLDING_COPY:
    case HOLDING_DAMAGED:
    case HOLDING_UNREADABLE:
        break;
    }
    return error_set(error, EBADMSG,
                     "the journal /run/hostdevctl/%s cannot be used: it is damaged, or cannot be "
                     "read; 'hostdevctl recover' tells more",
                     own->file);
}

static bool is_reclaimed(const struct foreseen *foreseen, const char *domain) {
    for (size_t i = 0; i < foreseen->n_reclaimed; i++)
        if (strcmp(foreseen->reclaimed[i], domain) == 0)
            return true;
    return false;
}

static bool is_passed_over(struct journal *journal, void *data) {
    const struct foreseen *foreseen = data;

    return is_reclaimed(foreseen, journal->domain);
}

static int add_reclaimed(struct foreseen *foreseen, const char *domain) {
    char **larger = reallocarray(foreseen->reclaimed, foreseen->n_reclaimed + 1, sizeof *larger);

    if (!larger)
        return -ENOMEM;
    foreseen->reclaimed = larger;
    larger[foreseen->n_reclaimed] = strdup(domain);
    return larger[foreseen->n_reclaimed] ? (foreseen->n_reclaimed++, 0) : -ENOMEM;
}

/* Whether a holder is gone, and would be given back; noted then. Or a negative errno with a
 * sentence. */
static int would_reclaim(struct view *view, const char *domain, struct error *error) {
    const struct holding *holding = find(view, domain);

    if (!holding || !holding->journal)
        return false;
    if (journal_check_version(holding->journal, error) < 0)
        return -EBADMSG;
    if (!recover_is_stale(holding->journal))
        return false;
    return add_reclaimed(view->foreseen, domain) < 0 ? error_oom(error) : true;
}

static int compare_claims(struct view *view, struct error *error) {
    struct prepare *prepare = view->prepare;

    for (;;) {
        _cleanup_free_ char *holder = NULL;
        const struct claim *conflict = NULL;
        int r = journal_compare(prepare->directory, prepare->domain->name, &prepare->intent.claims,
                                is_passed_over, view->foreseen, &holder, &conflict, error);

        if (r != JOURNAL_CONFLICT)
            return r;
        r = would_reclaim(view, holder, error);
        if (r < 0)
            return r;
        if (r == 0)
            return prepare_held(prepare, holder, conflict, error);
    }
}

/* ---- the plan ------------------------------------------------------------------------------- */

static void undo_in_host(const struct view *view, const char *domain) {
    const struct holding *holding = find(view, domain);

    if (holding && holding->journal)
        foresee_undo(holding->journal, view->prepare->host);
}

/* As the host would stand after all has been given back that would be. */
static void look_ahead(const struct view *view) {
    const struct prepare *prepare = view->prepare;
    struct host *host = prepare->host;

    if (view->foreseen->own_first)
        undo_in_host(view, prepare->domain->name);
    for (size_t i = 0; i < view->foreseen->n_reclaimed; i++)
        undo_in_host(view, view->foreseen->reclaimed[i]);
    for (size_t i = 0; i < prepare->domain->n_mdevs && view->foreseen->running; i++) {
        struct host_mdev *device = host_mdev(&host->mdevs, prepare->domain->mdevs[i].uuid);

        if (device)
            device->held = false;
    }
    /* Who may not look everywhere knows no more than that somebody might use it. */
    for (size_t i = 0; i < host->n_devices && geteuid() != 0; i++)
        if (host->devices[i].use == IN_USE_VAGUELY)
            host->devices[i].use = IN_USE_NOT;
}

static int plan(struct view *view, struct refusal *refusal, struct error *error) {
    struct prepare *prepare = view->prepare;
    struct foreseen *foreseen = view->foreseen;
    int r;

    steps_done(&foreseen->steps);
    steps_done(&foreseen->loads);
    foreseen->steps = foreseen->loads = (struct steps){0};
    r = inspect_host(prepare->domain, prepare->policy, &prepare->intent, prepare->act_deadline,
                     prepare->host, &foreseen->loads, error);
    if (r < 0)
        return r;
    look_ahead(view);
    r = plan_steps(prepare->domain, prepare->policy, prepare->host, &prepare->intent,
                   &foreseen->steps, refusal);
    return r < 0 ? error_oom(error) : r;
}

/* Whether instances would come back of VMs that are gone. */
static bool would_reclaim_mdevs(struct view *view) {
    const struct host_mdevs *mdevs = &view->prepare->host->mdevs;
    bool any = false;

    for (size_t i = 0; i < mdevs->n_devices && view->prepare->directory >= 0; i++) {
        _cleanup_claims_ struct claims claims = {0};
        _cleanup_error_ struct error unread = {0};
        _cleanup_free_ char *holder = NULL;

        if (claims_add_mdev(&claims, mdevs->devices[i].mdev.uuid) == 0)
            holder =
                journal_find_holder(view->prepare->directory, &claims, view->prepare->domain->name);
        if (holder && !is_reclaimed(view->foreseen, holder) &&
            would_reclaim(view, holder, &unread) > 0)
            any = true;
    }
    return any;
}

/* What a module that is not loaded yet may change. */
static bool depends_on_loads(const struct refusal *refusal) {
    return refusal->reason == REFUSED_MDEV_NO_PARENT || refusal->reason == REFUSED_MDEV_TYPE ||
           refusal->reason == REFUSED_MDEV_FULL || refusal->reason == REFUSED_MDEV_UNKNOWN;
}

static int plan_or_refuse(struct view *view, struct error *error) {
    struct prepare *prepare = view->prepare;
    struct refusal refusal;
    int r = plan(view, &refusal, error);

    if (r == PLAN_REFUSED && refusal.reason == REFUSED_MDEV_FULL && would_reclaim_mdevs(view))
        r = plan(view, &refusal, error);
    if (r != PLAN_REFUSED)
        return r;
    if (view->foreseen->loads.count > 0 && depends_on_loads(&refusal)) {
        view->foreseen->incomplete = true;
        return 0;
    }
    if (prepare->directory >= 0 &&
        (refusal.reason == REFUSED_MDEV_FULL || refusal.reason == REFUSED_MDEV_HELD))
        inspect_mdev_holders(prepare->directory, prepare->domain->name, &prepare->host->mdevs);
    return prepare_refused(prepare, &refusal, error);
}

static int foresee_prepare(struct prepare *prepare, struct foreseen *ret, struct error *error) {
    _cleanup_(view_done) struct view view = {.prepare = prepare, .foreseen = ret};
    int r = prepare_look(prepare, error);

    if (r == 0)
        r = read_holdings(&view, error);
    if (r == 0)
        r = look_at_own(&view, error);
    if (r == 0 && prepare->host && prepare->directory >= 0)
        r = compare_claims(&view, error);
    if (r == 0 && prepare->host)
        r = plan_or_refuse(&view, error);
    if (r == 0 && foresee_left(prepare, ret) < 0)
        r = error_oom(error);
    return r;
}

static int read_policy(const struct domain *domain, struct policy **ret, struct error *error) {
    int r = policy_load(domain->name, domain->uuid, ret, error);

    return r < 0 ? r : mdevctl_read(domain, *ret, error);
}

/* The version of the daemon that runs; 0 when it cannot be told. */
static unsigned daemon_version(void) {
    static const char *const pid_files[] = {"/run/virtqemud.pid", "/run/libvirtd.pid"};
    unsigned version = 0;

    for (size_t i = 0; i < ELEMENTS(pid_files) && version == 0; i++) {
        char text[32];

        if (file_read_line_at(AT_FDCWD, pid_files[i], text, sizeof text) > 0)
            version = process_libvirt_version(atoi(text));
    }
    return version;
}

int foresee(const struct domain *domain, unsigned libvirt, struct foreseen *ret,
            struct error *error) {
    _cleanup_policy_ struct policy *policy = NULL;
    _cleanup_prepare_ struct prepare prepare = {.directory = -1};
    int r = read_policy(domain, &policy, error);

    if (r < 0)
        return r;
    prepare.domain = domain;
    prepare.policy = policy;
    prepare.libvirt = libvirt ? libvirt : daemon_version();
    prepare.explain = refusal_explain;
    prepare.act_deadline = prepare.undo_deadline = now_usec() + policy->timeout * USEC_PER_SEC;
    /* The library that is installed is mapped here, too. */
    r = process_identify(getpid(), &prepare.owner);
    if (r < 0)
        return error_set(error, -r, "/proc cannot be read: %s", strerror(-r));
    return foresee_prepare(&prepare, ret, error);
}

void foreseen_done(struct foreseen *foreseen) {
    steps_done(&foreseen->steps);
    steps_done(&foreseen->loads);
    for (size_t i = 0; i < foreseen->n_reclaimed; i++)
        free(foreseen->reclaimed[i]);
    free(foreseen->reclaimed);
    for (size_t i = 0; i < foreseen->n_left; i++) {
        free(foreseen->left[i].what);
        free(foreseen->left[i].id);
        free(foreseen->left[i].why);
    }
    free(foreseen->left);
}
