/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The simulated machine while it runs: its devices, drivers, modules and groups, the faults that
 * a test asked for, and the record of what was done to it. All of it is guarded by the monitor;
 * nothing is ever freed but names.
 */

#include "machine.h"
#include "monitor.h"
#include "tree.h"

/* What can be made slow, hanging or failing. */
enum operation {
    OPERATION_UNBIND,
    OPERATION_BIND,
    OPERATION_OVERRIDE_READ,
    OPERATION_OVERRIDE_WRITE,
    OPERATION_LOAD, /* of modules; the others are of devices */
    OPERATION_COUNT,
};

struct fault {
    unsigned delay; /* in milliseconds */
    bool hang;
    int error;      /* a positive errno; 0: none */
    unsigned times; /* how often it still fails; 0: for ever */
    char *driver;   /* only when it is this driver that binds or unbinds; NULL: any */
};

struct model;

struct module {
    struct model *model;
    const struct machine_module *is;
    struct node *directory; /* NULL: not loaded */
    struct lock loading;
    struct fault fault;
};

struct driver {
    struct model *model;
    const char *name;
    struct module *module;  /* NULL: part of a kernel that tells of no module */
    struct node *directory; /* NULL: not registered */
    char **ids;             /* written to new_id, as alias patterns */
    size_t n_ids;
    struct driver *next;
};

struct device {
    struct model *model;
    const struct machine_device *is;
    struct node *directory;
    char *modalias;

    struct lock lock; /* the kernel's device lock */
    /* Set until remove() has returned, while the links vanish before it is called. */
    struct driver *driver;
    struct driver *home; /* the driver at boot: it matches even without an alias that says so */
    struct node *driver_link, *device_link;
    char *override; /* NULL: not set */
    bool vfs_autoprobe;

    struct device *physfn;
    struct device *same_hash;
    struct fault faults[OPERATION_COUNT];
};

struct model {
    struct monitor monitor;
    struct tree tree;
    struct device *devices;
    size_t n_devices;
    struct device **by_address;
    size_t size;
    struct module *modules;
    size_t n_modules;
    struct driver *drivers;
    struct node *drivers_directory, *modules_directory;
    bool autoprobe;
    struct text log;
    uint64_t last_entry;
};

/* Builds the machine and its tree. The model refers to the description, which must live on. */
struct model *model_new(const struct machine *machine);

/* As the kernel compares what is written: a trailing newline does not count. NULL: no such. */
struct device *model_device(const struct model *model, const char *address);
struct driver *model_driver(const struct model *model, const char *name);
struct module *model_module(const struct model *model, const char *name);

/* Adds a line with the next number to the record. `error` is a negative errno or 0. */
void model_log(struct model *model, int error, const char *format, ...) _printf_(3, 4);

/* ---- attributes.c: the files of a device ----------------------------------------------------- */

/* Fills the device's directory. */
void attributes_add(struct device *device);

/* ---- children.c: net/eth0, nvme/nvme0 and the like, below a device and in their class -------- */

void children_add(struct device *device);
void children_remove(struct device *device);

/* ---- driver.c: as drivers/base/{bus,dd}.c and drivers/pci/pci-driver.c ------------------------
 */

/* Gives a driver its directory, and then every device that it matches and that has none. -EINTR
 * when the caller was killed while it waited for a device. */
int driver_register(struct driver *driver, struct caller *caller);

/* Takes the driver from all its devices, and its directory away. */
int driver_unregister(struct driver *driver, struct caller *caller);

/* Makes the driver that had the device at boot, or `driver` from then on, its driver: nothing is
 * probed, nothing recorded. */
void driver_adopt(struct driver *driver, struct device *device);

/* The files in /sys/bus/pci. */
void driver_add_bus_files(struct model *model, struct node *bus);

/* ---- module.c -------------------------------------------------------------------------------- */

/* What init_module(2) and delete_module(2) do. -ENOENT: the machine has no such module. */
int module_load(struct module *module, struct caller *caller) _must_check_;
int module_unload(struct module *module, struct caller *caller) _must_check_;

/* The two halves of loading: its place in /sys/module, and what its init function does. */
void module_add(struct module *module);
int module_start(struct module *module, struct caller *caller) _must_check_;

/* ---- fault.c --------------------------------------------------------------------------------- */

/* Delays, hangs and fails the operation as a test asked for. `lock` is the one that the caller
 * holds meanwhile, `driver` may be NULL. Returns 0 or a negative errno. */
int fault_strike(struct model *model, struct caller *caller, struct lock *lock, struct fault *fault,
                 const char *driver) _must_check_;

/* Back to no fault; a hanging operation goes on once the lock is notified. */
void fault_clear(struct fault *fault);

/* ---- control.c: /sys/.sim -------------------------------------------------------------------- */

void control_add(struct model *model);
