/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-cpu.h"

#include <errno.h>
#include <string.h>

#include "policy-words.h"

#define LATENCY_MAX 1000000
#define PRIORITY_MAX 99
#define VCPU_MAX 65535

/* ---- pin ----------------------------------------------------------------------------------- */

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static int parse_threads(const char *text, struct policy_pin_entry *entry) {
    size_t prefix = strlen("iothread");
    char end;

    if (strcmp(text, "emulator") == 0) {
        entry->group = THREADS_EMULATOR;
        return 0;
    }
    if (strncmp(text, "iothread", prefix) == 0 && is_digit(text[prefix]) &&
        sscanf(text + prefix, "%5u%c", &entry->first, &end) == 1) {
        entry->group = THREADS_IOTHREAD;
        entry->last = entry->first;
        return 0;
    }
    entry->group = THREADS_VCPU;
    if (!is_digit(text[0]))
        return -EINVAL;
    if (sscanf(text, "%5u%c", &entry->first, &end) == 1)
        entry->last = entry->first;
    else if (sscanf(text, "%5u-%5u%c", &entry->first, &entry->last, &end) != 2)
        return -EINVAL;
    return entry->last < entry->first || entry->last > VCPU_MAX ? -EINVAL : 0;
}

static int add_entry(struct policy_cpu *cpu, char *word) {
    struct policy_pin_entry entry = {0}, *larger;
    char *cpus = strchr(word, '=');

    if (!cpus)
        return -EINVAL;
    *cpus++ = '\0';
    if (parse_threads(word, &entry) < 0 || cpulist_parse(cpus, &entry.cpus) < 0 ||
        cpulist_empty(&entry.cpus))
        return -EINVAL;
    larger = reallocarray(cpu->map, cpu->n_map + 1, sizeof *larger);
    if (!larger)
        return -ENOMEM;
    cpu->map = larger;
    larger[cpu->n_map++] = entry;
    return 0;
}

static int not_a_map(const char *name, const char *value, struct error *error) {
    return error_set(error, EINVAL,
                     "%s = %s: expected auto | none | a map such as 0=2 1=3 2-3=4,5 emulator=0-1 "
                     "iothread1=6",
                     name, value);
}

/* "0=2 1=3 2-3=4,5 emulator=0-1 iothread1=6" */
static int set_map(struct policy_cpu *cpu, const char *name, const char *value,
                   struct error *error) {
    _cleanup_free_ char *copy = strdup(value);
    char *rest = copy;

    if (!copy)
        return error_oom(error);
    cpu->n_map = 0;
    for (char *word = strsep(&rest, " \t"); word; word = strsep(&rest, " \t")) {
        int r = *word ? add_entry(cpu, word) : 0;

        if (r == -ENOMEM)
            return error_oom(error);
        if (r < 0)
            return not_a_map(name, value, error);
    }
    cpu->pin = PIN_MAP;
    return cpu->n_map > 0 ? 0 : not_a_map(name, value, error);
}

static int set_pin(struct policy_cpu *cpu, const char *name, const char *value,
                   struct error *error) {
    if (strcmp(value, "auto") == 0)
        cpu->pin = PIN_AUTO;
    else if (strcmp(value, "none") == 0)
        cpu->pin = PIN_NONE;
    else
        return set_map(cpu, name, value, error);
    return 0;
}

static int set_pin_strict(struct policy_cpu *cpu, const char *name, const char *value,
                          struct error *error) {
    return policy_yes_no(name, value, &cpu->pin_strict, error);
}

static int set_prefer(struct policy_cpu *cpu, const char *name, const char *value,
                      struct error *error) {
    static const char *const words[] = {"none", "cache", "frequency"};
    unsigned word = 0;
    int r = policy_word(words, ELEMENTS(words), name, value, &word, error);

    if (r == 0)
        cpu->preference = (enum cpu_preference)word;
    return r;
}

static int set_cores(struct policy_cpu *cpu, const char *name, const char *value,
                     struct error *error) {
    static const char *const words[] = {"performance", "efficiency"};
    unsigned word = 0;
    int r = policy_word(words, ELEMENTS(words), name, value, &word, error);

    if (r == 0)
        cpu->kind = (enum core_kind)word;
    return r;
}

/* ---- quiet --------------------------------------------------------------------------------- */

static int set_isolate(struct policy_cpu *cpu, const char *name, const char *value,
                       struct error *error) {
    return policy_yes_no(name, value, &cpu->isolate, error);
}

