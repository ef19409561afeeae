/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where libvirt looks for its hooks, and what of this program's is there. */

#include <stdbool.h>

#include "util.h"

#define HOOKS_DIRECTORY SYSCONFDIR "/libvirt/hooks"
#define HOOK_MAIN HOOKS_DIRECTORY "/qemu"
#define HOOK_DROP_IN HOOKS_DIRECTORY "/qemu.d/hostdevctl"
#define HOOK_PROGRAM "hostdevctl-hook"

enum hook_file {
    HOOK_NONE,    /* nothing is there */
    HOOK_OURS,    /* a link to our program, as hooks/install.sh makes it */
    HOOK_FOREIGN, /* another program's */
    HOOK_UNKNOWN, /* not to this user */
};

enum hook_file hook_file_at(const char *path);

/* The one that libvirt runs of ours, or NULL. */
const char *hook_installed(void);

/* Where this installation has its hook: beside the tool. NULL for lack of memory. Owned by the
 * caller. */
char *hook_program(void) _must_check_;
