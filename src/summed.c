/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "summed.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <json-c/json_object_iterator.h>

#include "journal.h"
#include "json-record.h"
#include "log.h"
#include "state-file.h"

/* ---- items --------------------------------------------------------------------------------- */

struct item {
    char *name;
    char *now;      /* NULL: it is gone, or of no concern */
    char *baseline; /* that of its kin, if it has its value from there; NULL: it has not */
    char *wanted;   /* NULL: nothing is to be written */
};

struct summed {
    const struct summed_kind *kind;
    void *context; /* the kind's */
    struct state_file file;
    struct shares shares;
    struct item *items;
    size_t count;
    size_t refused;
    size_t left; /* to somebody else who has changed them, since the last time */
    bool giving_back;
    bool first; /* nothing is changed yet: what is there now has its value from nobody */
    bool dirty; /* the state is another one than that in the file */
};

int summed_add(struct summed *summed, const char *name) {
    struct item *larger = reallocarray(summed->items, summed->count + 1, sizeof *larger);

    if (!larger)
        return -ENOMEM;
    summed->items = larger;
    larger[summed->count] = (struct item){.name = strdup(name)};
    return larger[summed->count++].name ? 0 : -ENOMEM;
}

static void summed_done(struct summed *summed) {
    for (size_t i = 0; i < summed->count; i++) {
        free(summed->items[i].name);
        free(summed->items[i].now);
        free(summed->items[i].baseline);
        free(summed->items[i].wanted);
    }
    free(summed->items);
    if (summed->context && summed->kind->close)
        summed->kind->close(summed->context);
    shares_done(&summed->shares);
    state_file_close(&summed->file);
}

/* ---- what the state holds of an item ------------------------------------------------------- */

/* NULL when there is none; one without its baseline is damaged, and as good as none. */
static struct json_object *find_record(const struct summed *summed, const char *name) {
    struct json_object *record;

    return json_object_object_get_ex(summed->file.state, name, &record) &&
                   json_string(record, "baseline")
               ? record
               : NULL;
}

static int put_record(struct summed *summed, const char *name, const char *baseline,
                      const char *written, const char *was) {
    struct json_object *record = json_object_new_object();

    summed->dirty = true;
    if (record && json_add(record, "baseline", json_object_new_string(baseline)) &&
        json_add(record, "written", json_object_new_string(written)) &&
        json_add(record, "was", json_object_new_string(was)) &&
        json_object_object_add(summed->file.state, name, record) == 0)
        return 0;
    json_object_put(record);
    return -ENOMEM;
}

static void drop_record(struct summed *summed, const char *name) {
    if (!json_object_object_get_ex(summed->file.state, name, NULL))
        return;
    json_object_object_del(summed->file.state, name);
    summed->dirty = true;
}

static bool is_slow(const struct summed *summed, const char *name) {
    return summed->kind->is_slow && summed->kind->is_slow(name);
}

/* No share concerns the item, which has this value by itself. While there are shares it is noted
 * nevertheless where others may be its kin: what is not noted is taken for new. */
static int note(struct summed *summed, const char *name, const char *value) {
    if (summed->kind->is_kin && summed->shares.count > 0 && !is_slow(summed, name))
        return put_record(summed, name, value, value, value);
    drop_record(summed, name);
    return 0;
}

static bool same(const struct summed *summed, const char *a, const char *b) {
    return strcmp(a, b) == 0 || (summed->kind->is_same && summed->kind->is_same(a, b));
}

static bool record_is(const struct summed *summed, struct json_object *record, const char *key,
                      const char *value) {
    const char *there = json_string(record, key);

    return there && same(summed, there, value);
}

/* The record of an item that this new one has its value from. */
static struct json_object *find_kin(const struct summed *summed, const struct item *item) {
    struct json_object_iterator record = json_object_iter_begin(summed->file.state);
    struct json_object_iterator end = json_object_iter_end(summed->file.state);

