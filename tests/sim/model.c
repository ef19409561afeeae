/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model.h"

#include <errno.h>
#include <string.h>

#include "cgroup.h"
#include "cpu.h"
#include "irq.h"
#include "memory.h"
#include "procfs.h"

/* ---- finding things -------------------------------------------------------------------------- */

/* sysfs_streq() */
static bool same_line(const char *name, const char *written) {
    size_t length = strlen(name);

    return strncmp(name, written, length) == 0 &&
           (!written[length] || (written[length] == '\n' && !written[length + 1]));
}

struct device *model_described(const struct model *model, const char *address) {
    char key[ADDRESS_MAX];
    size_t length = strcspn(address, "\n");
    struct device *device;

    if (length >= sizeof key)
        return NULL;
    memcpy(key, address, length);
    key[length] = '\0';
    device = model->by_address[hash_text(0, key) & (model->size - 1)];
    while (device && !same_line(device->is->address, address))
        device = device->same_hash;
    return device;
}

struct device *model_device(const struct model *model, const char *address) {
    struct device *device = model_described(model, address);

    return device && device->directory ? device : NULL;
}

struct driver *model_driver(const struct model *model, const char *name) {
    struct driver *driver = model->drivers;

    while (driver && strcmp(driver->name, name) != 0)
        driver = driver->next;
    return driver;
}

struct module *model_module(const struct model *model, const char *name) {
    _cleanup_free_ char *id = module_id(name);

    for (size_t i = 0; i < model->n_modules; i++)
        if (strcmp(model->modules[i].is->id, id) == 0)
            return &model->modules[i];
    return NULL;
}

bool kernel_is(const struct model *model, unsigned major, unsigned minor) {
    const char *version = model->machine->kernel.version;
    unsigned is_major = 6, is_minor = 1;

    if (version && sscanf(version, "%u.%u", &is_major, &is_minor) != 2)
        return false;
    return is_major > major || (is_major == major && is_minor >= minor);
}

void model_log(struct model *model, int error, const char *format, ...) {
    _cleanup_free_ char *line = NULL;
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vasprintf(&line, format, arguments);
    va_end(arguments);
    if (length < 0)
        die(EXIT_FAILURE, "out of memory");
    text_add(&model->log, "%llu %s", (unsigned long long)++model->last_entry, line);
    if (error)
        text_add(&model->log, " (%s)", errno_name(-error));
    text_add(&model->log, "\n");
}

/* ---- modules and drivers --------------------------------------------------------------------- */

static struct driver *add_driver(struct model *model, const char *name, struct module *module) {
    struct driver *driver = new_zeroed(1, sizeof *driver);

    *driver =
        (struct driver){.model = model, .name = name, .module = module, .next = model->drivers};
    return model->drivers = driver;
}

static void add_module(struct model *model, struct module *module,
                       const struct machine_module *is) {
    *module = (struct module){.model = model, .is = is};
    monitor_condition(&module->loading.changed);
    if (is->driver && !model_driver(model, is->driver))
        add_driver(model, is->driver, module);
    if (is->start != MODULE_AVAILABLE)
        module_add(module);
}

static void add_modules(struct model *model, const struct machine *machine) {
    model->n_modules = machine->n_modules;
    model->modules = new_zeroed(model->n_modules, sizeof *model->modules);
    for (size_t i = 0; i < model->n_modules; i++)
        add_module(model, &model->modules[i], &machine->modules[i]);
}

/* A driver that no module line speaks of is part of the kernel, as pcieport is. */
static struct driver *driver_at_boot(struct model *model, const char *name) {
    struct driver *driver = model_driver(model, name);

    return driver ? driver : add_driver(model, name, NULL);
}

/* Nobody waits and nothing is stuck yet, so that the only failure is a driver named twice. */
static void register_drivers(struct model *model) {
    struct caller nobody = {0};

    for (struct driver *driver = model->drivers; driver; driver = driver->next)
        if (!driver->module)
            driver_register(driver, &nobody);
    for (size_t i = 0; i < model->n_modules; i++)
        if (model->modules[i].directory && module_start(&model->modules[i], &nobody) < 0)
            die(EXIT_FAILURE, "module %s: its driver is another module's too",
                model->modules[i].is->name);
}

/* ---- devices --------------------------------------------------------------------------------- */

