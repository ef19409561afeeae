/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "domain-cpu.h"
#include "domain-mdev.h"
#include "domain-memory.h"
#include "file.h"
#include "uuid.h"
#include "xml.h"

/* What is asked of each place in the XML that can name a PCI device of the host: where the
 * element is, and, below it, where the address and `managed` stand. */
static const struct hostdev_source {
    enum hostdev_element element;
    const char *label;
    const char *expression;
    bool is_source; /* the expression selects <source> itself: the disk has it at any depth */
} hostdev_sources[] = {
    {HOSTDEV_HOSTDEV, "hostdev",
     "/domain/devices/hostdev[@type='pci' and (not(@mode) or @mode='subsystem')]", false},
    {HOSTDEV_INTERFACE, "interface", "/domain/devices/interface[@type='hostdev']", false},
    {HOSTDEV_DISK, "disk", "/domain/devices/disk//source[@type='pci' and (../@type='nvme')]", true},
};

static int parse_address(xmlNodePtr node, const char *label, struct pci_address *ret,
                         struct error *error) {
    uint64_t domain = 0, bus = UINT64_MAX, slot = UINT64_MAX, function = UINT64_MAX;

    if (xml_attribute_number(node, "domain", UINT32_MAX, &domain) < 0 ||
        xml_attribute_number(node, "bus", 0xff, &bus) != 1 ||
        xml_attribute_number(node, "slot", 31, &slot) != 1 ||
        xml_attribute_number(node, "function", 7, &function) != 1)
        return error_set(error, EINVAL,
                         "the domain XML has a <%s> at line %ld whose <source> holds no valid PCI "
                         "address (domain, bus, slot, function)",
                         label, node ? xmlGetLineNo(node) : 0L);
    *ret = (struct pci_address){
        .domain = (uint32_t)domain,
        .bus = (uint8_t)bus,
        .slot = (uint8_t)slot,
        .function = (uint8_t)function,
    };
    return 0;
}

static size_t position(const struct domain *domain, struct pci_address address) {
    return pci_address_position(domain->hostdevs, domain->n_hostdevs, sizeof *domain->hostdevs,
                                address);
}

const struct hostdev *domain_hostdev(const struct domain *domain, struct pci_address address) {
    size_t i = position(domain, address);

    return i < domain->n_hostdevs && pci_address_equal(domain->hostdevs[i].address, address)
               ? &domain->hostdevs[i]
               : NULL;
}

/* Inserts unless the address is there already: two NVMe namespaces name one controller. */
static int add_hostdev(struct domain *domain, const struct hostdev *hostdev) {
    size_t i = position(domain, hostdev->address);
    struct hostdev *larger;

    if (domain_hostdev(domain, hostdev->address))
        return -EEXIST;
    larger = reallocarray(domain->hostdevs, domain->n_hostdevs + 1, sizeof *larger);
    if (!larger)
        return -ENOMEM;
    domain->hostdevs = larger;
    memmove(&larger[i + 1], &larger[i], (domain->n_hostdevs - i) * sizeof *larger);
    larger[i] = *hostdev;
    domain->n_hostdevs++;
    return 0;
}

static void hostdev_done(struct hostdev *hostdev) {
    free(hostdev->driver_name);
    free(hostdev->driver_model);
}

static int parse_hostdev(struct domain *domain, const struct hostdev_source *from, xmlNodePtr node,
                         struct error *error) {
    xmlNodePtr source = from->is_source ? node : xml_child(node, "source");
    xmlNodePtr driver = from->is_source ? NULL : xml_child(node, "driver");
    struct hostdev hostdev = {
        .element = from->element,
        .managed = xml_attribute_is(node, "managed", "yes"),
    };
    xmlNodePtr address = xml_child(source, "address");
    int r;

    r = parse_address(address ? address : node, from->label, &hostdev.address, error);
    if (r < 0)
        return r;
    r = xml_attribute_copy(driver, "name", &hostdev.driver_name);
    if (r >= 0)
        r = xml_attribute_copy(driver, "model", &hostdev.driver_model);
    if (r >= 0)
        r = add_hostdev(domain, &hostdev);
    if (r < 0)
        hostdev_done(&hostdev);
    if (r == -ENOMEM)
        return error_oom(error);
    return 0;
}

