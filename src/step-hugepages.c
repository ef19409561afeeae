/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Have the huge pages that a VM needs: what is not free is added, and taken away again. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "hugepages-ledger.h"
#include "hugepages.h"
#include "json-record.h"
#include "process.h"
#include "share.h"
#include "step.h"
#include "text.h"

#define MIB_IN_KIB UINT64_C(1024)

/* ---- the data ------------------------------------------------------------------------------ */

/* The data of a step, read once. */
struct request {
    const char *domain;
    uint64_t kib;              /* of a page */
    struct json_object *needs; /* [{"nodes":"0-1","count":512},…] */
    struct cpulist near;
};

static struct json_object *need_to_json(const struct hugepage_need *need) {
    _cleanup_json_ struct json_object *object = json_object_new_object();
    _cleanup_free_ char *nodes = cpulist_format(&need->nodes);

    if (!object || !nodes || !json_add(object, "nodes", json_object_new_string(nodes)) ||
        !json_add(object, "count", json_object_new_int64((int64_t)need->count)))
        return NULL;
    return take_pointer(object);
}

struct json_object *step_hugepages_new(const char *domain, const struct hugepage_needs *needs,
                                       uint64_t kib, const struct cpulist *near) {
    _cleanup_json_ struct json_object *data = json_object_new_object();
    _cleanup_free_ char *near_list = cpulist_format(near);
    struct json_object *array = json_object_new_array();

    if (!data || !json_add(data, "needs", array) || !near_list ||
        !json_add(data, "domain", json_object_new_string(domain)) ||
        !json_add(data, "kib", json_object_new_int64((int64_t)kib)) ||
        !json_add(data, "near", json_object_new_string(near_list)))
        return NULL;
    for (size_t i = 0; i < needs->count; i++)
        if (!json_append(array, need_to_json(&needs->items[i])))
            return NULL;
    return take_pointer(data);
}

static bool read_need(struct json_object *needs, size_t i, struct hugepage_need *ret) {
    struct json_object *need = json_object_array_get_idx(needs, i);
    const char *nodes;
    int64_t count;

    if (!json_object_is_type(need, json_type_object))
        return false;
    nodes = json_string(need, "nodes");
    if (!nodes || cpulist_parse(nodes, &ret->nodes) < 0 || !json_number(need, "count", &count) ||
        count < 0)
        return false;
    ret->count = (uint64_t)count;
    return true;
}

static bool read_data(struct json_object *data, struct request *ret) {
    const char *near = json_string(data, "near");
    struct hugepage_need need;
    int64_t kib;

    ret->domain = json_string(data, "domain");
    ret->needs = json_object_object_get(data, "needs");
    if (!ret->domain || !near || cpulist_parse(near, &ret->near) < 0 ||
        !json_number(data, "kib", &kib) || kib < 1 ||
        !json_object_is_type(ret->needs, json_type_array))
        return false;
    ret->kib = (uint64_t)kib;
    for (size_t i = 0; i < json_object_array_length(ret->needs); i++)
        if (!read_need(ret->needs, i, &need))
            return false;
    return true;
}

static bool valid(struct json_object *data) {
    struct request request;

    return read_data(data, &request);
}

uint64_t step_hugepages_kib(const struct step *step) {
    struct request request;

    return read_data(step->data, &request) ? request.kib : 0;
}

static uint64_t total(const struct request *request) {
    struct hugepage_need need;
    uint64_t count = 0;

    for (size_t i = 0; i < json_object_array_length(request->needs); i++)
        if (read_need(request->needs, i, &need))
            count += need.count;
    return count;
}

/* "2 MiB" */
static char *size_text(uint64_t kib) {
    if (kib % (MIB_IN_KIB * MIB_IN_KIB) == 0)
        return text_format("%llu GiB", (unsigned long long)(kib / (MIB_IN_KIB * MIB_IN_KIB)));
    if (kib % MIB_IN_KIB == 0)
        return text_format("%llu MiB", (unsigned long long)(kib / MIB_IN_KIB));
    return text_format("%llu KiB", (unsigned long long)kib);
}

static char *describe(struct json_object *data, bool undo) {
    _cleanup_free_ char *size = NULL;
    struct request request;

    if (!read_data(data, &request))
        return NULL;
    size = size_text(request.kib);
    return size ? text_format("%s %llu huge pages of %s", undo ? "giving back" : "reserving",
                              (unsigned long long)total(&request), size)
                : NULL;
}

