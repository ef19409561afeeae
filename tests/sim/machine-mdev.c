/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machine-parse.h"

#include <errno.h>
#include <string.h>

/* ---- mdev-parent PARENT pool=N [key=value...] ------------------------------------------------ */

/* An address, or a path below /sys/devices. */
static char *parse_parent(const struct reader *reader, const char *text) {
    char address[ADDRESS_MAX];

    if (text && strchr(text, '/'))
        return new_string(text);
    return text && parse_address(reader, text, address) ? new_string(address) : NULL;
}

static bool mdev_parent_option(const struct reader *reader, struct machine_mdev_parent *parent,
                               char *word) {
    const char *value = split(word);
    unsigned long number;

    if (strcmp(word, "module") == 0) {
        parent->module = module_id(value);
    } else if (strcmp(word, "driver") == 0) {
        parent->driver = new_string(value);
    } else if (strcmp(word, "full") == 0) {
        parent->full = errno_from_name(value);
    } else if (strcmp(word, "pool") == 0) {
        if (!parse_number(reader, word, value, 10, 65536, &number))
            return false;
        parent->pool = (unsigned)number;
    } else {
        return complain(reader, "'%s': expected pool=, module=, driver= or full=", word);
    }
    return true;
}

bool mdev_parent_line(struct reader *reader) {
    struct machine *machine = reader->machine;
    char *name = parse_parent(reader, next_word(reader)), *word;
    struct machine_mdev_parent *parent;

    if (!name)
        return complain(reader, "expected: mdev-parent ADDRESS|PATH pool=N");
    machine->mdev_parents =
        grow(machine->mdev_parents, machine->n_mdev_parents + 1, sizeof *parent);
    parent = &machine->mdev_parents[machine->n_mdev_parents++];
    *parent = (struct machine_mdev_parent){.name = name, .full = EUSERS};
    while ((word = next_word(reader)))
        if (!mdev_parent_option(reader, parent, word))
            return false;
    return parent->full ? true : complain(reader, "full=: expected an errno such as ENOSPC");
}

/* ---- mdev-type PARENT TYPE cost=N [key=value...] ----------------------------------------------
 */

static void mdev_type_attributes(struct machine_mdev_type *type, char *names) {
    char *name;

    while ((name = strsep(&names, ",")))
        type->attributes = append(type->attributes, &type->n_attributes, new_string(name));
}

static bool mdev_type_option(const struct reader *reader, struct machine_mdev_type *type,
                             char *word) {
    const char *value = split(word);
    unsigned long number;

    if (strcmp(word, "api") == 0) {
        type->api = new_string(value);
    } else if (strcmp(word, "name") == 0) {
        type->title = new_string(value);
    } else if (strcmp(word, "description") == 0) {
        type->description = new_string(value);
    } else if (strcmp(word, "attributes") == 0) {
        mdev_type_attributes(type, word + strlen(word) + 1);
    } else if (strcmp(word, "cost") == 0) {
        if (!parse_number(reader, word, value, 10, 65536, &number))
            return false;
        type->cost = (unsigned)number;
    } else {
        return complain(reader, "'%s': not a property of a type", word);
    }
    return true;
}

static struct machine_mdev_type *append_mdev_type(struct machine *machine, const char *parent,
                                                  const char *name) {
    for (size_t i = 0; i < machine->n_mdev_parents; i++) {
        struct machine_mdev_parent *it = &machine->mdev_parents[i];

        if (strcmp(it->name, parent) != 0)
            continue;
        it->types = grow(it->types, it->n_types + 1, sizeof *it->types);
        it->types[it->n_types] = (struct machine_mdev_type){.name = new_string(name)};
        return &it->types[it->n_types++];
    }
    return NULL;
}

bool mdev_type_line(struct reader *reader) {
    _cleanup_free_ char *parent = parse_parent(reader, next_word(reader));
    const char *name = next_word(reader);
    struct machine_mdev_type *type =
        parent && name ? append_mdev_type(reader->machine, parent, name) : NULL;
    char *word;

    if (!type)
        return complain(reader, "expected: mdev-type PARENT TYPE cost=N, after its mdev-parent");
    while ((word = next_word(reader)))
        if (!mdev_type_option(reader, type, word))
            return false;
    if (!type->api)
        type->api = new_string("vfio-pci");
    return type->cost > 0 ? true : complain(reader, "a type has a cost=N");
}

/* ---- mdev UUID PARENT TYPE ------------------------------------------------------------------- */

bool mdev_line(struct reader *reader) {
    struct machine *machine = reader->machine;
    const char *uuid = next_word(reader);
    char *parent = parse_parent(reader, next_word(reader));
    const char *type = next_word(reader);

    if (!type) {
        free(parent);
        return complain(reader, "expected: mdev UUID PARENT TYPE");
    }
    machine->mdevs = grow(machine->mdevs, machine->n_mdevs + 1, sizeof *machine->mdevs);
    machine->mdevs[machine->n_mdevs++] =
        (struct machine_mdev){new_string(uuid), parent, new_string(type)};
    return true;
}

static void free_mdev_parent(struct machine_mdev_parent *parent) {
    for (size_t i = 0; i < parent->n_types; i++) {
        struct machine_mdev_type *type = &parent->types[i];

        free_list(type->attributes, type->n_attributes);
        free(type->name);
        free(type->api);
        free(type->title);
        free(type->description);
    }
    free(parent->types);
    free(parent->name);
    free(parent->module);
    free(parent->driver);
}

static void free_mdev(struct machine_mdev *mdev) {
    free(mdev->uuid);
    free(mdev->parent);
    free(mdev->type);
}

void mdevs_free(struct machine *machine) {
    FREE_ALL(machine->mdev_parents, machine->n_mdev_parents, free_mdev_parent);
    FREE_ALL(machine->mdevs, machine->n_mdevs, free_mdev);
}
