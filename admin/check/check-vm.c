/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-vm.h"

#include <errno.h>
#include <string.h>

/* ---- devices --------------------------------------------------------------------------------- */

static unsigned number(xmlNodePtr node, const char *name) {
    uint64_t value = 0;

    return xml_attribute_number(node, name, UINT32_MAX, &value) < 0 ? 0 : (unsigned)value;
}

static struct check_vm_place place_of(xmlNodePtr address) {
    if (!xml_attribute_is(address, "type", "pci"))
        return (struct check_vm_place){0};
    return (struct check_vm_place){true, number(address, "domain"), number(address, "bus"),
                                   number(address, "slot"), number(address, "function")};
}

static struct pci_address host_address_of(xmlNodePtr address) {
    return (struct pci_address){number(address, "domain"), (uint8_t)number(address, "bus"),
                                (uint8_t)number(address, "slot"),
                                (uint8_t)number(address, "function")};
}

static int add_device(struct check_vm *vm, xmlNodePtr node) {
    xmlNodePtr source = xml_child(xml_child(node, "source"), "address"),
               rom = xml_child(node, "rom");
    struct check_vm_device device = {
        .address = host_address_of(source),
        .guest = place_of(xml_child(node, "address")),
        .rom_off = xml_attribute_is(rom, "bar", "off") || xml_attribute_is(rom, "enabled", "no"),
    };
    struct check_vm_device *larger;

    /* The network of an interface chooses later. */
    if (!source)
        return 0;
    larger = reallocarray(vm->devices, vm->n_devices + 1, sizeof *larger);
    if (!larger || xml_attribute_copy(rom, "file", &device.rom_file) < 0)
        return -ENOMEM;
    vm->devices = larger;
    larger[vm->n_devices++] = device;
    return 0;
}

static int add_devices(struct check_vm *vm, const struct xml *xml) {
    _cleanup_xml_nodes_ xmlXPathObjectPtr nodes =
        xml_select(xml, "/domain/devices/hostdev[@type='pci'] | "
                        "/domain/devices/interface[@type='hostdev']");
    int r = nodes ? 0 : -ENOMEM;

    for (size_t i = 0; r == 0 && i < xml_count(nodes); i++)
        r = add_device(vm, xml_node(nodes, i));
    return r;
}

/* ---- the machine ----------------------------------------------------------------------------- */

static bool has(const struct xml *xml, const char *expression) {
    _cleanup_xml_nodes_ xmlXPathObjectPtr nodes = xml_select(xml, expression);

    return nodes && xml_count(nodes) > 0;
}

/* What distributions call it. */
static bool is_uefi_by_name(const char *loader) {
    const char *slash = strrchr(loader, '/'), *name = slash ? slash + 1 : loader;

    return strcasestr(name, "ovmf") || strcasestr(name, "edk2");
}

static int read_loader(struct check_vm *vm, const struct xml *xml) {
    _cleanup_xml_nodes_ xmlXPathObjectPtr nodes =
        xml_select(xml, "/domain/os/loader[not(@type) or @type='rom']");
    _cleanup_xml_text_ xmlChar *text = NULL;

    if (!nodes)
        return -ENOMEM;
    if (xml_count(nodes) == 0)
        return 0;
    text = xmlNodeGetContent(xml_node(nodes, 0));
    vm->rom_loader = text ? strdup((const char *)text) : NULL;
    if (!vm->rom_loader)
        return -ENOMEM;
    vm->uefi = vm->uefi || is_uefi_by_name(vm->rom_loader);
    return 0;
}

static void read_machine(struct check_vm *vm, const struct xml *xml) {
    vm->x86 = has(xml, "/domain/os/type[not(@arch) or @arch='x86_64' or @arch='i686']");
    vm->q35 = has(xml, "/domain/os/type[@machine='q35' or starts-with(@machine, 'pc-q35')]");
    vm->i440fx = has(xml, "/domain/os/type[@machine='pc' or starts-with(@machine, 'pc-i440fx')]");
    vm->uefi = has(xml, "/domain/os[@firmware='efi'] | /domain/os/loader[@type='pflash']");
    vm->hides_kvm = has(xml, "/domain/features[kvm/hidden[@state='on'] and "
                             "(not(hyperv) or hyperv/vendor_id[@state='on'])]");
    vm->has_graphics = has(xml, "/domain/devices/graphics");
}

int check_vm_parse(const char *text, size_t length, struct check_vm *ret, struct error *error) {
    _cleanup_xml_ struct xml xml = {0};
    int r = domain_parse(text, length, &ret->domain, error);

    if (r == 0)
        r = xml_parse(text, length, &xml, error);
    if (r < 0)
        return r;
    read_machine(ret, &xml);
    return read_loader(ret, &xml) < 0 || add_devices(ret, &xml) < 0 ? error_oom(error) : 0;
}

const struct check_vm_device *check_vm_device(const struct check_vm *vm,
                                              struct pci_address address) {
    for (size_t i = 0; i < vm->n_devices; i++)
        if (pci_address_equal(vm->devices[i].address, address))
            return &vm->devices[i];
    return NULL;
}

void check_vm_done(struct check_vm *vm) {
    for (size_t i = 0; i < vm->n_devices; i++)
        free(vm->devices[i].rom_file);
    free(vm->devices);
    free(vm->rom_loader);
    free(vm->conf_file);
    domain_free(vm->domain);
    *vm = (struct check_vm){0};
}
