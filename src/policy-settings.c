/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-settings.h"

#include <errno.h>
#include <string.h>

#include "mdev-attributes.h"
#include "mdev.h"
#include "policy-words.h"
#include "uuid.h"

#define TIMEOUT_MAX 600
#define VGPU_TYPE_MAX 99999

static int unknown_key(const char *section, const char *name, struct error *error) {
    return error_set(error, EINVAL, "unknown key '%s' in [%s]", name, section);
}

/* ---- [devices] ----------------------------------------------------------------------------- */

static int set_detach(struct policy *policy, const char *name, const char *value,
                      struct error *error) {
    static const char *const words[] = {"all", "unmanaged", "none"};
    unsigned word = 0;
    int r = policy_word(words, ELEMENTS(words), name, value, &word, error);

    if (r == 0)
        policy->detach = (enum policy_detach)word;
    return r;
}

static int set_iommu_group(struct policy *policy, const char *name, const char *value,
                           struct error *error) {
    static const char *const words[] = {"require", "bind"};
    unsigned word = 0;
    int r = policy_word(words, ELEMENTS(words), name, value, &word, error);

    if (r == 0)
        policy->group = (enum policy_group)word;
    return r;
}

static int set_timeout(struct policy *policy, const char *name, const char *value,
                       struct error *error) {
    int seconds = 0;

    if (policy_number(value, 1, TIMEOUT_MAX, &seconds) < 0)
        return error_set(error, EINVAL, "%s = %s: expected whole seconds from 1 to %d", name, value,
                         TIMEOUT_MAX);
    policy->timeout = (unsigned)seconds;
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
    int type = 0;

    if (policy_number(value, 1, VGPU_TYPE_MAX, &type) < 0)
        return error_set(error, EINVAL,
                         "%s = %s: expected a number out of nvidia/creatable_vgpu_types in the "
                         "device's directory in /sys, e.g. 557",
                         name, value);
    device->vgpu_type = (unsigned)type;
    return 0;
}

/* A word, not yes: so that it says what is forced. */
static int set_device_force(struct policy_device *device, const char *name, const char *value,
                            struct error *error) {
    static const char *const words[] = {"no", "in-use"};
    unsigned word = 0;
    int r = policy_word(words, ELEMENTS(words), name, value, &word, error);

    if (r == 0)
        device->force_in_use = word;
    return r;
}

static const struct device_setting {
    const char *name;
    int (*set)(struct policy_device *device, const char *name, const char *value,
               struct error *error);
} device_settings[] = {
    {"id", set_device_id},
    {"force", set_device_force},
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

/* ---- [memory] ------------------------------------------------------------------------------ */

static int set_in_memory(struct policy *policy, const char *section, const char *name,
                         const char *value, struct error *error) {
    static const char *const words[] = {"leave", "reserve"};
    unsigned word = 0;
    int r;

    if (!name)
        return 0;
    if (strcmp(name, "hugepages") != 0)
        return unknown_key(section, name, error);
    r = policy_word(words, ELEMENTS(words), name, value, &word, error);
    if (r == 0)
        policy->reserve_hugepages = word;
    return r;
}

/* ---- the sections -------------------------------------------------------------------------- */

static int set_in_devices(struct policy *policy, const char *section, const char *name,
                          const char *value, struct error *error) {
    if (!name)
        return 0;
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
    if (!name)
        return 0;
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
    if (!name)
        return 0;
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
    struct policy *policy = data;

    if (strcmp(section, "devices") == 0)
        return set_in_devices(policy, section, name, value, error);
    if (strncmp(section, "device ", strlen("device ")) == 0)
        return set_in_device(policy, section, name, value, error);
    if (strcmp(section, "mdev") == 0 || strncmp(section, "mdev ", strlen("mdev ")) == 0)
        return set_in_mdev(policy, section, name, value, error);
    if (strcmp(section, "cpu") == 0)
        return name ? policy_cpu_set(&policy->cpu, name, value, error) : 0;
    if (strcmp(section, "memory") == 0)
        return set_in_memory(policy, section, name, value, error);
    if (!*section && name)
        return error_set(error, EINVAL, "'%s' stands before any [section]", name);
    return error_set(error, EINVAL, "unknown section [%s]", section);
}
