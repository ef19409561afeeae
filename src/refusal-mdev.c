/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "refusal-mdev.h"

#include <errno.h>
#include <string.h>

/* A text that grows: memory stream, closed before its text is used. */
struct list {
    FILE *stream;
    char *text;
    size_t length;
};

static void list_done(struct list *list) {
    if (list->stream)
        fclose(list->stream);
    free(list->text);
}

static bool list_open(struct list *list) {
    list->stream = open_memstream(&list->text, &list->length);
    return list->stream;
}

static const char *list_close(struct list *list) {
    fclose(list->stream);
    list->stream = NULL;
    return list->text ? list->text : "";
}

/* ---- nobody says what it shall be ---------------------------------------------------------- */

static void print_type(FILE *stream, const struct host_mdev_type *type) {
    fprintf(stream, "\n  %s  %s", type->parent, type->name);
    if (*type->label && strcmp(type->label, type->name) != 0)
        fprintf(stream, " (%s)", type->label);
    if (*type->description)
        fprintf(stream, ": %s", type->description);
    if (type->available >= 0)
        fprintf(stream, "; %d free", type->available);
}

/* The one to show as an example: the first that has an instance free. */
static const struct host_mdev_type *example(const struct host *host) {
    for (size_t i = 0; i < host->mdevs.n_types; i++)
        if (host->mdevs.types[i].available > 0)
            return &host->mdevs.types[i];
    return &host->mdevs.types[0];
}

static int explain_unknown(const struct refusal *refusal, const struct host *host,
                           const struct policy *policy, struct error *error) {
    _cleanup_(list_done) struct list list = {0};
    const struct host_mdev_type *type = example(host);

    if (!list_open(&list))
        return error_oom(error);
    for (size_t i = 0; i < host->mdevs.n_types; i++)
        print_type(list.stream, &host->mdevs.types[i]);
    return error_set(error, EINVAL,
                     "nothing says of which type mediated device %s shall be. This host offers:%s\n"
                     "Choose one, and put it into %s, like this:\n"
                     "[mdev %s]\n"
                     "parent = %s\n"
                     "type = %s",
                     refusal->uuid, list_close(&list), policy->file, refusal->uuid, type->parent,
                     type->name);
}

/* ---- nothing offers it --------------------------------------------------------------------- */

static const char *why_no_gvt(const struct host_mdevs *mdevs) {
    switch (mdevs->gvt) {
    case GVT_OFF:
        return "GVT-g is not turned on: add i915.enable_gvt=1 to the kernel line and reboot (Intel "
               "GPUs from Ice Lake on have no GVT-g; their way is SR-IOV)";
    case GVT_ON:
        if (!mdevs->kvmgt)
            return "module kvmgt is not loaded and could not be: install the kernel's full set of "
                   "modules (on Ubuntu linux-modules-extra), or reboot if the kernel was just "
                   "updated";
        return "this GPU has no GVT-g, as Intel's from Ice Lake on: their way is SR-IOV, virtual "
               "functions that are given to VMs as PCI devices";
    case GVT_UNKNOWN:
        break;
    }
    return "the GPU's driver i915 is not loaded, or the kernel was built without GVT-g";
}

const char *refusal_why_no_mdevs(const struct host_mdevs *mdevs, const char *type) {
    if (type ? strncmp(type, "i915-", strlen("i915-")) == 0 : mdevs->gvt != GVT_UNKNOWN)
        return why_no_gvt(mdevs);
    if (type && strncmp(type, "nvidia-", strlen("nvidia-")) == 0)
        return "install NVIDIA's vGPU driver for the host; where that makes virtual functions "
               "instead (kernel 6.8 or later), give one to the VM, and set vgpu-type in its "
               "[device] section";
    return "load the driver that provides them";
}

static int explain_no_parent(const struct refusal *refusal, const struct host *host,
                             struct error *error) {
    return error_set(error, EINVAL, "mediated device %s cannot be created: %s offers %s: %s",
                     refusal->uuid, refusal->parent ? refusal->parent : "no device of this host",
                     refusal->parent ? "no mediated devices" : "any",
                     refusal_why_no_mdevs(&host->mdevs, refusal->type));
}

static int explain_type(const struct refusal *refusal, const struct host *host,
                        struct error *error) {
    _cleanup_(list_done) struct list list = {0};

    if (!list_open(&list))
        return error_oom(error);
    for (size_t i = 0; i < host->mdevs.n_types; i++) {
        const struct host_mdev_type *type = &host->mdevs.types[i];

        if (!refusal->parent)
            fprintf(list.stream, "%s %s on %s", i ? "," : "", type->name, type->parent);
        else if (strcmp(type->parent, refusal->parent) == 0)
            fprintf(list.stream, "%s %s", ftell(list.stream) > 0 ? "," : "", type->name);
    }
    return error_set(error, EINVAL,
                     "mediated device %s cannot be created: %s does not offer type %s, but%s. "
                     "Correct the type where the device is configured",
                     refusal->uuid, refusal->parent ? refusal->parent : "this host", refusal->type,
                     list_close(&list));
}

/* ---- somebody else has it ------------------------------------------------------------------ */

