/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bind a PCI device to a VFIO driver, and back to exactly what it was: the same driver, or none,
 * and the same driver_override (kernel Documentation/ABI/testing/sysfs-bus-pci).
 */

#include <errno.h>
#include <string.h>

#include "driver.h"
#include "json-record.h"
#include "log.h"
#include "step.h"
#include "sysfs.h"
#include "text.h"
#include "vfio.h"

/* The data of a step, read once. */
struct bind {
    struct pci_address address;
    struct pci_id id;
    int group;
    const char *driver;
    const char *was_driver;
    const char *was_override;
};

struct json_object *step_bind_new(const struct host_device *device, const char *driver) {
    _cleanup_json_ struct json_object *data = json_object_new_object();
    char id[sizeof "vvvv:dddd"];

    snprintf(id, sizeof id, "%04x:%04x", device->id.vendor, device->id.device);
    if (!data ||
        !json_add(data, "device", json_object_new_string(PCI_ADDRESS_FORMAT(device->address))) ||
        !json_add(data, "id", json_object_new_string(id)) ||
        !json_add(data, "iommu-group", json_object_new_int(device->group)) ||
        !json_add(data, "driver", json_object_new_string(driver)) ||
        !json_add(data, "was-driver", json_object_new_string(device->driver)) ||
        !json_add(data, "was-override", json_object_new_string(device->override)))
        return NULL;
    return take_pointer(data);
}

/* What was in driver_override is written back there, and nowhere else: it may be anything that the
 * kernel took, and that one line holds. */
static bool override_valid(const char *override) {
    return strlen(override) < DRIVER_NAME_MAX && !strchr(override, '\n');
}

static bool read_data(struct json_object *data, struct bind *ret) {
    const char *address = json_string(data, "device"), *id = json_string(data, "id");
    int64_t group;

    ret->driver = json_string(data, "driver");
    ret->was_driver = json_string(data, "was-driver");
    ret->was_override = json_string(data, "was-override");
    if (!address || pci_address_parse(address, &ret->address) < 0 || !id ||
        pci_id_parse(id, &ret->id) < 0 || !json_number(data, "iommu-group", &group) || group < 0 ||
        group > INT32_MAX)
        return false;
    ret->group = (int)group;
    return ret->driver && driver_name_valid(ret->driver) && ret->was_driver &&
           (!*ret->was_driver || driver_name_valid(ret->was_driver)) && ret->was_override &&
           override_valid(ret->was_override);
}

static bool valid(struct json_object *data) {
    struct bind bind;

    return read_data(data, &bind);
}

static char *describe(struct json_object *data, bool undo) {
    struct bind bind;

    if (!read_data(data, &bind))
        return NULL;
    if (undo)
        return text_format("giving %s back to %s", PCI_ADDRESS_FORMAT(bind.address),
                           *bind.was_driver ? bind.was_driver : "the host");
    return text_format("taking %s from %s for the VM", PCI_ADDRESS_FORMAT(bind.address),
                       *bind.was_driver ? bind.was_driver : "the host");
}

static int open_lock(struct json_object *data) {
    struct bind bind;

    return read_data(data, &bind) ? sysfs_open_lock(bind.address) : -EINVAL;
}

/* ---- apply --------------------------------------------------------------------------------- */

static int cannot(struct error *error, int r, const struct bind *bind, const char *what) {
    return error_set(error, -r, "%s: %s (%s). The kernel log tells more",
                     PCI_ADDRESS_FORMAT(bind->address), what, strerror(-r));
}

/* An unbound device answers ENODEV or ENOENT: what was wanted is so. */
static int unbind(int device, struct pci_address address) {
    int r = sysfs_unbind(device, address);

    return r == -ENODEV || r == -ENOENT ? 0 : r;
}

/* Binds, and looks whether it is so: the only proof is the driver link. */
static int bind_and_verify(int device, struct pci_address address, const char *driver) {
    char now[DRIVER_NAME_MAX];
    int bound = sysfs_bind(driver, address);
    int r = sysfs_read_driver(device, now);

    if (r < 0)
        return r;
    if (strcmp(now, driver) == 0)
        return 0;
    return bound < 0 ? bound : -ENODEV;
}

static int apply(struct json_object *data, _unused_ uint64_t deadline, struct error *error) {
    _cleanup_close_ int device = -1;
    char driver[DRIVER_NAME_MAX], now[DRIVER_NAME_MAX];
    struct bind bind;
    int r;

    if (!read_data(data, &bind))
        return error_set(error, EINVAL, "the plan holds an incomplete step");
    device = sysfs_open_device(bind.address);
    if (device < 0)
        return cannot(error, device, &bind, "the device is gone");
    r = sysfs_find_driver(bind.driver, driver);
    if (r < 0)
        return error_set(error, -r, "%s: driver %s is not there, although its module is loaded",
                         PCI_ADDRESS_FORMAT(bind.address), bind.driver);
    /* First the override: from here on no other driver can have the device. */
    r = sysfs_write_override(device, driver);
    if (r < 0)
        return cannot(error, r, &bind, "its driver_override cannot be set");
    r = sysfs_read_driver(device, now);
    if (r < 0)
        return cannot(error, r, &bind, "its driver cannot be read");
    if (strcmp(now, driver) == 0)
        return 0;
    r = unbind(device, bind.address);
    if (r < 0)
        return cannot(error, r, &bind, "the host's driver does not let go of it");
    r = bind_and_verify(device, bind.address, driver);
    if (r < 0)
        return error_set(error, -r, "%s cannot be given to %s: %s. The kernel log tells more",
                         PCI_ADDRESS_FORMAT(bind.address), driver, strerror(-r));
    return 0;
}

