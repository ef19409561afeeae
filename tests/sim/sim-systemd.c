/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sim-systemd [--cgroups DIR] [--unit NAME]...
 *
 * systemd's manager, as far as it hands out CPUs, at the place of the system bus: it takes D-Bus
 * connections at /run/dbus/system_bus_socket, and at /run/systemd/private as systemctl does when it
 * is root's. Writes a line to stdout when it can be called.
 */
#include "systemd.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static const char *const sockets[] = {"/run/dbus/system_bus_socket", "/run/systemd/private"};

/* ---- clients --------------------------------------------------------------------------------- */

/* It frees itself when the other side is gone. */
static int serve(struct manager *manager, int fd) {
    sd_bus *bus = NULL;
    sd_id128_t id;
    int r = sd_bus_new(&bus);

    if (r < 0 || (r = sd_bus_set_fd(bus, fd, fd)) < 0) {
        close(fd);
        sd_bus_unref(bus);
        return r;
    }
    r = sd_id128_randomize(&id);
    if (r >= 0)
        r = sd_bus_set_server(bus, true, id);
    if (r >= 0)
        r = sd_bus_set_trusted(bus, true);
    if (r >= 0)
        r = sd_bus_start(bus);
    if (r < 0) {
        sd_bus_close_unref(bus);
        return r;
    }
    bus_publish(manager, bus);
    manager_publish(manager, bus);
    units_publish(manager, bus);
    return sd_bus_attach_event(bus, manager->event, SD_EVENT_PRIORITY_NORMAL);
}

/* A fault of "connect" is one of the bus daemon: it takes the connection and says nothing, or hangs
 * up at once. */
static int on_connection(sd_event_source *source, int listener, uint32_t events, void *data) {
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), r;
    struct fault fault = {0};

    (void)source, (void)events;
    if (fd < 0)
        return 0;
    switch (fault_take(data, "connect", &fault)) {
    case FAULT_FAIL:
    case FAULT_DROP:
        close(fd);
        return 0;
    case FAULT_HANG:
        return 0;
    case FAULT_DELAY:
        usleep((useconds_t)fault.delay);
        break;
    case FAULT_NONE:
        break;
    }
    r = serve(data, fd);
    if (r < 0)
        fprintf(stderr, "sim-systemd: a client: %s\n", strerror(-r));
    return 0;
}

static void listen_at(struct manager *manager, const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    unlink(path);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        chmod(path, 0666) != 0 || listen(fd, 64) != 0 ||
        sd_event_add_io(manager->event, NULL, fd, EPOLLIN, on_connection, manager) < 0)
        die(EXIT_FAILURE, "%s: %s", path, strerror(errno));
}

/* ---- the program ----------------------------------------------------------------------------- */

static void add_units(struct manager *manager) {
    static const char *const names[] = {"-.slice", "system.slice", "user.slice", "machine.slice",
                                        "init.scope"};

    for (size_t i = 0; i < ELEMENTS(names); i++)
        unit_new(manager, names[i]);
}

static void read_options(struct manager *manager, int argc, char *argv[]) {
    static const struct option known[] = {
        {"cgroups", required_argument, NULL, 'c'}, {"unit", required_argument, NULL, 'u'}, {0}};
    int option;

    manager->cgroups = "/sys/fs/cgroup";
    while ((option = getopt_long(argc, argv, "", known, NULL)) >= 0)
        if (option == 'c')
            manager->cgroups = optarg;
        else if (option == 'u')
            unit_new(manager, optarg);
        else
            die(2, "usage: sim-systemd [--cgroups DIR] [--unit NAME]...");
}

/* sd_booted(3) looks for the last one. */
static void make_directories(void) {
    static const char *const directories[] = {"/run/dbus", "/run/systemd", "/run/systemd/system"};

    for (size_t i = 0; i < ELEMENTS(directories); i++)
        mkdir(directories[i], 0755);
}

int main(int argc, char *argv[]) {
    struct manager manager = {0};

    signal(SIGPIPE, SIG_IGN);
    add_units(&manager);
    read_options(&manager, argc, argv);
    make_directories();
    for (size_t i = 0; i < manager.n_units; i++)
        unit_apply(&manager, manager.units[i]);
    if (sd_event_new(&manager.event) < 0)
        die(EXIT_FAILURE, "cannot have an event loop");
    control_start(&manager);
    for (size_t i = 0; i < ELEMENTS(sockets); i++)
        listen_at(&manager, sockets[i]);
    puts("ready");
    fflush(stdout);
    return sd_event_loop(manager.event) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
