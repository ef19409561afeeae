/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "summed.h"

#include <errno.h>
#include <string.h>

#include <json-c/json_object_iterator.h>

#include "journal.h"
#include "json-record.h"
#include "log.h"
#include "state-file.h"
#include "topology.h"

/* ---- items --------------------------------------------------------------------------------- */

struct item {
    char *name;
    char *now;    /* NULL: it is gone */
    char *wanted; /* NULL: nothing is to be written */
};

struct summed {
    const struct summed_kind *kind;
    void *context; /* the kind's */
    struct state_file file;
    struct shares shares;
    struct item *items;
    size_t count;
    size_t refused;
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
        free(summed->items[i].wanted);
    }
    free(summed->items);
    if (summed->context && summed->kind->close)
        summed->kind->close(summed->context);
    shares_done(&summed->shares);
    state_file_close(&summed->file);
}

/* ---- what the state holds of an item ------------------------------------------------------- */

static struct json_object *find_record(const struct summed *summed, const char *name) {
    struct json_object *record;

    return json_object_object_get_ex(summed->file.state, name, &record) ? record : NULL;
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
    if (!find_record(summed, name))
        return;
    json_object_object_del(summed->file.state, name);
    summed->dirty = true;
}

static bool is(struct json_object *record, const char *key, const char *value) {
    const char *there = json_string(record, key);

    return there && strcmp(there, value) == 0;
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

    if (!known)
        log_warning("%s %s: somebody else has changed it to '%s'; it is left so",
                    summed->kind->what, item->name, item->now);
    if (!concerned) {
        drop_record(summed, item->name);
        return 0;
    }
    if (known)
        return 0;
    summed->dirty = true;
    return json_add(record, "left", json_object_new_boolean(true)) ? 0 : -ENOMEM;
}

static int read_item(struct summed *summed, struct item *item) {
    int r = summed->kind->read(summed->context, item->name, &item->now);

    if (r != -ENOENT && r != -ENODEV && r != -ESRCH)
        return r;
    drop_record(summed, item->name);
    return 0;
}

static bool is_somebody_elses(struct json_object *record, const char *now) {
    return record && (json_object_object_get_ex(record, "left", NULL) ||
                      (!is(record, "written", now) && !is(record, "was", now)));
}

/* Decides what an item gets, and puts it into the state before it is done. */
static int decide(struct summed *summed, struct item *item) {
    const struct summed_kind *kind = summed->kind;
    struct json_object *record = find_record(summed, item->name);
    _cleanup_free_ char *baseline = NULL, *computed = NULL;
    int concerned, r;

    if (!record && kind->compute(summed->context, item->name, NULL, &summed->shares, NULL) == 0)
        return 0;
    r = read_item(summed, item);
    if (r < 0 || !item->now)
        return r;
    baseline = strdup(record ? json_string(record, "baseline") : item->now);
    if (!baseline)
        return -ENOMEM;
    concerned = kind->compute(summed->context, item->name, baseline, &summed->shares, &computed);
    if (concerned < 0)
        return concerned;
    if (is_somebody_elses(record, item->now))
        return leave(summed, item, concerned > 0);
    if (strcmp(item->now, concerned ? computed : baseline) == 0) {
        if (!concerned)
            drop_record(summed, item->name);
        return 0;
    }
    item->wanted = take_pointer(*(concerned ? &computed : &baseline));
    return put_record(summed, item->name, concerned ? baseline : item->wanted, item->wanted,
                      item->now);
}

/* ---- the writing --------------------------------------------------------------------------- */

static int refused(struct summed *summed, const struct item *item, int r, struct error *error) {
    struct json_object *record = find_record(summed, item->name);

    /* It is as it was; when that is the baseline, nothing is to be given back. */
    if (record && is(record, "baseline", item->now))
        drop_record(summed, item->name);
    if (summed->kind->may_refuse) {
        summed->refused++;
        return 0;
    }
    if (error->code) {
        log_warning("%s %s cannot be set to '%s': %s", summed->kind->what, item->name, item->wanted,
                    strerror(-r));
        return 0;
    }
    return error_set(error, -r, "%s %s cannot be set to '%s': %s", summed->kind->what, item->name,
                     item->wanted, strerror(-r));
}

