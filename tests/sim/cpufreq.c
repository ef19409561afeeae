/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cpu.h"

#include <errno.h>
#include <string.h>

/*
 * /sys/devices/system/cpu/cpufreq, as drivers/cpufreq of Linux 6.1 shows it: governors and, where
 * the hardware chooses frequencies by itself, its energy performance preference (EPP). While all
 * CPUs of a policy are offline, no file of it can be read or written.
 */

struct policy {
    struct processors *all;
    const struct machine_cpus *is;
    unsigned number;
    struct cpumask cpus;
    char *governor, *epp;
    char *epp_before; /* what intel_pstate puts back after "performance"; NULL: nothing */
    struct gate governor_gate, epp_gate;
    struct policy *next;
};

static bool is_inactive(const struct policy *policy) {
    return !cpumask_intersects(&policy->cpus, &policy->all->online);
}

/* Drivers that leave only two governors to choose from, of which "performance" means an EPP. */
static bool chooses_by_itself(const struct policy *policy) {
    return strcmp(policy->is->driver, "intel_pstate") == 0 ||
           strcmp(policy->is->driver, "amd-pstate-epp") == 0;
}

static bool has_word(const char *list, const char *value) {
    size_t length = strcspn(value, " \n");

    for (const char *word = list; *word; word += strspn(word, ",")) {
        size_t here = strcspn(word, ",");

        if (here == length && strncmp(word, value, length) == 0)
            return true;
        word += here;
    }
    return false;
}

static void set_text(char **place, const char *value) {
    free(*place);
    *place = new_string_n(value, strcspn(value, " \n"));
}

static int log_write(struct gate *gate, struct caller *caller, const struct policy *policy,
                     const char *file, const char *value,
                     int (*act)(void *object, const char *value)) {
    _cleanup_free_ char *name = new_format("policy%u/%s", policy->number, file);

    return gate_write(gate, caller, name, value, act, (void *)(uintptr_t)policy);
}

/* ---- the governor ----------------------------------------------------------------------------
 */

/* With "performance" the EPP is 0. Afterwards intel_pstate puts back what was there before, unless
 * somebody has written another one meanwhile; amd-pstate-epp puts back nothing. */
static void follow_governor(struct policy *policy, bool performance) {
    bool restores = strcmp(policy->is->driver, "intel_pstate") == 0;

    if (!policy->epp || !chooses_by_itself(policy))
        return;
    if (performance) {
        free(policy->epp_before);
        policy->epp_before = take_pointer(policy->epp);
        policy->epp = new_string("performance");
    } else if (restores && policy->epp_before && strcmp(policy->epp, "performance") == 0) {
        set_text(&policy->epp, policy->epp_before);
    }
}

static int set_governor(void *object, const char *value) {
    struct policy *policy = object;
    bool was = strcmp(policy->governor, "performance") == 0, is;

    if (is_inactive(policy))
        return -EBUSY;
    if (!has_word(policy->is->governors, value))
        return -EINVAL;
    set_text(&policy->governor, value);
    is = strcmp(policy->governor, "performance") == 0;
    if (is != was)
        follow_governor(policy, is);
    return 0;
}

static int store_governor(struct caller *caller, void *object, const char *value,
                          _unused_ size_t length) {
    struct policy *policy = object;

    return log_write(&policy->governor_gate, caller, policy, "scaling_governor", value,
                     set_governor);
}

/* ---- the preference --------------------------------------------------------------------------
 */

static int set_epp(void *object, const char *value) {
    struct policy *policy = object;

    if (is_inactive(policy))
        return -EBUSY;
    if (!has_word(policy->is->epps, value))
        return -EINVAL;
    if (chooses_by_itself(policy) && strcmp(policy->governor, "performance") == 0 &&
        !has_word("performance", value))
        return -EBUSY;
    /* "default" is a word for a preference, and reads as that one. */
    set_text(&policy->epp, has_word("default", value) ? policy->is->epp : value);
    return 0;
}

static int store_epp(struct caller *caller, void *object, const char *value,
                     _unused_ size_t length) {
    struct policy *policy = object;

    return log_write(&policy->epp_gate, caller, policy, "energy_performance_preference", value,
                     set_epp);
}

/* ---- what can be read ------------------------------------------------------------------------
 */

#define SHOW(file, ...)                                                                            \
    static int show_##file(_unused_ struct caller *caller, void *object, struct text *out) {       \
        const struct policy *policy = object;                                                      \
                                                                                                   \
        if (is_inactive(policy))                                                                   \
            return -EBUSY;                                                                         \
        __VA_ARGS__;                                                                               \
        return 0;                                                                                  \
    }

/* With a blank after every word. */
static void show_words(const char *list, struct text *out) {
    for (const char *word = list; *word; word += strspn(word, ",")) {
        size_t length = strcspn(word, ",");

        text_add(out, "%.*s ", (int)length, word);
        word += length;
    }
    text_add(out, "\n");
}

static void show_cpus(const struct cpumask *mask, struct text *out) {
    const char *blank = "";

    for_each_cpu(cpu, mask) {
        text_add(out, "%s%u", blank, cpu);
        blank = " ";
    }
    text_add(out, "\n");
}

