/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Kernel modules, through libkmod. The library (and the cryptography behind it) costs more to load
 * than the rest of the hook's start-up, so it is loaded when a question about modules comes up.
 */

#include "error.h"

struct modules;

/* Loads libkmod and the running kernel's module index. Owned by the caller (modules_close). */
int modules_open(struct modules **ret, struct error *error) _must_check_;

void modules_close(struct modules *modules);

static inline void modules_closep(struct modules **modules) {
    modules_close(*modules);
}

#define _cleanup_modules_ _cleanup_(modules_closep)

/* Whether this kernel has a module of that name, built in or to be loaded: 1, 0, or a negative
 * errno. */
int modules_find(struct modules *modules, const char *name) _must_check_;

/* Loads a module and what it depends on, with the options of modprobe.d but without its `install`
 * commands, which are shell. 0 also when it is there already. May block: only to be called in a
 * worker. */
int modules_load(struct modules *modules, const char *name, struct error *error) _must_check_;
