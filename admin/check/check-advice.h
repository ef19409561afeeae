/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Advice on a VM, one function for each point: pure functions, which add at least one line to the
 * report where the point is about this VM at all, and else nothing. -ENOMEM.
 */

#include "check-report.h"
#include "check-vm.h"

int check_advise_firmware(struct check_report *report, const struct check_vm *vm) _must_check_;
int check_advise_machine(struct check_report *report, const struct check_vm *vm) _must_check_;
int check_advise_nvidia(struct check_report *report, const struct check_vm *vm) _must_check_;
int check_advise_sound(struct check_report *report, const struct check_vm *vm) _must_check_;
int check_advise_rom(struct check_report *report, const struct check_vm *vm) _must_check_;
int check_advise_ports(struct check_report *report, const struct check_vm *vm) _must_check_;
int check_advise_functions(struct check_report *report, const struct check_vm *vm) _must_check_;
int check_advise_mdevs(struct check_report *report, const struct check_vm *vm) _must_check_;
int check_advise_cpus(struct check_report *report, const struct check_vm *vm) _must_check_;
int check_advise_memory(struct check_report *report, const struct check_vm *vm) _must_check_;
