/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The qemu hook: libvirt calls /etc/libvirt/hooks/qemu NAME OPERATION SUBOPERATION EXTRA, with the
 * domain XML on standard input, at each event of a VM's life (https://libvirt.org/hooks.html).
 *
 * Standard output stays empty: for some events libvirt takes it as a new XML. Standard error
 * carries at most one message, which libvirt shows to the person who started the VM.
 */

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "capabilities.h"
#include "deadline.h"
#include "life.h"
#include "log.h"
#include "text.h"

static int prepare(const struct life *life, struct error *error) {
    return life_prepare(life, STDIN_FILENO, error);
}

/* Every other event, those of versions to come too, is none of this program's business. */
static const struct event {
    const char *operation;
    int (*handle)(const struct life *life, struct error *error);
    bool may_fail; /* a reconnect that fails would make libvirt kill the running VM */
} events[] = {
    {"prepare", prepare, true},
    {"started", life_started, true},
    {"release", life_release, true},
    {"reconnect", life_reconnect, false},
};

static const struct event *find_event(const char *operation) {
    for (size_t i = 0; i < ELEMENTS(events); i++)
        if (strcmp(operation, events[i].operation) == 0)
            return &events[i];
    return NULL;
}

/* A descriptor below 3 that is closed would become some file that is opened later. */
static int fill_standard_descriptors(void) {
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd < 3);
    if (fd < 0)
        return -errno;
    close(fd);
    return 0;
}

/* Nothing that a caller can set may change what is done: not the environment, not the directory,
 * not signals, not the file mode mask. */
static int forget_caller(void) {
    sigset_t none;

    if (fill_standard_descriptors() < 0 || clearenv() != 0 || chdir("/") < 0)
        return -EINVAL;
    close_range(3, ~0U, 0);
    umask(077);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    return 0;
}

/* The sentence may quote names from the XML: whatever they hold, it stays text. Some are followed
 * by a list, a line each. */
static void report(struct error *error) {
    for (char *c = error->text; c && *c; c++)
        if (iscntrl((unsigned char)*c) && *c != '\n')
            *c = '?';
    fprintf(stderr, "hostdevctl: %s\n", error_text(error));
    log_write(LOG_ERR, "%s", error_text(error));
}

static int handle(const struct event *event, const struct life *life) {
    _cleanup_error_ struct error error = {0};

    if (event->handle(life, &error) >= 0)
        return EXIT_SUCCESS;
    report(&error);
    return event->may_fail ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* The daemon that calls. One that died before it could be looked at has left this process to init,
 * which is no libvirtd (but for containers in which it is): then a process that never lives. */
static struct process identify_daemon(void) {
    struct process daemon;
    pid_t parent = getppid();

    if (process_identify(parent, &daemon) < 0 || (parent == 1 && !process_libvirt_version(parent)))
        return (struct process){0};
    return daemon;
}

static int run_event(const struct event *event, const char *domain, uint64_t begun) {
    _cleanup_free_ char *printable = text_printable(domain);
    const struct life life = {
        .domain = domain,
        .daemon = identify_daemon(),
        .begun = begun,
    };
    int r;

    log_open(printable);
    /* Some sandbox may not let it; without it all goes on as well. */
    r = capabilities_limit();
    if (r < 0)
        log_write(LOG_WARNING, "the hook keeps all capabilities: %s", strerror(-r));
    return handle(event, &life);
}

int main(int argc, char **argv) {
    uint64_t begun = now_usec();
    const struct event *event;

    /* A session daemon (qemu:///session) runs as its user, who has no say over host devices. */
    if (geteuid() != 0)
        return EXIT_SUCCESS;
    if (argc < 3) {
        fprintf(stderr,
                "hostdevctl: this is libvirt's hook for QEMU. It is not run by hand, but by "
                "libvirtd: hooks/qemu NAME OPERATION SUBOPERATION EXTRA <XML\n");
        return EXIT_FAILURE;
    }
    event = find_event(argv[2]);
    if (!event)
        return EXIT_SUCCESS;
    if (forget_caller() < 0) {
        fprintf(stderr, "hostdevctl: the hook cannot start: %s\n", strerror(errno));
        return event->may_fail ? EXIT_FAILURE : EXIT_SUCCESS;
    }
    return run_event(event, argv[1], begun);
}
