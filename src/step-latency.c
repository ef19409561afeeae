/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keep the CPUs of a VM out of deep sleep. */

#include "json-record.h"
#include "step-cpus.h"
#include "summed.h"
#include "text.h"

struct json_object *step_latency_new(const char *domain, const struct cpulist *cpus,
                                     unsigned usec) {
    _cleanup_json_ struct json_object *data = step_cpus_new(domain, cpus);

    return data && json_add(data, "usec", json_object_new_int64(usec)) ? take_pointer(data) : NULL;
}

static bool valid(struct json_object *data) {
    int64_t usec;

    return step_cpus_valid(data) && json_number(data, "usec", &usec) && usec >= 0;
}

static char *describe(struct json_object *data, bool undo) {
    return text_format(undo ? "letting CPUs %s sleep again" : "keeping CPUs %s out of deep sleep",
                       json_string(data, "cpus"));
}

static int apply(_unused_ struct json_object *data, uint64_t deadline, struct error *error) {
    return summed_sync(&summed_latencies, &step_kind_latency, NULL, deadline, error);
}

static int undo(struct json_object *data, uint64_t deadline, struct error *error) {
    return summed_sync(&summed_latencies, &step_kind_latency, json_string(data, "domain"), deadline,
                       error);
}

const struct step_kind step_kind_latency = {
    .name = "latency",
    .who = "the kernel",
    .valid = valid,
    .describe = describe,
    .apply = apply,
    .undo = undo,
};
