/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SELinux, as Fedora and its relatives have it: what is in libvirt's directory of hooks has the
 * type virt_hook_t, and a hook may do what root may only while the boolean virt_hooks_unconfined is
 * on (virt_hook_unconfined_selinux(8)).
 */

#include "check-host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/xattr.h>

#include "check-hook.h"
#include "file.h"
#include "shell-quote.h"
#include "text.h"

#define SELINUX "/sys/fs/selinux"
#define BOOLEAN "virt_hooks_unconfined"
#define LABEL_MAX 256

/* A boolean's file has its value, and the one that waits to be put in force: "1 1". */
static bool says_one(const char *path, bool *ret_there) {
    char text[16];
    ssize_t length = file_read_line_at(AT_FDCWD, path, text, sizeof text);

    if (ret_there)
        *ret_there = length > 0;
    return length > 0 && text[0] == '1';
}

/* The label is no string: it ends with a NUL byte, or without. */
static bool has_label(const char *path, const char *const types[], size_t count) {
    char label[LABEL_MAX];
    ssize_t length = lgetxattr(path, "security.selinux", label, sizeof label - 1);

    if (length < 0)
        return true;
    label[length] = '\0';
    for (size_t i = 0; i < count; i++)
        if (strstr(label, types[i]))
            return true;
    return false;
}

/* The first of link and program whose label is not what it should be; NULL: none. */
static char *mislabelled(const char *hook) {
    static const char *const link_types[] = {":virt_hook_"};
    static const char *const program_types[] = {":virt_hook_", ":bin_t"};
    _cleanup_free_ char *program = realpath(hook, NULL);

    if (!has_label(hook, link_types, ELEMENTS(link_types)))
        return strdup(hook);
    if (program && !has_label(program, program_types, ELEMENTS(program_types)))
        return take_pointer(program);
    return NULL;
}

static int check_label(struct check_report *report) {
    const char *hook = hook_installed();
    _cleanup_free_ char *path = hook ? mislabelled(hook) : NULL;
    _cleanup_free_ char *quoted = path ? shell_quote(path) : NULL;

    if (path)
        return check_warn(
            report, text_format("it is enforcing, and the label of %s is not that of a hook", path),
            quoted ? text_format("restorecon -v %s", quoted) : NULL);
    return check_ok(report, text_format("it is enforcing, and lets hooks do their work"));
}

int check_selinux(struct check_report *report) {
    bool there;

    if (!says_one(SELINUX "/enforce", NULL))
        return check_ok(report, text_format("it is not in force"));
    if (says_one(SELINUX "/booleans/" BOOLEAN, &there))
        return check_label(report);
    if (!there)
        return check_warn(report,
                          text_format("it is enforcing, and whether its policy lets hooks "
                                      "do their work cannot be told"),
                          text_format("ausearch -m avc shows what it has denied"));
    return check_fail(report, text_format("it is enforcing, and does not let hooks do their work"),
                      text_format("setsebool -P " BOOLEAN " on"));
}
