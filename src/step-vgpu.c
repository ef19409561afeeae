/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Make an NVIDIA vGPU of a virtual function, and none again (see host-vgpu.h). */

#include <errno.h>
#include <string.h>

#include "file.h"
#include "host-vgpu.h"
#include "json-record.h"
#include "log.h"
#include "ownership.h"
#include "step.h"
#include "sysfs.h"
#include "text.h"
#include "vfio.h"

/* The data of a step, read once. */
struct vgpu {
    struct pci_address address;
    int group;
    unsigned type;
};

struct json_object *step_vgpu_new(const struct host_device *device, unsigned type) {
    _cleanup_json_ struct json_object *data = json_object_new_object();

    if (!data ||
        !json_add(data, "device", json_object_new_string(PCI_ADDRESS_FORMAT(device->address))) ||
        !json_add(data, "iommu-group", json_object_new_int(device->group)) ||
        !json_add(data, "type", json_object_new_int64(type)))
        return NULL;
    return take_pointer(data);
}

static bool read_data(struct json_object *data, struct vgpu *ret) {
    const char *address = json_string(data, "device");
    int64_t group, type;

    if (!address || pci_address_parse(address, &ret->address) < 0 ||
        !json_number(data, "iommu-group", &group) || group < 0 || group > INT32_MAX ||
        !json_number(data, "type", &type) || type < 1 || type > INT32_MAX)
        return false;
    ret->group = (int)group;
    ret->type = (unsigned)type;
    return true;
}

static bool valid(struct json_object *data) {
    struct vgpu vgpu;

    return read_data(data, &vgpu);
}

static char *describe(struct json_object *data, bool undo) {
    struct vgpu vgpu;

    if (!read_data(data, &vgpu))
        return NULL;
    return text_format("%s vGPU of type %u on %s", undo ? "removing the" : "creating a", vgpu.type,
                       PCI_ADDRESS_FORMAT(vgpu.address));
}

static int read_current(int device, unsigned *ret) {
    char text[16];
    ssize_t length = file_read_line_at(device, VGPU_CURRENT, text, sizeof text);

    if (length < 0)
        return (int)length;
    return sscanf(text, "%u", ret) == 1 ? 0 : -EINVAL;
}

static int write_current(int device, unsigned type) {
    char text[16];

    snprintf(text, sizeof text, "%u", type);
    return file_write_at(device, VGPU_CURRENT, text);
}

static int open_ownership(const struct vgpu *vgpu, uint64_t deadline, struct ownership *ret,
                          struct error *error) {
    char thing[sizeof "vgpu-" + PCI_ADDRESS_TEXT_MAX];

    snprintf(thing, sizeof thing, "vgpu-%s", PCI_ADDRESS_FORMAT(vgpu->address));
    return ownership_open(thing, deadline, ret, error);
}

static int cannot_apply(const struct vgpu *vgpu, int r, struct error *error) {
    return error_set(error, -r, "%s cannot become a vGPU of type %u: %s. The kernel log tells more",
                     PCI_ADDRESS_FORMAT(vgpu->address), vgpu->type, strerror(-r));
}

static int apply(struct json_object *data, uint64_t deadline, struct error *error) {
    _cleanup_ownership_ struct ownership ownership = {.directory = -1, .file.fd = -1};
    _cleanup_close_ int device = -1;
    unsigned current;
    struct vgpu vgpu;
    int r;

    if (!read_data(data, &vgpu))
        return error_set(error, EINVAL, "the plan holds an incomplete step");
    r = open_ownership(&vgpu, deadline, &ownership, error);
    if (r < 0)
        return r;
    device = sysfs_open_device(vgpu.address);
    r = device < 0 ? device : read_current(device, &current);
    if (r < 0)
        return cannot_apply(&vgpu, r, error);
    /* Somebody was quicker: theirs it stays. */
    if (current == vgpu.type)
        return 0;
    if (current != 0)
        return cannot_apply(&vgpu, -EBUSY, error);
    r = ownership_take(&ownership, error);
    if (r < 0)
        return r;
    r = write_current(device, vgpu.type);
    return r < 0 ? cannot_apply(&vgpu, r, error) : 0;
}

static int cannot_undo(const struct vgpu *vgpu, int r, struct error *error) {
    return error_set(error, -r, "the vGPU on %s cannot be removed: %s. The kernel log tells more",
                     PCI_ADDRESS_FORMAT(vgpu->address), strerror(-r));
}

static int wait_until_free(const struct vgpu *vgpu, uint64_t deadline, struct error *error) {
    _cleanup_free_ char *holder = NULL;

    if (vfio_wait_until_free(vgpu->group, deadline, &holder) == 0)
        return 0;
    return error_set(error, EBUSY,
                     "the vGPU on %s cannot be removed: %s still holds its IOMMU group %d",
                     PCI_ADDRESS_FORMAT(vgpu->address), holder ? holder : "a process", vgpu->group);
}

/* Gone, or off its driver: and the vGPU with it. */
static int remove_vgpu(const struct vgpu *vgpu, uint64_t deadline, struct error *error) {
    _cleanup_close_ int device = sysfs_open_device(vgpu->address);
    unsigned current;
    int r = device < 0 ? device : read_current(device, &current);

    if (r == -ENOENT)
        return 0;
    if (r < 0)
        return cannot_undo(vgpu, r, error);
    if (current != 0 && current != vgpu->type)
        log_warning("%s is a vGPU of type %u by now, which is not this program's doing: left as it "
                    "is",
                    PCI_ADDRESS_FORMAT(vgpu->address), current);
    if (current != vgpu->type)
        return 0;
    r = wait_until_free(vgpu, deadline, error);
    if (r < 0)
        return r;
    r = write_current(device, 0);
    return r < 0 ? cannot_undo(vgpu, r, error) : 0;
}

static int undo(struct json_object *data, uint64_t deadline, struct error *error) {
    _cleanup_ownership_ struct ownership ownership = {.directory = -1, .file.fd = -1};
    struct vgpu vgpu;
    int r;

    if (!read_data(data, &vgpu))
        return error_set(error, EINVAL, "the journal holds an incomplete step");
    r = open_ownership(&vgpu, deadline, &ownership, error);
    if (r < 0 || !ownership_is_ours(&ownership))
        return r;
    r = remove_vgpu(&vgpu, deadline, error);
    if (r == 0)
        ownership_drop(&ownership);
    return r;
}

const struct step_kind step_kind_vgpu = {
    .name = "vgpu",
    .side_by_side = true,
    .valid = valid,
    .describe = describe,
    .apply = apply,
    .undo = undo,
};