    if (!summed->kind->is_kin || summed->first)
        return NULL;
    for (; !json_object_iter_equal(&record, &end); json_object_iter_next(&record)) {
        const char *name = json_object_iter_peek_name(&record);
        struct json_object *kin = find_record(summed, name);

        if (kin && summed->kind->is_kin(item->name, name) &&
            (record_is(summed, kin, "written", item->now) ||
             record_is(summed, kin, "was", item->now)))
            return kin;
    }
    return NULL;
}

static bool is_gone(int r) {
    return r == -ENOENT || r == -ENODEV || r == -ESRCH;
}

static void forget(struct summed *summed, const struct item *item) {
    struct json_object *record = find_record(summed, item->name);

    if (record && summed->kind->gone)
        summed->kind->gone(item->name, json_string(record, "baseline"));
    drop_record(summed, item->name);
}

/* ---- the decision -------------------------------------------------------------------------- */

/* Whatever is listed, what the state holds has to be given back. */
static int list_items(struct summed *summed) {
    _cleanup_json_ struct json_object *listed = json_object_new_object();
    struct json_object_iterator record, end;
    int r = summed->kind->list(summed->context, summed);

    for (size_t i = 0; i < summed->count && r == 0; i++)
        if (!listed || json_object_object_add(listed, summed->items[i].name, NULL) < 0)
            r = -ENOMEM;
    end = json_object_iter_end(summed->file.state);
    for (record = json_object_iter_begin(summed->file.state);
         r == 0 && !json_object_iter_equal(&record, &end); json_object_iter_next(&record)) {
        const char *name = json_object_iter_peek_name(&record);

        if (!json_object_object_get_ex(listed, name, NULL))
            r = summed_add(summed, name);
    }
    return r;
}

/* Somebody else has changed it: it stays so, also when the VMs have ended. */
static int leave(struct summed *summed, const struct item *item, bool concerned) {
    struct json_object *record = find_record(summed, item->name);
    bool known = json_object_object_get_ex(record, "left", NULL);

    /* irqbalance alone changes dozens. */
    if (!known && summed->left++ == 0)
        log_warning("%s %s: somebody else has changed it to '%s'; it is left so",
                    summed->kind->what, item->name, item->now);
    if (!concerned)
        return note(summed, item->name, item->now);
    if (known)
        return 0;
    summed->dirty = true;
    return json_add(record, "left", json_object_new_boolean(true)) ? 0 : -ENOMEM;
}

static bool is_somebody_elses(const struct summed *summed, const struct item *item,
                              struct json_object *record) {
    if (!record)
        return false;
    if (json_object_object_get_ex(record, "left", NULL))
        return true;
    if (is_slow(summed, item->name) && record_is(summed, record, "baseline", item->now))
        return false;
    if (summed->kind->is_interim && summed->kind->is_interim(item->now) &&
        !record_is(summed, record, "was", json_string(record, "written")))
        return false;
    return !record_is(summed, record, "written", item->now) &&
           !record_is(summed, record, "was", item->now);
}

/* The item gets a value that is to be written, and stands in the state before it is. */
static int want(struct summed *summed, struct item *item, const char *baseline, const char *value) {
    item->wanted = strdup(value);
    if (!item->wanted)
        return -ENOMEM;
    return put_record(summed, item->name, baseline, value, item->now);
}

static int note_unchanged(struct summed *summed, const struct item *item) {
    struct json_object *record = find_record(summed, item->name);

    if (summed->kind->is_kin && summed->shares.count > 0 && record &&
        record_is(summed, record, "baseline", item->now))
        return 0;
    return note(summed, item->name, item->now);
}

static bool is_unchanged(const struct summed *summed, struct json_object *record) {
    /* One that is being given back was something else just before. */
    return record && record_is(summed, record, "written", json_string(record, "baseline")) &&
           record_is(summed, record, "was", json_string(record, "baseline"));
}

