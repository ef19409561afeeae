/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gate.h"
#include "mdev.h"

#include <errno.h>
#include <string.h>

/*
 * Faults by name: a mediated device can be given one before it is created. The fault of the device
 * goes before that of its parent, and both before that of all.
 */

struct target {
    char *name;
    struct fault faults[OPERATION_COUNT];
    struct target *next;
};

static const char everything[] = "*";

static struct target *find(const struct model *model, const char *name) {
    struct target *target = model->targets;

    while (target && strcmp(target->name, name) != 0)
        target = target->next;
    return target;
}

static struct target *find_or_add(struct model *model, const char *name) {
    struct target *target = find(model, name);

    if (target)
        return target;
    target = new_zeroed(1, sizeof *target);
    target->name = new_string(name);
    target->next = model->targets;
    return model->targets = target;
}

static bool is_possible(const struct model *model, enum operation operation, const char *name) {
    const struct device *device = model_described(model, name);
    char uuid[UUID_LENGTH + 1];

    if (operation >= OPERATION_GOVERNOR && strcmp(name, everything) != 0)
        return gate_is_possible(operation, name);
    return strcmp(name, everything) == 0 || mdev_parse_uuid(name, uuid) ||
           mdev_parent_of(model, name) || (device && device->vgpu);
}

int target_set(struct model *model, enum operation operation, const char *name,
               const struct fault *wanted) {
    if (!is_possible(model, operation, name))
        return -ENODEV;
    if (strcmp(name, everything) == 0)
        for (struct target *target = model->targets; target; target = target->next)
            fault_clear(&target->faults[operation]);
    find_or_add(model, name)->faults[operation] = *wanted;
    return 0;
}

static bool is_set(const struct fault *fault) {
    return fault->delay || fault->hang || fault->error;
}

static struct fault *choose(const struct model *model, enum operation operation,
                            const char *const names[2]) {
    const char *const order[] = {names[0], names[1], everything};

    for (size_t i = 0; i < ELEMENTS(order); i++) {
        struct target *target = order[i] ? find(model, order[i]) : NULL;

        if (target && is_set(&target->faults[operation]))
            return &target->faults[operation];
    }
    return NULL;
}

int target_strike(struct model *model, struct caller *caller, struct lock *lock,
                  enum operation operation, struct fault *mine, const char *const names[2]) {
    struct fault *fault = choose(model, operation, names);

    if (!fault)
        return 0;
    if (fault->error)
        return target_fail(model, caller, operation, names);
    *mine = *fault;
    return fault_strike(model, caller, lock, mine, NULL);
}

/* An error may be for so many times, which only the original counts. It takes no time. */
int target_fail(struct model *model, struct caller *caller, enum operation operation,
                const char *const names[2]) {
    struct fault *fault = choose(model, operation, names);

    return fault && fault->error ? fault_strike(model, caller, NULL, fault, NULL) : 0;
}

void target_release(struct model *model, const char *name) {
    for (struct target *target = model->targets; target; target = target->next)
        for (int i = 0; i < OPERATION_COUNT; i++)
            if (!name)
                fault_clear(&target->faults[i]);
            else if (strcmp(name, everything) == 0 || strcmp(name, target->name) == 0)
                target->faults[i].hang = false;
}
