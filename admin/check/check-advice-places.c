/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the guest sees its devices. */

#include "check-advice.h"

#include <errno.h>

#include "text.h"

/* The bus that libvirt calls pcie.0. */
#define ROOT_BUS 0

static bool is_placed(const struct check_vm *vm) {
    for (size_t i = 0; i < vm->n_devices; i++)
        if (vm->devices[i].guest.known)
            return true;
    return false;
}

/* Ports for devices without a place libvirt makes by itself. */
int check_advise_ports(struct check_report *report, const struct check_vm *vm) {
    const size_t before = report->count;

    if (!vm->q35 || !is_placed(vm))
        return 0;
    for (size_t i = 0; i < vm->n_devices; i++) {
        const struct check_vm_device *device = &vm->devices[i];

        if (device->guest.known && device->guest.bus == ROOT_BUS &&
            check_warn(report,
                       text_format("%s sits on pcie.0 itself, where the guest takes it for a part "
                                   "of the chipset: there is no link of PCI Express, which some "
                                   "drivers miss",
                                   PCI_ADDRESS_FORMAT(device->address)),
                       text_format("take its <address type='pci'> away, and libvirt puts it "
                                   "behind a pcie-root-port")) < 0)
            return -ENOMEM;
    }
    return report->count > before
               ? 0
               : check_ok(report, text_format("the devices are behind PCI Express ports"));
}

static bool same_slot(struct pci_address a, struct pci_address b) {
    return a.domain == b.domain && a.bus == b.bus && a.slot == b.slot;
}

static bool same_place(const struct check_vm_place *a, const struct check_vm_place *b) {
    return a->domain == b->domain && a->bus == b->bus && a->slot == b->slot;
}

/* The graphics card of which a device is another function. Those of other cards, ports or virtual
 * functions, stand each for itself. */
static const struct check_vm_device *card_of(const struct check_vm *vm, size_t i) {
    for (size_t j = 0; j < vm->n_devices; j++)
        if (j != i && check_vm_is_gpu(&vm->devices[j]) &&
            same_slot(vm->devices[j].address, vm->devices[i].address))
            return &vm->devices[j];
    return NULL;
}

static int advise_together(struct check_report *report, const struct check_vm_device *card,
                           const struct check_vm_device *other) {
    if (!card->guest.known || !other->guest.known)
        return 0;
    if (same_place(&card->guest, &other->guest))
        return check_ok(report, text_format("%s and %s are one card for the guest, too",
                                            PCI_ADDRESS_FORMAT(card->address),
                                            PCI_ADDRESS_FORMAT(other->address)));
    return check_warn(
        report,
        text_format("%s and %s are one card, and two for the guest: a driver that looks for its "
                    "other half does not find it",
                    PCI_ADDRESS_FORMAT(card->address), PCI_ADDRESS_FORMAT(other->address)),
        text_format(
            "give them one bus and slot in <address type='pci'>, functions 0x0 and 0x1, and "
            "the first one multifunction='on'"));
}

int check_advise_functions(struct check_report *report, const struct check_vm *vm) {
    int r = 0;

    for (size_t i = 0; i < vm->n_devices && r == 0; i++) {
        const struct check_vm_device *card = card_of(vm, i);

        if (card)
            r = advise_together(report, card, &vm->devices[i]);
    }
    return r;
}
