/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "domain.h"

#define IDENTITY "<name>win10</name><uuid>C0FFEE00-0546-4c1c-96c7-1ffe204ae6ce</uuid>"

static struct domain *parse(const char *xml) {
    _cleanup_error_ struct error error = {0};
    struct domain *domain = NULL;

    if (domain_parse(xml, strlen(xml), &domain, &error) < 0)
        fail_msg("%s", error_text(&error));
    return domain;
}

static void assert_refused(const char *xml, const char *sentence) {
    _cleanup_error_ struct error error = {0};
    struct domain *domain = NULL;

    assert_int_equal(domain_parse(xml, strlen(xml), &domain, &error), -EINVAL);
    assert_null(domain);
    if (!strstr(error_text(&error), sentence))
        fail_msg("expected '%s' in '%s'", sentence, error_text(&error));
}

static void assert_address(const struct hostdev *hostdev, const char *expected) {
    assert_string_equal(PCI_ADDRESS_FORMAT(hostdev->address), expected);
}

static void reads_identity(_unused_ void **state) {
    _cleanup_domain_ struct domain *live = parse("<domain type='kvm' id='7'>" IDENTITY "</domain>");
    _cleanup_domain_ struct domain *inactive = parse("<domain>" IDENTITY "</domain>");

    assert_string_equal(live->name, "win10");
    assert_string_equal(live->uuid, "c0ffee00-0546-4c1c-96c7-1ffe204ae6ce");
    assert_int_equal(live->id, 7);
    assert_int_equal(inactive->id, -1);
    assert_int_equal(inactive->n_hostdevs, 0);
}

static void reads_hostdevs(_unused_ void **state) {
    _cleanup_domain_ struct domain *domain = parse(
        "<domain>" IDENTITY "<devices>"
        "<hostdev mode='subsystem' type='pci' managed='yes'><driver name='vfio' model='mlx5_vfio'/>"
        "<source><address domain='0x0000' bus='0x03' slot='0x1f' function='0x7'/></source>"
        "<address type='pci' domain='0x0000' bus='0x09' slot='0x00' function='0x0'/></hostdev>"
        "<hostdev mode='subsystem' type='usb'><source><address bus='1' device='2'/></source>"
        "</hostdev>"
        "<hostdev mode='capabilities' type='misc'/>"
        "<hostdev type='pci'><source><address bus='4' slot='0' function='0'/></source></hostdev>"
        "</devices></domain>");

    assert_int_equal(domain->n_hostdevs, 2);
    assert_address(&domain->hostdevs[0], "0000:03:1f.7");
    assert_true(domain->hostdevs[0].managed);
    assert_string_equal(domain->hostdevs[0].driver_name, "vfio");
    assert_string_equal(domain->hostdevs[0].driver_model, "mlx5_vfio");
    assert_address(&domain->hostdevs[1], "0000:04:00.0");
    assert_false(domain->hostdevs[1].managed);
    assert_null(domain->hostdevs[1].driver_model);
}

static void reads_interfaces_and_disks(_unused_ void **state) {
    _cleanup_domain_ struct domain *domain = parse(
        "<domain>" IDENTITY "<devices>"
        "<interface type='network'><source network='default'/></interface>"
        "<interface type='hostdev' managed='yes'><source>"
        "<address type='pci' domain='0x0000' bus='0x05' slot='0x10' function='0x2'/></source>"
        "</interface>"
        "<disk type='nvme' device='disk'><driver name='qemu' type='qcow2'/>"
        "<source type='pci' managed='yes' namespace='1'>"
        "<address domain='0x0000' bus='0x06' slot='0x00' function='0x0'/></source>"
        "<backingStore type='nvme'><format type='raw'/><source type='pci' managed='no' "
        "namespace='2'><address domain='0x0000' bus='0x07' slot='0x00' function='0x0'/></source>"
        "</backingStore></disk>"
        "<disk type='nvme' device='disk'><source type='pci' managed='yes' namespace='2'>"
        "<address domain='0x0000' bus='0x06' slot='0x00' function='0x0'/></source></disk>"
        "<disk type='file'><source file='/a'/></disk>"
        "</devices></domain>");

    assert_int_equal(domain->n_hostdevs, 3);
    assert_int_equal(domain->hostdevs[0].element, HOSTDEV_INTERFACE);
    assert_address(&domain->hostdevs[0], "0000:05:10.2");
    assert_int_equal(domain->hostdevs[1].element, HOSTDEV_DISK);
    assert_address(&domain->hostdevs[1], "0000:06:00.0");
    assert_true(domain->hostdevs[1].managed);
    assert_address(&domain->hostdevs[2], "0000:07:00.0");
    assert_false(domain->hostdevs[2].managed);
}

