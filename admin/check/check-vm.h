/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What is looked at to give advice on a VM: its XML beyond what the hook acts on, and of the host
 * what its devices are. Plain data, so that the advice is a pure function of it.
 */

#include <stdbool.h>

#include "cpulist.h"
#include "domain.h"
#include "xml.h"

/* Where the guest sees a device. */
struct check_vm_place {
    bool known; /* libvirt chooses a place for a device that has none yet */
    unsigned domain, bus, slot, function;
};

/* A PCI device that the VM gets: <hostdev type='pci'>, <interface type='hostdev'>. */
struct check_vm_device {
    struct pci_address address; /* on the host */
    struct check_vm_place guest;
    bool rom_off;   /* <rom bar='off'> */
    char *rom_file; /* <rom file=...>, or NULL */

    /* Of the host; all zero until check_vm_look. */
    bool present;
    struct pci_id id;
    uint32_t class; /* 24 bits */
    bool boot_display;
    bool is_vf;
    bool has_rom;   /* there is a `rom` in sysfs */
    bool has_audio; /* another function of its slot is its sound */
    struct pci_address audio;
    int rom_file_error; /* positive errno of looking for rom_file; 0: it is there */
};

struct check_vm {
    struct domain *domain;
    bool x86;
    bool q35;
    bool i440fx;
    bool uefi;
    char *rom_loader; /* a <loader> that is no flash; NULL: there is none */
    bool hides_kvm;   /* <kvm><hidden state='on'/>, or a <vendor_id> of Hyper-V's */
    bool has_graphics;
    struct check_vm_device *devices;
    size_t n_devices;

    /* Of the host; zero until check_vm_look. */
    bool runs;
    struct cpulist cpus;     /* that are online */
    char *conf_file;         /* where an admin would write what is for this VM; NULL: not known */
    bool reserves_hugepages; /* the hook makes them */
    uint64_t hugepages_kib;  /* size of the pages that it wants, where it wants but one; else 0 */
    uint64_t hugepages_free; /* how many there are, as far as nobody has a right to them */
};

/* Reads the XML of a domain. -EINVAL with a sentence, as domain_parse. `ret` starts zeroed, and is
 * the caller's to clean up in any case. */
int check_vm_parse(const char *text, size_t length, struct check_vm *ret,
                   struct error *error) _must_check_;

/* Fills in what the host knows. */
void check_vm_look(struct check_vm *vm);

/* A display of any kind (PCI base class 3). */
static inline bool check_vm_is_gpu(const struct check_vm_device *device) {
    return device->class >> 16 == 0x03;
}

/* The VM's device at that address of the host, or NULL. */
const struct check_vm_device *check_vm_device(const struct check_vm *vm,
                                              struct pci_address address);

void check_vm_done(struct check_vm *vm);

#define _cleanup_check_vm_ _cleanup_(check_vm_done)