static char *modalias_of(const struct machine_device *is) {
    return new_format("pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X", is->vendor, is->device,
                      is->subvendor, is->subdevice, is->class_code >> 16,
                      is->class_code >> 8 & 0xff, is->class_code & 0xff);
}

static void enter_device(struct model *model, struct device *device) {
    struct device **slot =
        &model->by_address[hash_text(0, device->is->address) & (model->size - 1)];

    if (model_described(model, device->is->address))
        die(EXIT_FAILURE, "%s is described twice", device->is->address);
    device->same_hash = *slot;
    *slot = device;
}

static void find_physfn(struct device *device) {
    device->physfn = model_described(device->model, device->is->physfn);
    if (!device->physfn || device->physfn == device)
        die(EXIT_FAILURE, "%s has a physfn that is not described before it", device->is->address);
    for (const struct device *other = device->model->devices; other < device; other++)
        device->vf_number += other->physfn == device->physfn;
}

static void add_device(struct model *model, struct device *device,
                       const struct machine_device *is) {
    *device = (struct device){.model = model, .is = is};
    monitor_condition(&device->lock.changed);
    device->modalias = modalias_of(is);
    device->home = is->driver ? driver_at_boot(model, is->driver) : NULL;
    if (is->physfn[0])
        find_physfn(device);
    enter_device(model, device);
    if (!is->absent && device_appear(device) < 0)
        die(EXIT_FAILURE, "%s is below %s, which is not there before it", is->address,
            is->physfn[0] ? is->physfn : is->below);
}

static void add_devices(struct model *model, const struct machine *machine) {
    model->n_devices = machine->n_devices;
    model->devices = new_zeroed(model->n_devices, sizeof *model->devices);
    for (model->size = 64; model->size < model->n_devices;)
        model->size *= 2;
    model->by_address = new_zeroed(model->size, sizeof(struct device *));
    for (size_t i = 0; i < model->n_devices; i++)
        add_device(model, &model->devices[i], &machine->devices[i]);
}

static bool has_groups(const struct model *model) {
    for (size_t i = 0; i < model->n_devices; i++)
        if (model->devices[i].is->group >= 0)
            return true;
    return false;
}

static void add_iommu(struct model *model) {
    struct node *root = &model->tree.root;

    tree_link_to(tree_path(root, "class/iommu"), "dmar0",
                 tree_path(root, "devices/virtual/iommu/dmar0"));
}

/* Directories that every machine has, and whose place in the tree never changes. */
static void add_skeleton(struct model *model) {
    static const char *const paths[] = {"bus/pci/devices", "bus/pci/drivers",     "class/iommu",
                                        "devices/virtual", "kernel/iommu_groups", "module"};

    for (size_t i = 0; i < ELEMENTS(paths); i++)
        for (struct node *node = tree_path(&model->tree.root, paths[i]); node; node = node->parent)
            node->permanent = true;
    tree_permanent_path(&model->tree.root, ".sim")->sizeless = true;
    model->drivers_directory = tree_path(&model->tree.root, "bus/pci/drivers");
    model->modules_directory = tree_path(&model->tree.root, "module");
}

static void bind_as_at_boot(struct model *model) {
    for (size_t i = 0; i < model->n_devices; i++) {
        struct device *device = &model->devices[i];

        /* The module of a driver may be one that nobody has loaded yet. */
        if (device->directory && device->home && device->home->directory)
            driver_adopt(device->home, device);
    }
}

struct model *model_new(const struct machine *machine) {
    struct model *model = new_zeroed(1, sizeof *model);

    model->machine = machine;
    pthread_mutex_init(&model->monitor.mutex, NULL);
    tree_init(&model->tree);
    add_skeleton(model);
    driver_add_bus_files(model, tree_path(&model->tree.root, "bus/pci"));
    add_modules(model, machine);
    add_devices(model, machine);
    mdev_add(model, machine);
    vgpu_add(model, machine);
    if (has_groups(model))
        add_iommu(model);
    /* Autoprobing comes after: the description says what is bound at boot. */
    register_drivers(model);
    bind_as_at_boot(model);
    mdev_appear(model);
    mdev_boot(model, machine);
    model->autoprobe = true;
    cpu_add(model, machine);
    irq_add(model, machine);
    memory_add(model, machine);
    cgroup_add(model, machine);
    procfs_add(model, machine);
    control_add(model);
    kmsg_add(model);
    return model;
}
