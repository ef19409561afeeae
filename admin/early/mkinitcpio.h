/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* mkinitcpio puts into its initramfs what the HOOKS of its configuration name (mkinitcpio.conf(5)),
 * and nothing else. */

#include "early-state.h"

/* Checks that the early binder's hook is among them, the one of its flavour. Negative errno with a
 * sentence that says what to add. */
int mkinitcpio_prepare(const struct early_state *state, struct error *error) _must_check_;
