/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "refusal.h"

#include <errno.h>

#include "pci-names.h"
#include "refusal-cpu.h"
#include "refusal-mdev.h"
#include "text.h"

/* A device and its name; its driver too, which says nothing new of one that another VM has:
 * "0000:01:00.1 (NVIDIA GM204 High Definition Audio Controller, driver snd_hda_intel)". */
static char *name_device(const struct host *host, struct pci_address address, bool with_driver) {
    const struct host_device *device = host_device(host, address);
    _cleanup_free_ char *name = NULL;
    bool bound = with_driver && device && *device->driver;

    if (!device || !device->present)
        return text_format("%s", PCI_ADDRESS_FORMAT(address));
    name = pci_name(device->modalias);
    if (!name)
        name = text_format("%04x:%04x", device->id.vendor, device->id.device);
    return text_format("%s (%s%s%s)", PCI_ADDRESS_FORMAT(address), name ? name : "?",
                       bound ? ", driver " : "", bound ? device->driver : "");
}

static int explain_group(const struct refusal *refusal, const struct host *host,
                         const struct policy *policy, const char *other, struct error *error) {
    const struct host_device *device = host_device(host, refusal->device);

    return error_set(error, EINVAL,
                     "%s shares IOMMU group %d with %s and must go with it: add it to the VM, or "
                     "set iommu-group = bind in %s",
                     other, device ? device->group : IOMMU_GROUP_NONE,
                     PCI_ADDRESS_FORMAT(refusal->device), policy->file);
}

static int explain_driver(const struct refusal *refusal, const char *device, struct error *error) {
    _cleanup_free_ char *driver = text_printable(refusal->driver);

    if (!driver)
        return error_oom(error);
    if (driver_name_same(refusal->driver, DRIVER_VFIO_PCI))
        return error_set(error, EINVAL,
                         "%s cannot be given to a VM: the running kernel has no vfio-pci, neither "
                         "built in nor as a module. Install the kernel's full set of modules (on "
                         "Ubuntu linux-modules-extra), or reboot if the kernel was just updated",
                         device);
    return error_set(error, EINVAL,
                     "%s cannot be given to driver %s: the running kernel has no such driver. "
                     "Correct <driver model=...> in the VM's XML, or install the driver",
                     device, driver);
}

static int explain_use(const struct refusal *refusal, const struct host *host,
                       const struct policy *policy, const char *device, struct error *error) {
    const char *user = host_device(host, refusal->device)->user;

    if (refusal->reason == REFUSED_VITAL)
        return error_set(error, EBUSY,
                         "%s is in use by the host: %s. The host cannot do without it: is it the "
                         "right device?",
                         device, user);
    if (refusal->reason == REFUSED_BOOT_DISPLAY)
        user = "it shows the picture that the host booted with";
    return error_set(error, EBUSY,
                     "%s is in use by the host: %s. Free it first; if the host may lose it, say "
                     "force = in-use under [device %s] in %s",
                     device, user, PCI_ADDRESS_FORMAT(refusal->device), policy->file);
}

static int explain_device(const struct refusal *refusal, const struct host *host,
                          const struct policy *policy, struct error *error) {
    bool held = refusal->reason == REFUSED_HELD || refusal->reason == REFUSED_GROUP_HELD;
    _cleanup_free_ char *device = name_device(host, refusal->device, !held);
    _cleanup_free_ char *other = name_device(host, refusal->other, true);

    if (!device || !other)
        return error_oom(error);
    switch (refusal->reason) {
    case REFUSED_NO_DEVICE:
        return error_set(error, EINVAL,
                         "the VM wants PCI device %s, but there is no device at that address: it "
                         "may have moved when hardware was changed; lspci -D lists what is there",
                         device);
    case REFUSED_OTHER_ID:
        return error_set(error, EINVAL,
                         "%s is not the %04x:%04x that the configuration expects there, so it is "
                         "left alone: correct the address in the VM and the [device %s] section in "
                         "/etc/hostdevctl",
                         device, refusal->expected.vendor, refusal->expected.device,
                         PCI_ADDRESS_FORMAT(refusal->device));
    case REFUSED_BRIDGE:
        return error_set(error, EINVAL,
                         "%s is a PCI bridge, which stays with the host: remove it from the VM, "
                         "and give it the devices behind the bridge instead",
                         device);
    case REFUSED_NO_IOMMU:
        return error_set(error, EINVAL,
                         "%s is in no IOMMU group, so no VM can have it: turn on VT-d or AMD-Vi in "
                         "the firmware setup, and on Intel add intel_iommu=on to the kernel line",
                         device);
    case REFUSED_GROUP:
        return explain_group(refusal, host, policy, other, error);
    case REFUSED_NO_DRIVER:
        return explain_driver(refusal, device, error);
    case REFUSED_HELD:
        return error_set(error, EBUSY, "%s is in use by VM %s: shut that VM down first", device,
                         refusal->holder);
    case REFUSED_GROUP_HELD:
        return error_set(error, EBUSY,
                         "%s shares IOMMU group %d with a device that VM %s is using, and a group "
                         "goes to one VM at a time: shut that VM down first",
                         device, host_device(host, refusal->device)->group, refusal->holder);
    case REFUSED_IN_USE:
    case REFUSED_VITAL:
    case REFUSED_BOOT_DISPLAY:
        return explain_use(refusal, host, policy, device, error);
    case REFUSED_VGPU_LIBVIRT:
    case REFUSED_VGPU_MANAGED:
    case REFUSED_VGPU_NONE:
    case REFUSED_VGPU_OTHER:
    case REFUSED_VGPU_TYPE:
        return refusal_explain_vgpu(refusal, host, device, error);
    default:
        return refusal_explain_cpu(refusal, host, policy, error);
    }
}

int refusal_explain(const struct refusal *refusal, const struct host *host,
                    const struct policy *policy, struct error *error) {
    if (refusal->uuid)
        return refusal_explain_mdev(refusal, host, policy, error);
    return explain_device(refusal, host, policy, error);
}
