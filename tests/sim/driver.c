/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

/*
 * How devices and drivers come together and part. The order of things, the places where a lock is
 * taken and the errors are those of Linux 6.x: drivers/base/bus.c, drivers/base/dd.c and
 * drivers/pci/pci-driver.c.
 */

/* ---- matching -------------------------------------------------------------------------------- */

static bool any_matches(char *const *patterns, size_t count, const char *modalias) {
    for (size_t i = 0; i < count; i++)
        if (fnmatch(patterns[i], modalias, 0) == 0)
            return true;
    return false;
}

/* pci_match_device(): an override excludes all drivers but one, and that one then takes any
 * device. Aliases of variant drivers begin with "vfio_pci:" and so match nothing by themselves. */
static bool matches(const struct driver *driver, const struct device *device) {
    const struct module *module = driver->module;

    if (device->override)
        return strcmp(device->override, driver->name) == 0;
    if (any_matches(driver->ids, driver->n_ids, device->modalias))
        return true;
    if (module && module->is->n_aliases > 0)
        return any_matches(module->is->aliases, module->is->n_aliases, device->modalias);
    return driver == device->home;
}

/* ---- binding --------------------------------------------------------------------------------- */

static void add_links(struct device *device) {
    struct driver *driver = device->driver;

    device->driver_link = tree_link_to(device->directory, "driver", driver->directory);
    device->device_link = tree_link_to(driver->directory, device->is->address, device->directory);
}

static void remove_links(struct device *device) {
    tree_remove(device->driver_link);
    tree_remove(device->device_link);
    device->driver_link = device->device_link = NULL;
}

/* What the driver that a device has at boot makes of it. */
static void add_made(struct device *device) {
    children_add(device);
    vgpu_appear(device);
    mdev_appear(device->model);
}

static void remove_made(struct device *device, struct caller *caller) {
    mdev_device_gone(device, caller);
    vgpu_vanish(device, caller);
    children_remove(device);
}

void driver_adopt(struct driver *driver, struct device *device) {
    device->driver = driver;
    add_links(device);
    if (driver == device->home)
        add_made(device);
}

/* pci_device_probe() and the probe() of the driver: what may go wrong in them. */
static int probe(struct driver *driver, struct device *device, struct caller *caller) {
    bool vfio = driver->module && driver->module->is->vfio;

    /* A virtual function whose physical one has autoprobing off is left alone, unless wanted. */
    if (device->physfn && !device->physfn->vfs_autoprobe && !device->override)
        return -ENODEV;
    if (vfio && (device->is->header != 0 || device->is->group < 0))
        return -EINVAL;
    return fault_strike(device->model, caller, &device->lock, &device->faults[OPERATION_BIND],
                        driver->name);
}

/* __driver_probe_device(), with the device lock held. */
static int bind_locked(struct driver *driver, struct device *device, struct caller *caller) {
    int r;

    if (!device->directory)
        return -ENODEV;
    if (device->driver)
        return -EBUSY;
    /* The links are there before probe() runs, and are taken away again when it fails. */
    device->driver = driver;
    add_links(device);
    r = probe(driver, device, caller);
    model_log(device->model, r, "bind %s %s", device->is->address, driver->name);
    if (r < 0) {
        remove_links(device);
        device->driver = NULL;
    } else if (driver == device->home) {
        add_made(device);
    }
    return r;
}

/* device_driver_attach() */
static int attach(struct driver *driver, struct device *device, struct caller *caller) {
    int r = lock_take(&device->model->monitor, caller, &device->lock);

    if (r < 0)
        return r;
    r = bind_locked(driver, device, caller);
    lock_drop(&device->lock);
    return r;
}

/* __device_release_driver(): whatever driver there is once the lock is ours. */
static int detach_locked(struct device *device, struct caller *caller) {
    struct driver *driver = device->driver;
    int r;

    if (!driver)
        return 0;
    model_log(device->model, 0, "unbind %s %s", device->is->address, driver->name);
    remove_links(device);
    r = fault_strike(device->model, caller, &device->lock, &device->faults[OPERATION_UNBIND],
                     driver->name);
    /* No kernel does this: remove() cannot fail. But a write may, before it gets there. */
    if (r < 0) {
        add_links(device);
        return r;
    }
    sriov_driver_gone(device, caller);
    if (driver == device->home)
        remove_made(device, caller);
    device->driver = NULL;
    return 0;
}

/* device_release_driver() */
static int detach(struct device *device, struct caller *caller) {
    int r = lock_take(&device->model->monitor, caller, &device->lock);

    if (r < 0)
        return r;
    r = detach_locked(device, caller);
    lock_drop(&device->lock);
    return r;
}

int driver_release(struct device *device, struct caller *caller) {
    int r;

    lock_take_as_driver(&device->model->monitor, caller, &device->lock);
    r = detach_locked(device, caller);
    lock_drop(&device->lock);
    return r;
}

