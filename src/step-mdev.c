/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Create a mediated device for a VM, and remove it. */

#include <errno.h>
#include <string.h>

#include "deadline.h"
#include "json-record.h"
#include "log.h"
#include "mdev-attributes.h"
#include "mdev.h"
#include "mdevctl.h"
#include "ownership.h"
#include "step.h"
#include "text.h"
#include "uuid.h"

#define VANISH_RETRY_USEC (20 * USEC_PER_MSEC)

/* ---- the data ------------------------------------------------------------------------------ */

/* The data of a step, read once. */
struct creation {
    const char *uuid;
    const char *type;
    struct json_object *parents; /* in the order they are tried */
    struct json_object *attributes;
    bool by_mdevctl; /* created and removed by mdevctl, which runs scripts meanwhile */
};

struct json_object *step_mdev_new(const char *uuid, const char *type, const char *const *parents,
                                  size_t n_parents, struct json_object *attributes,
                                  bool by_mdevctl) {
    _cleanup_json_ struct json_object *data = json_object_new_object();
    struct json_object *array = json_object_new_array();

    if (!data || !json_add(data, "parents", array) ||
        !json_add(data, "uuid", json_object_new_string(uuid)) ||
        !json_add(data, "type", json_object_new_string(type)))
        return NULL;
    for (size_t i = 0; i < n_parents; i++)
        if (!json_append(array, json_object_new_string(parents[i])))
            return NULL;
    if (by_mdevctl && !json_add(data, "by", json_object_new_string("mdevctl")))
        return NULL;
    if (attributes && !json_add(data, "attributes", json_object_get(attributes)))
        return NULL;
    return take_pointer(data);
}

static const char *parent_name(struct json_object *parents, size_t i) {
    struct json_object *parent = json_object_array_get_idx(parents, i);

    return json_object_is_type(parent, json_type_string) ? json_object_get_string(parent) : NULL;
}

static bool parents_valid(struct json_object *parents) {
    if (!json_object_is_type(parents, json_type_array) || json_object_array_length(parents) == 0)
        return false;
    for (size_t i = 0; i < json_object_array_length(parents); i++) {
        const char *name = parent_name(parents, i);

        if (!name || !mdev_name_valid(name))
            return false;
    }
    return true;
}

static bool read_data(struct json_object *data, struct creation *ret) {
    char usual[37];

    *ret = (struct creation){
        .uuid = json_string(data, "uuid"),
        .type = json_string(data, "type"),
        .parents = json_object_object_get(data, "parents"),
        .attributes = json_object_object_get(data, "attributes"),
        .by_mdevctl = json_string(data, "by") != NULL,
    };
    return ret->uuid && uuid_normalize(ret->uuid, usual) == 0 && strcmp(ret->uuid, usual) == 0 &&
           ret->type && mdev_name_valid(ret->type) && parents_valid(ret->parents) &&
           mdev_attributes_valid(ret->attributes);
}

static bool valid(struct json_object *data) {
    struct creation creation;

    return read_data(data, &creation);
}

static char *describe(struct json_object *data, bool undo) {
    struct creation creation;

    if (!read_data(data, &creation))
        return NULL;
    return text_format("%s mediated device %s (%s) %s %s", undo ? "removing" : "creating",
                       creation.uuid, creation.type, undo ? "from" : "on",
                       parent_name(creation.parents, 0));
}

/* One at a time works on a device; and whether it is this program's is written down. */
static int open_ownership(const struct creation *creation, uint64_t deadline, struct ownership *ret,
                          struct error *error) {
    _cleanup_free_ char *thing = text_format("mdev-%s", creation->uuid);

    return thing ? ownership_open(thing, deadline, ret, error) : error_oom(error);
}

/* ---- apply --------------------------------------------------------------------------------- */

