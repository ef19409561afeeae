/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which Linux the machine says it runs. */
#include "world.h"

#include <errno.h>
#include <pthread.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/utsname.h>

#define OSRELEASE "/proc/sys/kernel/osrelease"
#define OSRELEASE_FILE "/sim/osrelease"

/* It became 6.2 that the affinity a task asked for outlives a change of its cpuset. */
#define KEEPS_MAJOR 6
#define KEEPS_MINOR 2

static struct {
    pthread_mutex_t lock;
    struct utsname name; /* without a release: the real kernel's */
    bool forgets;
    bool shown;
} kernel = {.lock = PTHREAD_MUTEX_INITIALIZER};

bool kernel_forgets(void) {
    bool forgets;

    pthread_mutex_lock(&kernel.lock);
    forgets = kernel.forgets;
    pthread_mutex_unlock(&kernel.lock);
    return forgets;
}

void kernel_set_forgets(bool forgets) {
    pthread_mutex_lock(&kernel.lock);
    kernel.forgets = forgets;
    pthread_mutex_unlock(&kernel.lock);
}

/* The modules of the machine are where those of the real release are. */
static void link_modules(const char *release) {
    struct utsname real;
    _cleanup_free_ char *path = new_format("/lib/modules/%s", release);

    uname(&real);
    if (symlink(real.release, path) != 0 && errno != EEXIST)
        die(EXIT_WORLD, "symlink %s: %s", path, strerror(errno));
}

static void show_release(const char *release) {
    _cleanup_free_ char *line = new_format("%s\n", release);

    write_file(OSRELEASE_FILE, line, strlen(line), 0444);
    if (!kernel.shown && mount(OSRELEASE_FILE, OSRELEASE, NULL, MS_BIND, NULL) != 0)
        die(EXIT_WORLD, "cannot mount %s: %s", OSRELEASE, strerror(errno));
    kernel.shown = true;
}

bool kernel_set_release(const char *release) {
    int major, minor;
    struct utsname name;

    if (sscanf(release, "%d.%d", &major, &minor) != 2 || strlen(release) >= sizeof name.release)
        return false;
    uname(&name);
    memcpy(name.release, release, strlen(release) + 1);
    pthread_mutex_lock(&kernel.lock);
    kernel.name = name;
    kernel.forgets = major < KEEPS_MAJOR || (major == KEEPS_MAJOR && minor < KEEPS_MINOR);
    link_modules(release);
    show_release(release);
    pthread_mutex_unlock(&kernel.lock);
    return true;
}

bool kernel_answer(const struct seccomp_notif *notification, struct seccomp_notif_resp *response) {
    struct utsname name;

    if (notification->data.nr != seccomp_syscall_resolve_name("uname"))
        return false;
    pthread_mutex_lock(&kernel.lock);
    name = kernel.name;
    pthread_mutex_unlock(&kernel.lock);
    if (name.release[0] == '\0')
        response->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    else if (memory_write((pid_t)notification->pid, notification->data.args[0], &name,
                          sizeof name) != (ssize_t)sizeof name)
        response->error = -EFAULT;
    return true;
}
