/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a domain XML says of the host: the part of a VM's description that this program acts on,
 * as plain data. The XML is the one libvirt gives to its hooks
 * (https://libvirt.org/formatdomain.html, https://libvirt.org/hooks.html).
 */

#include <stdbool.h>

#include "error.h"
#include "pci-address.h"

#define UUID_TEXT_MAX 37

/* The namespace of this program's elements in a VM's <metadata>. */
#define DOMAIN_NAMESPACE "urn:hostdevctl:domain:1.0"

/* The element of the XML that names a PCI device of the host. */
enum hostdev_element {
    HOSTDEV_HOSTDEV,   /* <hostdev type='pci'> */
    HOSTDEV_INTERFACE, /* <interface type='hostdev'> */
    HOSTDEV_DISK,      /* <disk type='nvme'>, also inside its backing chain */
};

struct hostdev {
    struct pci_address address;
    enum hostdev_element element;
    bool managed;       /* libvirt would detach and reattach it */
    char *driver_name;  /* <driver name=...>, or NULL */
    char *driver_model; /* <driver model=...>, or NULL */
};

/* <hostdev type='mdev'> */
struct domain_mdev {
    char uuid[UUID_TEXT_MAX];
    char *model; /* vfio-pci, vfio-ccw, vfio-ap; or NULL */
    bool display;
    char *type;   /* what the VM's <metadata> wants it to be, or NULL */
    char *parent; /* and on which device, or NULL */
};

/* <vcpupin>, <iothreadpin>: a thread of the VM and the host CPUs it may run on. */
struct domain_pin {
    unsigned id;
    char *cpuset; /* libvirt's CPU list: "0-3,^2" */
};

/* <cpu><topology>; all zero when the XML has none. */
struct domain_topology {
    unsigned sockets, dies, cores, threads;
};

struct domain_cpu {
    unsigned vcpus;         /* the maximum, <vcpu>N</vcpu> */
    unsigned vcpus_current; /* those there at start; `vcpus` when the XML names none */
    bool placement_auto;
    unsigned
        *iothread_ids; /* <iothreadids>; those that it does not name get the lowest free ones */
    size_t n_iothread_ids;
    char *cpuset;      /* <vcpu cpuset=...>, or NULL */
    char *emulatorpin; /* or NULL */
    struct domain_pin *vcpupins;
    size_t n_vcpupins;
    struct domain_pin *iothreadpins;
    size_t n_iothreadpins;
    unsigned iothreads; /* how many */
    struct domain_topology topology;
};

/* <hugepages><page>: size 0 when the XML leaves it to the host. */
struct domain_hugepages {
    uint64_t size_kib;
    char *nodeset; /* guest NUMA nodes, or NULL: all */
};

/* A NUMA node of the guest, <cpu><numa><cell>. */
struct domain_cell {
    unsigned id;
    uint64_t kib;
    char *nodeset; /* host NUMA nodes, <numatune><memnode>; or NULL */
};

struct domain_memory {
    uint64_t kib;
    struct domain_cell *cells;
    size_t n_cells;
    bool backed_by_hugepages;
    struct domain_hugepages *pages; /* empty with `backed_by_hugepages`: the host's default size */
    size_t n_pages;
    char *numatune_nodeset; /* host NUMA nodes, or NULL */
};

struct domain {
    char *name;
    char uuid[UUID_TEXT_MAX]; /* lower case, with dashes */
    int id;                   /* libvirt's number of a live domain, -1 without */
    struct hostdev *hostdevs; /* each address once, ordered by address */
    size_t n_hostdevs;
    struct domain_mdev *mdevs;
    size_t n_mdevs;
    struct domain_cpu cpu;
    struct domain_memory memory;
};

/* More than this much XML is refused; libvirt's own limit on a domain XML is of this order. */
#define DOMAIN_XML_MAX ((size_t)16 << 20)

/* Reads a domain from XML text of `length` bytes. On success *ret is owned by the caller
 * (domain_free). -EINVAL with a sentence: not well-formed, not a domain, a document type
 * declaration, an address or number that is none, missing name or UUID. */
int domain_parse(const char *xml, size_t length, struct domain **ret,
                 struct error *error) _must_check_;

/* Reads the XML from a descriptor to its end, then as domain_parse; -EFBIG above DOMAIN_XML_MAX. */
int domain_read(int fd, struct domain **ret, struct error *error) _must_check_;

/* The domain's device at an address, or NULL. */
const struct hostdev *domain_hostdev(const struct domain *domain, struct pci_address address);

void domain_free(struct domain *domain);

static inline void domain_freep(struct domain **domain) {
    domain_free(*domain);
}

#define _cleanup_domain_ _cleanup_(domain_freep)
