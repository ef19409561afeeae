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
    OPERATION_SRIOV,
    OPERATION_ROM_READ,
    OPERATION_LOAD, /* of modules; those before are of devices, those after see target.c */
    OPERATION_CREATE,
    OPERATION_REMOVE,
    OPERATION_ATTRIBUTE,
    OPERATION_VGPU,
    OPERATION_GOVERNOR, /* those from here on see gate.c */
    OPERATION_EPP,
    OPERATION_IRQ,
    OPERATION_HUGEPAGES,
    OPERATION_NODE_WRITE,
    OPERATION_WORKQUEUE,
    OPERATION_CPUSET,
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
    struct node *directory; /* NULL: it is not there */
    char *modalias;

    struct lock lock; /* the kernel's device lock */
    /* Set until remove() has returned, while the links vanish before it is called. */
    struct driver *driver;
    struct driver *home; /* the driver at boot: it matches even without an alias that says so */
    struct node *driver_link, *device_link;
    char *override; /* NULL: not set */
    bool vfs_autoprobe;
    bool rom_enabled; /* somebody may read it */

    struct vgpu *vgpu; /* NULL: it cannot be one */
    struct device *physfn;
    unsigned vf_number; /* of a virtual function */
    struct device *same_hash;
    struct fault faults[OPERATION_COUNT];
};

struct model {
    const struct machine *machine;
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
    struct mdev_parent *mdev_parents;
    size_t n_mdev_parents;
    struct mdev *mdevs;
    struct target *targets;
    struct gate *gates;
    /* NULL: the description tells nothing of them. */
    struct processors *processors;
    struct interrupts *interrupts;
    struct memory *memory;
    struct cgroups *cgroups;
    bool autoprobe;
    struct text log;
    uint64_t last_entry;
    struct text kmsg;
};

/* Builds the machine and its tree. The model refers to the description, which must live on. */
struct model *model_new(const struct machine *machine);

/* As the kernel compares what is written: a trailing newline does not count. NULL: no such. The
 * second one also finds what is described, but not there. */
struct device *model_device(const struct model *model, const char *address);
struct device *model_described(const struct model *model, const char *address);
struct driver *model_driver(const struct model *model, const char *name);
struct module *model_module(const struct model *model, const char *name);

/* Whether the machine runs that version of Linux, or a later one. */
bool kernel_is(const struct model *model, unsigned major, unsigned minor);

/* Adds a line with the next number to the record. `error` is a negative errno or 0. */
void model_log(struct model *model, int error, const char *format, ...) _printf_(3, 4);

/* ---- device.c: how devices come and go ------------------------------------------------------- */

/* Takes the lock of a device that is there; -ENODEV when it is not, or not any more. */
int device_take(struct device *device, struct caller *caller) _must_check_;

/* Makes its directory and all that leads there; nothing is probed. -ENODEV: what it sits behind is
 * not there. */
int device_appear(struct device *device) _must_check_;

/* Takes its driver from it, and then its directory away. Fails when a test has the unbind fail. */
int device_vanish(struct device *device, struct caller *caller) _must_check_;

/* The same when somebody has plugged it in, or pulled it out, with all behind it and all its
 * virtual functions: recorded. -EEXIST, -ENODEV: it is there already, or not. */
int device_plug(struct device *device) _must_check_;
int device_unplug(struct device *device, struct caller *caller) _must_check_;

/* ---- attributes.c, config.c, rom.c, sriov.c: the files of a device --------------------------- */

/* Fills the device's directory; the others are parts of it. */
void attributes_add(struct device *device);
void config_add(struct device *device);
void rom_add(struct device *device);
void sriov_add(struct device *device);

/* Takes away the virtual functions that were made while the driver was bound. */
void sriov_driver_gone(struct device *physfn, struct caller *caller);

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

/* Has the drivers look at a device, one after the other, until one takes it. -EINTR when the caller
 * was killed while it waited. */
int driver_probe(struct device *device, struct caller *caller);

/* Takes whatever driver it has from a device. Fails only when a test has it fail. */
int driver_release(struct device *device, struct caller *caller) _must_check_;

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

/* ---- target.c: faults of what comes and goes, and so is known by its name ---------------------
 */

/* The name is a UUID, that of a parent or of a function that can be a vGPU, or "*". -ENODEV: no
 * such. The last command counts: one for "*" replaces the others. */
int target_set(struct model *model, enum operation operation, const char *name,
               const struct fault *wanted) _must_check_;

/* As fault_strike(), for the first of the names that has a fault. `mine` is what the operation
 * waits by: clearing its `hang` releases this one operation. */
int target_strike(struct model *model, struct caller *caller, struct lock *lock,
                  enum operation operation, struct fault *mine,
                  const char *const names[2]) _must_check_;

/* Only the failing part of it. */
int target_fail(struct model *model, struct caller *caller, enum operation operation,
                const char *const names[2]) _must_check_;

/* Ends the hanging of what was set for this name; NULL: ends all faults, of all names. */
void target_release(struct model *model, const char *name);

/* ---- mdev.c and mdev-parent.c: mediated devices ------------------------------------------------
 */

/* Enters what the machine has; its parents appear by the two functions that follow. */
void mdev_add(struct model *model, const struct machine *machine);

/* What a module and the driver of a device do to the parents that live by them. */
void mdev_appear(struct model *model);
void mdev_module_gone(struct module *module, struct caller *caller);
void mdev_device_gone(struct device *device, struct caller *caller);

/* Creates what is there at boot. */
void mdev_boot(struct model *model, const struct machine *machine);

/* Lets go on what hangs on a mediated device, or on all of a parent; NULL: on all. */
bool mdev_release(struct model *model, const char *name);

/* The lines of /sys/.sim/state. */
void mdev_show_state(struct model *model, struct text *out);

/* ---- vgpu.c: NVIDIA's way, without mdev --------------------------------------------------------
 */

void vgpu_add(struct model *model, const struct machine *machine);

/* The files that the driver of the function makes and takes away. */
void vgpu_appear(struct device *device);
void vgpu_vanish(struct device *device, struct caller *caller);

bool vgpu_release(struct model *model, const char *name);
void vgpu_show_state(struct device *const *devices, size_t count, struct text *out);

/* ---- control.c, kmsg.c: /sys/.sim ------------------------------------------------------------ */

void control_add(struct model *model);
void kmsg_add(struct model *model);
