/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "control.h"

#include <errno.h>
#include <string.h>

#include "cgroup.h"
#include "cpu.h"
#include "gate.h"
#include "irq.h"
#include "memory.h"

/*
 * /sys/.sim, which no real machine has: `control` takes what a test wants to happen, `log` tells
 * what was done to the machine, `state` how it stands. The commands are listed in README.md.
 */

/* ---- faults ---------------------------------------------------------------------------------- */

static const char *const operations[] = {
    [OPERATION_UNBIND] = "unbind",
    [OPERATION_BIND] = "bind",
    [OPERATION_OVERRIDE_READ] = "override-read",
    [OPERATION_OVERRIDE_WRITE] = "override-write",
    [OPERATION_SRIOV] = "sriov",
    [OPERATION_ROM_READ] = "rom-read",
    [OPERATION_LOAD] = "load",
    [OPERATION_CREATE] = "create",
    [OPERATION_REMOVE] = "remove",
    [OPERATION_ATTRIBUTE] = "attribute",
    [OPERATION_VGPU] = "vgpu",
    [OPERATION_GOVERNOR] = "governor",
    [OPERATION_EPP] = "epp",
    [OPERATION_IRQ] = "irq",
    [OPERATION_HUGEPAGES] = "hugepages",
    [OPERATION_NODE_WRITE] = "node-write",
    [OPERATION_WORKQUEUE] = "workqueue",
    [OPERATION_CPUSET] = "cpuset",
};

/* "bind", or "bind:vfio-pci" for what only that driver does. The driver is cut off and returned
 * through *ret_driver. -EINVAL when there is no such operation. */
static int find_operation(char *word, const char **ret_driver) {
    char *colon = strchr(word, ':');

    *ret_driver = colon ? colon + 1 : NULL;
    if (colon)
        *colon = '\0';
    for (int i = 0; i < OPERATION_COUNT; i++)
        if (strcmp(operations[i], word) == 0)
            return i;
    return -EINVAL;
}

static void set_fault(struct fault *fault, const struct fault *wanted) {
    char *driver = wanted->driver ? new_string(wanted->driver) : NULL;

    fault_clear(fault);
    *fault = *wanted;
    fault->driver = driver;
}

/* On the device or module that the command names in its third word; '*' is all of them. */
static int set_faults(const struct command *command, struct fault *wanted) {
    const char *driver, *target = command->words[2];
    int operation = find_operation(command->words[1], &driver);
    struct model *model = command->model;
    bool all = strcmp(target, "*") == 0, found = all;

    if (operation < 0)
        return operation;
    if (operation > OPERATION_LOAD)
        return target_set(model, (enum operation)operation, target, wanted);
    wanted->driver = driver ? (char *)(uintptr_t)driver : NULL;
    for (size_t i = 0; operation == OPERATION_LOAD && i < model->n_modules; i++)
        if (all || model_module(model, target) == &model->modules[i]) {
            set_fault(&model->modules[i].fault, wanted);
            found = true;
        }
    for (size_t i = 0; operation != OPERATION_LOAD && i < model->n_devices; i++)
        if (all || strcmp(model->devices[i].is->address, target) == 0) {
            set_fault(&model->devices[i].faults[operation], wanted);
            found = true;
        }
    return found ? 0 : -ENODEV;
}

static int do_delay(struct command *command) {
    struct fault fault = {.delay = (unsigned)strtoul(command->words[3], NULL, 10)};

    return set_faults(command, &fault);
}

static int do_hang(struct command *command) {
    struct fault fault = {.hang = true};

    return set_faults(command, &fault);
}

static int do_fail(struct command *command) {
    struct fault fault = {.error = errno_from_name(command->words[3])};

    if (command->n_words == 5)
        fault.times = (unsigned)strtoul(command->words[4], NULL, 10);
    return fault.error ? set_faults(command, &fault) : -EINVAL;
}

/* ---- and their end --------------------------------------------------------------------------- */

static void release_device(struct device *device) {
    for (int i = 0; i < OPERATION_COUNT; i++)
        device->faults[i].hang = false;
    lock_notify(&device->lock);
}

static void release_module(struct module *module) {
    module->fault.hang = false;
    lock_notify(&module->loading);
}

static int do_release(struct command *command) {
    struct model *model = command->model;
    const char *target = command->words[1];
    bool all = strcmp(target, "*") == 0, found = all;

    for (size_t i = 0; i < model->n_devices; i++)
        if (all || strcmp(model->devices[i].is->address, target) == 0) {
            release_device(&model->devices[i]);
            found = true;
        }
    for (size_t i = 0; i < model->n_modules; i++)
        if (all || strcmp(model->modules[i].is->id, target) == 0) {
            release_module(&model->modules[i]);
            found = true;
        }
    target_release(model, target);
    found |= mdev_release(model, all ? NULL : target);
    found |= vgpu_release(model, all ? NULL : target);
    found |= gate_release(model, all ? NULL : target);
    return found ? 0 : -ENODEV;
}

static int do_clear_log(struct command *command) {
    text_clear(&command->model->log);
    command->model->last_entry = 0;
    return 0;
}

static int do_clear_kmsg(struct command *command) {
    text_clear(&command->model->kmsg);
    return 0;
}

