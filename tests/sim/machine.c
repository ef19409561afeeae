/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machine.h"

#include <errno.h>
#include <string.h>

/*
 * A description is read line by line, a line word by word. The first word says what the line
 * describes, the next ones are positional, the rest are key=value in any order.
 */

struct reader {
    struct machine *machine;
    const char *path;
    unsigned line;
    char *rest; /* of the current line */
};

static _printf_(2, 3) bool complain(const struct reader *reader, const char *format, ...) {
    va_list arguments;

    fprintf(stderr, "%s:%u: ", reader->path, reader->line);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return false;
}

static char *next_word(struct reader *reader) {
    char *word;

    do
        word = strsep(&reader->rest, " \t\n");
    while (word && !*word);
    return word;
}

/* Splits "key=value" in place. The value is "" when there is no '='. */
static char *split(char *word) {
    char *equals = strchr(word, '=');

    if (!equals)
        return word + strlen(word);
    *equals = '\0';
    return equals + 1;
}

static bool parse_number(const struct reader *reader, const char *key, const char *text, int base,
                         unsigned long max, unsigned long *ret) {
    char *end;

    errno = 0;
    *ret = strtoul(text, &end, base);
    if (!*text || *end || errno || *ret > max)
        return complain(reader, "%s=%s: not a number that fits", key, text);
    return true;
}

/* "144d:a80a" */
static bool parse_pair(const struct reader *reader, const char *text, uint16_t *ret_first,
                       uint16_t *ret_second) {
    unsigned first, second;
    int end = 0;

    if (sscanf(text, "%4x:%4x%n", &first, &second, &end) != 2 || text[end])
        return complain(reader, "'%s': expected VENDOR:DEVICE, such as 144d:a80a", text);
    *ret_first = (uint16_t)first;
    *ret_second = (uint16_t)second;
    return true;
}

static bool parse_address(const struct reader *reader, const char *text, char ret[ADDRESS_MAX]) {
    unsigned domain, bus, slot, function;
    int end = 0;

    if (sscanf(text, "%8x:%2x:%2x.%1x%n", &domain, &bus, &slot, &function, &end) != 4 ||
        text[end] || slot > 31 || function > 7)
        return complain(reader, "'%s': expected an address such as 0000:01:00.0", text);
    snprintf(ret, ADDRESS_MAX, "%04x:%02x:%02x.%x", domain, bus, slot, function);
    return true;
}

/* ---- module NAME STATE [vfio] [key=value...] ------------------------------------------------ */

static char **append(char **list, size_t *count, char *text) {
    list = grow(list, *count + 1, sizeof *list);
    list[(*count)++] = text;
    return list;
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
    else if (strcmp(word, "vfio") == 0)
        module->vfio = true;
    else
        return complain(reader, "'%s': expected driver=, alias=, depends= or vfio", word);
    return true;
}

