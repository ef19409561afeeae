/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machine-parse.h"

/* ---- kernel VERSION [cmdline=TEXT] [isolated=LIST]
 * ---- cgroups [CONTROLLER,...] [enabled=CONTROLLER,...] --------------------------------------- */

static const struct option options[] = {
    {"cmdline", OPTION_TEXT, offsetof(struct machine_kernel, cmdline), 0},
    {"enabled", OPTION_TEXT, offsetof(struct machine_kernel, enabled), 0},
    {"isolated", OPTION_LIST, offsetof(struct machine_kernel, isolated), 0},
};

static bool read_options(struct reader *reader) {
    return parse_options(reader, options, ELEMENTS(options), &reader->machine->kernel, NULL);
}

bool kernel_line(struct reader *reader) {
    const char *version = next_word(reader);

    if (!version)
        return complain(reader, "expected: kernel VERSION");
    free(reader->machine->kernel.version);
    reader->machine->kernel.version = new_string(version);
    return read_options(reader);
}

bool cgroups_line(struct reader *reader) {
    struct machine_kernel *kernel = &reader->machine->kernel;
    const char *controllers = next_word(reader);

    free(kernel->controllers);
    kernel->controllers = new_string(controllers ? controllers : "cpuset,cpu,io,memory,pids");
    if (!kernel->enabled)
        kernel->enabled = new_string("cpu,memory,pids");
    return read_options(reader);
}

void kernel_free(struct machine *machine) {
    options_free(options, ELEMENTS(options), &machine->kernel);
    free(machine->kernel.version);
    free(machine->kernel.controllers);
}
