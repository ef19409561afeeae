/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What graphics cards want of a VM. */

#include "check-advice.h"

#include <errno.h>

#include "text.h"

#define VENDOR_NVIDIA 0x10de

static const struct check_vm_device *first_gpu(const struct check_vm *vm) {
    for (size_t i = 0; i < vm->n_devices; i++)
        if (check_vm_is_gpu(&vm->devices[i]))
            return &vm->devices[i];
    return NULL;
}

/* Other processors than PCs' know UEFI only. */
int check_advise_firmware(struct check_report *report, const struct check_vm *vm) {
    const struct check_vm_device *gpu = first_gpu(vm);

    if (!gpu || !vm->x86)
        return 0;
    if (vm->uefi)
        return check_ok(report, text_format("UEFI, which can use the ROM of a graphics card"));
    return check_warn(
        report,
        text_format("SeaBIOS can make the graphics card %s show a picture only if its "
                    "ROM still has a legacy part",
                    PCI_ADDRESS_FORMAT(gpu->address)),
        text_format("choose UEFI, <os firmware='efi'>, for a VM that is not "
                    "installed yet: one that is would not boot any more"));
}

int check_advise_machine(struct check_report *report, const struct check_vm *vm) {
    const struct check_vm_device *gpu = first_gpu(vm);

    if (!gpu || (!vm->i440fx && !vm->q35))
        return 0;
    if (vm->q35)
        return check_ok(report, text_format("q35, which has PCI Express"));
    return check_warn(report,
                      text_format("i440fx has no PCI Express, which drivers of graphics cards such "
                                  "as %s expect",
                                  PCI_ADDRESS_FORMAT(gpu->address)),
                      text_format("choose machine='q35' for a VM that is not installed yet"));
}

/* Nothing is wrong with it: newer drivers do not mind. */
int check_advise_nvidia(struct check_report *report, const struct check_vm *vm) {
    for (size_t i = 0; i < vm->n_devices; i++) {
        const struct check_vm_device *device = &vm->devices[i];

        if (!check_vm_is_gpu(device) || device->id.vendor != VENDOR_NVIDIA)
            continue;
        if (vm->hides_kvm)
            return check_ok(report, text_format("also drivers older than 465 work"));
        return check_ok(
            report, text_format("only drivers older than 465 refuse consumer cards in a VM: for "
                                "those <kvm><hidden state='on'/></kvm> and, with <hyperv>, "
                                "<vendor_id state='on' value='whatever'/>"));
    }
    return 0;
}

static int advise_sound_of(struct check_report *report, const struct check_vm *vm,
                           const struct check_vm_device *gpu) {
    if (check_vm_device(vm, gpu->audio))
        return check_ok(report,
                        text_format("%s comes with its sound, %s", PCI_ADDRESS_FORMAT(gpu->address),
                                    PCI_ADDRESS_FORMAT(gpu->audio)));
    return check_warn(
        report,
        text_format("%s comes without its sound, %s: nothing is heard on its monitor, "
                    "and the host must do without that function anyway if both are in "
                    "one IOMMU group",
                    PCI_ADDRESS_FORMAT(gpu->address), PCI_ADDRESS_FORMAT(gpu->audio)),
        text_format("add it: hostdevctl xml %s", PCI_ADDRESS_FORMAT(gpu->audio)));
}

int check_advise_sound(struct check_report *report, const struct check_vm *vm) {
    int r = 0;

    for (size_t i = 0; i < vm->n_devices && r == 0; i++)
        if (vm->devices[i].has_audio)
            r = advise_sound_of(report, vm, &vm->devices[i]);
    return r;
}

/* ---- ROM ------------------------------------------------------------------------------------- */

static int advise_rom_file(struct check_report *report, const struct check_vm_device *device) {
    const struct pci_address_text address = pci_address_format(device->address);
    _cleanup_free_ char *what = NULL;

    if (device->rom_file_error == EACCES) {
        what = text_format("whether %s, the ROM of %s, is there", device->rom_file, address.text);
        return what ? check_needs_root(report, what) : -ENOMEM;
    }
    if (device->rom_file_error)
        return check_fail(
            report,
            text_format("%s is the ROM of %s, and is not there", device->rom_file, address.text),
            text_format("take <rom file=...> away, or make the file: hostdevctl rom "
                        "%s --save FILE",
                        address.text));
    return check_vm_is_gpu(device)
               ? check_ok(report, text_format("the guest reads %s as that of %s", device->rom_file,
                                              address.text))
               : 0;
}

/* Of a card, where the VM's XML names no file. */
static int advise_own_rom(struct check_report *report, const struct check_vm_device *device) {
    const struct pci_address_text address = pci_address_format(device->address);

    if (device->is_vf)
        return check_ok(report,
                        text_format("%s is a virtual function, which has none", address.text));
    if (!device->has_rom)
        return check_warn(report,
                          text_format("%s has none that could be read, so the guest shows no "
                                      "picture on it before its own driver runs",
                                      address.text),
                          text_format("if that is needed, give it one with <rom file='FILE'/>"));
    if (device->boot_display)
        return check_warn(report,
                          text_format("the host booted with %s, and what is read of its ROM may be "
                                      "what the host has left of it",
                                      address.text),
                          text_format("boot with another display, as the firmware's settings let "
                                      "choose; or only once, to save what is read then (hostdevctl "
                                      "rom %s --save FILE) for <rom file='FILE'/>",
                                      address.text));
    return check_ok(report, text_format("the guest can read that of %s", address.text));
}

static int advise_rom_of(struct check_report *report, const struct check_vm_device *device) {
    if (device->rom_off && check_vm_is_gpu(device))
        return check_warn(report,
                          text_format("<rom bar='off'> hides the ROM of %s, without which the "
                                      "firmware shows no picture on it",
                                      PCI_ADDRESS_FORMAT(device->address)),
                          text_format("take it away, unless the card is there for computing only"));
    if (device->rom_file)
        return advise_rom_file(report, device);
    return check_vm_is_gpu(device) ? advise_own_rom(report, device) : 0;
}

int check_advise_rom(struct check_report *report, const struct check_vm *vm) {
    int r = 0;

    for (size_t i = 0; i < vm->n_devices && r == 0; i++)
        r = advise_rom_of(report, &vm->devices[i]);
    return r;
}
