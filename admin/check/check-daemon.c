/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether the daemon knows of the hook: it looks for it when it starts, and when it is told to read
 * its configuration again (libvirt src/util/virhook.c: what was not there then is not run).
 */

#include "check-daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "check-hook.h"
#include "check-host.h"
#include "check-reload.h"
#include "file.h"
#include "process.h"
#include "text.h"

static const char *const names[] = {"libvirtd", "virtqemud"};

static pid_t find(const char *name) {
    char path[64], text[32], command[32];
    int pid;

    snprintf(path, sizeof path, "/run/%s.pid", name);
    if (file_read_line_at(AT_FDCWD, path, text, sizeof text) < 0 || sscanf(text, "%d", &pid) != 1)
        return 0;
    snprintf(path, sizeof path, "/proc/%d/comm", pid);
    if (file_read_line_at(AT_FDCWD, path, command, sizeof command) < 0)
        return 0;
    return strcmp(command, name) == 0 ? pid : 0;
}

pid_t daemon_find(const char **ret_name) {
    for (size_t i = 0; i < ELEMENTS(names); i++) {
        pid_t pid = find(names[i]);

        if (pid > 0) {
            if (ret_name)
                *ret_name = names[i];
            return pid;
        }
    }
    return 0;
}

static uint64_t usec(struct timespec time) {
    return (uint64_t)time.tv_sec * USEC_PER_SEC + (uint64_t)time.tv_nsec / 1000;
}

/* In real time, as the times of files are. */
static uint64_t started_at(pid_t pid) {
    struct timespec now, since_boot;
    struct process process;

    if (process_identify(pid, &process) < 0 || clock_gettime(CLOCK_REALTIME, &now) < 0 ||
        clock_gettime(CLOCK_BOOTTIME, &since_boot) < 0)
        return 0;
    return usec(now) - usec(since_boot) +
           process.start * USEC_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK);
}

/* When the link came there: its other time is what whoever made it wanted. */
static uint64_t installed_at(const char *path) {
    struct stat st;

    return lstat(path, &st) == 0 ? usec(st.st_ctim) : 0;
}

static int warn_unseen(struct check_report *report, const char *name) {
    return check_warn(
        report, text_format("%s started before the hook was installed, and may not know it", name),
        text_format("systemctl reload %s", name));
}

int check_daemon(struct check_report *report) {
    const char *name = NULL, *path = hook_installed();
    pid_t pid = daemon_find(&name);
    uint64_t installed;

    if (pid == 0)
        return check_ok(report, text_format("none runs now; it looks for hooks when it starts"));
    if (!path)
        return check_ok(report, text_format("%s runs", name));
    installed = installed_at(path);
    if (started_at(pid) > installed || reloaded_at(name) > installed)
        return check_ok(report,
                        text_format("%s runs, and has looked for hooks since ours is there", name));
    return warn_unseen(report, name);
}