/* ---- what is free -------------------------------------------------------------------------- */

/* How much of its memory a QEMU has on huge pages, in KiB. */
static uint64_t mapped_kib(pid_t qemu) {
    char path[64], line[256];
    unsigned long long kib = 0;
    _cleanup_fclose_ FILE *status = NULL;

    snprintf(path, sizeof path, "/proc/%d/status", qemu);
    status = fopen(path, "re");
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "HugetlbPages: %llu kB", &kib) == 1)
            break;
    return kib;
}

/* What a live VM was promised and its QEMU has not mapped yet. */
static uint64_t outstanding(const struct request *other) {
    pid_t qemu = process_qemu(other->domain);
    uint64_t mapped = qemu ? mapped_kib(qemu) / other->kib : 0, count = total(other);

    /* One that is up has what it wanted, on these pages or on others. */
    return qemu && mapped > 0 ? (count > mapped ? count - mapped : 0) : count;
}

static bool touches(const struct request *other, unsigned node) {
    struct hugepage_need need;

    for (size_t i = 0; i < json_object_array_length(other->needs); i++)
        if (read_need(other->needs, i, &need) && cpulist_has(&need.nodes, node))
            return true;
    return false;
}

/* What is known of the pools while pages are reserved. */
struct pools {
    struct ledger *ledger;
    struct shares shares;
    const struct request *request;
    uint64_t used[CPULIST_MAX]; /* by the request itself, per node */
};

/* Whether a domain's pages in the ledger are not counted as promised already. */
static bool is_over(const char *domain, const void *data) {
    const struct pools *pools = data;

    for (size_t i = 0; i < pools->shares.count; i++)
        if (strcmp(pools->shares.items[i].domain, domain) == 0)
            return false;
    return strcmp(domain, pools->request->domain) != 0 && !process_qemu_lives(domain);
}

/* Pages of a pool that are not for this VM though they are free: reserved ones, which may be on any
 * node; those that other VMs were promised; and those that are about to be given back. */
static uint64_t not_for_us(const struct pools *pools, unsigned node) {
    uint64_t kib = pools->request->kib, pages = hugepages_reserved(kib);

    for (size_t i = 0; i < pools->shares.count; i++) {
        struct request other;

        if (read_data(pools->shares.items[i].data, &other) && other.kib == kib &&
            touches(&other, node))
            pages += outstanding(&other);
    }
    return pages + ledger_count(pools->ledger, node, kib, is_over, pools);
}

static uint64_t usable(const struct pools *pools, unsigned node) {
    uint64_t taken = not_for_us(pools, node) + pools->used[node];
    struct hugepages pool;

    if (hugepages_read(node, pools->request->kib, &pool) < 0)
        return 0;
    return pool.free > taken ? pool.free - taken : 0;
}

/* ---- apply --------------------------------------------------------------------------------- */

/* The attempts on each node: what is free there, what the kernel has, what it has after making
 * room. */
enum attempt { TAKE_FREE, GROW, GROW_THOROUGHLY, ATTEMPTS };

static int try_node(struct pools *pools, unsigned node, enum attempt attempt, uint64_t *missing,
                    struct error *error) {
    uint64_t got = usable(pools, node);

    if (*missing > got && attempt != TAKE_FREE) {
        uint64_t grown;
        int r = ledger_grow(pools->ledger, pools->request->domain, node, pools->request->kib,
                            *missing - got, attempt == GROW_THOROUGHLY, &grown, error);

        if (r < 0)
            return r;
        got += grown;
    }
    if (got > *missing)
        got = *missing;
    pools->used[node] += got;
    *missing -= got;
    return 0;
}

/* Whether the nodes could ever have as much: making room in vain takes long. */
static bool is_conceivable(const struct pools *pools, const struct hugepage_need *need) {
    uint64_t all = 0;

    CPULIST_FOREACH(node, &need->nodes) {
        uint64_t kib = hugepages_node_kib(node);

        if (kib == 0)
            return true;
        all += kib;
    }
    return need->count <= all / pools->request->kib;
}

