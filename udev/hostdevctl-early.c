/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The early binder: keeps devices that are reserved for VMs from the host's drivers.
 *
 *     hostdevctl-early                 at boot, in the initramfs and after it
 *     hostdevctl-early ADDRESS         from udev's rules: a device has come, or got its driver
 *     hostdevctl-early host-devices    prints what the host itself needs, for an initramfs
 *
 * What it does goes to the kernel log. hostdevctl.early=off on the kernel line turns it off.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "deadline.h"
#include "early-bind.h"
#include "early-conf.h"
#include "early-udev.h"
#include "early-vfs.h"
#include "kernel-line.h"
#include "kernel-log.h"
#include "lock.h"

#define LOCK "/run/hostdevctl-early.lock"
#define TURN_USEC (20 * USEC_PER_SEC)

/* What one call works with. */
struct pass {
    const struct pci_address *only; /* NULL: all devices */
    struct early_rules rules;
    struct host_needs needs;
    struct early_host host;
    struct early_plan plan;
    int failed; /* as the kernel log tells */
};

static void pass_done(struct pass *pass) {
    early_plan_done(&pass->plan);
    early_host_done(&pass->host);
    host_needs_done(&pass->needs);
    early_rules_done(&pass->rules);
}

static void fail(struct pass *pass, const struct error *error) {
    kernel_log(LOG_ERR, "%s", error_text(error));
    pass->failed++;
}

/* ---- the plan
 * ------------------------------------------------------------------------------------- */

static void complain(const char *sentence) {
    kernel_log(LOG_ERR, "%s. Nothing of this file is reserved", sentence);
}

static int read_configuration(struct pass *pass, struct error *error) {
    int wrong = early_conf_read(&pass->rules, complain, error);

    if (wrong < 0)
        return wrong;
    pass->failed += wrong;
    return host_needs_read(&pass->needs, error);
}

static int look(struct pass *pass, struct error *error) {
    early_plan_done(&pass->plan);
    early_host_done(&pass->host);
    if (early_host_read(&pass->rules, &pass->needs, &pass->host, error) < 0)
        return -error->code;
    return early_plan(&pass->rules, &pass->host, &pass->plan) < 0 ? error_oom(error) : 0;
}

static void log_negatives(const struct pass *pass) {
    for (size_t i = 0; i < pass->plan.count; i++) {
        const struct early_verdict *verdict = &pass->plan.verdicts[i];
        const struct early_rule *rule = verdict->rule;

        if (verdict->why && !pass->only && verdict->outcome == EARLY_MISSING)
            kernel_log(LOG_WARNING, "%s: nothing is reserved ([%s] in %s)", verdict->why,
                       rule->section, rule->file);
        else if (verdict->why && early_plan_concerns(&pass->plan, i, pass->only))
            kernel_log(LOG_WARNING, "%s is left to the host: %s ([%s] in %s)",
                       PCI_ADDRESS_FORMAT(verdict->address), verdict->why, rule->section,
                       rule->file);
    }
}

/* ---- what is done
 * ----------------------------------------------------------------------------------- */

static void write_rules(struct pass *pass) {
    _cleanup_error_ struct error error = {0};

    if (early_udev_write(&pass->rules, &pass->plan, &error) < 0)
        fail(pass, &error);
}

static void bind(struct pass *pass) {
    int failed = early_bind(&pass->plan, pass->only, &pass->host);

    /* Out of memory: there is little left to say. */
    pass->failed += failed < 0 ? 1 : failed;
}

/* New functions are devices like others, once they are there. */
static int make_vfs(struct pass *pass, struct error *error) {
    _cleanup_early_vfs_ struct early_vfs vfs = {0};
    int r = early_vfs_make(&pass->plan, pass->only, &vfs);

    if (r < 0)
        return error_oom(error);
    pass->failed += r;
    if (vfs.count == 0)
        return 0;
    r = look(pass, error);
    if (r >= 0) {
        write_rules(pass);
        bind(pass);
    }
    /* Those that are not known to be reserved or not are offered to nobody. */
    if (r >= 0)
        early_vfs_offer(&vfs);
    return r;
}

static int run(struct pass *pass, struct error *error) {
    int r = read_configuration(pass, error);

    if (r >= 0)
        r = look(pass, error);
    if (r < 0)
        return r;
    log_negatives(pass);
    bind(pass);
    write_rules(pass);
    return make_vfs(pass, error);
}

/* ---- ways to be called
 * ------------------------------------------------------------------------------ */

static bool is_turned_off(void) {
    _cleanup_free_ char *line = kernel_line_read();

    return line && kernel_line_turns_off(line);
}

/* udev calls for several devices at once. Where there is no /run yet there is nobody else, and who
 * takes too long is stuck: what is done here is done twice without harm. */
static int take_turn(void) {
    int fd = open(LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd >= 0 && lock_take(fd, now_usec() + TURN_USEC) < 0)
        kernel_log(LOG_WARNING, "another pass does not end; going on beside it");
    return fd;
}

static int reserve(const struct pci_address *only) {
    _cleanup_close_ int turn = -1;
    _cleanup_(pass_done) struct pass pass = {.only = only};
    _cleanup_error_ struct error error = {0};

    if (is_turned_off()) {
        if (!only)
            kernel_log(LOG_NOTICE, "the kernel line says hostdevctl.early=off: nothing is reserved "
                                   "for VMs");
        return EXIT_SUCCESS;
    }
    turn = take_turn();
    if (run(&pass, &error) < 0)
        fail(&pass, &error);
    return pass.failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int print_host_devices(void) {
    _cleanup_host_needs_ struct host_needs needs = {0};
    _cleanup_error_ struct error error = {0};

    if (host_needs_ask(&needs, &error) < 0) {
        fprintf(stderr, "hostdevctl-early: %s\n", error_text(&error));
        return EXIT_FAILURE;
    }
    host_needs_print(&needs, stdout);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int usage(void) {
    fputs("hostdevctl-early reserves devices for VMs. It is run at boot and by udev; by hand there "
          "is "
          "'hostdevctl early'.\n"
          "Usage: hostdevctl-early [ADDRESS | host-devices]\n",
          stderr);
    return EXIT_FAILURE;
}

int main(int argc, char **argv) {
    struct pci_address address;

    umask(022);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    if (argc == 1)
        return reserve(NULL);
    if (argc != 2)
        return usage();
    if (strcmp(argv[1], "host-devices") == 0)
        return print_host_devices();
    return pci_address_parse(argv[1], &address) == 0 ? reserve(&address) : usage();
}
