/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The points that are checked of a host, one function each: it adds one line to the report, and
 * changes nothing. -ENOMEM. What only root can tell is said to be so.
 */

#include "check-report.h"

int check_virtualization(struct check_report *report) _must_check_;
int check_firmware(struct check_report *report) _must_check_; /* UEFI images for VMs */
int check_iommu(struct check_report *report) _must_check_;
int check_kernel_line(struct check_report *report) _must_check_;
int check_resources(struct check_report *report) _must_check_; /* memory windows of devices */
int check_modules(struct check_report *report) _must_check_;
int check_hook(struct check_report *report) _must_check_;
int check_daemon(struct check_report *report) _must_check_; /* has it seen the hook? */
int check_selinux(struct check_report *report) _must_check_;
int check_apparmor(struct check_report *report) _must_check_;
int check_conf(struct check_report *report) _must_check_;
int check_ownership(struct check_report *report) _must_check_; /* of the configuration */
int check_initramfs(struct check_report *report) _must_check_;
int check_reserved(struct check_report *report) _must_check_; /* devices, from boot on */
int check_ids(struct check_report *report) _must_check_;      /* vfio-pci's own, beside those */
int check_leftovers(struct check_report *report) _must_check_;
