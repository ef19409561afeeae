/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan-show.h"

#include <errno.h>

#include "json-print.h"
#include "json-record.h"
#include "step-text.h"
#include "text.h"

/* ---- for people ------------------------------------------------------------------------------ */

static int print_step(const struct step *step, bool undo, size_t number) {
    _cleanup_free_ char *text = step_text(step, undo);

    if (!text)
        return -ENOMEM;
    printf("  %2zu  %s\n", number, text);
    return 0;
}

static int print_steps(const struct steps *steps) {
    int r = 0;

    for (size_t i = 0; i < steps->count && r == 0; i++)
        r = print_step(&steps->items[i], false, i + 1);
    return r;
}

static int print_undo(const struct steps *steps) {
    size_t number = 0;
    int r = 0;

    for (size_t i = steps->count; i > 0 && r == 0; i--) {
        if (!steps->items[i - 1].kind->undo)
            continue;
        if (number == 0)
            puts("When it has ended:");
        r = print_step(&steps->items[i - 1], true, ++number);
    }
    return r;
}

/* What comes before the plan, and is no part of it. */
static int print_before(const char *name, const struct foreseen *foreseen) {
    if (foreseen->running)
        printf("VM %s runs now; this is about its next start.\n", name);
    else if (foreseen->own_first)
        printf("First, what an earlier start of VM %s has left would be given back.\n", name);
    for (size_t i = 0; i < foreseen->n_reclaimed; i++) {
        _cleanup_free_ char *gone = text_printable(foreseen->reclaimed[i]);

        if (!gone)
            return -ENOMEM;
        printf("First, what VM %s had would be given back: it is gone.\n", gone);
    }
    for (size_t i = 0; i < foreseen->loads.count; i++)
        printf("First, module %s would be loaded, to see what is on offer.\n",
               step_module_name(&foreseen->loads.items[i]));
    return 0;
}

static void print_left(const struct foreseen *foreseen) {
    if (foreseen->n_left > 0)
        puts("Left as it is:");
    for (size_t i = 0; i < foreseen->n_left; i++)
        printf("      %s: %s\n", foreseen->left[i].what, foreseen->left[i].why);
}

int plan_print(const struct domain *domain, const struct foreseen *foreseen) {
    const struct steps *steps = &foreseen->steps;
    _cleanup_free_ char *name = text_printable(domain->name);

    if (!name || print_before(name, foreseen) < 0)
        return -ENOMEM;
    if (steps->count > 0)
        printf("When VM %s starts:\n", name);
    else if (!foreseen->incomplete)
        printf("When VM %s starts, nothing is done.\n", name);
    if (print_steps(steps) < 0 || print_undo(steps) < 0)
        return -ENOMEM;
    print_left(foreseen);
    if (foreseen->incomplete)
        printf("Its mediated devices come after that: how can be told once %s is loaded "
               "(modprobe %s).\n",
               step_module_name(&foreseen->loads.items[0]),
               step_module_name(&foreseen->loads.items[0]));
    return 0;
}

/* ---- for scripts ----------------------------------------------------------------------------- */

static struct json_object *text_object(const char *text) {
    return text ? json_object_new_string(text) : NULL;
}

/* The step as the journal would have it, and what it does. */
static struct json_object *step_object(const struct step *step) {
    _cleanup_json_ struct json_object *object = json_object_new_object();
    _cleanup_free_ char *does = step_text(step, false), *undo = step_text(step, true);

    if (!object || !json_add(object, "does", text_object(does)) ||
        (step->kind->undo && !json_add(object, "undo", text_object(undo))) ||
        !json_add(object, "step", json_object_get(step->data)))
        return NULL;
    if (!step->kind->undo && json_object_object_add(object, "undo", NULL) < 0)
        return NULL;
    return take_pointer(object);
}

static struct json_object *steps_array(const struct steps *steps) {
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; array && i < steps->count; i++)
        if (!json_append(array, step_object(&steps->items[i]))) {
            json_object_put(array);
            return NULL;
        }
    return array;
}

static struct json_object *left_object(const struct foreseen_left *left) {
    _cleanup_json_ struct json_object *object = json_object_new_object();

    if (!object || !json_add(object, "device", text_object(left->id)) ||
        !json_add(object, "name", text_object(left->what)) ||
        !json_add(object, "why", text_object(left->why)))
        return NULL;
    return take_pointer(object);
}

static struct json_object *left_array(const struct foreseen *foreseen) {
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; array && i < foreseen->n_left; i++)
        if (!json_append(array, left_object(&foreseen->left[i]))) {
            json_object_put(array);
            return NULL;
        }
    return array;
}

static struct json_object *reclaimed_array(const struct foreseen *foreseen) {
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; array && i < foreseen->n_reclaimed; i++)
        if (!json_append(array, text_object(foreseen->reclaimed[i]))) {
            json_object_put(array);
            return NULL;
        }
    return array;
}

static bool add_refusal(struct json_object *object, const char *refusal) {
    if (!refusal)
        return json_object_object_add(object, "refusal", NULL) == 0;
    return json_add(object, "refusal", text_object(refusal));
}

int plan_print_json(const struct domain *domain, const struct foreseen *foreseen,
                    const char *refusal) {
    static const struct steps none = {0};
    _cleanup_json_ struct json_object *object = json_object_new_object();

    if (!object || !json_add(object, "domain", text_object(domain->name)) ||
        !json_add(object, "uuid", text_object(domain->uuid)) ||
        !json_add(object, "running", json_object_new_boolean(foreseen->running)) ||
        !json_add(object, "leftovers", json_object_new_boolean(foreseen->own_first)) ||
        !json_add(object, "gone-vms", reclaimed_array(foreseen)) ||
        !json_add(object, "loads", steps_array(refusal ? &none : &foreseen->loads)) ||
        !json_add(object, "incomplete", json_object_new_boolean(foreseen->incomplete)) ||
        !json_add(object, "steps", steps_array(refusal ? &none : &foreseen->steps)) ||
        !json_add(object, "left", left_array(foreseen)) || !add_refusal(object, refusal))
        return -ENOMEM;
    return json_print(object);
}