static void reads_mdevs(_unused_ void **state) {
    _cleanup_domain_ struct domain *domain = parse(
        "<domain>" IDENTITY "<devices>"
        "<hostdev mode='subsystem' type='mdev' managed='no' model='vfio-pci' display='on'><source>"
        "<address uuid='DB10F5F6-0546-4c1c-96c7-1ffe204ae6ce'/></source></hostdev>"
        "</devices></domain>");

    assert_int_equal(domain->n_hostdevs, 0);
    assert_int_equal(domain->n_mdevs, 1);
    assert_string_equal(domain->mdevs[0].uuid, "db10f5f6-0546-4c1c-96c7-1ffe204ae6ce");
    assert_string_equal(domain->mdevs[0].model, "vfio-pci");
    assert_true(domain->mdevs[0].display);
}

static void reads_cpus(_unused_ void **state) {
    _cleanup_domain_ struct domain *domain =
        parse("<domain>" IDENTITY "<vcpu placement='static' cpuset='0-7' current='4'>8</vcpu>"
              "<iothreads>2</iothreads>"
              "<cputune><vcpupin vcpu='0' cpuset='2'/><vcpupin vcpu='1' cpuset='3,^4'/>"
              "<emulatorpin cpuset='0-1'/><iothreadpin iothread='1' cpuset='5'/></cputune>"
              "<cpu mode='host-passthrough'><topology sockets='1' cores='4' threads='2'/></cpu>"
              "</domain>");

    assert_int_equal(domain->cpu.vcpus, 8);
    assert_int_equal(domain->cpu.vcpus_current, 4);
    assert_string_equal(domain->cpu.cpuset, "0-7");
    assert_false(domain->cpu.placement_auto);
    assert_int_equal(domain->cpu.n_vcpupins, 2);
    assert_int_equal(domain->cpu.vcpupins[1].id, 1);
    assert_string_equal(domain->cpu.vcpupins[1].cpuset, "3,^4");
    assert_string_equal(domain->cpu.emulatorpin, "0-1");
    assert_int_equal(domain->cpu.n_iothreadpins, 1);
    assert_int_equal(domain->cpu.iothreads, 2);
    assert_int_equal(domain->cpu.topology.cores, 4);
    assert_int_equal(domain->cpu.topology.threads, 2);
    assert_int_equal(domain->cpu.topology.dies, 1);
}

static void reads_memory(_unused_ void **state) {
    _cleanup_domain_ struct domain *domain =
        parse("<domain>" IDENTITY "<memory unit='GiB'>4</memory>"
              "<memoryBacking><hugepages><page size='1' unit='G' nodeset='0'/>"
              "<page size='2048'/></hugepages></memoryBacking>"
              "<numatune><memory mode='strict' nodeset='1'/></numatune></domain>");

    assert_int_equal(domain->memory.kib, 4 * 1024 * 1024);
    assert_true(domain->memory.backed_by_hugepages);
    assert_int_equal(domain->memory.n_pages, 2);
    assert_int_equal(domain->memory.pages[0].size_kib, 1024 * 1024);
    assert_string_equal(domain->memory.pages[0].nodeset, "0");
    assert_int_equal(domain->memory.pages[1].size_kib, 2048);
    assert_string_equal(domain->memory.numatune_nodeset, "1");
}

static struct domain *parse_with_metadata(const char *metadata) {
    _cleanup_error_ struct error error = {0};
    struct domain *domain = NULL;
    char xml[4096];

    snprintf(xml, sizeof xml,
             "<domain>" IDENTITY "<metadata><x:domain xmlns:x='" DOMAIN_NAMESPACE "'>%s"
             "</x:domain><o:domain xmlns:o='other'><o:mdev type='other'/></o:domain></metadata>"
             "<devices><hostdev type='mdev'><source>"
             "<address uuid='db10f5f6-0546-4c1c-96c7-1ffe204ae6ce'/></source></hostdev>"
             "<hostdev type='mdev'><source>"
             "<address uuid='0b1ae2a5-35a6-4d26-8c2c-9c1a0c4f5a11'/></source></hostdev>"
             "</devices></domain>",
             metadata);
    if (domain_parse(xml, strlen(xml), &domain, &error) < 0)
        print_message("# %s\n", error_text(&error));
    return domain;
}