static int meet(struct pools *pools, const struct hugepage_need *need, uint64_t *missing,
                struct error *error) {
    *missing = need->count;
    if (!is_conceivable(pools, need))
        return 0;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++)
        for (int near = 1; near >= 0; near--)
            CPULIST_FOREACH(node, &need->nodes) {
                int r;

                if (*missing == 0)
                    return 0;
                if (cpulist_has(&pools->request->near, node) != (near == 1))
                    continue;
                r = try_node(pools, node, (enum attempt)attempt, missing, error);
                if (r < 0 && error->code != ENOENT)
                    return r;
                error_clear(error);
            }
    return 0;
}

/* How many could be had where: "412 on node 0, 0 on node 1". */
static char *describe_pools(const struct pools *pools, const struct hugepage_need *need) {
    char *text = NULL;
    size_t length;
    FILE *stream = open_memstream(&text, &length);
    const char *comma = "";

    if (!stream)
        return NULL;
    CPULIST_FOREACH(node, &need->nodes) {
        uint64_t pages = pools->used[node] + usable(pools, node);

        fprintf(stream, "%s%llu on node %u", comma, (unsigned long long)pages, node);
        comma = ", ";
    }
    return fclose(stream) == 0 ? text : (free(text), NULL);
}

static bool has_size(const struct pools *pools, const struct hugepage_need *need) {
    struct hugepages pool;

    CPULIST_FOREACH(node, &need->nodes) {
        if (hugepages_read(node, pools->request->kib, &pool) == 0)
            return true;
    }
    return false;
}

static int too_few(const struct pools *pools, const struct hugepage_need *need,
                   struct error *error) {
    _cleanup_free_ char *size = size_text(pools->request->kib);
    _cleanup_free_ char *found = describe_pools(pools, need);
    _cleanup_free_ char *nodes = cpulist_format(&need->nodes);

    if (!size || !found || !nodes)
        return error_oom(error);
    if (!has_size(pools, need))
        return error_set(error, ENOENT,
                         "there are no huge pages of %s on NUMA node %s: correct <hugepages> or "
                         "<numatune> in the VM's XML",
                         size, nodes);
    return error_set(
        error, ENOSPC,
        "the VM needs %llu huge pages of %s, and memory is too full or too fragmented: "
        "found were %s. Give the VM less memory, close programs, or reserve the pages "
        "at boot (hugepages= on the kernel line)",
        (unsigned long long)need->count, size, found);
}

static int reserve(struct pools *pools, struct error *error) {
    for (size_t i = 0; i < json_object_array_length(pools->request->needs); i++) {
        struct hugepage_need need;
        uint64_t missing = 0;
        int r = read_need(pools->request->needs, i, &need) ? meet(pools, &need, &missing, error)
                                                           : -EINVAL;

        if (r == 0 && missing > 0)
            r = too_few(pools, &need, error);
        if (r < 0)
            return r;
    }
    return 0;
}

static void pools_free(struct pools **pools) {
    if (*pools)
        shares_done(&(*pools)->shares);
    free(*pools);
}

static int apply(struct json_object *data, uint64_t deadline, struct error *error) {
    _cleanup_(pools_free) struct pools *pools = calloc(1, sizeof *pools);
    _cleanup_ledger_ struct ledger ledger;
    struct request request;
    int r = ledger_open(deadline, &ledger, error);

    if (r < 0)
        return r;
    if (!pools || !read_data(data, &request))
        return error_set(error, EINVAL, "the plan holds an incomplete step");
    pools->ledger = &ledger;
    pools->request = &request;
    r = shares_read(ledger.directory, &step_kind_hugepages, request.domain, &pools->shares);
    if (r < 0)
        return error_set(error, -r, "what other VMs need cannot be read: %s", strerror(-r));
    return reserve(pools, error);
}

static int undo(struct json_object *data, uint64_t deadline, struct error *error) {
    _cleanup_ledger_ struct ledger ledger;
    struct request request;
    int r = ledger_open(deadline, &ledger, error);

    if (r < 0)
        return r;
    if (!read_data(data, &request))
        return error_set(error, EINVAL, "the journal holds an incomplete step");
    return ledger_give_back(&ledger, request.domain, request.kib, error);
}

const struct step_kind step_kind_hugepages = {
    .name = "hugepages",
    .who = "the kernel",
    .valid = valid,
    .describe = describe,
    .apply = apply,
    .undo = undo,
};
