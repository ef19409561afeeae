/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-reload.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

#include <systemd/sd-bus.h>

#include "library.h"
#include "text.h"

#define PATIENCE_USEC (2 * USEC_PER_SEC)
#define BUS_ADDRESS "unix:path=/run/dbus/system_bus_socket"
#define SERVICE "org.freedesktop.systemd1"

/* Only once for each program that ExecReload= names (org.freedesktop.systemd1(5)). */
#define COMMANDS "(sasbttttuii)"

struct functions {
    __typeof__(sd_bus_new) *bus_new;
    __typeof__(sd_bus_set_address) *set_address;
    __typeof__(sd_bus_set_bus_client) *set_bus_client;
    __typeof__(sd_bus_set_method_call_timeout) *set_timeout;
    __typeof__(sd_bus_start) *start;
    __typeof__(sd_bus_flush_close_unref) *close;
    __typeof__(sd_bus_path_encode) *path_encode;
    __typeof__(sd_bus_get_property) *get_property;
    __typeof__(sd_bus_message_enter_container) *enter_container;
    __typeof__(sd_bus_message_exit_container) *exit_container;
    __typeof__(sd_bus_message_skip) *skip;
    __typeof__(sd_bus_message_read) *read;
    __typeof__(sd_bus_message_unref) *unref;
};

static void *load(struct functions *f) {
    const struct library_function functions[] = {
        {"sd_bus_new", &f->bus_new},
        {"sd_bus_set_address", &f->set_address},
        {"sd_bus_set_bus_client", &f->set_bus_client},
        {"sd_bus_set_method_call_timeout", &f->set_timeout},
        {"sd_bus_start", &f->start},
        {"sd_bus_flush_close_unref", &f->close},
        {"sd_bus_path_encode", &f->path_encode},
        {"sd_bus_get_property", &f->get_property},
        {"sd_bus_message_enter_container", &f->enter_container},
        {"sd_bus_message_exit_container", &f->exit_container},
        {"sd_bus_message_skip", &f->skip},
        {"sd_bus_message_read", &f->read},
        {"sd_bus_message_unref", &f->unref},
    };
    const char *why;

    return library_load("libsystemd.so.0", functions, ELEMENTS(functions), &why);
}

/* The latest start of one of the commands. */
static uint64_t read_times(const struct functions *f, sd_bus_message *answer) {
    uint64_t latest = 0, start;

    if (f->enter_container(answer, 'a', COMMANDS) < 0)
        return 0;
    while (f->enter_container(answer, 'r', "sasbttttuii") > 0) {
        if (f->skip(answer, "sasb") < 0 || f->read(answer, "t", &start) < 0 ||
            f->skip(answer, "tttuii") < 0 || f->exit_container(answer) < 0)
            return latest;
        latest = start > latest ? start : latest;
    }
    return latest;
}

static uint64_t ask(const struct functions *f, sd_bus *bus, const char *path) {
    sd_bus_message *answer = NULL;
    uint64_t latest = 0;

    if (f->get_property(bus, SERVICE, path, SERVICE ".Service", "ExecReload", NULL, &answer,
                        "a" COMMANDS) >= 0)
        latest = read_times(f, answer);
    f->unref(answer);
    return latest;
}

static bool connect_bus(const struct functions *f, sd_bus *bus) {
    /* Not the default bus: that would be taken from the environment. */
    return f->set_address(bus, BUS_ADDRESS) >= 0 && f->set_bus_client(bus, true) >= 0 &&
           f->set_timeout(bus, PATIENCE_USEC) >= 0 && f->start(bus) >= 0;
}

static uint64_t ask_about(const struct functions *f, const char *unit) {
    _cleanup_free_ char *path = NULL;
    sd_bus *bus = NULL;
    uint64_t latest = 0;

    if (f->path_encode("/org/freedesktop/systemd1/unit", unit, &path) >= 0 &&
        f->bus_new(&bus) >= 0 && connect_bus(f, bus))
        latest = ask(f, bus, path);
    f->close(bus);
    return latest;
}

uint64_t reloaded_at(const char *service) {
    _cleanup_free_ char *unit = text_format("%s.service", service);
    struct functions f;
    void *library = load(&f);
    uint64_t latest = library && unit ? ask_about(&f, unit) : 0;

    if (library)
        dlclose(library);
    return latest;
}
