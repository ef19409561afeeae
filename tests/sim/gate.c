/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gate.h"

#include <ctype.h>
#include <string.h>

void gate_init(struct model *model, struct gate *gate, enum operation operation, const char *name,
               const char *group) {
    *gate = (struct gate){.model = model,
                          .operation = operation,
                          .name = new_string(name),
                          .group = group ? new_string(group) : NULL,
                          .next = model->gates};
    monitor_condition(&gate->lock.changed);
    model->gates = gate;
}

void gate_log(struct model *model, int error, const char *file, const char *value) {
    model_log(model, error, "write %s \"%.*s\"", file, (int)strcspn(value, "\n"), value);
}

int gate_write(struct gate *gate, struct caller *caller, const char *file, const char *value,
               int (*act)(void *object, const char *value), void *object) {
    const char *const names[] = {gate->name, gate->group};
    int r = lock_take(&gate->model->monitor, caller, &gate->lock);

    if (r < 0)
        return r;
    r = target_strike(gate->model, caller, &gate->lock, gate->operation, &gate->fault, names);
    if (r == 0)
        r = act(object, value);
    gate_log(gate->model, r, file, value);
    lock_drop(&gate->lock);
    return r;
}

bool gate_release(struct model *model, const char *name) {
    bool found = false;

    for (struct gate *gate = model->gates; gate; gate = gate->next) {
        if (name && strcmp(gate->name, name) != 0 &&
            (!gate->group || strcmp(gate->group, name) != 0))
            continue;
        gate->fault.hang = false;
        lock_notify(&gate->lock);
        found = true;
    }
    return found;
}

bool gate_is_possible(enum operation operation, const char *name) {
    switch (operation) {
    case OPERATION_GOVERNOR:
    case OPERATION_EPP:
    case OPERATION_IRQ:
    case OPERATION_NODE_WRITE:
        return isdigit((unsigned char)name[0]);
    case OPERATION_HUGEPAGES:
        return isdigit((unsigned char)name[0]) || strcmp(name, "drop_caches") == 0 ||
               strcmp(name, "compact_memory") == 0;
    case OPERATION_WORKQUEUE:
        return strcmp(name, "cpumask") == 0;
    case OPERATION_CPUSET:
        return name[0] != '/';
    default:
        return false;
    }
}
