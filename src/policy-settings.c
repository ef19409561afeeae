/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-settings.h"

#include <errno.h>
#include <string.h>

#include "mdev-attributes.h"
#include "mdev.h"
#include "uuid.h"

#define TIMEOUT_MAX 600
#define VGPU_TYPE_MAX 99999

/* ---- [devices] ----------------------------------------------------------------------------- */

static int parse_word(const char *const words[], size_t count, const char *name, const char *value,
                      unsigned *ret, struct error *error) {
    char known[128] = "";

    for (size_t i = 0; i < count; i++) {
        if (strcmp(value, words[i]) == 0) {
            *ret = (unsigned)i;
            return 0;
        }
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i ? " | " : "",
                 words[i]);
    }
    return error_set(error, EINVAL, "%s = %s: expected %s", name, value, known);
}

static int set_detach(struct policy *policy, const char *name, const char *value,
                      struct error *error) {
    static const char *const words[] = {"all", "unmanaged", "none"};
    unsigned word = 0;
    int r = parse_word(words, ELEMENTS(words), name, value, &word, error);

    if (r == 0)
        policy->detach = (enum policy_detach)word;
    return r;
}

static int set_iommu_group(struct policy *policy, const char *name, const char *value,
                           struct error *error) {
    static const char *const words[] = {"require", "bind"};
    unsigned word = 0;
    int r = parse_word(words, ELEMENTS(words), name, value, &word, error);

    if (r == 0)
        policy->group = (enum policy_group)word;
    return r;
}

/* A whole number from 1 to `max`. -EINVAL. */
static int parse_number(const char *value, unsigned max, unsigned *ret) {
    unsigned number = 0;

    for (const char *c = value; *c; c++) {
        if (*c < '0' || *c > '9')
            return -EINVAL;
        number = 10 * number + (unsigned)(*c - '0');
        if (number > max)
            return -EINVAL;
    }
    if (number < 1)
        return -EINVAL;
    *ret = number;
    return 0;
}

static int set_timeout(struct policy *policy, const char *name, const char *value,
                       struct error *error) {
    if (parse_number(value, TIMEOUT_MAX, &policy->timeout) < 0)
        return error_set(error, EINVAL, "%s = %s: expected whole seconds from 1 to %d", name, value,
                         TIMEOUT_MAX);
    return 0;
}

static const struct devices_setting {
    const char *name;
    int (*set)(struct policy *policy, const char *name, const char *value, struct error *error);
} devices_settings[] = {
    {"detach", set_detach},
    {"iommu-group", set_iommu_group},
    {"timeout", set_timeout},
};

/* ---- [device ADDRESS] ---------------------------------------------------------------------- */

static int set_device_id(struct policy_device *device, const char *name, const char *value,
                         struct error *error) {
    if (pci_id_parse(value, &device->id) < 0)
        return error_set(error, EINVAL,
                         "%s = %s: expected vendor:device as lspci -n prints it, e.g. 10de:13c2",
                         name, value);
    device->has_id = true;
    return 0;
}

static int set_vgpu_type(struct policy_device *device, const char *name, const char *value,
                         struct error *error) {
    if (parse_number(value, VGPU_TYPE_MAX, &device->vgpu_type) < 0)
        return error_set(error, EINVAL,
                         "%s = %s: expected a number out of nvidia/creatable_vgpu_types in the "
                         "device's directory in /sys, e.g. 557",
                         name, value);
    return 0;
}

static const struct device_setting {
    const char *name;
    int (*set)(struct policy_device *device, const char *name, const char *value,
               struct error *error);
} device_settings[] = {
    {"id", set_device_id},
    {"vgpu-type", set_vgpu_type},
};

/* The entry for an address, added when there is none yet; NULL for lack of memory. */
static struct policy_device *want_device(struct policy *policy, struct pci_address address) {
    struct policy_device *larger = (struct policy_device *)policy_device(policy, address);

    if (larger)
        return larger;
    larger = reallocarray(policy->devices, policy->n_devices + 1, sizeof *larger);
    if (!larger)
        return NULL;
    policy->devices = larger;
    larger += policy->n_devices++;
    *larger = (struct policy_device){.address = address};
    return larger;
}

