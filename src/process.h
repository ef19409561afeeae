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

/* Whether that very process still runs; so does one of which it cannot be told. */
bool process_lives(struct process process);

/* The version of libvirt that a process has mapped, as major * 1000 + minor (11003 for 11.3), from
 * the name of the library's file; 0 when it has none. Asking libvirt itself could deadlock. */
unsigned process_libvirt_version(pid_t pid);

/* The QEMU of a domain, going by libvirt's pid file /run/libvirt/qemu/NAME.pid, and by the name of
 * the process with that number, which may be another one by now; 0 when it does not run. Never
 * blocks. */
pid_t process_qemu(const char *domain);

/* Whether it runs; so does one of which it cannot be told. */
bool process_qemu_lives(const char *domain);

/* Calls `visit` with each domain that has a pid file, and its QEMU, until it returns other than 0,
 * and returns that. */
int process_for_each_qemu(int (*visit)(const char *domain, pid_t qemu, void *data),
                          void *data) _must_check_;

/* The domain whose QEMU a process is, going by libvirt's pid files: fit to be printed, owned by the
 * caller; NULL when it is none's. Never blocks. */
char *process_domain(pid_t pid) _must_check_;
