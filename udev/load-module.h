/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Loads a kernel module as the kernel itself does: through the program that is set for it
 * (/proc/sys/kernel/modprobe). In an initramfs there is nothing else. */

#include "error.h"

/* 0 also when the module is there already, or part of the kernel. */
int load_module(const char *name, struct error *error) _must_check_;