/* ---- [mdev UUID], [mdev] ------------------------------------------------------------------- */

static int set_name(char **place, const char *name, const char *value, const char *example,
                    struct error *error) {
    char *copy;

    if (!mdev_name_valid(value))
        return error_set(error, EINVAL, "%s = %s: expected a name from /sys, e.g. %s", name, value,
                         example);
    copy = strdup(value);
    if (!copy)
        return error_oom(error);
    free(*place);
    *place = copy;
    return 0;
}

static int set_attribute(struct policy_mdev *mdev, const char *name, const char *value,
                         struct error *error) {
    const char *attribute = name + strlen("attr.");

    if (!mdev_attribute_valid(attribute))
        return error_set(error, EINVAL, "%s: expected attr. and the name of an attribute", name);
    return mdev_attributes_add(&mdev->attributes, attribute, value) < 0 ? error_oom(error) : 0;
}

/* The entry for a UUID, added when there is none yet; NULL for lack of memory. */
static struct policy_mdev *want_mdev(struct policy *policy, enum policy_mdev_source source,
                                     const char *uuid) {
    struct policy_mdev *mdev = (struct policy_mdev *)policy_mdev(policy, source, uuid, 0);

    return mdev ? mdev : policy_add_mdev(policy, source, uuid);
}

/* ---- the sections -------------------------------------------------------------------------- */

static int unknown_key(const char *section, const char *name, struct error *error) {
    return error_set(error, EINVAL, "unknown key '%s' in [%s]", name, section);
}

static int set_in_devices(struct policy *policy, const char *section, const char *name,
                          const char *value, struct error *error) {
    for (size_t i = 0; i < ELEMENTS(devices_settings); i++)
        if (strcmp(name, devices_settings[i].name) == 0)
            return devices_settings[i].set(policy, name, value, error);
    return unknown_key(section, name, error);
}

static int set_in_device(struct policy *policy, const char *section, const char *name,
                         const char *value, struct error *error) {
    struct policy_device *device;
    struct pci_address address;

    if (pci_address_parse(section + strlen("device "), &address) < 0)
        return error_set(error, EINVAL, "[%s]: expected a PCI address, e.g. [device 0000:01:00.0]",
                         section);
    device = want_device(policy, address);
    if (!device)
        return error_oom(error);
    for (size_t i = 0; i < ELEMENTS(device_settings); i++)
        if (strcmp(name, device_settings[i].name) == 0)
            return device_settings[i].set(device, name, value, error);
    return unknown_key(section, name, error);
}

static int set_in_mdev(struct policy *policy, const char *section, const char *name,
                       const char *value, struct error *error) {
    bool defaults = strcmp(section, "mdev") == 0;
    struct policy_mdev *mdev;
    char uuid[37] = "";

    if (!defaults && uuid_normalize(section + strlen("mdev "), uuid) < 0)
        return error_set(error, EINVAL,
                         "[%s]: expected a UUID, e.g. [mdev db10f5f6-0546-4c1c-96c7-1ffe204ae6ce]",
                         section);
    mdev = want_mdev(policy, defaults ? MDEV_DEFAULTS : MDEV_SECTION, uuid);
    if (!mdev)
        return error_oom(error);
    if (strcmp(name, "type") == 0)
        return set_name(&mdev->type, name, value, "i915-GVTg_V5_4", error);
    if (strcmp(name, "parent") == 0)
        return set_name(&mdev->parent, name, value, "0000:00:02.0", error);
    if (strncmp(name, "attr.", strlen("attr.")) == 0)
        return set_attribute(mdev, name, value, error);
    return unknown_key(section, name, error);
}

int policy_set(void *data, const char *section, const char *name, const char *value,
               struct error *error) {
    if (strcmp(section, "devices") == 0)
        return set_in_devices(data, section, name, value, error);
    if (strncmp(section, "device ", strlen("device ")) == 0)
        return set_in_device(data, section, name, value, error);
    if (strcmp(section, "mdev") == 0 || strncmp(section, "mdev ", strlen("mdev ")) == 0)
        return set_in_mdev(data, section, name, value, error);
    if (!*section)
        return error_set(error, EINVAL, "'%s' stands before any [section]", name);
    return error_set(error, EINVAL, "unknown section [%s]", section);
}
