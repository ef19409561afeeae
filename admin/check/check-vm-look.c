/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Of a VM, what the host knows. Nothing here blocks behind a driver. */

#include "check-vm.h"

#include <errno.h>
#include <fcntl.h>

#include "check-uefi.h"
#include "file.h"
#include "hugepages.h"
#include "policy.h"
#include "process.h"
#include "sysfs.h"

#define CLASS_AUDIO 0x0403

static uint32_t read_class(int device) {
    char text[16];

    return file_read_line_at(device, "class", text, sizeof text) > 0
               ? (uint32_t)strtoul(text, NULL, 16)
               : 0;
}

static bool is_audio(struct pci_address address) {
    _cleanup_close_ int device = sysfs_open_device(address);

    return device >= 0 && read_class(device) >> 8 == CLASS_AUDIO;
}

static void find_audio(struct check_vm_device *device) {
    device->audio = device->address;
    for (device->audio.function = 1; device->audio.function < 8; device->audio.function++)
        if (is_audio(device->audio)) {
            device->has_audio = true;
            return;
        }
}

static void look_at(struct check_vm_device *device) {
    _cleanup_close_ int fd = sysfs_open_device(device->address);

    if (device->rom_file && access(device->rom_file, F_OK) < 0)
        device->rom_file_error = errno;
    if (fd < 0 || sysfs_read_id(fd, &device->id) < 0)
        return;
    device->present = true;
    device->class = read_class(fd);
    device->boot_display = sysfs_is_boot_display(fd);
    device->is_vf = faccessat(fd, "physfn", F_OK, 0) == 0;
    device->has_rom = faccessat(fd, "rom", F_OK, 0) == 0;
    if (check_vm_is_gpu(device))
        find_audio(device);
}

static void look_at_loader(struct check_vm *vm) {
    _cleanup_free_ char *described = vm->rom_loader ? check_uefi_find(NULL, vm->rom_loader) : NULL;

    vm->uefi = vm->uefi || described;
}

static uint64_t count_free(uint64_t kib) {
    struct cpulist nodes = {0};
    uint64_t free = 0, reserved = hugepages_reserved(kib);

    hugepages_nodes(&nodes);
    CPULIST_FOREACH(node, &nodes) {
        struct hugepages pool;

        if (hugepages_read(node, kib, &pool) == 0)
            free += pool.free;
    }
    return free > reserved ? free - reserved : 0;
}

static void look_at_memory(struct check_vm *vm) {
    const struct domain_memory *memory = &vm->domain->memory;
    _cleanup_policy_ struct policy *policy = NULL;
    _cleanup_error_ struct error error = {0};

    if (!memory->backed_by_hugepages || memory->n_pages > 1)
        return;
    /* A file that cannot be read keeps the VM from starting, as its plan tells. */
    if (policy_load(vm->domain->name, vm->domain->uuid, &policy, &error) < 0)
        return;
    vm->conf_file = take_pointer(policy->file);
    vm->reserves_hugepages = policy->reserve_hugepages;
    vm->hugepages_kib = memory->n_pages == 1 ? memory->pages[0].size_kib : 0;
    if (vm->hugepages_kib == 0)
        vm->hugepages_kib = hugepages_default_kib();
    vm->hugepages_free = vm->hugepages_kib > 0 ? count_free(vm->hugepages_kib) : 0;
}

static void look_at_cpus(struct check_vm *vm) {
    char text[4096];

    if (file_read_line_at(AT_FDCWD, "/sys/devices/system/cpu/online", text, sizeof text) < 0 ||
        cpulist_parse(text, &vm->cpus) < 0)
        vm->cpus = (struct cpulist){0};
}

void check_vm_look(struct check_vm *vm) {
    for (size_t i = 0; i < vm->n_devices; i++)
        look_at(&vm->devices[i]);
    vm->runs = process_qemu(vm->domain->name) != 0;
    look_at_loader(vm);
    look_at_cpus(vm);
    look_at_memory(vm);
}
