/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan-mdev.h"

#include <errno.h>
#include <string.h>

#include "json-record.h"
#include "mdev-attributes.h"

/* ---- what each shall be -------------------------------------------------------------------- */

/* What is to be created for a UUID, put together from all who say something about it. */
struct wish {
    const char *uuid;
    const char *type;   /* NULL: nobody says it */
    const char *parent; /* NULL: any */
    struct json_object *attributes[2];
    bool by_mdevctl;
    const char *other_parent; /* mdevctl has defined it for this one as well */
};

/* mdevctl's definition for the parent, or for any when it is NULL. */
static const struct policy_mdev *find_definition(const struct policy *policy, const char *uuid,
                                                 const char *parent, const char **other) {
    const struct policy_mdev *found = NULL, *definition;

    for (size_t i = 0; (definition = policy_mdev(policy, MDEV_MDEVCTL, uuid, i)); i++) {
        if (parent && strcmp(definition->parent, parent) != 0)
            continue;
        if (found)
            *other = definition->parent;
        else
            found = definition;
    }
    return found;
}

/* The first that names a type decides what it is, and where; what [mdev UUID] says besides always
 * counts. */
static struct wish make_wish(const struct domain_mdev *mdev, const struct policy *policy) {
    const struct policy_mdev *own = policy_mdev(policy, MDEV_SECTION, mdev->uuid, 0);
    const struct policy_mdev *defaults = policy_mdev(policy, MDEV_DEFAULTS, "", 0), *definition;
    struct wish wish = {.uuid = mdev->uuid, .parent = own ? own->parent : NULL};

    wish.attributes[1] = own ? own->attributes : NULL;
    if (own && own->type) {
        wish.type = own->type;
        return wish;
    }
    definition = find_definition(policy, mdev->uuid, wish.parent, &wish.other_parent);
    if (definition) {
        wish.type = definition->type;
        wish.parent = definition->parent;
        wish.attributes[0] = definition->attributes;
        wish.by_mdevctl = definition->by_mdevctl;
        return wish;
    }
    if (!wish.parent)
        wish.parent = mdev->parent;
    wish.type = mdev->type;
    if (wish.type || !defaults)
        return wish;
    if (!wish.parent)
        wish.parent = defaults->parent;
    wish.type = defaults->type;
    wish.attributes[0] = defaults->attributes;
    return wish;
}

size_t plan_mdev_types(const struct domain *domain, const struct policy *policy, const char **ret) {
    for (size_t i = 0; i < domain->n_mdevs; i++) {
        ret[i] = make_wish(&domain->mdevs[i], policy).type;
        if (!ret[i])
            return 0;
    }
    return domain->n_mdevs;
}

int plan_mdev_claims(const struct domain *domain, struct claims *claims) {
    for (size_t i = 0; i < domain->n_mdevs; i++)
        if (claims_add_mdev(claims, domain->mdevs[i].uuid) < 0)
            return -ENOMEM;
    return 0;
}

/* ---- modules that make a device a parent --------------------------------------------------- */

static bool fits(const struct host_mdev_type *type, const struct wish *wish) {
    return strcmp(type->name, wish->type) == 0 &&
           (!wish->parent || strcmp(type->parent, wish->parent) == 0);
}

static bool is_offered(const struct host *host, const struct wish *wish) {
    for (size_t i = 0; i < host->mdevs.n_types; i++)
        if (fits(&host->mdevs.types[i], wish))
            return true;
    return false;
}

/* The module whose types have such names. Loading kvmgt brings i915 along: only where that is there
 * already, with GVT-g turned on. */
static const char *find_module(const struct host *host, const struct wish *wish) {
    if (wish->type && strncmp(wish->type, "nvidia-", strlen("nvidia-")) == 0)
        return "nvidia_vgpu_vfio";
    if (wish->type && strncmp(wish->type, "i915-", strlen("i915-")) != 0)
        return NULL;
    return host->mdevs.gvt == GVT_ON && !host->mdevs.kvmgt ? "kvmgt" : NULL;
}

static bool is_planned(const struct steps *loads, const char *module) {
    for (size_t i = 0; i < loads->count; i++)
        if (strcmp(step_module_name(&loads->items[i]), module) == 0)
            return true;
    return false;
}

int plan_loads(const struct domain *domain, const struct policy *policy, const struct host *host,
               struct steps *ret) {
    for (size_t i = 0; i < domain->n_mdevs; i++) {
        struct wish wish = make_wish(&domain->mdevs[i], policy);
        const char *module;

        if (host_mdev(&host->mdevs, wish.uuid) || (wish.type && is_offered(host, &wish)))
            continue;
        module = find_module(host, &wish);
        if (module && !is_planned(ret, module) &&
            steps_add(ret, &step_kind_module, step_module_new(module)) < 0)
            return -ENOMEM;
    }
    return 0;
}

/* ---- where each is created ----------------------------------------------------------------- */

/* A parent that can have the device. */
struct candidate {
    const struct host_mdev_type *type;
    bool near;
    int available; /* without those that are planned already */
};

