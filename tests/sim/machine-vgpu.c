/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machine-parse.h"

#include <string.h>

/* ---- vgpu ADDRESS ID:NAME,... ---------------------------------------------------------------- */

static bool vgpu_type(const struct reader *reader, struct machine_vgpu *vgpu, char *text) {
    char *name = strchr(text, ':');
    unsigned long id;

    if (!name)
        return complain(reader, "'%s': expected ID:NAME", text);
    *name++ = '\0';
    if (!parse_number(reader, "vgpu", text, 10, 65536, &id))
        return false;
    vgpu->ids = grow(vgpu->ids, vgpu->n_types + 1, sizeof *vgpu->ids);
    vgpu->ids[vgpu->n_types] = (unsigned)id;
    vgpu->names = append(vgpu->names, &vgpu->n_types, new_string(name));
    return true;
}

bool vgpu_line(struct reader *reader) {
    struct machine *machine = reader->machine;
    const char *address = next_word(reader);
    char *types = next_word(reader), *type;
    struct machine_vgpu *vgpu;

    if (!types)
        return complain(reader, "expected: vgpu ADDRESS ID:NAME,...");
    machine->vgpus = grow(machine->vgpus, machine->n_vgpus + 1, sizeof *vgpu);
    vgpu = &machine->vgpus[machine->n_vgpus++];
    *vgpu = (struct machine_vgpu){0};
    if (!parse_address(reader, address, vgpu->address))
        return false;
    while ((type = strsep(&types, ",")))
        if (!vgpu_type(reader, vgpu, type))
            return false;
    return true;
}

static void free_vgpu(struct machine_vgpu *vgpu) {
    free_list(vgpu->names, vgpu->n_types);
    free(vgpu->ids);
}

void vgpus_free(struct machine *machine) {
    FREE_ALL(machine->vgpus, machine->n_vgpus, free_vgpu);
}
