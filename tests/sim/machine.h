/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A machine, as its description file tells it: which kernel modules there are, which PCI functions,
 * and how they are bound when the machine has just booted. Plain data that nothing changes later.
 * The format is described in README.md.
 */

#include "common.h"

/* Room for an address: up to eight digits of domain, as Intel's VMD has them. */
#define ADDRESS_MAX 17

enum module_start {
    MODULE_LOADED,    /* loaded when the machine boots */
    MODULE_BUILTIN,   /* part of the kernel */
    MODULE_AVAILABLE, /* on the disk; modprobe loads it */
};

struct machine_module {
    char *name;   /* as its file is named: vfio-pci */
    char *id;     /* as the kernel names it: vfio_pci */
    char *driver; /* of the PCI bus; NULL when it has none */
    char **aliases;
    size_t n_aliases;
    char **depends; /* ids of the modules whose symbols it uses */
    size_t n_depends;
    enum module_start start;
    bool vfio; /* its driver is a vfio-pci one: wants a normal header and an IOMMU group */
};

struct machine_attribute {
    char *name; /* may have directories in it: holders/dm-0 */
    char *value;
};

/* What a driver makes of its device: a network interface, a controller, a disk. It is there while
 * the driver that had the device at boot is bound. */
struct machine_child {
    char *path;  /* below the directory of the device: net/eno1 */
    char *class; /* net: a link to it appears in /sys/class/net */
    struct machine_attribute *attributes;
    size_t n_attributes;
};

struct machine_device {
    char address[ADDRESS_MAX];
    char below[ADDRESS_MAX];  /* the bridge it sits behind; "" on a root bus */
    char physfn[ADDRESS_MAX]; /* of a virtual function; "" otherwise */
    char *driver;             /* NULL: not bound */
    char *override;           /* NULL: not set */
    struct machine_child *children;
    size_t n_children;
    uint32_t class_code;
    uint16_t vendor, device, subvendor, subdevice;
    uint8_t revision;
    uint8_t header; /* 0 normal, 1 bridge, 2 CardBus */
    int group;      /* -1: none */
    int numa;
    unsigned total_vfs;
    bool boot_vga;
};

struct machine {
    struct machine_module *modules;
    size_t n_modules;
    struct machine_device *devices;
    size_t n_devices;
};

/* Reads a description to its end. NULL when it is not one; a sentence that gives `name` and line is
 * then on stderr. */
struct machine *machine_read(FILE *file, const char *name);

void machine_free(struct machine *machine);
