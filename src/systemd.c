/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "systemd.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include <systemd/sd-bus.h>

#include "deadline.h"
#include "library.h"
#include "log.h"
#include "text.h"

#define GRACE_USEC USEC_PER_SEC
#define BUS_ADDRESS "unix:path=/run/dbus/system_bus_socket"
#define SERVICE "org.freedesktop.systemd1"
#define MANAGER_PATH "/org/freedesktop/systemd1"
#define MANAGER "org.freedesktop.systemd1.Manager"
#define UNIT_NAME_MAX 256

struct functions {
    __typeof__(sd_bus_new) *bus_new;
    __typeof__(sd_bus_set_address) *set_address;
    __typeof__(sd_bus_set_bus_client) *set_bus_client;
    __typeof__(sd_bus_start) *start;
    __typeof__(sd_bus_flush_close_unref) *close;
    __typeof__(sd_bus_message_new_method_call) *new_call;
    __typeof__(sd_bus_message_append) *append;
    __typeof__(sd_bus_message_append_array) *append_array;
    __typeof__(sd_bus_message_open_container) *open_container;
    __typeof__(sd_bus_message_close_container) *close_container;
    __typeof__(sd_bus_message_enter_container) *enter_container;
    __typeof__(sd_bus_message_read) *read;
    __typeof__(sd_bus_message_read_array) *read_array;
    __typeof__(sd_bus_message_unref) *unref;
    __typeof__(sd_bus_call) *call;
    __typeof__(sd_bus_error_free) *error_free;
};

struct systemd {
    void *library;
    struct functions f;
    sd_bus *bus;
    uint64_t deadline;
};

bool systemd_runs(void) {
    return access("/run/systemd/system", F_OK) == 0 || errno != ENOENT;
}

static void *load(struct functions *f, const char **why) {
    const struct library_function functions[] = {
        {"sd_bus_new", &f->bus_new},
        {"sd_bus_set_address", &f->set_address},
        {"sd_bus_set_bus_client", &f->set_bus_client},
        {"sd_bus_start", &f->start},
        {"sd_bus_flush_close_unref", &f->close},
        {"sd_bus_message_new_method_call", &f->new_call},
        {"sd_bus_message_append", &f->append},
        {"sd_bus_message_append_array", &f->append_array},
        {"sd_bus_message_open_container", &f->open_container},
        {"sd_bus_message_close_container", &f->close_container},
        {"sd_bus_message_enter_container", &f->enter_container},
        {"sd_bus_message_read", &f->read},
        {"sd_bus_message_read_array", &f->read_array},
        {"sd_bus_message_unref", &f->unref},
        {"sd_bus_call", &f->call},
        {"sd_bus_error_free", &f->error_free},
    };

    return library_load("libsystemd.so.0", functions, ELEMENTS(functions), why);
}

static int connect_bus(struct systemd *systemd) {
    int r = systemd->f.bus_new(&systemd->bus);

    /* Not the default bus: that would be taken from the environment. */
    if (r >= 0)
        r = systemd->f.set_address(systemd->bus, BUS_ADDRESS);
    if (r >= 0)
        r = systemd->f.set_bus_client(systemd->bus, true);
    return r < 0 ? r : systemd->f.start(systemd->bus);
}

int systemd_open(uint64_t deadline, struct systemd **ret, struct error *error) {
    struct systemd *systemd = calloc(1, sizeof *systemd);
    const char *why = NULL;
    int r;

    if (!systemd)
        return error_oom(error);
    systemd->deadline = deadline;
    systemd->library = load(&systemd->f, &why);
    if (!systemd->library) {
        free(systemd);
        return error_set(error, ENOPKG, "isolating CPUs needs libsystemd: %s", why);
    }
    r = connect_bus(systemd);
    if (r < 0) {
        systemd_close(systemd);
        return error_set(error, -r, "systemd cannot be asked over D-Bus to isolate CPUs: %s",
                         strerror(-r));
    }
    *ret = systemd;
    return 0;
}

void systemd_close(struct systemd *systemd) {
    if (systemd->bus)
        systemd->f.close(systemd->bus);
    dlclose(systemd->library);
    free(systemd);
}

/* ---- calls --------------------------------------------------------------------------------- */

/* Sends a call and takes the answer; `call` is given away. Who waits for this worker has the
 * deadline, and better words for it: it comes first. */
static int finish_call(struct systemd *systemd, sd_bus_message *call, sd_bus_message **ret) {
    uint64_t now = now_usec(), left = systemd->deadline > now ? systemd->deadline - now : 0;
    sd_bus_error error = SD_BUS_ERROR_NULL;
    int r = systemd->f.call(systemd->bus, call, left + GRACE_USEC, &error, ret);

    if (r < 0 && error.name && strcmp(error.name, SERVICE ".NoSuchUnit") == 0)
        r = -ENOENT;
    else if (r < 0 && error.message)
        log_warning("systemd: %s", error.message);
    systemd->f.error_free(&error);
    systemd->f.unref(call);
    return r;
}

static int new_call(struct systemd *systemd, const char *path, const char *interface,
                    const char *method, sd_bus_message **ret) {
    return systemd->f.new_call(systemd->bus, ret, SERVICE, path, interface, method);
}

/* The object of a unit. `ret` is owned by the caller. */
static int get_unit(struct systemd *systemd, const char *unit, char **ret) {
    sd_bus_message *call = NULL, *answer = NULL;
    const char *path;
    int r = new_call(systemd, MANAGER_PATH, MANAGER, "GetUnit", &call);

    if (r >= 0)
        r = systemd->f.append(call, "s", unit);
    if (r >= 0)
        r = finish_call(systemd, call, &answer);
    else
        systemd->f.unref(call);
    if (r >= 0)
        r = systemd->f.read(answer, "o", &path);
    if (r >= 0) {
        *ret = strdup(path);
        r = *ret ? 0 : -ENOMEM;
    }
    systemd->f.unref(answer);
    return r;
}