static int parse_hostdevs(const struct xml *xml, struct domain *domain, struct error *error) {
    for (size_t i = 0; i < ELEMENTS(hostdev_sources); i++) {
        _cleanup_xml_nodes_ xmlXPathObjectPtr nodes =
            xml_select(xml, hostdev_sources[i].expression);

        if (!nodes)
            return error_oom(error);
        for (size_t j = 0; j < xml_count(nodes); j++) {
            int r = parse_hostdev(domain, &hostdev_sources[i], xml_node(nodes, j), error);

            if (r < 0)
                return r;
        }
    }
    return 0;
}

static int parse_identity(xmlNodePtr root, struct domain *domain, struct error *error) {
    _cleanup_xml_text_ xmlChar *name = NULL, *uuid = NULL;
    xmlNodePtr name_node, uuid_node;
    uint64_t id = 0;
    int r;

    if (!root || !xmlStrEqual(root->name, (const xmlChar *)"domain"))
        return error_set(error, EINVAL, "the XML given to the hook is not a <domain>");
    name_node = xml_child(root, "name");
    name = name_node ? xmlNodeGetContent(name_node) : NULL;
    if (!name || !*name)
        return error_set(error, EINVAL, "the domain XML has no <name>");
    /* libvirt refuses it too: its own files are named after the VM. */
    if (strchr((const char *)name, '/'))
        return error_set(error, EINVAL,
                         "the VM's name has a slash in it, which libvirt allows "
                         "no VM: rename it");
    uuid_node = xml_child(root, "uuid");
    uuid = uuid_node ? xmlNodeGetContent(uuid_node) : NULL;
    if (!uuid || uuid_normalize((const char *)uuid, domain->uuid) < 0)
        return error_set(error, EINVAL, "the domain XML has no valid <uuid>");
    domain->name = strdup((const char *)name);
    if (!domain->name)
        return error_oom(error);
    r = xml_attribute_number(root, "id", INT_MAX, &id);
    domain->id = r == 1 ? (int)id : -1;
    return 0;
}

int domain_parse(const char *text, size_t length, struct domain **ret, struct error *error) {
    _cleanup_domain_ struct domain *domain = NULL;
    _cleanup_xml_ struct xml xml = {0};
    xmlNodePtr root;
    int r;

    r = xml_parse(text, length, &xml, error);
    if (r < 0)
        return r;
    domain = calloc(1, sizeof *domain);
    if (!domain)
        return error_oom(error);
    root = xmlDocGetRootElement(xml.document);
    r = parse_identity(root, domain, error);
    if (r >= 0)
        r = parse_hostdevs(&xml, domain, error);
    if (r >= 0)
        r = domain_mdev_parse(&xml, domain, error);
    if (r >= 0)
        r = domain_cpu_parse(root, &domain->cpu, error);
    if (r >= 0)
        r = domain_memory_parse(root, &domain->memory, error);
    if (r < 0)
        return r;
    *ret = take_pointer(domain);
    return 0;
}

int domain_read(int fd, struct domain **ret, struct error *error) {
    _cleanup_free_ char *text = NULL;
    size_t length;
    int r;

    r = file_read_all(fd, DOMAIN_XML_MAX, &text, &length);
    if (r == -EFBIG)
        return error_set(error, EFBIG, "the domain XML is larger than %zu MiB: refused",
                         DOMAIN_XML_MAX >> 20);
    if (r < 0)
        return error_set(error, -r, "the domain XML cannot be read from standard input: %s",
                         strerror(-r));
    return domain_parse(text, length, ret, error);
}

void domain_free(struct domain *domain) {
    if (!domain)
        return;
    for (size_t i = 0; i < domain->n_hostdevs; i++)
        hostdev_done(&domain->hostdevs[i]);
    /* The entry behind the last whole one may be half filled. */
    if (domain->mdevs)
        for (size_t i = 0; i <= domain->n_mdevs; i++)
            domain_mdev_done(&domain->mdevs[i]);
    free(domain->hostdevs);
    free(domain->mdevs);
    domain_cpu_done(&domain->cpu);
    domain_memory_done(&domain->memory);
    free(domain->name);
    free(domain);
}
