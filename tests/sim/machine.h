/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A machine, as its description file tells it: which kernel modules there are, which PCI functions,
 * and how they are bound when the machine has just booted. Plain data that nothing changes later.
 * The format is described in README.md.
 */

#include "cpumask.h"

/* Room for an address: up to eight digits of domain, as Intel's VMD has them. */
#define ADDRESS_MAX 17

enum module_start {
    MODULE_LOADED,    /* loaded when the machine boots */
    MODULE_BUILTIN,   /* part of the kernel */
    MODULE_AVAILABLE, /* on the disk; modprobe loads it */
};

struct machine_attribute {
    char *name; /* may have directories in it: holders/dm-0 */
    char *value;
};

struct machine_module {
    char *name;   /* as its file is named: vfio-pci */
    char *id;     /* as the kernel names it: vfio_pci */
    char *driver; /* of the PCI bus; NULL when it has none */
    char **aliases;
    size_t n_aliases;
    char **depends; /* ids of the modules whose symbols it uses */
    size_t n_depends;
    struct machine_attribute *parameters;
    size_t n_parameters;
    enum module_start start;
    bool vfio; /* its driver is a vfio-pci one: wants a normal header and an IOMMU group */
};

/* What a driver makes of its device: a network interface, a controller, a disk. It is there while
 * the driver that had the device at boot is bound. */
struct machine_child {
    char *path;  /* below the directory of the device: net/eno1 */
    char *class; /* net: a link to it appears in /sys/class/net */
    struct machine_attribute *attributes;
    size_t n_attributes;
};

/* The virtual functions that a device can have. */
struct machine_vfs {
    unsigned total; /* 0: it can have none */
    unsigned offset, stride;
    uint32_t class_code;
    uint16_t vendor, device;
    char *driver; /* theirs even without an alias that says so; NULL: none */
};

/* What a function has in its option ROM. */
struct machine_rom {
    unsigned char *bytes;
    size_t length; /* 0: it has none */
    bool shadow;   /* what can be read is a copy in the host's memory */
};

struct machine_device {
    char address[ADDRESS_MAX];
    char below[ADDRESS_MAX];  /* the bridge it sits behind; "" on a root bus */
    char physfn[ADDRESS_MAX]; /* of a virtual function; "" otherwise */
    char *driver;             /* NULL: none at boot */
    char *override;           /* NULL: not set */
    struct machine_child *children;
    size_t n_children;
    uint32_t class_code;
    uint16_t vendor, device, subvendor, subdevice;
    uint8_t revision;
    uint8_t header; /* 0 normal, 1 bridge, 2 CardBus */
    int group;      /* -1: none */
    int numa;
    struct machine_vfs vfs;
    struct machine_rom rom;
    uint64_t serial;
    bool has_serial;
    bool boot_vga;
    bool asleep;
    bool absent; /* not there until it is plugged in, or made as a virtual function */
};

/* A kind of mediated device. */
struct machine_mdev_type {
    char *name; /* as its directory is named: i915-GVTg_V5_4 */
    char *api;
    char *title, *description; /* NULL: there is no such file */
    char **attributes;         /* of its devices; a name may have a directory in it */
    size_t n_attributes;
    unsigned cost;
};

struct machine_mdev_parent {
    char *name;   /* an address, or a path below /sys/devices: virtual/mtty/mtty */
    char *module; /* id of the one that makes it a parent; NULL: it always is */
    char *driver; /* of its mediated devices */
    struct machine_mdev_type *types;
    size_t n_types;
    unsigned pool;
    int full; /* what creating one too many fails with, a positive errno */
};

/* A mediated device that is there at boot. */
struct machine_mdev {
    char *uuid, *parent, *type;
};

/* The vGPUs that a virtual function can become. */
struct machine_vgpu {
    char address[ADDRESS_MAX];
    unsigned *ids;
    char **names;
    size_t n_types;
};

/* CPUs of one kind. */
struct machine_cpus {
    struct cpumask cpus, offline;
    char *core; /* the first core_id; NULL: goes on where the package is */
    unsigned package, die, node;
    unsigned threads;  /* of a core; 0 is 1 */
    unsigned l2_cores; /* that share one; 0 is 1 */
    unsigned l2_size;  /* in KiB; 0: none is told */
    unsigned l3_id;    /* those with the same in a package share it */
    unsigned l3_size;  /* in KiB; 0: none */
    unsigned capacity; /* 0: no such file */
    unsigned perf;     /* acpi_cppc/highest_perf; 0: no such file */
    unsigned max_khz;
    bool adjacent;      /* siblings have adjacent numbers: 0 and 1, not 0 and N */
    bool absent;        /* possible, but not there */
    bool all_offline;   /* at boot */
    bool shared_policy; /* one cpufreq policy for all of them */
    char *kind;         /* "P", "E"; NULL: all are of one kind */
    char *driver, *governor, *governors, *epp, *epps; /* cpufreq; NULL: there is none */
};

struct machine_hugepages {
    unsigned long size; /* in KiB */
    unsigned long count, reserved;
    unsigned long limit; /* as many as can be had, however much memory is free; 0: no limit */
};

struct machine_node {
    struct machine_hugepages *hugepages;
    size_t n_hugepages;
    char *distance; /* NULL: 10 and 20 */
    unsigned number;
    unsigned memory;    /* all in MiB */
    unsigned used;      /* by programs */
    unsigned caches;    /* what drop_caches frees */
    unsigned scattered; /* free, but in huge pages only after compact_memory */
};

struct machine_irq {
    char *actions; /* with commas between; NULL: nobody handles it */
    char *chip, *type;
    struct cpumask affinity; /* empty: all CPUs */
    unsigned number, hwirq;
    char *node;   /* NULL: none */
    bool managed; /* the kernel alone says where it goes */
};

struct machine_kernel {
    char *version;
    char *cmdline;
    char *controllers; /* of /sys/fs/cgroup, with commas between; NULL: there is no cgroup v2 */
    char *enabled;     /* those that the children of the root have */
    struct cpumask isolated;
};

struct machine {
    struct machine_cpus *cpus;
    size_t n_cpus; /* lines, not CPUs */
    struct machine_node *nodes;
    size_t n_nodes;
    struct machine_irq *irqs;
    size_t n_irqs;
    struct machine_kernel kernel;
    struct machine_module *modules;
    size_t n_modules;
    struct machine_device *devices;
    size_t n_devices;
    struct machine_mdev_parent *mdev_parents;
    size_t n_mdev_parents;
    struct machine_mdev *mdevs;
    size_t n_mdevs;
    struct machine_vgpu *vgpus;
    size_t n_vgpus;
};

/* Reads a description to its end. NULL when it is not one; a sentence that gives `name` and line is
 * then on stderr. */
struct machine *machine_read(FILE *file, const char *name);

void machine_free(struct machine *machine);