static void reads_metadata(_unused_ void **state) {
    _cleanup_domain_ struct domain *domain =
        parse_with_metadata("<x:mdev uuid='0B1AE2A5-35A6-4D26-8C2C-9C1A0C4F5A11' type='b'/>"
                            "<x:mdev type='a' parent='0000:00:02.0'/>"
                            "<mdev type='not-ours'/>");

    assert_non_null(domain);
    assert_string_equal(domain->mdevs[0].type, "a");
    assert_string_equal(domain->mdevs[0].parent, "0000:00:02.0");
    assert_string_equal(domain->mdevs[1].type, "b");
    assert_string_equal(domain->mdevs[1].parent, "0000:00:02.0");
}

static void refuses_bad_metadata(_unused_ void **state) {
    assert_null(parse_with_metadata("<x:mdev type='../../etc'/>"));
    assert_null(parse_with_metadata("<x:mdev parent=''/>"));
    assert_null(parse_with_metadata("<x:mdev uuid='x' type='a'/>"));
}

static void refuses_what_is_no_domain(_unused_ void **state) {
    assert_refused("", "not well-formed");
    assert_refused("<domain><name>a</domain>", "line 1");
    assert_refused("<network>" IDENTITY "</network>", "not a <domain>");
    assert_refused("<domain/>", "no <name>");
    assert_refused("<domain><name>a</name></domain>", "no valid <uuid>");
    assert_refused("<domain><name>a</name><uuid>x</uuid></domain>", "no valid <uuid>");
}

static void refuses_bad_values(_unused_ void **state) {
    assert_refused("<domain>" IDENTITY "<devices><hostdev type='pci'/></devices></domain>",
                   "no valid PCI address");
    assert_refused("<domain>" IDENTITY "<devices><hostdev type='pci'><source>"
                   "<address bus='0x100' slot='0' function='0'/></source></hostdev></devices>"
                   "</domain>",
                   "no valid PCI address");
    assert_refused("<domain>" IDENTITY "<devices><disk type='nvme'><source type='pci'/></disk>"
                   "</devices></domain>",
                   "no valid PCI address");
    assert_refused("<domain>" IDENTITY "<devices><hostdev type='mdev'><source/></hostdev>"
                   "</devices></domain>",
                   "without a valid UUID");
    assert_refused("<domain>" IDENTITY "<vcpu>many</vcpu></domain>", "<vcpu>");
    assert_refused("<domain>" IDENTITY "<vcpu current='3'>2</vcpu></domain>", "<vcpu>");
    assert_refused("<domain>" IDENTITY "<memory unit='pounds'>2</memory></domain>", "<memory>");
    assert_refused("<domain>" IDENTITY "<memory unit='T'>99999999999</memory></domain>",
                   "<memory>");
}

static void refuses_document_types(_unused_ void **state) {
    assert_refused("<!DOCTYPE domain [<!ENTITY a 'aaaa'>]><domain>" IDENTITY "</domain>",
                   "document type declaration");
    assert_refused("<!DOCTYPE domain SYSTEM 'file:///etc/passwd'><domain>" IDENTITY "</domain>",
                   "document type declaration");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PROVES("name, UUID and id are read", reads_identity),
        PROVES("every <hostdev type='pci'> is read, and no other <hostdev>", reads_hostdevs),
        PROVES("<interface type='hostdev'> and NVMe disks in backing chains are read, each "
               "controller once",
               reads_interfaces_and_disks),
        PROVES("mediated devices are read", reads_mdevs),
        PROVES("types and parents in the VM's metadata are read, whatever the prefix",
               reads_metadata),
        PROVES("names in the metadata that can be none are refused", refuses_bad_metadata),
        PROVES("vCPUs, pins, I/O threads and topology are read", reads_cpus),
        PROVES("memory, huge pages and NUMA placement are read, in KiB", reads_memory),
        PROVES("what is no domain XML is refused in a sentence", refuses_what_is_no_domain),
        PROVES("bad values are refused in a sentence", refuses_bad_values),
        PROVES("a document type declaration is refused", refuses_document_types),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
