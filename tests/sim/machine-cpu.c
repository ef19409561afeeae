/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machine-parse.h"

#include <string.h>

/* ---- cpus LIST [key=value...] ---------------------------------------------------------------- */

#define NUMBER(key, member, max)                                                                   \
    { key, OPTION_NUMBER, offsetof(struct machine_cpus, member), max }
#define TEXT(key, member)                                                                          \
    { key, OPTION_TEXT, offsetof(struct machine_cpus, member), 0 }
#define FLAG(key, member)                                                                          \
    { key, OPTION_FLAG, offsetof(struct machine_cpus, member), 0 }

static const struct option options[] = {
    NUMBER("package", package, 255),
    NUMBER("die", die, 255),
    NUMBER("node", node, CPUMASK_BITS - 1),
    NUMBER("threads", threads, 8),
    NUMBER("capacity", capacity, 1024),
    NUMBER("perf", perf, 255),
    NUMBER("max-khz", max_khz, 10000000),
    TEXT("core", core),
    TEXT("kind", kind),
    TEXT("driver", driver),
    TEXT("governor", governor),
    TEXT("governors", governors),
    TEXT("epp", epp),
    TEXT("epps", epps),
    FLAG("adjacent", adjacent),
    FLAG("absent", absent),
    FLAG("offline", all_offline),
    FLAG("shared-policy", shared_policy),
    {"offline", OPTION_LIST, offsetof(struct machine_cpus, offline), 0},
};

/* "4:2048" */
static bool parse_cache(const struct reader *reader, const char *key, char *text,
                        unsigned *ret_first, unsigned *ret_size) {
    char *size = strchr(text, ':');
    unsigned long first, kib;

    if (!size)
        return complain(reader, "%s=%s: expected NUMBER:KiB", key, text);
    *size++ = '\0';
    if (!parse_number(reader, key, text, 10, CPUMASK_BITS, &first) ||
        !parse_number(reader, key, size, 10, 1 << 30, &kib))
        return false;
    *ret_first = (unsigned)first;
    *ret_size = (unsigned)kib;
    return true;
}

static bool cache_option(const struct reader *reader, void *object, char *word) {
    struct machine_cpus *cpus = object;
    char *value = split(word);

    if (strcmp(word, "l2") == 0)
        return parse_cache(reader, word, value, &cpus->l2_cores, &cpus->l2_size);
    if (strcmp(word, "l3") == 0)
        return parse_cache(reader, word, value, &cpus->l3_id, &cpus->l3_size);
    return complain(reader, "'%s': not a property of CPUs", word);
}

bool cpus_line(struct reader *reader) {
    struct machine *machine = reader->machine;
    const char *list = next_word(reader);
    struct machine_cpus *cpus;

    if (!list)
        return complain(reader, "expected: cpus LIST");
    machine->cpus = grow(machine->cpus, machine->n_cpus + 1, sizeof *cpus);
    cpus = &machine->cpus[machine->n_cpus++];
    *cpus = (struct machine_cpus){0};
    if (!parse_list(reader, "cpus", list, &cpus->cpus) ||
        !parse_options(reader, options, ELEMENTS(options), cpus, cache_option))
        return false;
    if (cpus->all_offline)
        cpus->offline = cpus->cpus;
    cpus->threads = cpus->threads ? cpus->threads : 1;
    cpus->l2_cores = cpus->l2_cores ? cpus->l2_cores : 1;
    if (cpumask_count(&cpus->cpus) % cpus->threads != 0)
        return complain(reader, "threads=%u does not divide the CPUs", cpus->threads);
    return true;
}

static void free_cpus(struct machine_cpus *cpus) {
    options_free(options, ELEMENTS(options), cpus);
}

void cpus_free(struct machine *machine) {
    FREE_ALL(machine->cpus, machine->n_cpus, free_cpus);
}
