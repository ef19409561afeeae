/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What QEMU's descriptions of firmware (QEMU docs/interop/firmware.json) say is UEFI. */

#include "util.h"

/* The firmware that the description in that file is of, if it is UEFI, and for the architecture as
 * QEMU calls it ("x86_64"; NULL: any). Owned by the caller; NULL: it is not, or cannot be read. */
char *check_uefi_described(const char *path, const char *architecture) _must_check_;

/* The first firmware that this host's descriptions name so, and that is `file` (NULL: and that is
 * there). Owned by the caller; NULL: there is none. */
char *check_uefi_find(const char *architecture, const char *file) _must_check_;
