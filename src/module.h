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

/* The module that a name or alias leads to, other than `except` (may be NULL). 1 and its name in
 * `ret` (`size` bytes), 0 when this kernel has none, or a negative errno. */
int modules_find(struct modules *modules, const char *alias, const char *except, char *ret,
                 size_t size) _must_check_;

/* Loads a module and what it depends on, with the options of modprobe.d but without its `install`
 * commands, which are shell. 0 also when it is there already. May block: only to be called in a
 * worker. */
int modules_load(struct modules *modules, const char *name, struct error *error) _must_check_;
