/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether libvirt finds the hook, and may run it. */

#include "check-hook.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "check-daemon.h"
#include "check-host.h"
#include "process.h"
#include "shell-quote.h"
#include "text.h"

/* From here on libvirt runs what is in qemu.d, too. */
#define LIBVIRT_KNOWS_DROP_INS 6005

#define RELOAD "systemctl reload libvirtd (or virtqemud)"

enum hook_file hook_file_at(const char *path) {
    char target[PATH_MAX];
    ssize_t length = readlink(path, target, sizeof target - 1);
    const char *slash;

    if (length < 0 && errno == EACCES)
        return HOOK_UNKNOWN;
    if (length < 0)
        return errno == EINVAL ? HOOK_FOREIGN : HOOK_NONE;
    target[length] = '\0';
    slash = strrchr(target, '/');
    return strcmp(slash ? slash + 1 : target, HOOK_PROGRAM) == 0 ? HOOK_OURS : HOOK_FOREIGN;
}

const char *hook_installed(void) {
    if (hook_file_at(HOOK_MAIN) == HOOK_OURS)
        return HOOK_MAIN;
    return hook_file_at(HOOK_DROP_IN) == HOOK_OURS ? HOOK_DROP_IN : NULL;
}

char *hook_program(void) {
    char tool[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", tool, sizeof tool - 1);
    char *slash;

    if (length < 0)
        return strdup("/usr/sbin/" HOOK_PROGRAM);
    tool[length] = '\0';
    slash = strrchr(tool, '/');
    *slash = '\0';
    return text_format("%s/" HOOK_PROGRAM, tool);
}

/* `program` is quoted for a shell. */
static int fail_absent(struct check_report *report, const char *program) {
    if (hook_file_at(HOOK_MAIN) == HOOK_FOREIGN)
        return check_fail(report,
                          text_format(HOOK_MAIN " is another program's, and ours is not beside it"),
                          text_format("mkdir -p " HOOKS_DIRECTORY
                                      "/qemu.d && ln -s %s " HOOK_DROP_IN " && " RELOAD,
                                      program));
    return check_fail(report, text_format("there is none at " HOOK_MAIN),
                      text_format("ln -s %s " HOOK_MAIN " && " RELOAD, program));
}

/* The program behind the link. 1: something was added. */
static int check_program(struct check_report *report, const char *path) {
    _cleanup_free_ char *program = realpath(path, NULL);
    _cleanup_free_ char *quoted = program ? shell_quote(program) : NULL;
    struct stat st;

    if (!program || stat(program, &st) < 0)
        return check_fail(report, text_format("%s leads to no program: %s", path, strerror(errno)),
                          text_format("install hostdevctl again")) < 0
                   ? -ENOMEM
                   : 1;
    if (!S_ISREG(st.st_mode) || !(st.st_mode & S_IXUSR))
        return check_fail(report, text_format("%s cannot be executed", program),
                          quoted ? text_format("chmod 755 %s && " RELOAD, quoted) : NULL) < 0
                   ? -ENOMEM
                   : 1;
    if (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)))
        return check_fail(report,
                          text_format("%s is not root's alone to write, and root runs it", program),
                          quoted ? text_format("chown root %s && chmod go-w %s", quoted, quoted)
                                 : NULL) < 0
                   ? -ENOMEM
                   : 1;
    return 0;
}

/* One of another installation may be older, and read other files. 1: something was added. */
static int check_installation(struct check_report *report, const char *path, const char *program) {
    _cleanup_free_ char *found = realpath(path, NULL), *expected = realpath(program, NULL);
    _cleanup_free_ char *quoted = expected ? shell_quote(expected) : NULL;

    if (!found || !expected || strcmp(found, expected) == 0)
        return 0;
    return check_warn(
               report,
               text_format("%s leads to %s, and this tool belongs to %s", path, found, expected),
               quoted ? text_format("ln -sfn %s %s", quoted, path) : NULL) < 0
               ? -ENOMEM
               : 1;
}

static int check_place(struct check_report *report, const char *path) {
    unsigned version = process_libvirt_version(daemon_find(NULL));

    if (strcmp(path, HOOK_MAIN) == 0 && hook_file_at(HOOK_DROP_IN) == HOOK_OURS)
        return check_warn(report, text_format("it is installed twice, and runs twice for each VM"),
                          text_format("rm " HOOK_DROP_IN));
    if (strcmp(path, HOOK_MAIN) == 0)
        return check_ok(report, text_format("it is installed as %s", path));
    if (version > 0 && version < LIBVIRT_KNOWS_DROP_INS)
        return check_fail(report,
                          text_format("libvirt %u.%u does not look into qemu.d, where it is",
                                      version / 1000, version % 1000),
                          text_format("have " HOOK_MAIN " call %s, or move it away", path));
    return check_ok(report, text_format("it is installed as %s%s", path,
                                        hook_file_at(HOOK_MAIN) == HOOK_FOREIGN
                                            ? ", and runs after another program's " HOOK_MAIN
                                            : ""));
}

int check_hook(struct check_report *report) {
    _cleanup_free_ char *program = hook_program();
    _cleanup_free_ char *quoted = program ? shell_quote(program) : NULL;
    const char *path = hook_installed();
    int r;

    if (!program || !quoted)
        return -ENOMEM;
    if (hook_file_at(HOOK_MAIN) == HOOK_UNKNOWN)
        return check_needs_root(report, "what is in " HOOKS_DIRECTORY);
    if (!path)
        return fail_absent(report, quoted);
    r = check_program(report, path);
    if (r == 0)
        r = check_installation(report, path, program);
    if (r != 0)
        return r < 0 ? r : 0;
    return check_place(report, path);
}
