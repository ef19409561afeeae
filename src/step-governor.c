/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Set the frequency governor and the energy preference of the CPUs of a VM. */

#include "json-record.h"
#include "log.h"
#include "step-cpus.h"
#include "summed.h"
#include "text.h"

struct json_object *step_governor_new(const char *domain, const struct cpulist *cpus,
                                      const char *governor, const char *preference) {
    _cleanup_json_ struct json_object *data = step_cpus_new(domain, cpus);

    if (!data || (governor && !json_add(data, "governor", json_object_new_string(governor))) ||
        (preference && !json_add(data, "energy-preference", json_object_new_string(preference))))
        return NULL;
    return take_pointer(data);
}

static bool valid(struct json_object *data) {
    return step_cpus_valid(data) &&
           (json_string(data, "governor") || json_string(data, "energy-preference"));
}

static char *describe(struct json_object *data, bool undo) {
    const char *governor = json_string(data, "governor");

    return undo ? text_format("restoring the frequency governor of CPUs %s",
                              json_string(data, "cpus"))
                : text_format("setting the frequency governor of CPUs %s to %s",
                              json_string(data, "cpus"),
                              governor ? governor : json_string(data, "energy-preference"));
}

static int apply(_unused_ struct json_object *data, uint64_t deadline, struct error *error) {
    if (access("/sys/devices/system/cpu/cpufreq", F_OK) < 0)
        log_notice("this kernel does not control the frequency of CPUs: no governor is set");
    return summed_sync(&summed_governors, &step_kind_governor, NULL, deadline, error);
}

static int undo(struct json_object *data, uint64_t deadline, struct error *error) {
    return summed_sync(&summed_governors, &step_kind_governor, json_string(data, "domain"),
                       deadline, error);
}

const struct step_kind step_kind_governor = {
    .name = "governor",
    .who = "the kernel",
    .valid = valid,
    .describe = describe,
    .apply = apply,
    .undo = undo,
};
