/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Add the huge pages that a VM needs to the pools of the host, and take away what was added, and no
 * more. What was there, asked for and obtained stands in a state file, for the kernel gives what it
 * can and does not tell: {"node0 2048 win10":{"before":10,"asked":512,"obtained":512}}.
 */

#include <errno.h>
#include <string.h>

#include <json-c/json_object_iterator.h>

#include "hugepages.h"
#include "journal.h"
#include "json-record.h"
#include "log.h"
#include "process.h"
#include "share.h"
#include "state-file.h"
#include "step.h"
#include "text.h"

#define STATE_FILE ".hugepages"
#define MIB_IN_KIB UINT64_C(1024)

/* ---- the data ------------------------------------------------------------------------------ */

struct need {
    const char *domain;
    struct cpulist nodes; /* any of them */
    uint64_t kib;         /* of a page */
    uint64_t count;
};

struct json_object *step_hugepages_new(const char *domain, const struct cpulist *nodes,
                                       uint64_t kib, uint64_t count) {
    _cleanup_json_ struct json_object *data = json_object_new_object();
    _cleanup_free_ char *list = cpulist_format(nodes);

    if (!data || !list || !json_add(data, "domain", json_object_new_string(domain)) ||
        !json_add(data, "nodes", json_object_new_string(list)) ||
        !json_add(data, "kib", json_object_new_int64((int64_t)kib)) ||
        !json_add(data, "count", json_object_new_int64((int64_t)count)))
        return NULL;
    return take_pointer(data);
}

static bool read_data(struct json_object *data, struct need *ret) {
    const char *nodes = json_string(data, "nodes");
    int64_t kib, count;

    ret->domain = json_string(data, "domain");
    if (!ret->domain || !nodes || cpulist_parse(nodes, &ret->nodes) < 0 ||
        !json_number(data, "kib", &kib) || kib < 1 || !json_number(data, "count", &count) ||
        count < 1)
        return false;
    ret->kib = (uint64_t)kib;
    ret->count = (uint64_t)count;
    return true;
}

static bool valid(struct json_object *data) {
    struct need need;

    return read_data(data, &need);
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
    struct need need;

    if (!read_data(data, &need))
        return NULL;
    size = size_text(need.kib);
    return size ? text_format("%s %llu huge pages of %s", undo ? "giving back" : "reserving",
                              (unsigned long long)need.count, size)
                : NULL;
}

/* ---- the state ----------------------------------------------------------------------------- */

/* Whose record it is, and of which pool: "node0 2048 win10". */
static char *record_name(unsigned node, uint64_t kib, const char *domain) {
    return text_format("node%u %llu %s", node, (unsigned long long)kib, domain);
}

static int put_record(struct state_file *file, const char *name, uint64_t before, uint64_t asked,
                      int64_t obtained) {
    struct json_object *record = json_object_new_object();

    if (record && json_add(record, "before", json_object_new_int64((int64_t)before)) &&
        json_add(record, "asked", json_object_new_int64((int64_t)asked)) &&
        (obtained < 0 || json_add(record, "obtained", json_object_new_int64(obtained))) &&
        json_object_object_add(file->state, name, record) == 0)
        return 0;
    json_object_put(record);
    return -ENOMEM;
}

/* ---- apply --------------------------------------------------------------------------------- */

/* Pages that other VMs were promised, and whose QEMU has not taken them yet. */
static uint64_t promised(const struct shares *shares, const struct need *need) {
    uint64_t pages = 0;

    for (size_t i = 0; i < shares->count; i++) {
        struct need other;

        if (read_data(shares->items[i].data, &other) && other.kib == need->kib &&
            strcmp(other.domain, need->domain) != 0 &&
            cpulist_intersects(&other.nodes, &need->nodes) && !process_qemu_lives(other.domain))
            pages += other.count;
    }
    return pages;
}

/* What the VM can use of a pool as it is. */
static uint64_t usable(const struct hugepages *pool, uint64_t taken) {
    return pool->free > taken ? pool->free - taken : 0;
}

