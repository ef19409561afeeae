/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Those parts of /proc that are the machine's: sim-sysfs serves them below /sys/.sim/proc, from
 * where each is laid over its place in /proc. The rest stays the host's; most of it when the
 * description tells nothing of CPUs.
 */
#include "world.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define SERVED "/sys/.sim/proc"

static bool exists(const char *path) {
    struct stat stat;

    return lstat(path, &stat) == 0;
}

static void lay_over(const char *name) {
    _cleanup_free_ char *source = new_format(SERVED "/%s", name);
    _cleanup_free_ char *target = new_format("/proc/%s", name);

    if (!exists(source))
        return;
    if (mount(source, target, NULL, MS_BIND, NULL) != 0)
        die(EXIT_SKIPPED, "cannot lay the machine's over %s: %s", target, strerror(errno));
}

void proc_lay_over(void) {
    static const char *const names[] = {
        "irq",
        "interrupts",
        "cpuinfo",
        "meminfo",
        "cmdline",
        "bus",
        "sys/vm/drop_caches",
        "sys/vm/compact_memory",
        "sys/vm/nr_hugepages",
    };

    for (size_t i = 0; i < ELEMENTS(names); i++)
        lay_over(names[i]);
}