/* device_attach(): errors of probe() are nobody's business here. */
int driver_probe(struct device *device, struct caller *caller) {
    int r = lock_take(&device->model->monitor, caller, &device->lock);

    if (r < 0)
        return r;
    for (struct driver *driver = device->model->drivers; driver && !device->driver;
         driver = driver->next)
        if (driver->directory && matches(driver, device))
            (void)bind_locked(driver, device, caller);
    lock_drop(&device->lock);
    return 0;
}

/* driver_attach(): waits for the lock of every device that matches, bound or not. */
static int attach_all(struct driver *driver, struct caller *caller) {
    struct model *model = driver->model;

    for (size_t i = 0; i < model->n_devices; i++) {
        struct device *device = &model->devices[i];

        if (device->directory && matches(driver, device) &&
            attach(driver, device, caller) == -EINTR)
            return -EINTR;
    }
    return 0;
}

/* ---- the files of a driver ------------------------------------------------------------------- */

static int store_bind(struct caller *caller, void *object, const char *value, size_t length) {
    struct driver *driver = object;
    struct device *device = model_device(driver->model, value);

    (void)length;
    if (!device || !matches(driver, device))
        return -ENODEV;
    return attach(driver, device, caller);
}

static int store_unbind(struct caller *caller, void *object, const char *value, size_t length) {
    struct driver *driver = object;
    struct device *device = model_device(driver->model, value);

    (void)length;
    if (!device || device->driver != driver)
        return -ENODEV;
    return detach(device, caller);
}

static int store_new_id(struct caller *caller, void *object, const char *value, size_t length) {
    struct driver *driver = object;
    unsigned vendor, device;

    (void)length;
    if (sscanf(value, "%x %x", &vendor, &device) != 2)
        return -EINVAL;
    driver->ids = grow(driver->ids, driver->n_ids + 1, sizeof *driver->ids);
    driver->ids[driver->n_ids++] = new_format("pci:v%08Xd%08Xsv*", vendor, device);
    model_log(driver->model, 0, "write drivers/%s/new_id \"%04x %04x\"", driver->name, vendor,
              device);
    return attach_all(driver, caller);
}

static const struct file_kind driver_files[] = {
    {.name = "bind", .mode = 0200, .store = store_bind},
    {.name = "unbind", .mode = 0200, .store = store_unbind},
    {.name = "new_id", .mode = 0200, .store = store_new_id},
};

int driver_register(struct driver *driver, struct caller *caller) {
    struct model *model = driver->model;

    driver->directory = tree_directory(model->drivers_directory, driver->name);
    if (model->autoprobe && attach_all(driver, caller) < 0) {
        (void)driver_unregister(driver, &(struct caller){0});
        return -EINTR;
    }
    if (driver->module)
        tree_link_to(driver->directory, "module", driver->module->directory);
    for (size_t i = 0; i < ELEMENTS(driver_files); i++)
        tree_file(driver->directory, &driver_files[i], driver);
    return 0;
}

int driver_unregister(struct driver *driver, struct caller *caller) {
    struct model *model = driver->model;
    int r = 0;

    /* A driver that keeps a device, as a test has it, stays as well. */
    for (size_t i = 0; i < model->n_devices && r == 0; i++)
        if (model->devices[i].driver == driver)
            r = detach(&model->devices[i], caller);
    if (r < 0)
        return r;
    tree_remove(driver->directory);
    driver->directory = NULL;
    return 0;
}

/* ---- the files of the bus -------------------------------------------------------------------- */

static int store_drivers_probe(struct caller *caller, void *object, const char *value,
                               size_t length) {
    struct model *model = object;
    struct device *device = model_device(model, value);

    (void)length;
    if (!device)
        return -ENODEV;
    model_log(model, 0, "probe %s", device->is->address);
    /* bus_rescan_devices_helper() looks without the lock: it does not wait for a remove(). */
    return device->driver ? 0 : driver_probe(device, caller);
}

static int show_autoprobe(struct caller *caller, void *object, struct text *out) {
    const struct model *model = object;

    (void)caller;
    text_add(out, "%d\n", model->autoprobe);
    return 0;
}

static int store_autoprobe(struct caller *caller, void *object, const char *value, size_t length) {
    struct model *model = object;

    (void)caller;
    (void)length;
    model->autoprobe = value[0] != '0';
    model_log(model, 0, "write drivers_autoprobe \"%d\"", model->autoprobe);
    return 0;
}

static const struct file_kind bus_files[] = {
    {.name = "drivers_probe", .mode = 0200, .store = store_drivers_probe},
    {.name = "drivers_autoprobe", .mode = 0644, .show = show_autoprobe, .store = store_autoprobe},
};

void driver_add_bus_files(struct model *model, struct node *bus) {
    for (size_t i = 0; i < ELEMENTS(bus_files); i++)
        tree_file(bus, &bus_files[i], model);
}