/* Grows a pool by up to `missing`; tells by how much. The record is written before and after. */
static int grow(struct state_file *file, const struct need *need, unsigned node, uint64_t missing,
                uint64_t *ret_obtained, struct error *error) {
    _cleanup_free_ char *name = record_name(node, need->kib, need->domain);
    struct hugepages before, after;
    uint64_t obtained;
    int r = name ? hugepages_read(node, need->kib, &before) : -ENOMEM;

    if (r >= 0)
        r = put_record(file, name, before.persistent, missing, -1);
    if (r >= 0)
        r = state_file_save(file, error);
    if (r < 0)
        return error->code ? r
                           : error_set(error, -r, "huge pages of node %u cannot be read: %s", node,
                                       strerror(-r));
    for (int attempt = 0; attempt < 2; attempt++) {
        r = hugepages_write(node, need->kib, before.persistent + missing);
        if (r >= 0)
            r = hugepages_read(node, need->kib, &after);
        if (r < 0)
            return error_set(error, -r, "huge pages of node %u cannot be reserved: %s", node,
                             strerror(-r));
        if (after.persistent >= before.persistent + missing)
            break;
        if (attempt == 0)
            hugepages_make_room();
    }
    obtained = after.persistent > before.persistent ? after.persistent - before.persistent : 0;
    *ret_obtained = obtained < missing ? obtained : missing;
    if (*ret_obtained == 0)
        json_object_object_del(file->state, name);
    else if (put_record(file, name, before.persistent, missing, (int64_t)*ret_obtained) < 0)
        return error_oom(error);
    return state_file_save(file, error);
}

/* How many could be had where: "412 on node 0, 0 on node 1". */
static char *describe_pools(const struct need *need, uint64_t taken) {
    char *text = NULL;
    size_t length;
    FILE *stream = open_memstream(&text, &length);
    const char *comma = "";

    if (!stream)
        return NULL;
    CPULIST_FOREACH(node, &need->nodes) {
        struct hugepages pool = {0};

        if (hugepages_read(node, need->kib, &pool) < 0)
            continue;
        fprintf(stream, "%s%llu on node %u", comma, (unsigned long long)usable(&pool, taken), node);
        comma = ", ";
    }
    return fclose(stream) == 0 ? text : (free(text), NULL);
}

static int too_few(const struct need *need, uint64_t taken, struct error *error) {
    _cleanup_free_ char *size = size_text(need->kib), *pools = describe_pools(need, taken);

    return error_set(
        error, ENOSPC,
        "the VM needs %llu huge pages of %s, and memory is too full or too fragmented: "
        "found were %s. Give the VM less memory, close programs, or reserve the pages "
        "at boot (hugepages= on the kernel line)",
        (unsigned long long)need->count, size ? size : "?", pools ? pools : "?");
}

static int reserve(struct state_file *file, const struct shares *shares, const struct need *need,
                   struct error *error) {
    uint64_t taken = hugepages_reserved(need->kib) + promised(shares, need), have = 0;
    bool any = false;

    CPULIST_FOREACH(node, &need->nodes) {
        struct hugepages pool;

        if (hugepages_read(node, need->kib, &pool) < 0)
            continue;
        any = true;
        have += usable(&pool, taken);
    }
    if (!any)
        return error_set(error, ENOENT,
                         "this kernel has no huge pages of %llu KiB on the VM's nodes: correct "
                         "<hugepages> or <numatune> in the VM's XML",
                         (unsigned long long)need->kib);
    CPULIST_FOREACH(node, &need->nodes) {
        uint64_t obtained = 0;
        int r;

        if (have >= need->count)
            return 0;
        r = grow(file, need, node, need->count - have, &obtained, error);
        if (r < 0)
            return r;
        have += obtained;
    }
    return have >= need->count ? 0 : too_few(need, taken, error);
}

/* The state, locked, and what the live VMs need. */
static int open_state(uint64_t deadline, int *directory, struct state_file *file,
                      struct error *error) {
    *directory = journal_open_directory(true, error);
    if (*directory < 0)
        return *directory;
    return state_file_open(*directory, STATE_FILE, deadline, file, error);
}

