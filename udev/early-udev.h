/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Rules that have udev call this program for what comes after the boot pass: devices that are
 * plugged in, drivers that get a physical function, virtual functions. There is a rule for each
 * device that is reserved, and none for any other: for those udev starts no process.
 */

#include "early-plan.h"

/* In /run: made anew at each boot, and where the initramfs and the host's own udev both look. */
#define EARLY_UDEV_DIRECTORY "/run/udev/rules.d"
#define EARLY_UDEV_FILE "61-hostdevctl.rules"

/* The text of the file, owned by the caller; NULL for lack of memory. */
char *early_udev_rules(const struct early_rules *rules, const struct early_plan *plan) _must_check_;

/* Writes it, if it is another one than is there: udev reads all of its rules again then. No rules,
 * no file. Negative errno with a sentence. */
int early_udev_write(const struct early_rules *rules, const struct early_plan *plan,
                     struct error *error) _must_check_;