/* On the first parent that has an instance free: another VM may have been quicker on one. */
static int create(const struct creation *creation, size_t *ret_tried) {
    size_t count = json_object_array_length(creation->parents), i = 0;
    int r;

    do {
        *ret_tried = i;
        r = mdev_create(creation->uuid, parent_name(creation->parents, i), creation->type);
    } while ((r == -ENOSPC || r == -ENOENT) && ++i < count);
    return r;
}

/* As mdev_read, but -EAGAIN also for what is on its way out of a parent. */
static int look(const struct creation *creation, struct mdev *ret) {
    int r = mdev_read(creation->uuid, ret);

    for (size_t i = 0; i < json_object_array_length(creation->parents) && r == -ENOENT; i++)
        if (mdev_is_leaving(creation->uuid, parent_name(creation->parents, i)))
            r = -EAGAIN;
    return r;
}

/* What is being created or removed, by the kernel at work for somebody who did not wait, is looked
 * at again. */
static int look_until_settled(const struct creation *creation, uint64_t deadline,
                              struct mdev *ret) {
    for (;;) {
        int r = look(creation, ret);

        if (r != -EAGAIN || now_usec() >= deadline)
            return r;
        sleep_usec(VANISH_RETRY_USEC, deadline);
    }
}

static int still_under_way(const struct creation *creation, struct error *error) {
    return error_set(
        error, EALREADY,
        "mediated device %s is still being created or removed by the kernel: its driver "
        "is slow or stuck. See the kernel log",
        creation->uuid);
}

static int cannot_create(const struct creation *creation, size_t tried, int r,
                         struct error *error) {
    const char *parent = parent_name(creation->parents, tried);

    if (r == -ENOSPC)
        return error_set(error, EBUSY,
                         "mediated device %s cannot be created: no instance of %s is free any more "
                         "on %s",
                         creation->uuid, creation->type, parent);
    return error_set(error, -r,
                     "mediated device %s (%s) cannot be created on %s: %s. The kernel log tells "
                     "more",
                     creation->uuid, creation->type, parent, strerror(-r));
}

/* mdevctl says itself what is wrong, and writes the attributes of its definition itself. */
static int create_by_mdevctl(const struct creation *creation, const struct ownership *ownership,
                             struct error *error) {
    const char *parent = parent_name(creation->parents, 0);
    struct mdev mdev;
    int r = mdevctl_start(creation->uuid, parent, ownership->file.fd, error);

    if (r < 0)
        return r;
    r = mdev_read(creation->uuid, &mdev);
    return r < 0 ? cannot_create(creation, 0, r, error) : 0;
}

/* Somebody has made just this device since the plan was made: it is used, and left to them. 1: so
 * it is; 0: there is none. */
static int use_others(const struct creation *creation, uint64_t deadline, struct error *error) {
    struct mdev mdev;
    int r = look_until_settled(creation, deadline, &mdev);

    if (r == -ENOENT)
        return 0;
    if (r == -EAGAIN)
        return still_under_way(creation, error);
    if (r < 0)
        return cannot_create(creation, 0, r, error);
    if (strcmp(mdev.type, creation->type) != 0)
        return error_set(error, EEXIST,
                         "mediated device %s was created by somebody else just now, on %s as a %s: "
                         "remove it (mdevctl stop -u %s), and start the VM again",
                         creation->uuid, mdev.parent, mdev.type, creation->uuid);
    log_notice("mediated device %s was created by somebody else just now: it is used, and left",
               creation->uuid);
    return 1;
}

static int create_own(const struct creation *creation, struct ownership *ownership,
                      uint64_t deadline, struct error *error) {
    size_t tried;
    int r = ownership_take(ownership, error);

    if (r < 0)
        return r;
    if (creation->by_mdevctl) {
        r = create_by_mdevctl(creation, ownership, error);
    } else {
        r = create(creation, &tried);
        if (r == -EEXIST) {
            ownership_drop(ownership);
            r = use_others(creation, deadline, error);
            return r == 0 ? cannot_create(creation, tried, -EEXIST, error) : r;
        }
        if (r < 0)
            return cannot_create(creation, tried, r, error);
    }
    return r < 0 ? r : mdev_attributes_write(creation->uuid, creation->attributes, error);
}

