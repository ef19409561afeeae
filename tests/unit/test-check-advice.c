/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "check-advice.h"

#define GPU_AND_SOUND                                                                              \
    "<hostdev type='pci'><source><address bus='1' slot='0' function='0'/></source></hostdev>"      \
    "<hostdev type='pci'><source><address bus='1' slot='0' function='1'/></source></hostdev>"

/* A VM, with what a host would know of a GeForce at 01:00. */
static void make(struct check_vm *vm, const char *os, const char *features, const char *devices) {
    _cleanup_error_ struct error error = {0};
    char xml[4096];

    snprintf(xml, sizeof xml,
             "<domain><name>win10</name><uuid>c0ffee00-0546-4c1c-96c7-1ffe204ae6ce</uuid>"
             "<memory unit='MiB'>1024</memory><os>%s</os><features>%s</features>"
             "<devices>%s</devices></domain>",
             os, features, devices);
    if (check_vm_parse(xml, strlen(xml), vm, &error) < 0)
        fail_msg("%s", error_text(&error));
    for (size_t i = 0; i < vm->n_devices; i++) {
        struct check_vm_device *device = &vm->devices[i];

        device->present = true;
        device->id = (struct pci_id){0x10de, 0x13c2};
        device->class = device->address.function == 0 ? 0x030000 : 0x040300;
        device->has_rom = true;
        device->has_audio = device->address.function == 0;
        device->audio = (struct pci_address){.bus = 1, .function = 1};
    }
}

typedef int (*advice)(struct check_report *report, const struct check_vm *vm);

/* What the advice says first, its state in front: "OK ..."; or "" for nothing. */
static void assert_advice(const struct check_vm *vm, advice advise, enum check_state state,
                          const char *expected) {
    _cleanup_check_report_ struct check_report report = {.point = "point"};
    const struct check_finding *found;

    assert_int_equal(advise(&report, vm), 0);
    if (!expected) {
        assert_int_equal(report.count, 0);
        return;
    }
    assert_true(report.count > 0);
    found = report.items;
    if (!found)
        return;
    if (found->state != state || !strstr(found->what, expected))
        fail_msg("expected %d '%s', got %d '%s'", state, expected, found->state, found->what);
    assert_true(state == CHECK_OK || found->fix);
}

/* Makes it, asks, and throws it away. */
static void assert_of(const char *os, const char *features, const char *devices, advice advise,
                      enum check_state state, const char *expected) {
    _cleanup_check_vm_ struct check_vm vm = {0};

    make(&vm, os, features, devices);
    assert_advice(&vm, advise, state, expected);
}

static const char q35[] = "<type arch='x86_64' machine='pc-q35-8.2'>hvm</type>";
static const char i440fx[] = "<type arch='x86_64' machine='pc-i440fx-8.2'>hvm</type>";

static void wants_uefi(_unused_ void **state) {
    assert_of(q35, "", GPU_AND_SOUND, check_advise_firmware, CHECK_WARN, "SeaBIOS");
    assert_of("<type arch='x86_64'>hvm</type><loader type='pflash'>x</loader>", "", GPU_AND_SOUND,
              check_advise_firmware, CHECK_OK, "UEFI");
    assert_of("<type arch='aarch64' machine='virt'>hvm</type>", "", GPU_AND_SOUND,
              check_advise_firmware, CHECK_OK, NULL);
    assert_of("<type arch='x86_64'>hvm</type><loader type='rom'>/usr/share/OVMF/OVMF.fd</loader>",
              "", GPU_AND_SOUND, check_advise_firmware, CHECK_OK, "UEFI");
    assert_of("<type arch='x86_64'>hvm</type><loader>/usr/share/qemu/edk2-x86_64-code.fd</loader>",
              "", GPU_AND_SOUND, check_advise_firmware, CHECK_OK, "UEFI");
    assert_of("<type arch='x86_64'>hvm</type><loader type='rom'>/srv/OVMF/bios-256k.bin</loader>",
              "", GPU_AND_SOUND, check_advise_firmware, CHECK_WARN, "SeaBIOS");
    assert_of(q35, "", "", check_advise_firmware, CHECK_OK, NULL);
}

static void wants_uefi_by_attribute(_unused_ void **state) {
    _cleanup_error_ struct error error = {0};
    _cleanup_check_vm_ struct check_vm vm = {0};
    const char *xml = "<domain><name>a</name><uuid>c0ffee00-0546-4c1c-96c7-1ffe204ae6ce</uuid>"
                      "<os firmware='efi'><type machine='q35'>hvm</type></os></domain>";

    assert_int_equal(check_vm_parse(xml, strlen(xml), &vm, &error), 0);
    assert_true(vm.uefi);
    assert_true(vm.q35);
    assert_false(vm.i440fx);
}

