/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * AppArmor, as Debian and its relatives have it: libvirt's daemon may hardly do anything outside of
 * its profile, and so may its hooks, but for programs in the usual directories, which run as any
 * other (/etc/apparmor.d/usr.sbin.libvirtd: PUx).
 */

#include "check-host.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "check-daemon.h"
#include "check-hook.h"
#include "file.h"
#include "text.h"

#define ENABLED "/sys/module/apparmor/parameters/enabled"

static bool is_enabled(void) {
    char text[8];

    return file_read_line_at(AT_FDCWD, ENABLED, text, sizeof text) > 0 && text[0] == 'Y';
}

/* "libvirtd (enforce)", of who is confined; also told when the daemon is not there to be asked. */
static bool may_be_confined(pid_t daemon) {
    char path[64], text[256];

    if (daemon == 0)
        return true;
    snprintf(path, sizeof path, "/proc/%d/attr/current", daemon);
    return file_read_line_at(AT_FDCWD, path, text, sizeof text) < 0 || strstr(text, "(enforce)");
}

static bool runs_freely(const char *program) {
    static const char *const directories[] = {"/usr/sbin", "/usr/bin", "/sbin", "/bin"};
    const char *slash = strrchr(program, '/');

    for (size_t i = 0; slash && i < ELEMENTS(directories); i++)
        if (strlen(directories[i]) == (size_t)(slash - program) &&
            strncmp(program, directories[i], (size_t)(slash - program)) == 0)
            return true;
    return false;
}

int check_apparmor(struct check_report *report) {
    const char *hook = hook_installed();
    _cleanup_free_ char *program = hook ? realpath(hook, NULL) : NULL;

    if (!is_enabled())
        return check_ok(report, text_format("it is not in force"));
    if (!program || runs_freely(program) || !may_be_confined(daemon_find(NULL)))
        return check_ok(report, text_format("it lets the hook do its work"));
    return check_warn(report,
                      text_format("it lets libvirt's daemon run %s only as far as the daemon's own "
                                  "profile goes",
                                  program),
                      text_format("install hostdevctl with PREFIX=/usr"));
}
