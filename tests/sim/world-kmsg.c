/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The machine's /dev/kmsg: sim-sysfs serves it, for it alone tells one write from the next. */
#include "world.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define SERVED "/sys/.sim/kmsg"
#define DEVICE "/dev/kmsg"

void kmsg_lay_over(void) {
    write_file(DEVICE, "", 0, 0644);
    if (mount(SERVED, DEVICE, NULL, MS_BIND, NULL) != 0)
        die(EXIT_SKIPPED, "cannot lay the machine's over %s: %s", DEVICE, strerror(errno));
    if (symlink(SERVED, WORLD_KMSG) != 0)
        die(EXIT_WORLD, "symlink %s: %s", WORLD_KMSG, strerror(errno));
}
