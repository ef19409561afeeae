/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One call of a hook, done in the way libvirt does it (src/util/virhook.c, src/util/vircommand.c).
 */

#include "common.h"

/*
 * Runs arguments[0] with the NULL-terminated `arguments`, feeds it all that `input` holds, copies
 * what it writes to `output` and `errors`, and returns when it has exited and both of its output
 * pipes are at their end: a child of the hook that keeps one open holds up the call, as it holds up
 * libvirt. Returns the exit status, or 128 + the number of the signal that killed the hook.
 */
int hook_call(char *const arguments[], int input, int output, int errors);