static void wants_pci_express(_unused_ void **state) {
    assert_of(i440fx, "", GPU_AND_SOUND, check_advise_machine, CHECK_WARN, "i440fx");
    assert_of(q35, "", GPU_AND_SOUND, check_advise_machine, CHECK_OK, "q35");
    assert_of("<type machine='virt'>hvm</type>", "", GPU_AND_SOUND, check_advise_machine, CHECK_OK,
              NULL);
}

static void tells_of_old_nvidia_drivers(_unused_ void **state) {
    _cleanup_check_vm_ struct check_vm amd = {0};

    assert_of(q35, "", GPU_AND_SOUND, check_advise_nvidia, CHECK_OK, "only drivers older than 465");
    assert_of(q35, "<kvm><hidden state='on'/></kvm>", GPU_AND_SOUND, check_advise_nvidia, CHECK_OK,
              "also drivers older than 465 work");
    assert_of(q35, "<kvm><hidden state='off'/></kvm>", GPU_AND_SOUND, check_advise_nvidia, CHECK_OK,
              "only drivers");
    make(&amd, q35, "", GPU_AND_SOUND);
    amd.devices[0].id.vendor = 0x1002;
    assert_advice(&amd, check_advise_nvidia, CHECK_OK, NULL);
}

static void misses_sound(_unused_ void **state) {
    assert_of(q35, "", GPU_AND_SOUND, check_advise_sound, CHECK_OK, "comes with its sound");
    assert_of(q35, "",
              "<hostdev type='pci'><source><address bus='1' slot='0' function='0'/></source>"
              "</hostdev>",
              check_advise_sound, CHECK_WARN, "0000:01:00.0 comes without its sound, 0000:01:00.1");
}

static void knows_roms(_unused_ void **state) {
    _cleanup_check_vm_ struct check_vm vm = {0}, off = {0};

    make(&vm, q35, "", GPU_AND_SOUND);
    assert_advice(&vm, check_advise_rom, CHECK_OK, "the guest can read that of 0000:01:00.0");
    vm.devices[0].boot_display = true;
    assert_advice(&vm, check_advise_rom, CHECK_WARN, "the host booted with 0000:01:00.0");
    vm.devices[0].has_rom = false;
    assert_advice(&vm, check_advise_rom, CHECK_WARN, "0000:01:00.0 has none that could be read");
    vm.devices[0].is_vf = true;
    assert_advice(&vm, check_advise_rom, CHECK_OK, "is a virtual function, which has none");
    make(&off, q35, "",
         "<hostdev type='pci'><source><address bus='1' slot='0' function='0'/></source>"
         "<rom bar='off'/></hostdev>");
    assert_advice(&off, check_advise_rom, CHECK_WARN, "<rom bar='off'> hides");
    off.devices[0].class = 0x010802;
    assert_advice(&off, check_advise_rom, CHECK_OK, NULL);
}

static void knows_rom_files(_unused_ void **state) {
    _cleanup_check_vm_ struct check_vm vm = {0};

    make(&vm, q35, "",
         "<hostdev type='pci'><source><address bus='1' slot='0' function='0'/></source>"
         "<rom file='/var/rom'/></hostdev>");
    vm.devices[0].boot_display = true;
    vm.devices[0].has_rom = false;
    assert_advice(&vm, check_advise_rom, CHECK_OK, "the guest reads /var/rom as that of");
    vm.devices[0].rom_file_error = ENOENT;
    assert_advice(&vm, check_advise_rom, CHECK_FAIL,
                  "/var/rom is the ROM of 0000:01:00.0, and is not there");
    vm.devices[0].rom_file_error = EACCES;
    assert_advice(&vm, check_advise_rom, CHECK_WARN,
                  "whether /var/rom, the ROM of 0000:01:00.0, is there: only root can tell");
}

#define PLACED(function, bus, slot, guest_function)                                                \
    "<hostdev type='pci'><source><address bus='1' slot='0' function='" function "'/></source>"     \
    "<address type='pci' bus='" bus "' slot='" slot "' function='" guest_function "'/></hostdev>"

static void wants_ports(_unused_ void **state) {
    assert_of(q35, "", PLACED("0", "0", "5", "0"), check_advise_ports, CHECK_WARN,
              "0000:01:00.0 sits on pcie.0");
    assert_of(q35, "", PLACED("0", "5", "0", "0"), check_advise_ports, CHECK_OK, "behind");
    assert_of(i440fx, "", PLACED("0", "0", "5", "0"), check_advise_ports, CHECK_OK, NULL);
    assert_of(q35, "", GPU_AND_SOUND, check_advise_ports, CHECK_OK, NULL);
}