static bool module_line(struct reader *reader) {
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

/* ---- device ADDRESS VENDOR:DEVICE [boot-vga] [key=value...] --------------------------------- */

static bool device_number(const struct reader *reader, struct machine_device *device,
                          const char *key, const char *value) {
    unsigned long number;

    if (strcmp(key, "class") == 0) {
        if (!parse_number(reader, key, value, 16, 0xffffff, &number))
            return false;
        device->class_code = (uint32_t)number;
    } else if (strcmp(key, "rev") == 0) {
        if (!parse_number(reader, key, value, 16, 0xff, &number))
            return false;
        device->revision = (uint8_t)number;
    } else if (strcmp(key, "header") == 0) {
        if (!parse_number(reader, key, value, 10, 2, &number))
            return false;
        device->header = (uint8_t)number;
    } else if (strcmp(key, "group") == 0) {
        if (!parse_number(reader, key, value, 10, 1000000, &number))
            return false;
        device->group = (int)number;
    } else if (strcmp(key, "numa") == 0) {
        if (!parse_number(reader, key, value, 10, 1023, &number))
            return false;
        device->numa = (int)number;
    } else if (strcmp(key, "vfs") == 0) {
        if (!parse_number(reader, key, value, 10, 256, &number))
            return false;
        device->total_vfs = (unsigned)number;
    } else {
        return complain(reader, "'%s': not a property of a device", key);
    }
    return true;
}

static bool device_option(const struct reader *reader, struct machine_device *device, char *word,
                          unsigned long *repeat) {
    const char *value = split(word);

    if (strcmp(word, "driver") == 0)
        device->driver = new_string(value);
    else if (strcmp(word, "override") == 0)
        device->override = new_string(value);
    else if (strcmp(word, "below") == 0)
        return parse_address(reader, value, device->below);
    else if (strcmp(word, "physfn") == 0)
        return parse_address(reader, value, device->physfn);
    else if (strcmp(word, "subsys") == 0)
        return parse_pair(reader, value, &device->subvendor, &device->subdevice);
    else if (strcmp(word, "boot-vga") == 0)
        device->boot_vga = true;
    else if (strcmp(word, "repeat") == 0)
        return parse_number(reader, word, value, 10, 65536, repeat);
    else
        return device_number(reader, device, word, value);
    return true;
}

static struct machine_device *append_device(struct machine *machine,
                                            const struct machine_device *device) {
    /* Doubling keeps a machine of thousands of functions from being copied thousands of times. */
    if ((machine->n_devices & (machine->n_devices - 1)) == 0)
        machine->devices =
            grow(machine->devices, machine->n_devices ? machine->n_devices * 2 : 1, sizeof *device);
    machine->devices[machine->n_devices] = *device;
    return &machine->devices[machine->n_devices++];
}

/* The next slot; after the last slot of a bus the next bus, after the last bus the next domain. */
static void next_address(char address[ADDRESS_MAX]) {
    unsigned domain, bus, slot, function;

    if (sscanf(address, "%x:%x:%x.%x", &domain, &bus, &slot, &function) != 4)
        return;
    slot = (slot + 1) % 32;
    bus = slot ? bus : (bus + 1) % 256;
    domain = slot || bus ? domain : domain + 1;
    snprintf(address, ADDRESS_MAX, "%04x:%02x:%02x.%x", domain & 0xffff, bus & 0xff, slot & 31,
             function & 7);
}

static void repeat_device(struct machine *machine, struct machine_device next,
                          unsigned long times) {
    while (--times > 0) {
        next_address(next.address);
        next.group += next.group >= 0 ? 1 : 0;
        next.driver = next.driver ? new_string(next.driver) : NULL;
        next.override = next.override ? new_string(next.override) : NULL;
        append_device(machine, &next);
    }
}

static bool device_line(struct reader *reader) {
    const char *address = next_word(reader), *id = next_word(reader);
    struct machine_device *device;
    unsigned long repeat = 1;
    char *word;

    if (!id)
        return complain(reader, "expected: device ADDRESS VENDOR:DEVICE");
    device = append_device(reader->machine, &(struct machine_device){.group = -1, .numa = -1});
    if (!parse_address(reader, address, device->address) ||
        !parse_pair(reader, id, &device->vendor, &device->device))
        return false;
    while ((word = next_word(reader)))
        if (!device_option(reader, device, word, &repeat))
            return false;
    repeat_device(reader->machine, *device, repeat);
    return true;
}

/* ---- child PATH class=CLASS [name=value...], below the device above it ----------------------- */

static bool child_line(struct reader *reader) {
    struct machine *machine = reader->machine;
    const char *path = next_word(reader);
    struct machine_device *device;
    struct machine_child *child;
    char *word;

    if (!path || machine->n_devices == 0)
        return complain(reader, "expected: child PATH, after the device that it belongs to");
    device = &machine->devices[machine->n_devices - 1];
    device->children = grow(device->children, device->n_children + 1, sizeof *device->children);
    child = &device->children[device->n_children++];
    *child = (struct machine_child){.path = new_string(path)};
    while ((word = next_word(reader))) {
        const char *value = split(word);

        if (strcmp(word, "class") == 0) {
            child->class = new_string(value);
            continue;
        }
        child->attributes =
            grow(child->attributes, child->n_attributes + 1, sizeof *child->attributes);
        child->attributes[child->n_attributes++] =
            (struct machine_attribute){new_string(word), new_string(value)};
    }
    return true;
}

/* ---- the file -------------------------------------------------------------------------------- */

static bool read_line(struct reader *reader, char *line) {
    static const struct {
        const char *word;
        bool (*read)(struct reader *reader);
    } kinds[] = {{"module", module_line}, {"device", device_line}, {"child", child_line}};
    const char *word;

    line[strcspn(line, "#")] = '\0';
    reader->rest = line;
    word = next_word(reader);
    if (!word)
        return true;
    for (size_t i = 0; i < ELEMENTS(kinds); i++)
        if (strcmp(kinds[i].word, word) == 0)
            return kinds[i].read(reader);
    return complain(reader, "'%s': expected module, device or child", word);
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
    return reader.machine;
}

static void free_list(char **list, size_t count) {
    for (size_t i = 0; i < count; i++)
        free(list[i]);
    free(list);
}

static void free_child(struct machine_child *child) {
    for (size_t i = 0; i < child->n_attributes; i++) {
        free(child->attributes[i].name);
        free(child->attributes[i].value);
    }
    free(child->attributes);
    free(child->path);
    free(child->class);
}

void machine_free(struct machine *machine) {
    for (size_t i = 0; i < machine->n_modules; i++) {
        struct machine_module *module = &machine->modules[i];

        free_list(module->aliases, module->n_aliases);
        free_list(module->depends, module->n_depends);
        free(module->driver);
        free(module->name);
        free(module->id);
    }
    for (size_t i = 0; i < machine->n_devices; i++) {
        struct machine_device *device = &machine->devices[i];

        for (size_t j = 0; j < device->n_children; j++)
            free_child(&device->children[j]);
        free(device->children);
        free(device->driver);
        free(device->override);
    }
    free(machine->modules);
    free(machine->devices);
    free(machine);
}