static int do_reset(struct command *command) {
    struct model *model = command->model;

    for (size_t i = 0; i < model->n_devices; i++) {
        for (int j = 0; j < OPERATION_COUNT; j++)
            fault_clear(&model->devices[i].faults[j]);
        lock_notify(&model->devices[i].lock);
    }
    for (size_t i = 0; i < model->n_modules; i++) {
        fault_clear(&model->modules[i].fault);
        lock_notify(&model->modules[i].loading);
    }
    target_release(model, NULL);
    mdev_release(model, NULL);
    vgpu_release(model, NULL);
    gate_release(model, NULL);
    model->monitor.unkillable = false;
    return do_clear_log(command);
}

/* ---- the rest -------------------------------------------------------------------------------- */

static int do_unkillable(struct command *command) {
    command->model->monitor.unkillable = strcmp(command->words[1], "on") == 0;
    return 0;
}

static int do_load(struct command *command) {
    struct module *module = model_module(command->model, command->words[1]);

    return module ? module_load(module, command->caller) : -ENOENT;
}

static int do_unload(struct command *command) {
    struct module *module = model_module(command->model, command->words[1]);

    return module ? module_unload(module, command->caller) : -ENOENT;
}

static const struct {
    const char *word;
    size_t least, most; /* words */
    int (*execute)(struct command *command);
} commands[] = {
    {"delay", 4, 4, do_delay},
    {"hang", 3, 3, do_hang},
    {"fail", 4, 5, do_fail},
    {"release", 2, 2, do_release},
    {"reset", 1, 1, do_reset},
    {"clear-log", 1, 1, do_clear_log},
    {"clear-kmsg", 1, 1, do_clear_kmsg},
    {"load", 2, 2, do_load},
    {"unload", 2, 2, do_unload},
    {"unkillable", 2, 2, do_unkillable},
    {"plug", 2, 16, control_plug},
    {"unplug", 2, 2, control_unplug},
    {"cpu-offline", 2, 2, control_cpu_offline},
    {"cpu-online", 2, 2, control_cpu_online},
    {"irq-add", 3, 4, control_irq_add},
    {"irq-remove", 2, 2, control_irq_remove},
    {"take-hugepages", 4, 4, control_take_hugepages},
    {"surplus", 4, 4, control_surplus},
    {"reserve-hugepages", 4, 4, control_reserve_hugepages},
};

static int execute_line(struct model *model, struct caller *caller, char *line) {
    struct command command = {.model = model, .caller = caller};
    char *word;

    while ((word = strsep(&line, " \t")))
        if (*word && command.n_words < ELEMENTS(command.words))
            command.words[command.n_words++] = word;
    if (command.n_words == 0)
        return 0;
    for (size_t i = 0; i < ELEMENTS(commands); i++)
        if (strcmp(commands[i].word, command.words[0]) == 0)
            return command.n_words >= commands[i].least && command.n_words <= commands[i].most
                       ? commands[i].execute(&command)
                       : -EINVAL;
    return -EINVAL;
}

static int store_control(struct caller *caller, void *object, const char *value, size_t length) {
    struct model *model = object;
    _cleanup_free_ char *copy = new_string_n(value, length);
    char *rest = copy, *line;
    int r;

    while ((line = strsep(&rest, "\n"))) {
        r = execute_line(model, caller, line);
        if (r < 0)
            return r;
    }
    return 0;
}

static int show_log(struct caller *caller, void *object, struct text *out) {
    const struct model *model = object;

    (void)caller;
    text_add_bytes(out, model->log.data, model->log.length);
    return 0;
}

static int by_address(const void *a, const void *b) {
    const struct device *const *one = a, *const *two = b;

    return strcmp((*one)->is->address, (*two)->is->address);
}

static int show_state(struct caller *caller, void *object, struct text *out) {
    struct model *model = object;
    _cleanup_free_ struct device **sorted = new_zeroed(model->n_devices, sizeof(struct device *));
    size_t count = 0;

    (void)caller;
    for (size_t i = 0; i < model->n_devices; i++)
        if (model->devices[i].directory)
            sorted[count++] = &model->devices[i];
    /* An array of pointers is meant. NOLINTNEXTLINE(bugprone-sizeof-expression) */
    qsort(sorted, count, sizeof *sorted, by_address);
    for (size_t i = 0; i < count; i++) {
        const struct device *device = sorted[i];

        text_add(out, "%s %s %s ", device->is->address, device->driver ? device->driver->name : "-",
                 device->override ? device->override : "-");
        if (device->is->group >= 0)
            text_add(out, "%d\n", device->is->group);
        else
            text_add(out, "-\n");
    }
    vgpu_show_state(sorted, count, out);
    mdev_show_state(model, out);
    cpu_show_state(model, out);
    irq_show_state(model, out);
    memory_show_state(model, out);
    cgroup_show_state(model, out);
    return 0;
}

static const struct file_kind files[] = {
    {.name = "control", .mode = 0200, .store = store_control},
    {.name = "log", .mode = 0444, .show = show_log},
    {.name = "state", .mode = 0444, .show = show_state},
};

void control_add(struct model *model) {
    struct node *directory = tree_directory(&model->tree.root, ".sim");

    directory->permanent = true;
    for (size_t i = 0; i < ELEMENTS(files); i++)
        tree_file(directory, &files[i], model);
}
