/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keep the host's tasks and the kernel's own work off the CPUs of a VM. */

#include <errno.h>

#include "json-record.h"
#include "step-cpus.h"
#include "summed.h"
#include "systemd.h"
#include "text.h"

struct json_object *step_isolate_new(const char *domain, const struct cpulist *cpus) {
    return step_cpus_new(domain, cpus);
}

static char *describe(struct json_object *data, bool undo) {
    return text_format(undo ? "giving CPUs %s back to the host's tasks"
                            : "keeping the host's tasks off CPUs %s",
                       json_string(data, "cpus"));
}

const struct summed_kind *step_isolate_tasks(void) {
    return systemd_runs() ? &summed_units : &summed_cgroups;
}

/* Each in turn, also when one fails; the error is that of the first. */
static int sync_all(const char *except, uint64_t deadline, struct error *error) {
    const struct summed_kind *const kinds[] = {
        step_isolate_tasks(),
        &summed_workqueues,
    };

    for (size_t i = 0; i < ELEMENTS(kinds); i++) {
        _cleanup_error_ struct error failure = {0};

        if (summed_sync(kinds[i], &step_kind_isolate, except, deadline, &failure) == 0)
            continue;
        if (failure.code == ENOTSUP)
            error_set(&failure, ENOTSUP,
                      "isolate = yes needs control groups of version 2 (the unified hierarchy), "
                      "which this host does not have");
        if (!error->code)
            error_move(error, &failure);
    }
    return -error->code;
}

static int apply(_unused_ struct json_object *data, uint64_t deadline, struct error *error) {
    return sync_all(NULL, deadline, error);
}

static int undo(struct json_object *data, uint64_t deadline, struct error *error) {
    return sync_all(json_string(data, "domain"), deadline, error);
}

const struct step_kind step_kind_isolate = {
    .name = "isolate",
    .who = "systemd, or the kernel,",
    .valid = step_cpus_valid,
    .describe = describe,
    .apply = apply,
    .undo = undo,
};
