/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How an option ROM is shown, to people and to scripts. */

#include "host-devices.h"
#include "option-rom.h"
#include "rom-read.h"

struct rom_report {
    const struct pci_device *of;
    const char *device; /* how messages name it */
    const char *saved;  /* the file in which it was saved, an absolute path; or NULL */
    const struct rom *bytes;
    const struct option_rom *rom;
};

/* -ENOMEM. */
int rom_print(const struct rom_report *report) _must_check_;
int rom_print_json(const struct rom_report *report) _must_check_;
