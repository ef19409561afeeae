/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether there is a UEFI firmware for VMs, without which most graphics cards show nothing in them.
 * QEMU's descriptions tell; where there are none, what distributions call the files.
 */

#include "check-host.h"

#include <errno.h>
#include <glob.h>
#include <stdbool.h>
#include <string.h>
#include <sys/utsname.h>

#include "check-uefi.h"
#include "text.h"

#define X86_64 "x86_64"

/* The first file of that name. Owned by the caller. */
static char *find(const char *pattern) {
    glob_t found = {0};
    char *firmware = NULL;

    if (glob(pattern, 0, NULL, &found) == 0 && found.gl_pathc > 0)
        firmware = strdup(found.gl_pathv[0]);
    globfree(&found);
    return firmware;
}

static char *find_by_name(void) {
    char *firmware = find("/usr/share/OVMF/OVMF_CODE*.fd");

    return firmware ? firmware : find("/usr/share/edk2*/*/OVMF_CODE*.fd");
}

int check_firmware(struct check_report *report) {
    struct utsname kernel;
    /* For what there is UEFI for, QEMU has the kernel's names. */
    const char *architecture = uname(&kernel) == 0 ? kernel.machine : X86_64;
    bool x86_64 = strcmp(architecture, X86_64) == 0;
    _cleanup_free_ char *firmware = check_uefi_find(architecture, NULL);

    if (!firmware && x86_64)
        firmware = find_by_name();
    if (firmware)
        return check_ok(report, text_format("%s", firmware));
    return check_warn(report,
                      text_format("there is no UEFI firmware for VMs, and most graphics cards need "
                                  "it to show a picture there"),
                      x86_64 ? text_format("install ovmf (Debian, Ubuntu) or edk2-ovmf")
                             : text_format("install that for this processor (on Arm "
                                           "qemu-efi-aarch64 or edk2-aarch64)"));
}
