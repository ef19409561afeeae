/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hugepages-ledger.h"

#include <errno.h>
#include <string.h>

#include <json-c/json_object_iterator.h>

#include "hugepages.h"
#include "journal.h"
#include "json-record.h"
#include "log.h"
#include "text.h"

/* ---- records ------------------------------------------------------------------------------- */

/* Whose record it is, and of which pool: "node0 2048 win10". */
static char *record_name(unsigned node, uint64_t kib, const char *domain) {
    return text_format("node%u %llu %s", node, (unsigned long long)kib, domain);
}

static bool parse_name(const char *name, unsigned *node, uint64_t *kib, const char **domain) {
    unsigned long long size;
    int length = 0;

    if (sscanf(name, "node%u %llu %n", node, &size, &length) != 2 || length == 0)
        return false;
    *kib = size;
    *domain = name + length;
    return true;
}

static uint64_t number(struct json_object *record, const char *key) {
    int64_t value;

    return json_number(record, key, &value) && value > 0 ? (uint64_t)value : 0;
}

static bool has(struct json_object *record, const char *key) {
    return json_object_object_get_ex(record, key, NULL);
}

static bool put(struct json_object *record, const char *key, uint64_t value) {
    return json_add(record, key, json_object_new_int64((int64_t)value));
}

static int unreadable(unsigned node, int r, struct error *error) {
    return error_set(error, -r, "huge pages of node %u cannot be read: %s", node, strerror(-r));
}

/* A full /run is no reason not to give pages back. */
static void save_if_possible(struct ledger *ledger) {
    _cleanup_error_ struct error unsaved = {0};

    if (state_file_save(&ledger->file, &unsaved) < 0)
        log_warning("%s", error_text(&unsaved));
}

/* ---- giving back --------------------------------------------------------------------------- */

/* How many pages shall stay is written down before: a pool is never made smaller twice. */
static int shrink(struct ledger *ledger, struct json_object *record, unsigned node, uint64_t kib,
                  struct error *error) {
    struct hugepages pool;
    uint64_t obtained = number(record, "obtained"), target;
    int r = hugepages_read(node, kib, &pool);

    /* Neither the node nor the pages are there any more. */
    if (r == -ENOENT)
        return 0;
    if (r >= 0 && !has(record, "target")) {
        if (!put(record, "target", pool.persistent > obtained ? pool.persistent - obtained : 0))
            return error_oom(error);
        save_if_possible(ledger);
    }
    target = number(record, "target");
    if (r >= 0 && pool.persistent > target)
        r = hugepages_write(node, kib, target);
    return r < 0 ? error_set(error, -r, "huge pages of node %u cannot be given back: %s", node,
                             strerror(-r))
                 : 0;
}

/* The name of a record that is the domain's, or, without domain, that its writer did not finish.
 * Owned by the caller, NULL when there is none. */
static char *find(const struct ledger *ledger, const char *domain, uint64_t kib, unsigned *ret_node,
                  uint64_t *ret_kib) {
    struct json_object_iterator record = json_object_iter_begin(ledger->file.state);
    struct json_object_iterator end = json_object_iter_end(ledger->file.state);

    for (; !json_object_iter_equal(&record, &end); json_object_iter_next(&record)) {
        const char *name = json_object_iter_peek_name(&record), *its;
        struct json_object *value = json_object_iter_peek_value(&record);

        if (!parse_name(name, ret_node, ret_kib, &its))
            continue;
        if (domain ? strcmp(its, domain) == 0 && *ret_kib == kib
                   : has(value, "target") || !has(value, "obtained"))
            return strdup(name);
    }
    return NULL;
}

int ledger_give_back(struct ledger *ledger, const char *domain, uint64_t kib, struct error *error) {
    for (;;) {
        unsigned node;
        uint64_t its_kib;
        _cleanup_free_ char *name = find(ledger, domain, kib, &node, &its_kib);
        int r;

        if (!name)
            break;
        r = shrink(ledger, json_object_object_get(ledger->file.state, name), node, its_kib, error);
        if (r < 0)
            return r;
        json_object_object_del(ledger->file.state, name);
    }
    save_if_possible(ledger);
    return 0;
}

/* ---- what dead writers left ---------------------------------------------------------------- */

/* It was asked for, and nobody wrote down what came of it: as much as there is more than before,
 * for no other writer was here since. */
static int settle_growth(struct json_object *record, unsigned node, uint64_t kib) {
    uint64_t before = number(record, "before");
    struct hugepages pool = {0};
    int r = hugepages_read(node, kib, &pool);

    /* Neither the node nor the pages are there any more; any other failure will pass. */
    if (r < 0 && r != -ENOENT)
        return r;
    return put(record, "obtained", pool.persistent > before ? pool.persistent - before : 0)
               ? 0
               : -ENOMEM;
}