static int apply(struct json_object *data, uint64_t deadline, struct error *error) {
    _cleanup_state_file_ struct state_file file = {.fd = -1};
    _cleanup_shares_ struct shares shares = {0};
    _cleanup_close_ int directory = -1;
    struct need need;
    int r;

    if (!read_data(data, &need))
        return error_set(error, EINVAL, "the plan holds an incomplete step");
    r = open_state(deadline, &directory, &file, error);
    if (r < 0)
        return r;
    if (shares_read(directory, &step_kind_hugepages, need.domain, &shares) < 0)
        return error_oom(error);
    return reserve(&file, &shares, &need, error);
}

/* ---- undo ---------------------------------------------------------------------------------- */

/* What a record says was obtained; when its writer did not come to that, as much as is there now
 * more than before, for the lock was its own. */
static uint64_t obtained_of(struct json_object *record, const struct hugepages *now) {
    int64_t before = 0, asked = 0, obtained;
    uint64_t more;

    if (json_number(record, "obtained", &obtained))
        return obtained > 0 ? (uint64_t)obtained : 0;
    if (!json_number(record, "before", &before) || !json_number(record, "asked", &asked))
        return 0;
    more = now->persistent > (uint64_t)before ? now->persistent - (uint64_t)before : 0;
    return more < (uint64_t)asked ? more : (uint64_t)asked;
}

/* How many pages shall stay is written down first: a pool is never made smaller twice. */
static int give_back(struct state_file *file, const char *name, unsigned node, uint64_t kib,
                     struct error *error) {
    struct json_object *record = json_object_object_get(file->state, name);
    _cleanup_error_ struct error unsaved = {0};
    struct hugepages pool;
    int64_t target;
    int r = hugepages_read(node, kib, &pool);

    if (r == -ENOENT)
        return 0;
    if (r >= 0 && !json_number(record, "target", &target)) {
        uint64_t obtained = obtained_of(record, &pool);

        target = pool.persistent > obtained ? (int64_t)(pool.persistent - obtained) : 0;
        if (!json_add(record, "target", json_object_new_int64(target)))
            return error_oom(error);
        if (state_file_save(file, &unsaved) < 0)
            log_warning("%s", error_text(&unsaved));
    }
    if (r >= 0 && pool.persistent > (uint64_t)target)
        r = hugepages_write(node, kib, (uint64_t)target);
    return r < 0 ? error_set(error, -r, "huge pages of node %u cannot be given back: %s", node,
                             strerror(-r))
                 : 0;
}

/* The pool of a record, when it is the domain's. */
static bool is_of_domain(const char *name, const char *domain, unsigned *node, uint64_t *kib) {
    unsigned long long size;
    int length = 0;

    if (sscanf(name, "node%u %llu %n", node, &size, &length) != 2 || length == 0)
        return false;
    *kib = size;
    return strcmp(name + length, domain) == 0;
}

/* The name of one record of the domain. Owned by the caller, NULL when none is left. */
static char *find_record(struct state_file *file, const char *domain, unsigned *node,
                         uint64_t *kib) {
    struct json_object_iterator record = json_object_iter_begin(file->state);
    struct json_object_iterator end = json_object_iter_end(file->state);

    for (; !json_object_iter_equal(&record, &end); json_object_iter_next(&record)) {
        const char *name = json_object_iter_peek_name(&record);

        if (is_of_domain(name, domain, node, kib))
            return strdup(name);
    }
    return NULL;
}

static int undo(struct json_object *data, uint64_t deadline, struct error *error) {
    _cleanup_state_file_ struct state_file file = {.fd = -1};
    _cleanup_error_ struct error unsaved = {0};
    _cleanup_close_ int directory = -1;
    struct need need;
    uint64_t kib;
    unsigned node;
    int r;

    if (!read_data(data, &need))
        return error_set(error, EINVAL, "the journal holds an incomplete step");
    r = open_state(deadline, &directory, &file, error);
    while (r >= 0) {
        _cleanup_free_ char *name = find_record(&file, need.domain, &node, &kib);

        if (!name)
            break;
        r = give_back(&file, name, node, kib, error);
        if (r >= 0)
            json_object_object_del(file.state, name);
    }
    /* When /run is full, the file still goes with its last record. */
    if (r >= 0 && state_file_save(&file, &unsaved) < 0)
        log_warning("%s", error_text(&unsaved));
    return r;
}

const struct step_kind step_kind_hugepages = {
    .name = "hugepages",
    .valid = valid,
    .describe = describe,
    .apply = apply,
    .undo = undo,
};
