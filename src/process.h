/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Processes that outlive or precede this one, named so that a reused number is not mistaken for
 * them: by number and start time (proc(5), field 22 of /proc/PID/stat). */

#include <stdbool.h>
#include <sys/types.h>

#include "util.h"

struct process {
    pid_t pid;
    uint64_t start; /* clock ticks after boot */
};

/* Identifies a process that runs now. -ESRCH when there is none of that number. */
int process_identify(pid_t pid, struct process *ret) _must_check_;

/* Whether that very process still runs. */
bool process_lives(struct process process);

/* The version of libvirt that a process has mapped, as major * 1000 + minor (11003 for 11.3), from
 * the name of the library's file; 0 when it has none. Asking libvirt itself could deadlock. */
unsigned process_libvirt_version(pid_t pid);

/* Whether the QEMU of a domain runs, going by libvirt's pid file /run/libvirt/qemu/NAME.pid, and by
 * the name of the process with that number, which may be another one by now. Never blocks. */
bool process_qemu_lives(const char *domain);

/* The domain whose QEMU a process is, going by libvirt's pid files: fit to be printed, owned by the
 * caller; NULL when it is none's. Never blocks. */
char *process_domain(pid_t pid) _must_check_;