/* ---- undo ---------------------------------------------------------------------------------- */

static bool is_one_of(const char *name, const char *a, const char *b) {
    return !*name || driver_name_same(name, a) || (*b && driver_name_same(name, b));
}

/* Whether what is there now can come from this step, wherever it was interrupted. If not, somebody
 * else has taken the device in hand meanwhile. */
static bool is_ours(const struct bind *bind, const char *driver, const char *override) {
    return is_one_of(driver, bind->driver, bind->was_driver) &&
           (is_one_of(override, bind->driver, bind->was_driver) ||
            strcmp(override, bind->was_override) == 0);
}

static int wait_until_free(const struct bind *bind, uint64_t deadline, struct error *error) {
    _cleanup_free_ char *holder = NULL;

    if (vfio_wait_until_free(bind->group, deadline, &holder) == 0)
        return 0;
    return error_set(error, EBUSY,
                     "%s cannot be given back to the host: %s still holds its IOMMU group %d",
                     PCI_ADDRESS_FORMAT(bind->address), holder ? holder : "a process", bind->group);
}

/* The override is the old driver for a moment, so that even a VF without autoprobe binds. */
static int give_back(int device, const struct bind *bind, const char *now, struct error *error) {
    int r = sysfs_write_override(device, bind->was_driver);

    if (r < 0)
        return cannot(error, r, bind, "its driver_override cannot be set");
    if (!driver_name_same(now, bind->was_driver)) {
        r = unbind(device, bind->address);
        if (r < 0)
            return cannot(error, r, bind, "the VFIO driver does not let go of it");
        r = bind_and_verify(device, bind->address, bind->was_driver);
    }
    if (r < 0)
        error_set(error, -r,
                  "%s cannot be given back to its driver %s: %s. The kernel log tells "
                  "more",
                  PCI_ADDRESS_FORMAT(bind->address), bind->was_driver, strerror(-r));
    return r;
}

static int leave_without_driver(int device, const struct bind *bind, struct error *error) {
    int r = unbind(device, bind->address);

    return r < 0 ? cannot(error, r, bind, "the VFIO driver does not let go of it") : 0;
}

static int restore(int device, const struct bind *bind, const char *now, uint64_t deadline,
                   struct error *error) {
    int r = 0, w;

    if (driver_name_same(now, bind->driver) && !driver_name_same(now, bind->was_driver))
        r = wait_until_free(bind, deadline, error);
    if (r < 0)
        return r;
    r = *bind->was_driver ? give_back(device, bind, now, error)
                          : leave_without_driver(device, bind, error);
    w = sysfs_write_override(device, bind->was_override);
    if (r == 0 && w < 0)
        return cannot(error, w, bind, "its driver_override cannot be restored");
    return r;
}

static int undo(struct json_object *data, uint64_t deadline, struct error *error) {
    char driver[DRIVER_NAME_MAX], override[DRIVER_NAME_MAX];
    _cleanup_close_ int device = -1;
    struct pci_id id;
    struct bind bind;
    int r;

    if (!read_data(data, &bind))
        return error_set(error, EINVAL, "the journal holds an incomplete step");
    device = sysfs_open_device(bind.address);
    if (device == -ENOENT) {
        log_notice("%s is gone: nothing to give back", PCI_ADDRESS_FORMAT(bind.address));
        return 0;
    }
    r = device < 0 ? device : sysfs_read_id(device, &id);
    if (r >= 0 && (id.vendor != bind.id.vendor || id.device != bind.id.device)) {
        log_notice("%s is another device by now: left as it is", PCI_ADDRESS_FORMAT(bind.address));
        return 0;
    }
    if (r >= 0)
        r = sysfs_read_driver(device, driver);
    if (r >= 0)
        r = sysfs_read_override(device, override);
    if (r < 0)
        return cannot(error, r, &bind, "its state cannot be read");
    if (strcmp(driver, bind.was_driver) == 0 && strcmp(override, bind.was_override) == 0)
        return 0;
    if (!is_ours(&bind, driver, override)) {
        log_warning("%s is on driver '%s' with override '%s', which is not this program's doing: "
                    "left as it is",
                    PCI_ADDRESS_FORMAT(bind.address), driver, override);
        return 0;
    }
    return restore(device, &bind, driver, deadline, error);
}

const struct step_kind step_kind_bind = {
    .name = "bind",
    .side_by_side = true,
    .valid = valid,
    .describe = describe,
    .open_lock = open_lock,
    .apply = apply,
    .undo = undo,
};
