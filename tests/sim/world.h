/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The parts of sim-world: each builds one thing of the private world in which the installed
 * programs then run unmodified. A function that cannot do its work ends the program.
 */

#include "machine.h"

/* The exit status of the world's own failures, as of env(1) and timeout(1). */
#define EXIT_WORLD 125

/* In the world: the machine's description, and what was sent to /dev/log. */
#define WORLD_MACHINE "/sim/machine"
#define WORLD_SYSLOG "/sim/syslog"

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

/* From now on no child of this thread reaches the real kernel with init_module(2) and its like:
 * the machine answers instead, once loader_start() was called with what this returns. */
int loader_intercept(void);
void loader_start(int listener);

/* ---- world-syslog.c -------------------------------------------------------------------------- */

/* Listens at /dev/log and appends every message to WORLD_SYSLOG, a line each. */
void syslog_start(void);
