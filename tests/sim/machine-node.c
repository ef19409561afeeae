/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machine-parse.h"

#include <string.h>

/* ---- node NUMBER memory=MiB [key=value...] --------------------------------------------------- */

#define MEMORY(key, member)                                                                        \
    { key, OPTION_NUMBER, offsetof(struct machine_node, member), 1 << 30 }

static const struct option options[] = {
    MEMORY("memory", memory),
    MEMORY("used", used),
    MEMORY("caches", caches),
    MEMORY("scattered", scattered),
    {"distance", OPTION_TEXT, offsetof(struct machine_node, distance), 0},
};

static struct machine_hugepages *find_or_add(struct machine_node *node, unsigned long size) {
    for (size_t i = 0; i < node->n_hugepages; i++)
        if (node->hugepages[i].size == size)
            return &node->hugepages[i];
    node->hugepages = grow(node->hugepages, node->n_hugepages + 1, sizeof *node->hugepages);
    node->hugepages[node->n_hugepages] = (struct machine_hugepages){.size = size};
    return &node->hugepages[node->n_hugepages++];
}

/* hugepages=SIZE:COUNT[:RESERVED] and limit=SIZE:COUNT */
static bool hugepages_option(const struct reader *reader, void *object, char *word) {
    unsigned long numbers[3] = {0};
    char *rest = split(word), *part;
    size_t count = 0;
    bool limit = strcmp(word, "limit") == 0;
    struct machine_hugepages *pages;

    if (!limit && strcmp(word, "hugepages") != 0)
        return complain(reader, "'%s': not a property of a node", word);
    for (; (part = strsep(&rest, ":")); count++)
        if (count == ELEMENTS(numbers) ||
            !parse_number(reader, word, part, 10, 1UL << 32, &numbers[count]))
            return false;
    if (count < 2)
        return complain(reader, "%s: expected SIZE-IN-KiB:COUNT", word);
    pages = find_or_add(object, numbers[0]);
    if (limit) {
        pages->limit = numbers[1];
        return true;
    }
    pages->count = numbers[1];
    pages->reserved = numbers[2];
    return true;
}

bool node_line(struct reader *reader) {
    struct machine *machine = reader->machine;
    const char *number = next_word(reader);
    struct machine_node *node;
    unsigned long value;

    if (!number || !parse_number(reader, "node", number, 10, CPUMASK_BITS - 1, &value))
        return complain(reader, "expected: node NUMBER memory=MiB");
    machine->nodes = grow(machine->nodes, machine->n_nodes + 1, sizeof *node);
    node = &machine->nodes[machine->n_nodes++];
    *node = (struct machine_node){.number = (unsigned)value};
    return parse_options(reader, options, ELEMENTS(options), node, hugepages_option);
}

static void free_node(struct machine_node *node) {
    free(node->hugepages);
    options_free(options, ELEMENTS(options), node);
}

void nodes_free(struct machine *machine) {
    FREE_ALL(machine->nodes, machine->n_nodes, free_node);
}