static int apply(struct json_object *data, uint64_t deadline, struct error *error) {
    _cleanup_ownership_ struct ownership ownership = {.directory = -1, .file.fd = -1};
    struct creation creation;
    int r;

    if (!read_data(data, &creation))
        return error_set(error, EINVAL, "a journal holds an incomplete step");
    r = open_ownership(&creation, deadline, &ownership, error);
    if (r < 0)
        return r;
    r = use_others(&creation, deadline, error);
    if (r == 0)
        r = create_own(&creation, &ownership, deadline, error);
    return r < 0 ? r : 0;
}

/* ---- undo ---------------------------------------------------------------------------------- */

static bool is_parent(struct json_object *parents, const char *name) {
    for (size_t i = 0; i < json_object_array_length(parents); i++)
        if (strcmp(parent_name(parents, i), name) == 0)
            return true;
    return false;
}

static int cannot_remove(const struct mdev *mdev, int r, struct error *error) {
    return error_set(error, -r,
                     "mediated device %s (%s) cannot be removed from %s: %s. The kernel log tells "
                     "more",
                     mdev->uuid, mdev->type, mdev->parent, strerror(-r));
}

/* Finds what this step has created: 1; 0: there is nothing of it; or a negative errno. */
static int find(const struct creation *creation, uint64_t deadline, struct mdev *ret,
                struct error *error) {
    int r = look_until_settled(creation, deadline, ret);

    if (r == -ENOENT)
        return 0;
    if (r == -EAGAIN)
        return still_under_way(creation, error);
    if (r < 0)
        return error_set(error, -r, "mediated device %s cannot be looked at: %s", creation->uuid,
                         strerror(-r));
    if (strcmp(ret->type, creation->type) == 0 && is_parent(creation->parents, ret->parent))
        return 1;
    log_warning("mediated device %s is a %s on %s by now, which is not this program's doing: left "
                "as it is",
                creation->uuid, ret->type, ret->parent);
    return 0;
}

static int remove_device(const struct creation *creation, const struct ownership *ownership,
                         struct mdev *mdev, uint64_t deadline, struct error *error) {
    int r = mdev_wait_until_free(mdev, deadline, error);

    if (r < 0)
        return r;
    if (creation->by_mdevctl) {
        r = mdevctl_stop(creation->uuid, ownership->file.fd, error);
        /* Uninstalled meanwhile: then without its scripts. */
        if (r != -ENOENT)
            return r;
        error_clear(error);
    }
    r = mdev_remove(creation->uuid);
    if (r >= 0 || r == -ENODEV)
        r = look_until_settled(creation, deadline, mdev);
    return r < 0 && r != -ENOENT ? cannot_remove(mdev, r, error) : 0;
}

static int undo(struct json_object *data, uint64_t deadline, struct error *error) {
    uint64_t now = now_usec(), half = now + (deadline > now ? deadline - now : 0) / 2;
    _cleanup_ownership_ struct ownership ownership = {.directory = -1, .file.fd = -1};
    struct creation creation;
    struct mdev mdev;
    int r;

    if (!read_data(data, &creation))
        return error_set(error, EINVAL, "a journal holds an incomplete step");
    r = open_ownership(&creation, deadline, &ownership, error);
    if (r < 0 || !ownership_is_ours(&ownership))
        return r;
    r = find(&creation, half, &mdev, error);
    if (r > 0)
        r = remove_device(&creation, &ownership, &mdev, deadline, error);
    if (r == 0)
        ownership_drop(&ownership);
    return r;
}

const struct step_kind step_kind_mdev = {
    .name = "mdev",
    .side_by_side = true,
    .valid = valid,
    .describe = describe,
    .apply = apply,
    .undo = undo,
};
