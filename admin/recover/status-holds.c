/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "status-holds.h"

#include <errno.h>
#include <string.h>

#include "device-text.h"
#include "json-record.h"
#include "mdev.h"
#include "text.h"

const char *holds_state(const struct holding *holding) {
    struct pci_address device;

    switch (holding->state) {
    case HOLDING_LIVE:
        if (journal_is_by_hand(holding->domain, &device))
            return "at work";
        return process_qemu_lives(holding->domain) ? "runs" : "starting";
    case HOLDING_BY_HAND:
        return "by hand";
    case HOLDING_STALE:
        return journal_is_by_hand(holding->domain, &device) ? "cut short" : "gone";
    case HOLDING_NEWER:
        return "newer";
    case HOLDING_COPY:
        return "copy";
    case HOLDING_DAMAGED:
    case HOLDING_ASIDE:
        return "damaged";
    case HOLDING_UNREADABLE:
        break;
    }
    return "unreadable";
}

/* ---- what is claimed ------------------------------------------------------------------------ */

/* The thing that claim number `i` is about, if that begins so: "0000:01:00.0" for "pci ". */
static const char *claimed(const struct journal *journal, size_t i, const char *kind) {
    struct json_object *claim = json_object_array_get_idx(journal->claims, i);
    const char *what =
        json_object_is_type(claim, json_type_string) ? json_object_get_string(claim) : "";

    return strncmp(what, kind, strlen(kind)) == 0 ? what + strlen(kind) : NULL;
}

/* The step of a kind that is about a thing, or NULL. */
static struct json_object *find_step(const struct journal *journal, const struct step_kind *kind,
                                     const char *key, const char *value) {
    for (size_t i = 0; i < journal->steps.count; i++) {
        const struct step *step = &journal->steps.items[i];
        const char *its = json_string(step->data, key);

        if (step->kind == kind && its && strcmp(its, value) == 0)
            return step->data;
    }
    return NULL;
}

/* ---- in words ------------------------------------------------------------------------------- */

struct listing {
    const struct journal *journal;
    holds_add add;
    void *data;
};

/* Takes `what` over; NULL: lack of memory. */
static int add(const struct listing *listing, const char *kind, char *what) {
    int r = what ? listing->add(listing->data, kind, what) : -ENOMEM;

    free(what);
    return r;
}

static int list_device(const struct listing *listing, const char *word) {
    struct json_object *bind = find_step(listing->journal, &step_kind_bind, "device", word);
    struct json_object *vgpu = find_step(listing->journal, &step_kind_vgpu, "device", word);
    const char *driver = json_string(bind, "was-driver");
    _cleanup_free_ char *text = NULL;
    struct pci_address address;
    int64_t type;

    if (pci_address_parse(word, &address) < 0)
        return 0;
    text = device_text(address);
    if (!text)
        return -ENOMEM;
    if (vgpu && json_number(vgpu, "type", &type))
        return add(listing, "vGPU", text_format("%s, type %lld", text, (long long)type));
    return add(listing, "device",
               driver && *driver ? text_format("%s, from %s", text, driver)
                                 : text_format("%s", text));
}

static int list_mdev(const struct listing *listing, const char *uuid) {
    struct json_object *step = find_step(listing->journal, &step_kind_mdev, "uuid", uuid);
    const char *type = json_string(step, "type");
    struct mdev mdev;

    /* It was there before the VM was. */
    if (!type && mdev_read(uuid, &mdev) == 0)
        type = mdev.type;
    return add(listing, "mdev",
               type ? text_format("%s (%s)", uuid, type) : text_format("%s", uuid));
}

static int list_claims(const struct listing *listing) {
    int r = 0;

    for (size_t i = 0; i < json_object_array_length(listing->journal->claims) && r == 0; i++) {
        const char *device = claimed(listing->journal, i, "pci ");
        const char *mdev = claimed(listing->journal, i, "mdev ");

        if (device)
            r = list_device(listing, device);
        else if (mdev)
            r = list_mdev(listing, mdev);
    }
    return r;
}

/* What was taken by hand is claimed by nobody. */
static int list_by_hand(const struct listing *listing) {
    int r = 0;

    for (size_t i = 0; i < listing->journal->steps.count && r == 0; i++) {
        const struct step *step = &listing->journal->steps.items[i];
        const char *device = json_string(step->data, "device");

        if (step->kind == &step_kind_bind && device)
            r = list_device(listing, device);
    }
    return r;
}

/* "1, 9, any" */
static char *join(struct json_object *lists) {
    char *text = strdup("");

    for (size_t i = 0; text && i < json_object_array_length(lists); i++) {
        const char *list = json_object_get_string(json_object_array_get_idx(lists, i));
        _cleanup_free_ char *shorter = text;

        text = text_format("%s%s%s", shorter, i > 0 ? ", " : "", list && *list ? list : "any");
    }
    return text;
}