static void show_online(const struct policy *policy, struct text *out) {
    const struct cpumask online = cpumask_and(&policy->cpus, &policy->all->online);

    show_cpus(&online, out);
}

SHOW(governor, text_add(out, "%s\n", policy->governor))
SHOW(governors, show_words(policy->is->governors, out))
SHOW(driver, text_add(out, "%s\n", policy->is->driver))
SHOW(epp, text_add(out, "%s\n", policy->epp))
SHOW(epps, show_words(policy->is->epps, out))
SHOW(affected, show_online(policy, out))
SHOW(related, show_cpus(&policy->cpus, out))
SHOW(max, text_add(out, "%u\n", policy->is->max_khz))
SHOW(min, text_add(out, "800000\n"))

static const struct file_kind files[] = {
    {.name = "scaling_governor", .mode = 0644, .show = show_governor, .store = store_governor},
    {.name = "scaling_available_governors", .mode = 0444, .show = show_governors},
    {.name = "scaling_driver", .mode = 0444, .show = show_driver},
    {.name = "affected_cpus", .mode = 0444, .show = show_affected},
    {.name = "related_cpus", .mode = 0444, .show = show_related},
    {.name = "cpuinfo_max_freq", .mode = 0444, .show = show_max},
    {.name = "cpuinfo_min_freq", .mode = 0444, .show = show_min},
    {.name = "scaling_max_freq", .mode = 0444, .show = show_max},
    {.name = "scaling_min_freq", .mode = 0444, .show = show_min},
};

static const struct file_kind epp_files[] = {
    {.name = "energy_performance_preference", .mode = 0644, .show = show_epp, .store = store_epp},
    {.name = "energy_performance_available_preferences", .mode = 0444, .show = show_epps},
};

static void add_files(struct policy *policy, struct node *directory) {
    for (size_t i = 0; i < ELEMENTS(files); i++)
        tree_permanent(tree_file(directory, &files[i], policy));
    for (size_t i = 0; policy->epp && i < ELEMENTS(epp_files); i++)
        tree_permanent(tree_file(directory, &epp_files[i], policy));
}

/* ---- from the description --------------------------------------------------------------------
 */

/* What a description need not tell. */
static void complete(struct machine_cpus *is) {
    if (!is->driver)
        is->driver = new_string(is->epp ? "intel_pstate" : "acpi-cpufreq");
    if (!is->governors)
        is->governors =
            new_string(is->epp ? "performance,powersave"
                               : "conservative,ondemand,userspace,powersave,performance,schedutil");
    if (!is->epps)
        is->epps = new_string("default,performance,balance_performance,balance_power,power");
    if (!is->max_khz)
        is->max_khz = 4000000;
}

static struct policy *new_policy(struct processors *all, const struct cpu *cpu) {
    struct policy *policy = new_zeroed(1, sizeof *policy);
    const struct machine_cpus *is = cpu->is;
    _cleanup_free_ char *name = new_format("%u", cpu->number);
    bool performance = strcmp(is->governor, "performance") == 0;

    *policy = (struct policy){.all = all, .is = is, .number = cpu->number};
    policy->governor = new_string(is->governor);
    if (is->epp)
        policy->epp =
            new_string(performance && chooses_by_itself(policy) ? "performance" : is->epp);
    gate_init(all->model, &policy->governor_gate, OPERATION_GOVERNOR, name, NULL);
    gate_init(all->model, &policy->epp_gate, OPERATION_EPP, name, NULL);
    return policy;
}

static struct policy *policy_of(struct processors *all, const struct cpu *cpu) {
    _cleanup_free_ char *name = new_format("policy%u", cpu->number);
    struct policy **place = &all->policies;

    for (; *place; place = &(*place)->next)
        if (cpu->is->shared_policy && (*place)->is == cpu->is)
            return *place;
    *place = new_policy(all, cpu);
    add_files(*place, tree_permanent_path(
                          tree_path(&all->model->tree.root, "devices/system/cpu/cpufreq"), name));
    return *place;
}

static void add_cpu(struct processors *all, struct cpu *cpu) {
    _cleanup_free_ char *link = NULL, *path = new_format("devices/system/cpu/cpu%u", cpu->number);

    if (!cpu->is->governor)
        return;
    complete((struct machine_cpus *)(uintptr_t)cpu->is);
    cpu->policy = policy_of(all, cpu);
    cpumask_set(&cpu->policy->cpus, cpu->number);
    link = new_format("../cpufreq/policy%u", cpu->policy->number);
    tree_permanent(tree_link(tree_permanent_path(&all->model->tree.root, path), "cpufreq", link));
}

void cpufreq_add(struct processors *all) {
    for_each_cpu(i, &all->present) add_cpu(all, all->cpus[i]);
}

void cpufreq_show_state(const struct policy *policy, struct text *out) {
    text_add(out, "%s %s", policy ? policy->governor : "-",
             policy && policy->epp ? policy->epp : "-");
}
