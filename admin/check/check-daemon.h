/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The daemon that runs VMs: libvirtd, or virtqemud of modular installations. */

#include <sys/types.h>

/* The one that runs, and its name if that is asked for; 0: none does. Never blocks. */
pid_t daemon_find(const char **ret_name);