static int set_irq(struct policy_cpu *cpu, const char *name, const char *value,
                   struct error *error) {
    static const char *const words[] = {"leave", "move"};
    unsigned word = 0;
    int r = policy_word(words, ELEMENTS(words), name, value, &word, error);

    if (r == 0)
        cpu->move_irqs = word;
    return r;
}

/* The names of governors and preferences are the kernel's: any word goes. */
static int set_word(char **place, const char *name, const char *value, const char *example,
                    struct error *error) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz_0123456789";
    char *copy;

    if (!*value || strlen(value) > 32 || value[strspn(value, letters)])
        return error_set(error, EINVAL, "%s = %s: expected a word such as %s", name, value,
                         example);
    copy = strdup(value);
    if (!copy)
        return error_oom(error);
    free(*place);
    *place = copy;
    return 0;
}

static int set_governor(struct policy_cpu *cpu, const char *name, const char *value,
                        struct error *error) {
    return set_word(&cpu->governor, name, value, "performance", error);
}

static int set_energy_preference(struct policy_cpu *cpu, const char *name, const char *value,
                                 struct error *error) {
    return set_word(&cpu->energy_preference, name, value, "balance_performance", error);
}

static int set_pm_qos(struct policy_cpu *cpu, const char *name, const char *value,
                      struct error *error) {
    int usec = 0;

    if (policy_number(value, 0, LATENCY_MAX, &usec) < 0)
        return error_set(error, EINVAL, "%s = %s: expected microseconds from 0 to %d", name, value,
                         LATENCY_MAX);
    cpu->limits_latency = true;
    cpu->latency_usec = (unsigned)usec;
    return 0;
}

/* ---- sched --------------------------------------------------------------------------------- */

static int set_sched(struct policy_sched *sched, const char *name, const char *value,
                     struct error *error) {
    static const struct {
        const char *prefix;
        enum policy_scheduler scheduler;
        int min, max;
    } kinds[] = {
        {"fifo:", SCHEDULER_FIFO, 1, PRIORITY_MAX},
        {"rr:", SCHEDULER_RR, 1, PRIORITY_MAX},
        {"nice:", SCHEDULER_NICE, -20, 19},
    };

    for (size_t i = 0; i < ELEMENTS(kinds); i++) {
        size_t length = strlen(kinds[i].prefix);

        if (strncmp(value, kinds[i].prefix, length) == 0 &&
            policy_number(value + length, kinds[i].min, kinds[i].max, &sched->value) == 0) {
            sched->scheduler = kinds[i].scheduler;
            return 0;
        }
    }
    return error_set(error, EINVAL,
                     "%s = %s: expected fifo:PRIORITY or rr:PRIORITY (1 to 99), or nice:N (-20 to "
                     "19)",
                     name, value);
}

static int set_sched_vcpu(struct policy_cpu *cpu, const char *name, const char *value,
                          struct error *error) {
    return set_sched(&cpu->sched[THREADS_VCPU], name, value, error);
}

static int set_sched_iothread(struct policy_cpu *cpu, const char *name, const char *value,
                              struct error *error) {
    return set_sched(&cpu->sched[THREADS_IOTHREAD], name, value, error);
}

static int set_sched_emulator(struct policy_cpu *cpu, const char *name, const char *value,
                              struct error *error) {
    return set_sched(&cpu->sched[THREADS_EMULATOR], name, value, error);
}

/* ---- the section --------------------------------------------------------------------------- */

static const struct cpu_setting {
    const char *name;
    int (*set)(struct policy_cpu *cpu, const char *name, const char *value, struct error *error);
} settings[] = {
    {"pin", set_pin},
    {"pin-strict", set_pin_strict},
    {"prefer", set_prefer},
    {"cores", set_cores},
    {"isolate", set_isolate},
    {"irq", set_irq},
    {"governor", set_governor},
    {"energy-preference", set_energy_preference},
    {"pm-qos", set_pm_qos},
    {"sched.vcpu", set_sched_vcpu},
    {"sched.iothread", set_sched_iothread},
    {"sched.emulator", set_sched_emulator},
};

int policy_cpu_set(struct policy_cpu *cpu, const char *name, const char *value,
                   struct error *error) {
    for (size_t i = 0; i < ELEMENTS(settings); i++)
        if (strcmp(name, settings[i].name) == 0)
            return settings[i].set(cpu, name, value, error);
    return error_set(error, EINVAL, "unknown key '%s' in [cpu]", name);
}

void policy_cpu_done(struct policy_cpu *cpu) {
    free(cpu->map);
    free(cpu->governor);
    free(cpu->energy_preference);
}