/* What the item really has now counts as written: the kernel may have made something else of it. */
static int settle(struct summed *summed, const struct item *item) {
    struct json_object *record = find_record(summed, item->name);
    _cleanup_free_ char *now = NULL, *baseline = NULL;
    int r;

    if (!record)
        return 0;
    baseline = strdup(json_string(record, "baseline"));
    if (!baseline)
        return -ENOMEM;
    r = summed->kind->read(summed->context, item->name, &now);
    /* Given back is given back, whatever the kernel makes of it. */
    if (r < 0 || strcmp(now, baseline) == 0 || strcmp(item->wanted, baseline) == 0) {
        drop_record(summed, item->name);
        return 0;
    }
    return put_record(summed, item->name, baseline, now, now);
}

static int write_item(struct summed *summed, const struct item *item, struct error *error) {
    int r = summed->kind->write(summed->context, item->name, item->wanted);

    if (r == -ENOENT || r == -ENODEV || r == -ESRCH) {
        drop_record(summed, item->name);
        return 0;
    }
    if (r < 0)
        return refused(summed, item, r, error);
    return settle(summed, item) < 0 ? error_oom(error) : 0;
}

static int write_items(struct summed *summed, struct error *error) {
    for (size_t i = 0; i < summed->count; i++)
        if (summed->items[i].wanted)
            (void)write_item(summed, &summed->items[i], error);
    if (summed->refused > 0)
        log_notice("%s: %zu cannot be changed, and stay as they are", summed->kind->what,
                   summed->refused);
    return -error->code;
}

static int save(struct summed *summed, struct error *error) {
    if (!summed->dirty)
        return 0;
    summed->dirty = false;
    return state_file_save(&summed->file, error);
}

static int decide_all(struct summed *summed, struct error *error) {
    if (list_items(summed) < 0)
        return error_oom(error);
    for (size_t i = 0; i < summed->count; i++) {
        int r = decide(summed, &summed->items[i]);

        if (r < 0)
            return error_set(error, -r, "%s %s cannot be read: %s", summed->kind->what,
                             summed->items[i].name, strerror(-r));
    }
    return 0;
}

static int sync_locked(struct summed *summed, bool giving_back, struct error *error) {
    _cleanup_error_ struct error unsaved = {0};
    int r = decide_all(summed, error);

    if (r < 0)
        return r;
    r = save(summed, &unsaved);
    if (r < 0 && !giving_back) {
        error_move(error, &unsaved);
        return r;
    }
    /* A full /run is no reason not to give anything back. */
    if (r < 0)
        log_warning("%s", error_text(&unsaved));
    r = write_items(summed, error);
    error_clear(&unsaved);
    if (save(summed, &unsaved) < 0)
        log_warning("%s", error_text(&unsaved));
    return r;
}

int summed_sync(const struct summed_kind *kind, const struct step_kind *step, const char *except,
                uint64_t deadline, struct error *error) {
    _cleanup_close_ int directory = journal_open_directory(true, error);
    _cleanup_(summed_done) struct summed summed = {.kind = kind, .file.fd = -1};
    int r;

    if (directory < 0)
        return directory;
    r = state_file_open(directory, kind->file, deadline, &summed.file, error);
    if (r < 0)
        return r;
    if (shares_read(directory, step, except, &summed.shares) < 0)
        return error_oom(error);
    /* Nothing to be done, and nothing ever was. */
    if (summed.shares.count == 0 && json_object_object_length(summed.file.state) == 0)
        return 0;
    if (kind->open)
        r = kind->open(deadline, &summed.context, error);
    return r < 0 ? r : sync_locked(&summed, except, error);
}

char *summed_without(const char *list, const struct shares *shares) {
    struct cpulist taken = shares_cpus(shares), online = {0}, cpus;

    if (topology_online(&online) < 0 || cpulist_parse(list, &cpus) < 0)
        return strdup(list);
    if (cpulist_empty(&cpus))
        cpus = online;
    cpulist_remove_all(&cpus, &taken);
    if (cpulist_empty(&cpus)) {
        cpus = online;
        cpulist_remove_all(&cpus, &taken);
    }
    return cpulist_format(&cpus);
}