static void keeps_cards_together(_unused_ void **state) {
    _cleanup_check_vm_ struct check_vm ports = {0};

    assert_of(q35, "", PLACED("0", "5", "0", "0") PLACED("1", "6", "0", "0"),
              check_advise_functions, CHECK_WARN, "0000:01:00.0 and 0000:01:00.1 are one card");
    assert_of(q35, "", PLACED("0", "5", "0", "0") PLACED("1", "5", "0", "1"),
              check_advise_functions, CHECK_OK, "one card for the guest, too");
    assert_of(q35, "", GPU_AND_SOUND, check_advise_functions, CHECK_OK, NULL);
    make(&ports, q35, "", PLACED("0", "5", "0", "0") PLACED("1", "6", "0", "0"));
    ports.devices[0].class = ports.devices[1].class = 0x020000;
    assert_advice(&ports, check_advise_functions, CHECK_OK, NULL);
}

#define MDEV(attributes)                                                                           \
    "<hostdev type='mdev' model='vfio-pci' " attributes                                            \
    "><source><address uuid='db10f5f6-0546-4c1c-96c7-1ffe204ae6ce'/></source></hostdev>"

static void shows_mdevs(_unused_ void **state) {
    assert_of(q35, "", MDEV("display='on'"), check_advise_mdevs, CHECK_FAIL, "no <graphics>");
    assert_of(q35, "", MDEV("display='on'") "<graphics type='spice'/>", check_advise_mdevs,
              CHECK_OK, "is shown");
    assert_of(q35, "", MDEV(""), check_advise_mdevs, CHECK_OK, NULL);
}

static void counts_huge_pages(_unused_ void **state) {
    _cleanup_check_vm_ struct check_vm vm = {0};

    make(&vm, q35, "", "");
    assert_advice(&vm, check_advise_memory, CHECK_OK, NULL);
    vm.hugepages_kib = 2048;
    vm.hugepages_free = 511;
    assert_advice(&vm, check_advise_memory, CHECK_FAIL,
                  "it needs 512 huge pages of 2048 KiB, and 511 are free");
    vm.hugepages_free = 512;
    assert_advice(&vm, check_advise_memory, CHECK_OK, "there are 512 huge pages");
    vm.hugepages_free = 0;
    vm.runs = true;
    assert_advice(&vm, check_advise_memory, CHECK_OK,
                  "they are not counted while the VM runs, which has its own");
    vm.runs = false;
    vm.reserves_hugepages = true;
    assert_advice(&vm, check_advise_memory, CHECK_OK, "reserved when it starts");
}

static void knows_cpus(_unused_ void **state) {
    static const char xml[] =
        "<domain><name>a</name><uuid>c0ffee00-0546-4c1c-96c7-1ffe204ae6ce</uuid>"
        "<vcpu>2</vcpu><cputune><vcpupin vcpu='0' cpuset='2'/><vcpupin vcpu='1' cpuset='7-9'/>"
        "</cputune></domain>";
    _cleanup_error_ struct error error = {0};
    _cleanup_check_vm_ struct check_vm vm = {0};

    assert_int_equal(check_vm_parse(xml, strlen(xml), &vm, &error), 0);
    assert_advice(&vm, check_advise_cpus, CHECK_OK, NULL);
    assert_int_equal(cpulist_parse("0-7", &vm.cpus), 0);
    assert_advice(&vm, check_advise_cpus, CHECK_FAIL, "<vcpupin> names CPU 8-9,");
    assert_int_equal(cpulist_parse("0-9", &vm.cpus), 0);
    assert_advice(&vm, check_advise_cpus, CHECK_OK, "the host has those");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PROVES("a graphics card wants UEFI on a PC", wants_uefi),
        PROVES("UEFI can also be an attribute of <os>", wants_uefi_by_attribute),
        PROVES("a graphics card wants PCI Express", wants_pci_express),
        PROVES("old drivers of NVIDIA's are told of, as nothing that is wrong",
               tells_of_old_nvidia_drivers),
        PROVES("a graphics card's sound is missed", misses_sound),
        PROVES("a ROM that cannot be used is told", knows_roms),
        PROVES("a file with a ROM counts for what can be known of it", knows_rom_files),
        PROVES("a device on pcie.0 is told", wants_ports),
        PROVES("the functions of a graphics card stay together", keeps_cards_together),
        PROVES("a mediated device with a display wants graphics", shows_mdevs),
        PROVES("pins to CPUs that are not there are told", knows_cpus),
        PROVES("huge pages are counted, unless they are made or the VM has them",
               counts_huge_pages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
