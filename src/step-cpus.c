/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "step-cpus.h"

#include "json-record.h"

struct json_object *step_cpus_new(const char *domain, const struct cpulist *cpus) {
    _cleanup_json_ struct json_object *data = json_object_new_object();
    _cleanup_free_ char *list = cpulist_format(cpus);

    if (!data || !list || !json_add(data, "domain", json_object_new_string(domain)) ||
        !json_add(data, "cpus", json_object_new_string(list)))
        return NULL;
    return take_pointer(data);
}

bool step_cpus_valid(struct json_object *data) {
    const char *cpus = json_string(data, "cpus");
    struct cpulist list;

    return json_string(data, "domain") && cpus && cpulist_parse(cpus, &list) == 0;
}