/* How many of a type the plan creates on a parent already, going by the parent tried first. */
static int count_planned(const struct steps *steps, const struct host_mdev_type *type) {
    int count = 0;

    for (size_t i = 0; i < steps->count; i++) {
        struct json_object *data = steps->items[i].data, *parents;

        if (steps->items[i].kind != &step_kind_mdev ||
            strcmp(json_string(data, "type"), type->name) != 0)
            continue;
        parents = json_object_object_get(data, "parents");
        count += strcmp(json_object_get_string(json_object_array_get_idx(parents, 0)),
                        type->parent) == 0;
    }
    return count;
}

/* Near the VM first, then the emptiest. */
static int compare_candidates(const void *a, const void *b) {
    const struct candidate *left = a, *right = b;

    if (left->near != right->near)
        return left->near ? -1 : 1;
    if (left->available != right->available)
        return left->available > right->available ? -1 : 1;
    return strcmp(left->type->parent, right->type->parent);
}

static size_t find_candidates(const struct wish *wish, const struct host *host,
                              const struct steps *planned, struct candidate *ret) {
    size_t count = 0;

    for (size_t i = 0; i < host->mdevs.n_types; i++) {
        const struct host_mdev_type *type = &host->mdevs.types[i];
        struct candidate candidate = {.type = type};

        if (!fits(type, wish))
            continue;
        candidate.available = type->available - count_planned(planned, type);
        candidate.near =
            type->numa_node >= 0 && cpulist_has(&host->mdevs.nodes, (unsigned)type->numa_node);
        if (candidate.available > 0)
            ret[count++] = candidate;
    }
    if (count > 0)
        qsort(ret, count, sizeof *ret, compare_candidates);
    return count;
}

static int refuse(struct refusal *refusal, enum refusal_reason reason, const struct wish *wish) {
    *refusal = (struct refusal){
        .reason = reason,
        .uuid = wish->uuid,
        .type = wish->type,
        .parent = wish->parent,
        .other_parent = wish->other_parent,
    };
    return PLAN_REFUSED;
}

static int refuse_no_candidate(const struct wish *wish, const struct host *host,
                               struct refusal *refusal) {
    if (is_offered(host, wish))
        return refuse(refusal, REFUSED_MDEV_FULL, wish);
    if (wish->parent ? host_mdev_is_parent(&host->mdevs, wish->parent) : host->mdevs.n_types > 0)
        return refuse(refusal, REFUSED_MDEV_TYPE, wish);
    return refuse(refusal, REFUSED_MDEV_NO_PARENT, wish);
}

static int add_step(const struct wish *wish, const struct candidate *candidates, size_t count,
                    struct steps *steps) {
    _cleanup_free_ const char **parents = calloc(count, sizeof *parents);
    _cleanup_json_ struct json_object *attributes = NULL;

    if (!parents || mdev_attributes_append(&attributes, wish->attributes[0]) < 0 ||
        mdev_attributes_append(&attributes, wish->attributes[1]) < 0)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        parents[i] = candidates[i].type->parent;
    return steps_add(steps, &step_kind_mdev,
                     step_mdev_new(wish->uuid, wish->type, parents, count,
                                   wish->by_mdevctl ? wish->attributes[1] : attributes,
                                   wish->by_mdevctl));
}

/* What exists already is used as it is, and stays. */
static int check_existing(const struct wish *wish, const struct host_mdev *existing,
                          struct refusal *refusal) {
    if (wish->type && strcmp(wish->type, existing->mdev.type) != 0)
        return refuse(refusal, REFUSED_MDEV_OTHER_TYPE, wish);
    if (existing->held)
        return refuse(refusal, REFUSED_MDEV_HELD, wish);
    return 0;
}

static int plan_mdev(const struct wish *wish, const struct host *host, struct steps *steps,
                     struct refusal *refusal) {
    const struct host_mdev *existing = host_mdev(&host->mdevs, wish->uuid);
    _cleanup_free_ struct candidate *candidates = NULL;
    size_t count;

    if (existing)
        return check_existing(wish, existing, refusal);
    if (!wish->type)
        return refuse(refusal, REFUSED_MDEV_UNKNOWN, wish);
    if (wish->other_parent)
        return refuse(refusal, REFUSED_MDEV_AMBIGUOUS, wish);
    candidates = calloc(host->mdevs.n_types + 1, sizeof *candidates);
    if (!candidates)
        return -ENOMEM;
    count = find_candidates(wish, host, steps, candidates);
    if (count == 0)
        return refuse_no_candidate(wish, host, refusal);
    return add_step(wish, candidates, count, steps);
}

int plan_mdev_steps(const struct domain *domain, const struct policy *policy,
                    const struct host *host, struct steps *ret, struct refusal *refusal) {
    int r = 0;

    for (size_t i = 0; i < domain->n_mdevs && r == 0; i++) {
        struct wish wish = make_wish(&domain->mdevs[i], policy);

        r = plan_mdev(&wish, host, ret, refusal);
    }
    return r;
}
