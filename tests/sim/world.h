/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The parts of sim-world: each builds one thing of the private world in which the installed
 * programs then run unmodified. A function that cannot do its work ends the program.
 */

#include "machine.h"

struct seccomp_notif;
struct seccomp_notif_resp;

/* The exit status of the world's own failures, as of env(1) and timeout(1). */
#define EXIT_WORLD 125

/* In the world: the machine's description, what was sent to /dev/log, what the scheduler was told
 * about the machine's tasks, and what was written to /dev/kmsg. */
#define WORLD_MACHINE "/sim/machine"
#define WORLD_SYSLOG "/sim/syslog"
#define WORLD_SCHEDULER_LOG "/sim/scheduler.log"
#define WORLD_KMSG "/sim/kmsg"

/* ---- world-root.c ---------------------------------------------------------------------------- */

struct root {
    const char *stage;    /* what `make install DESTDIR=` made; NULL: nothing is installed */
    char *const *visible; /* host directories to be seen, read-only, at the same place */
    size_t n_visible;
};

/* Builds the file system of the world and makes it the root. Wants a mount and a PID namespace of
 * its own, in which the caller is PID 1. */
void root_enter(const struct root *root);

/* Writes a whole file, whose directory is there. */
void write_file(const char *path, const char *data, size_t length, mode_t mode);

/* mkdir -p */
void make_directories(const char *path);

/* ---- world-modules.c ------------------------------------------------------------------------- */

/* Fills /lib/modules with tiny files that modprobe and libkmod take for the machine's modules. */
void modules_write(const struct machine *machine);

/* ---- world-loader.c -------------------------------------------------------------------------- */

/* From now on this thread and its children reach the real kernel neither with init_module(2) and
 * its like, nor with the calls of the two following files: the machine answers instead. */
void loader_start(void);

/* ---- world-scheduler.c ----------------------------------------------------------------------- */

/* The system calls that it answers; returns how many there are. */
size_t scheduler_calls(const char **names, size_t size);

/* False when the call is none of them. */
bool scheduler_answer(const struct seccomp_notif *notification,
                      struct seccomp_notif_resp *response);

/* ---- world-kernel.c -------------------------------------------------------------------------- */

/* From now on the machine runs this Linux; false when it is no release. */
bool kernel_set_release(const char *release);

/* Whether a change of a cpuset makes tasks forget the affinity that they asked for. Goes by the
 * release until it is set, for a distribution's kernel that has the change of 6.2. */
bool kernel_forgets(void);
void kernel_set_forgets(bool forgets);

/* Answers uname(2); false for any other call. */
bool kernel_answer(const struct seccomp_notif *notification, struct seccomp_notif_resp *response);

/* ---- world-task-server.c --------------------------------------------------------------------- */

/* Listens for what sim-tasks and others tell of the machine's tasks. */
void tasks_start(void);

/* ---- world-process.c ------------------------------------------------------------------------- */

/* As pread() and pwrite() do. */
ssize_t memory_read(pid_t process, uint64_t address, void *buffer, size_t size);
ssize_t memory_write(pid_t process, uint64_t address, const void *data, size_t size);

bool is_capable(pid_t process, int capability);

/* ---- world-proc.c ---------------------------------------------------------------------------- */

/* Lays what the machine has of /proc over it. Wants the machine's /sys. */
void proc_lay_over(void);

/* ---- world-kmsg.c ---------------------------------------------------------------------------- */

/* Makes /dev/kmsg, and WORLD_KMSG to read it. Wants the machine's /sys. */
void kmsg_lay_over(void);

/* ---- world-modprobe.c ------------------------------------------------------------------------ */

/* Has /proc/sys/kernel/modprobe name a modprobe of the world. */
void modprobe_lay_over(void);

/* ---- world-syslog.c -------------------------------------------------------------------------- */

/* Listens at /dev/log and appends every message to WORLD_SYSLOG, a line each. */
void syslog_start(void);
