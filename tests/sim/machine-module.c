/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machine-parse.h"

#include <string.h>

/* ---- module NAME STATE [vfio] [key=value...] ------------------------------------------------ */

static void module_parameter(struct machine_module *module, char *text) {
    char *value = strchr(text, ':');

    if (value)
        *value++ = '\0';
    add_attribute(&module->parameters, &module->n_parameters, text, value ? value : "");
}

static void module_depends(struct machine_module *module, char *names) {
    char *name;

    while ((name = strsep(&names, ",")))
        module->depends = append(module->depends, &module->n_depends, module_id(name));
}

static bool module_option(const struct reader *reader, struct machine_module *module, char *word) {
    const char *value = split(word);

    if (strcmp(word, "driver") == 0)
        module->driver = new_string(value);
    else if (strcmp(word, "alias") == 0)
        module->aliases = append(module->aliases, &module->n_aliases, new_string(value));
    else if (strcmp(word, "depends") == 0)
        module_depends(module, word + strlen(word) + 1);
    else if (strcmp(word, "parameter") == 0)
        module_parameter(module, word + strlen(word) + 1);
    else if (strcmp(word, "vfio") == 0)
        module->vfio = true;
    else
        return complain(reader, "'%s': expected driver=, alias=, depends=, parameter= or vfio",
                        word);
    return true;
}

bool module_line(struct reader *reader) {
    static const char *const starts[] = {"loaded", "builtin", "available"};
    struct machine *machine = reader->machine;
    const char *name = next_word(reader), *start = next_word(reader);
    struct machine_module *module;
    char *word;

    if (!start)
        return complain(reader, "expected: module NAME loaded|builtin|available");
    machine->modules = grow(machine->modules, machine->n_modules + 1, sizeof *machine->modules);
    module = &machine->modules[machine->n_modules++];
    *module = (struct machine_module){.name = new_string(name), .id = module_id(name)};
    while (strcmp(starts[module->start], start) != 0)
        if (++module->start == ELEMENTS(starts))
            return complain(reader, "'%s': expected loaded, builtin or available", start);
    while ((word = next_word(reader)))
        if (!module_option(reader, module, word))
            return false;
    return true;
}

static void free_module(struct machine_module *module) {
    free_list(module->aliases, module->n_aliases);
    free_list(module->depends, module->n_depends);
    free_attributes(module->parameters, module->n_parameters);
    free(module->driver);
    free(module->name);
    free(module->id);
}

void modules_free(struct machine *machine) {
    FREE_ALL(machine->modules, machine->n_modules, free_module);
}
