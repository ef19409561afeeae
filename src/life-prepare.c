/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "life.h"

#include <errno.h>
#include <string.h>

#include "domain.h"
#include "mdevctl.h"
#include "prepare.h"
#include "text.h"

/* A prepare that fails needs time to undo what it did: this part of its timeout is for that. */
#define UNDO_SHARE 3

static int read_domain(const struct life *life, int xml, struct domain **ret, struct error *error) {
    int r = domain_read(xml, ret, error);

    if (r < 0)
        return r;
    if (strcmp((*ret)->name, life->domain) != 0) {
        _cleanup_free_ char *name = text_printable((*ret)->name);

        return error_set(
            error, EINVAL,
            "the domain XML is of another VM (%s) than the one the hook was called for",
            name ? name : "?");
    }
    return 0;
}

static int read_policy(const struct domain *domain, struct policy **ret, struct error *error) {
    int r = policy_load(domain->name, domain->uuid, ret, error);

    return r < 0 ? r : mdevctl_read(domain, *ret, error);
}

int life_prepare(const struct life *life, int xml, struct error *error) {
    _cleanup_domain_ struct domain *domain = NULL;
    _cleanup_policy_ struct policy *policy = NULL;
    _cleanup_prepare_ struct prepare prepare = {.directory = -1};
    uint64_t timeout;
    int r = read_domain(life, xml, &domain, error);

    if (r < 0)
        return r;
    r = read_policy(domain, &policy, error);
    if (r < 0)
        return r;
    timeout = policy->timeout * USEC_PER_SEC;
    prepare.domain = domain;
    prepare.policy = policy;
    prepare.owner = life->daemon;
    prepare.undo_deadline = life->begun + timeout;
    prepare.act_deadline = prepare.undo_deadline - timeout / UNDO_SHARE;
    prepare.explain = refusal_explain;
    return prepare_take(&prepare, error);
}