/* "Slice" of "system.slice": the interface with the properties of such units. */
static int interface_of(const char *unit, char ret[static 64]) {
    const char *suffix = strrchr(unit, '.');

    if (!suffix || strlen(suffix) < 2 || strlen(suffix) > 16 || strlen(unit) >= UNIT_NAME_MAX)
        return -EINVAL;
    snprintf(ret, 64, SERVICE ".%c%s", suffix[1] & ~0x20, suffix + 2);
    return 0;
}

static int read_mask(struct systemd *systemd, sd_bus_message *answer, struct cpulist *ret) {
    const void *bytes;
    size_t size;
    int r = systemd->f.enter_container(answer, 'v', "ay");

    if (r >= 0)
        r = systemd->f.read_array(answer, 'y', &bytes, &size);
    if (r < 0)
        return r;
    *ret = (struct cpulist){0};
    for (unsigned cpu = 0; cpu < 8 * size; cpu++)
        if (((const uint8_t *)bytes)[cpu / 8] >> (cpu % 8) & 1)
            cpulist_add(ret, cpu);
    return 0;
}

int systemd_read_cpus(struct systemd *systemd, const char *unit, struct cpulist *ret) {
    sd_bus_message *call = NULL, *answer = NULL;
    _cleanup_free_ char *path = NULL;
    char interface[64];
    int r = interface_of(unit, interface);

    if (r >= 0)
        r = get_unit(systemd, unit, &path);
    if (r < 0)
        return r;
    r = new_call(systemd, path, "org.freedesktop.DBus.Properties", "Get", &call);
    if (r >= 0)
        r = systemd->f.append(call, "ss", interface, "AllowedCPUs");
    if (r >= 0)
        r = finish_call(systemd, call, &answer);
    else
        systemd->f.unref(call);
    if (r >= 0)
        r = read_mask(systemd, answer, ret);
    systemd->f.unref(answer);
    return r;
}

static int append_mask(struct systemd *systemd, sd_bus_message *call, const struct cpulist *cpus) {
    uint8_t bytes[CPULIST_MAX / 8] = {0};
    size_t size = 0;

    CPULIST_FOREACH(cpu, cpus) {
        bytes[cpu / 8] = (uint8_t)(bytes[cpu / 8] | 1U << (cpu % 8));
        size = cpu / 8 + 1;
    }
    return systemd->f.append_array(call, 'y', bytes, size);
}

static int append_property(struct systemd *systemd, sd_bus_message *call, const char *unit,
                           const struct cpulist *cpus) {
    const struct functions *f = &systemd->f;
    int r = f->append(call, "sb", unit, true);

    if (r >= 0)
        r = f->open_container(call, 'a', "(sv)");
    if (r >= 0)
        r = f->open_container(call, 'r', "sv");
    if (r >= 0)
        r = f->append(call, "s", "AllowedCPUs");
    if (r >= 0)
        r = f->open_container(call, 'v', "ay");
    if (r >= 0)
        r = append_mask(systemd, call, cpus);
    for (int i = 0; i < 3 && r >= 0; i++)
        r = f->close_container(call);
    return r;
}

int systemd_write_cpus(struct systemd *systemd, const char *unit, const struct cpulist *cpus) {
    sd_bus_message *call = NULL, *answer = NULL;
    char interface[64];
    int r = interface_of(unit, interface);

    if (r >= 0)
        r = new_call(systemd, MANAGER_PATH, MANAGER, "SetUnitProperties", &call);
    if (r >= 0)
        r = append_property(systemd, call, unit, cpus);
    if (r >= 0)
        r = finish_call(systemd, call, &answer);
    else if (call)
        systemd->f.unref(call);
    systemd->f.unref(answer);
    return r < 0 ? r : 0;
}

/* ---- drop-ins ------------------------------------------------------------------------------ */

/* Where systemd writes what is set until the next boot; for units that it makes up by itself, as
 * init.scope, it is the second. */
static const char *const drop_ins[] = {"/run/systemd/system.control", "/run/systemd/transient"};

static char *drop_in(size_t place, const char *unit, const char *file) {
    return text_format("%s/%s.d%s", drop_ins[place], unit, file);
}

int systemd_has_drop_in(const char *unit) {
    for (size_t i = 0; i < ELEMENTS(drop_ins); i++) {
        _cleanup_free_ char *file = drop_in(i, unit, "/50-AllowedCPUs.conf");

        if (!file)
            return -ENOMEM;
        if (access(file, F_OK) == 0)
            return 1;
        if (errno != ENOENT)
            return -errno;
    }
    return 0;
}

int systemd_remove_drop_in(const char *unit) {
    int r = 0;

    for (size_t i = 0; i < ELEMENTS(drop_ins); i++) {
        _cleanup_free_ char *file = drop_in(i, unit, "/50-AllowedCPUs.conf");
        _cleanup_free_ char *directory = drop_in(i, unit, "");

        if (!file || !directory)
            return -ENOMEM;
        if (unlink(file) < 0 && errno != ENOENT) {
            r = -errno;
            log_warning("%s cannot be removed: %s", file, strerror(-r));
        }
        /* These stay when there is more in them. */
        rmdir(directory);
        rmdir(drop_ins[i]);
    }
    return r;
}
