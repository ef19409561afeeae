/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The points that are checked of a VM. */

#include "check-report.h"
#include "error.h"

/* Of a VM that libvirt knows by this name or UUID. Negative errno with a sentence when there is no
 * telling; also for lack of memory. */
int check_domain(struct check_report *report, const char *name, struct error *error) _must_check_;

/* The same of an XML file; "-" is standard input. */
int check_domain_file(struct check_report *report, const char *path,
                      struct error *error) _must_check_;
