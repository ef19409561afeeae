/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machine-parse.h"

#include <string.h>

static const struct {
    const char *word;
    bool (*read)(struct reader *reader);
} kinds[] = {
    {"module", module_line},       {"device", device_line},
    {"child", child_line},         {"mdev-parent", mdev_parent_line},
    {"mdev-type", mdev_type_line}, {"mdev", mdev_line},
    {"vgpu", vgpu_line},           {"cpus", cpus_line},
    {"node", node_line},           {"irq", irq_line},
    {"kernel", kernel_line},       {"cgroups", cgroups_line},
};

static bool read_line(struct reader *reader, char *line) {
    const char *word;

    line[strcspn(line, "#\n")] = '\0';
    reader->rest = line;
    word = next_word(reader);
    if (!word)
        return true;
    for (size_t i = 0; i < ELEMENTS(kinds); i++)
        if (strcmp(kinds[i].word, word) == 0)
            return kinds[i].read(reader);
    return complain(reader, "'%s': not a word that a line begins with", word);
}

struct machine *machine_read(FILE *file, const char *name) {
    struct reader reader = {.machine = new_zeroed(1, sizeof *reader.machine), .path = name};
    _cleanup_free_ char *line = NULL;
    size_t size = 0;

    while (getline(&line, &size, file) >= 0) {
        reader.line++;
        if (!read_line(&reader, line)) {
            machine_free(reader.machine);
            return NULL;
        }
    }
    vfs_describe(reader.machine);
    return reader.machine;
}

void machine_free(struct machine *machine) {
    modules_free(machine);
    devices_free(machine);
    mdevs_free(machine);
    vgpus_free(machine);
    cpus_free(machine);
    nodes_free(machine);
    irqs_free(machine);
    kernel_free(machine);
    free(machine);
}