static int decide_present(struct summed *summed, struct item *item, struct json_object *record) {
    /* What was only noted may change as it likes. */
    bool renewed =
        is_unchanged(summed, record) && !record_is(summed, record, "baseline", item->now);
    const char *known = renewed ? NULL : record ? json_string(record, "baseline") : item->baseline;
    _cleanup_free_ char *baseline = strdup(known ? known : item->now);
    _cleanup_free_ char *computed = NULL;
    int concerned;

    if (!baseline)
        return -ENOMEM;
    concerned =
        summed->kind->compute(summed->context, item->name, baseline, &summed->shares, &computed);
    if (concerned < 0)
        return concerned;
    if (!renewed && is_somebody_elses(summed, item, record))
        return leave(summed, item, concerned);
    if (!concerned && record && is_slow(summed, item->name))
        return want(summed, item, baseline, baseline);
    if (!same(summed, item->now, concerned ? computed : baseline))
        return want(summed, item, baseline, concerned ? computed : baseline);
    if (!concerned || !known)
        return note_unchanged(summed, item);
    /* What it has from its kin has to be given back as well. */
    return record ? 0 : put_record(summed, item->name, baseline, item->now, item->now);
}

/* How an item stands, and whose value it has. */
static int look(struct summed *summed, struct item *item) {
    const struct summed_kind *kind = summed->kind;
    struct json_object *kin;
    int r;

    if (!find_record(summed, item->name) && !kind->is_kin &&
        kind->compute(summed->context, item->name, NULL, &summed->shares, NULL) == 0)
        return 0;
    r = kind->read(summed->context, item->name, &item->now);
    if (is_gone(r))
        forget(summed, item);
    if (r < 0)
        return is_gone(r) || r == -EBUSY ? 0 : r;
    kin = find_record(summed, item->name) ? NULL : find_kin(summed, item);
    if (!kin)
        return 0;
    item->baseline = strdup(json_string(kin, "baseline"));
    return item->baseline ? 0 : -ENOMEM;
}

/* Decides what an item gets. */
static int decide(struct summed *summed, struct item *item) {
    return item->now ? decide_present(summed, item, find_record(summed, item->name)) : 0;
}

/* Keeps the first of several errors for the person, and logs the others. */
static void collect(struct error *error, struct error *failure) {
    if (error->code)
        log_warning("%s", error_text(failure));
    else
        error_move(error, failure);
}

static int for_each_item(struct summed *summed, int (*visit)(struct summed *, struct item *),
                         struct error *error) {
    for (size_t i = 0; i < summed->count; i++) {
        _cleanup_error_ struct error failure = {0};
        int r = visit(summed, &summed->items[i]);

        if (r == -ENOMEM)
            return error_oom(error);
        if (r == 0)
            continue;
        error_set(&failure, -r, "%s %s cannot be read: %s", summed->kind->what,
                  summed->items[i].name, strerror(-r));
        collect(error, &failure);
    }
    return 0;
}

/* All are looked at before anything is decided: what will be written now is nobody's origin yet. A
 * thread that somebody pinned to the very CPUs that are left for its kin would pass for one that
 * nobody pinned. */
static int decide_all(struct summed *summed, struct error *error) {
    int r = for_each_item(summed, look, error);

    return r < 0 ? r : for_each_item(summed, decide, error);
}

/* ---- the writing --------------------------------------------------------------------------- */

/* What the item really has now counts as written: the kernel may have made something else of it.
 * Only what is seen to be given back is forgotten. */
static int settle(struct summed *summed, const struct item *item, bool done) {
    struct json_object *record = find_record(summed, item->name);
    _cleanup_free_ char *now = NULL, *baseline = NULL;
    int r;

    if (!record)
        return 0;
    baseline = strdup(json_string(record, "baseline"));
    if (!baseline)
        return -ENOMEM;
    /* Given back is given back, whatever the kernel makes of it. */
    if (done && strcmp(item->wanted, baseline) == 0)
        return note(summed, item->name, baseline);
    if (is_slow(summed, item->name))
        return 0;
    r = summed->kind->read(summed->context, item->name, &now);
    if (is_gone(r))
        forget(summed, item);
    if (r < 0)
        return 0;
    if (same(summed, now, baseline))
        return note(summed, item->name, baseline);
    return put_record(summed, item->name, baseline, now, now);
}