static bool is_on_offering_parent(const struct host_mdev *device, const struct refusal *refusal,
                                  const struct host *host) {
    for (size_t i = 0; i < host->mdevs.n_types; i++) {
        const struct host_mdev_type *type = &host->mdevs.types[i];

        if (strcmp(type->parent, device->mdev.parent) == 0 &&
            strcmp(type->name, refusal->type) == 0)
            return !refusal->parent || strcmp(refusal->parent, type->parent) == 0;
    }
    return false;
}

static int explain_full(const struct refusal *refusal, const struct host *host,
                        struct error *error) {
    _cleanup_(list_done) struct list list = {0};
    bool any = false;

    if (!list_open(&list))
        return error_oom(error);
    for (size_t i = 0; i < host->mdevs.n_devices; i++) {
        const struct host_mdev *device = &host->mdevs.devices[i];

        if (!is_on_offering_parent(device, refusal, host))
            continue;
        fprintf(list.stream, "%s %s (%s) by %s", any ? "," : ": taken are", device->mdev.uuid,
                device->mdev.type, *device->holder ? device->holder : "no process");
        any = true;
    }
    return error_set(error, EBUSY,
                     "mediated device %s cannot be created: no instance of %s is free on %s%s. "
                     "Shut a VM down first, or choose a smaller type",
                     refusal->uuid, refusal->type, refusal->parent ? refusal->parent : "this host",
                     list_close(&list));
}

static int explain_existing(const struct refusal *refusal, const struct host *host,
                            struct error *error) {
    const struct host_mdev *device = host_mdev(&host->mdevs, refusal->uuid);

    if (refusal->reason == REFUSED_MDEV_HELD)
        return error_set(error, EBUSY, "mediated device %s is in use by %s: shut that down first",
                         refusal->uuid, *device->holder ? device->holder : "a process");
    return error_set(error, EINVAL,
                     "mediated device %s exists already on %s, but as a %s and not as a %s: remove "
                     "it (mdevctl stop -u %s), or correct the type where it is configured",
                     refusal->uuid, device->mdev.parent, device->mdev.type, refusal->type,
                     refusal->uuid);
}

int refusal_explain_mdev(const struct refusal *refusal, const struct host *host,
                         const struct policy *policy, struct error *error) {
    switch (refusal->reason) {
    case REFUSED_MDEV_UNKNOWN:
        return host->mdevs.n_types > 0 ? explain_unknown(refusal, host, policy, error)
                                       : explain_no_parent(refusal, host, error);
    case REFUSED_MDEV_AMBIGUOUS:
        return error_set(error, EINVAL,
                         "mdevctl has defined mediated device %s on %s and on %s: say which one "
                         "with parent = in the section [mdev %s] of %s",
                         refusal->uuid, refusal->parent, refusal->other_parent, refusal->uuid,
                         policy->file);
    case REFUSED_MDEV_OTHER_TYPE:
    case REFUSED_MDEV_HELD:
        return explain_existing(refusal, host, error);
    case REFUSED_MDEV_NO_PARENT:
        return explain_no_parent(refusal, host, error);
    case REFUSED_MDEV_TYPE:
        return explain_type(refusal, host, error);
    case REFUSED_MDEV_FULL:
        return explain_full(refusal, host, error);
    default:
        return error_set(error, EBUSY,
                         "mediated device %s is in use by VM %s: shut that VM down first",
                         refusal->uuid, refusal->holder);
    }
}

/* ---- vGPUs --------------------------------------------------------------------------------- */

static const struct host_vgpu *find_vgpu(const struct host *host, struct pci_address address) {
    for (size_t i = 0; i < host->n_vgpus; i++)
        if (pci_address_equal(host->vgpus[i].address, address))
            return &host->vgpus[i];
    return NULL;
}

int refusal_explain_vgpu(const struct refusal *refusal, const struct host *host, const char *device,
                         struct error *error) {
    const struct host_vgpu *vgpu = find_vgpu(host, refusal->device);

    switch (refusal->reason) {
    case REFUSED_VGPU_LIBVIRT:
        return error_set(error, EINVAL,
                         "%s has a vgpu-type, and libvirt %u.%u cannot give a device to a VM that "
                         "stays on its vendor's driver: that needs libvirt 10 or later",
                         device, host->libvirt / 1000, host->libvirt % 1000);
    case REFUSED_VGPU_MANAGED:
        return error_set(
            error, EINVAL,
            "%s has a vgpu-type and managed='yes', with which libvirt would take it from "
            "NVIDIA's driver: set managed='no' in the VM's XML",
            device);
    case REFUSED_VGPU_NONE:
        return error_set(error, EINVAL,
                         "%s cannot become a vGPU (it has no " VGPU_CURRENT "): vgpu-type is for "
                         "virtual functions of NVIDIA GPUs on NVIDIA's vGPU driver, with kernel "
                         "6.8 or later",
                         device);
    case REFUSED_VGPU_OTHER:
        return error_set(error, EBUSY,
                         "%s is a vGPU of type %u already, not of type %u: somebody else uses it, "
                         "or left it so (then write 0 to its " VGPU_CURRENT ")",
                         device, vgpu->current, refusal->vgpu_type);
    default:
        return error_set(error, EINVAL,
                         "%s cannot become a vGPU of type %u now; what it can become:\n%s", device,
                         refusal->vgpu_type, vgpu->creatable);
    }
}
