/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The tools by which distributions make an initramfs. */

#include "early-state.h"

struct initramfs_tool {
    const char *const *arguments; /* ending in NULL; the first is the program's path */
    /* Sees to what this tool needs before it is run, or tells why it cannot do what the state asks
     * for: negative errno with a sentence. NULL: it needs nothing. */
    int (*prepare)(const struct early_state *state, struct error *error);
    const char *note; /* what to say afterwards, or NULL */
};

/* The tool that this host has; NULL: none. */
const struct initramfs_tool *initramfs_tool_find(void);
