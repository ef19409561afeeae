/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Move the host's interrupts away from the CPUs of a VM. */

#include "json-record.h"
#include "step-cpus.h"
#include "summed.h"
#include "text.h"

struct json_object *step_irq_new(const char *domain, const struct cpulist *cpus) {
    return step_cpus_new(domain, cpus);
}

static char *describe(struct json_object *data, bool undo) {
    return text_format(undo ? "giving CPUs %s back to interrupts"
                            : "moving interrupts away from CPUs %s",
                       json_string(data, "cpus"));
}

static int apply(_unused_ struct json_object *data, uint64_t deadline, struct error *error) {
    return summed_sync(&summed_irqs, &step_kind_irq, NULL, deadline, error);
}

static int undo(struct json_object *data, uint64_t deadline, struct error *error) {
    return summed_sync(&summed_irqs, &step_kind_irq, json_string(data, "domain"), deadline, error);
}

const struct step_kind step_kind_irq = {
    .name = "irq",
    .who = "the kernel",
    .valid = step_cpus_valid,
    .describe = describe,
    .apply = apply,
    .undo = undo,
};