static bool any_is_pinned(struct json_object *lists) {
    for (size_t i = 0; i < json_object_array_length(lists); i++) {
        const char *list = json_object_get_string(json_object_array_get_idx(lists, i));

        if (list && *list)
            return true;
    }
    return false;
}

static int list_threads(const struct listing *listing, struct json_object *data, const char *group,
                        const char *kind) {
    struct json_object *lists = json_object_object_get(data, group);

    if (!json_object_is_type(lists, json_type_array) || !any_is_pinned(lists))
        return 0;
    return add(listing, kind, join(lists));
}

static int list_pins(const struct listing *listing, struct json_object *data) {
    int r = list_threads(listing, data, "vcpus", "vCPUs");

    if (r == 0)
        r = list_threads(listing, data, "iothreads", "iothreads");
    return r == 0 ? list_threads(listing, data, "emulator", "emulator") : r;
}

static int list_governor(const struct listing *listing, struct json_object *data) {
    const char *governor = json_string(data, "governor");
    const char *preference = json_string(data, "energy-preference");

    return add(listing, "governor",
               text_format("%s%s%s on CPUs %s", governor ? governor : "",
                           governor && preference ? ", " : "", preference ? preference : "",
                           json_string(data, "cpus")));
}

/* The last words of how it describes itself: "8 huge pages of 2 MiB". */
static int list_pages(const struct listing *listing, const struct step *step) {
    _cleanup_free_ char *text = step->kind->describe(step->data, false);
    const char *blank = text ? strchr(text, ' ') : NULL;

    return add(listing, "memory", blank ? text_format("%s", blank + 1) : take_pointer(text));
}

static int list_step(const struct listing *listing, const struct step *step) {
    int64_t usec = 0;

    if (step->kind == &step_kind_pin)
        return list_pins(listing, step->data);
    if (step->kind == &step_kind_isolate)
        return add(listing, "isolated", text_format("CPUs %s", json_string(step->data, "cpus")));
    if (step->kind == &step_kind_irq)
        return add(listing, "interrupts",
                   text_format("off CPUs %s", json_string(step->data, "cpus")));
    if (step->kind == &step_kind_governor)
        return list_governor(listing, step->data);
    if (step->kind == &step_kind_latency && json_number(step->data, "usec", &usec))
        return add(listing, "wake-up",
                   text_format("%lld us at most on CPUs %s", (long long)usec,
                               json_string(step->data, "cpus")));
    return step->kind == &step_kind_hugepages ? list_pages(listing, step) : 0;
}

int holds_list(const struct journal *journal, holds_add add_thing, void *data) {
    const struct listing listing = {journal, add_thing, data};
    int r = journal_is_settled(journal) ? list_by_hand(&listing) : list_claims(&listing);

    for (size_t i = 0; i < journal->steps.count && r == 0; i++)
        r = list_step(&listing, &journal->steps.items[i]);
    return r;
}

/* ---- for scripts ---------------------------------------------------------------------------- */

static int add_to_array(void *data, const char *kind, const char *what) {
    _cleanup_json_ struct json_object *object = json_object_new_object();

    if (!object || !json_add(object, "kind", json_object_new_string(kind)) ||
        !json_add(object, "what", json_object_new_string(what)))
        return -ENOMEM;
    return json_append(data, take_pointer(object)) ? 0 : -ENOMEM;
}

/* What was done, as the journal has it. */
static struct json_object *steps_to_json(const struct steps *steps) {
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; array && i < steps->count; i++)
        if (json_object_array_add(array, json_object_get(steps->items[i].data)) < 0) {
            json_object_put(array);
            return NULL;
        }
    return array;
}

static bool add_contents(struct json_object *object, const struct journal *journal) {
    struct json_object *holds = json_object_new_array();

    return json_add(object, "holds", holds) && holds_list(journal, add_to_array, holds) == 0 &&
           json_add(object, "claims", json_object_get(journal->claims)) &&
           json_add(object, "steps", steps_to_json(&journal->steps));
}

struct json_object *holds_to_json(const struct holding *holding) {
    _cleanup_json_ struct json_object *object = json_object_new_object();
    pid_t qemu = process_qemu(holding->domain);

    if (!object || !json_add(object, "name", json_object_new_string(holding->domain)) ||
        !json_add(object, "state", json_object_new_string(holds_state(holding))) ||
        !json_add(object, "busy", json_object_new_boolean(holding->busy)) ||
        !json_add(object, "file", json_object_new_string(holding->file)) ||
        json_object_object_add(object, "qemu", qemu ? json_object_new_int(qemu) : NULL) < 0 ||
        (holding->journal && !add_contents(object, holding->journal)))
        return NULL;
    return take_pointer(object);
}