static int settle(struct ledger *ledger, struct error *error) {
    for (;;) {
        unsigned node;
        uint64_t kib;
        _cleanup_free_ char *name = find(ledger, NULL, 0, &node, &kib);
        struct json_object *record;

        if (!name)
            return 0;
        record = json_object_object_get(ledger->file.state, name);
        if (!has(record, "target")) {
            int r = settle_growth(record, node, kib);

            if (r < 0)
                return unreadable(node, r, error);
        } else {
            if (shrink(ledger, record, node, kib, error) < 0)
                return -error->code;
            json_object_object_del(ledger->file.state, name);
        }
        save_if_possible(ledger);
    }
}

int ledger_open(uint64_t deadline, struct ledger *ret, struct error *error) {
    int r;

    *ret = (struct ledger){.file.fd = -1};
    ret->directory = journal_open_directory(true, error);
    if (ret->directory < 0)
        return ret->directory;
    r = state_file_open(ret->directory, LEDGER_FILE, deadline, &ret->file, error);
    return r < 0 ? r : settle(ret, error);
}

void ledger_close(struct ledger *ledger) {
    state_file_close(&ledger->file);
    close_descriptor(&ledger->directory);
}

/* ---- growing ------------------------------------------------------------------------------- */

uint64_t ledger_count(const struct ledger *ledger, unsigned node, uint64_t kib,
                      bool (*counts)(const char *domain, const void *data), const void *data) {
    struct json_object_iterator record = json_object_iter_begin(ledger->file.state);
    struct json_object_iterator end = json_object_iter_end(ledger->file.state);
    uint64_t pages = 0;

    for (; !json_object_iter_equal(&record, &end); json_object_iter_next(&record)) {
        const char *its;
        unsigned its_node;
        uint64_t its_kib;

        if (parse_name(json_object_iter_peek_name(&record), &its_node, &its_kib, &its) &&
            its_node == node && its_kib == kib && counts(its, data))
            pages += number(json_object_iter_peek_value(&record), "obtained");
    }
    return pages;
}

char *ledger_find(const struct ledger *ledger, bool (*wanted)(const char *domain, const void *data),
                  const void *data, uint64_t *ret_kib) {
    struct json_object_iterator record = json_object_iter_begin(ledger->file.state);
    struct json_object_iterator end = json_object_iter_end(ledger->file.state);

    for (; !json_object_iter_equal(&record, &end); json_object_iter_next(&record)) {
        const char *its;
        unsigned node;

        if (parse_name(json_object_iter_peek_name(&record), &node, ret_kib, &its) &&
            wanted(its, data))
            return strdup(its);
    }
    return NULL;
}

/* The domain's record for a pool, in which what it has already counts. */
static struct json_object *want_record(struct ledger *ledger, const char *name, uint64_t before) {
    struct json_object *record;

    if (json_object_object_get_ex(ledger->file.state, name, &record))
        return record;
    record = json_object_new_object();
    if (record && put(record, "before", before) &&
        json_object_object_add(ledger->file.state, name, record) == 0)
        return record;
    json_object_put(record);
    return NULL;
}

int ledger_grow(struct ledger *ledger, const char *domain, unsigned node, uint64_t kib,
                uint64_t count, bool thorough, uint64_t *ret, struct error *error) {
    _cleanup_free_ char *name = record_name(node, kib, domain);
    struct hugepages before, after;
    struct json_object *record;
    int r = name ? hugepages_read(node, kib, &before) : -ENOMEM;

    *ret = 0;
    if (r < 0)
        return unreadable(node, r, error);
    record = want_record(ledger, name, before.persistent);
    if (!record || !put(record, "asked", number(record, "asked") + count))
        return error_oom(error);
    /* Until it is done nobody knows. */
    json_object_object_del(record, "obtained");
    r = state_file_save(&ledger->file, error);
    if (r < 0)
        return r;
    if (thorough)
        hugepages_make_room();
    r = hugepages_write(node, kib, before.persistent + count);
    if (r >= 0)
        r = hugepages_read(node, kib, &after);
    if (r < 0)
        return error_set(error, -r, "huge pages of node %u cannot be reserved: %s", node,
                         strerror(-r));
    *ret = after.persistent > before.persistent ? after.persistent - before.persistent : 0;
    r = settle_growth(record, node, kib);
    if (r < 0)
        return unreadable(node, r, error);
    if (number(record, "obtained") == 0)
        json_object_object_del(ledger->file.state, name);
    return state_file_save(&ledger->file, error);
}