static void write_item(struct summed *summed, const struct item *item, struct error *error) {
    struct json_object *record = find_record(summed, item->name);
    bool to_baseline = record && strcmp(json_string(record, "baseline"), item->wanted) == 0;
    _cleanup_error_ struct error failure = {0};
    int r = summed->kind->write(summed->context, item->name, item->wanted);

    if (is_gone(r)) {
        forget(summed, item);
        return;
    }
    if (settle(summed, item, r >= 0) < 0)
        error_oom(&failure);
    else if (r < 0 && summed->kind->may_refuse)
        summed->refused++;
    else if (r < 0)
        error_set(&failure, -r, "%s %s cannot be set to '%s': %s", summed->kind->what, item->name,
                  item->wanted, strerror(-r));
    /* What another VM wants and cannot get is no reason to keep this one. */
    if (failure.code && summed->giving_back && !to_baseline)
        log_warning("%s", error_text(&failure));
    else if (failure.code)
        collect(error, &failure);
}

static void write_items(struct summed *summed, struct error *error) {
    for (size_t i = 0; i < summed->count; i++)
        if (summed->items[i].wanted)
            write_item(summed, &summed->items[i], error);
    if (summed->left > 1)
        log_warning("%s: %zu more were changed by somebody else, and are left so",
                    summed->kind->what, summed->left - 1);
    if (summed->refused > 0)
        log_notice("%s: %zu cannot be changed, and stay as they are", summed->kind->what,
                   summed->refused);
    if (summed->kind->finish)
        summed->kind->finish(summed->context, json_object_object_length(summed->file.state) == 0);
}

static int save(struct summed *summed, struct error *error) {
    if (!summed->dirty)
        return 0;
    summed->dirty = false;
    return state_file_save(&summed->file, error);
}

static int sync_locked(struct summed *summed, struct error *error) {
    _cleanup_error_ struct error unsaved = {0};
    int r = list_items(summed);

    if (r < 0)
        return error_set(error, -r, "%s cannot be listed: %s", summed->kind->what, strerror(-r));
    r = decide_all(summed, error);
    /* One may change another (a governor the preference): what cannot be read could not be given
     * back. */
    if (r == 0 && !summed->giving_back)
        r = -error->code;
    if (r < 0)
        return r;
    if (save(summed, &unsaved) < 0) {
        if (!summed->giving_back) {
            error_move(error, &unsaved);
            return -error->code;
        }
        /* A full /run is no reason not to give anything back. */
        log_warning("%s", error_text(&unsaved));
        error_clear(&unsaved);
    }
    write_items(summed, error);
    if (save(summed, &unsaved) < 0)
        log_warning("%s", error_text(&unsaved));
    return -error->code;
}

int summed_sync(const struct summed_kind *kind, const struct step_kind *step, const char *except,
                uint64_t deadline, struct error *error) {
    _cleanup_close_ int directory = journal_open_directory(true, error);
    _cleanup_(summed_done) struct summed summed = {
        .kind = kind,
        .file.fd = -1,
        .giving_back = except,
    };
    int r;

    if (directory < 0)
        return directory;
    r = state_file_open(directory, kind->file, deadline, &summed.file, error);
    if (r < 0)
        return r;
    r = shares_read(directory, step, except, &summed.shares);
    if (r < 0)
        return error_set(error, -r, "what the VMs want of the CPUs cannot be read: %s",
                         strerror(-r));
    /* Nothing to be done, and nothing ever was. */
    summed.first = json_object_object_length(summed.file.state) == 0;
    if (summed.first && summed.shares.count == 0 &&
        !(kind->companion && faccessat(directory, kind->companion, F_OK, 0) == 0))
        return 0;
    if (kind->open)
        r = kind->open(deadline, &summed.context, error);
    return r < 0 ? r : sync_locked(&summed, error);
}

char *summed_without(const char *list, const struct shares *shares) {
    struct cpulist cpus;

    if (cpulist_parse(list, &cpus) < 0)
        return strdup(list);
    if (cpulist_empty(&cpus))
        cpus = shares->online;
    cpulist_remove_all(&cpus, &shares->cpus);
    /* Nothing that runs. */
    if (!cpulist_intersects(&cpus, &shares->online)) {
        cpus = shares->online;
        cpulist_remove_all(&cpus, &shares->cpus);
    }
    return cpulist_format(&cpus);
}
