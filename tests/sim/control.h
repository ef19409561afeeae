/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A command written to /sys/.sim/control. */

#include "model.h"

struct command {
    struct model *model;
    struct caller *caller;
    char *words[16];
    size_t n_words;
};

/* ---- control-device.c, control-host.c: each returns 0 or a negative errno
 * -------------------------------------- */

int control_plug(struct command *command);
int control_unplug(struct command *command);
int control_cpu_offline(struct command *command);
int control_cpu_online(struct command *command);
int control_irq_add(struct command *command);
int control_irq_remove(struct command *command);
int control_take_hugepages(struct command *command);
int control_surplus(struct command *command);
int control_reserve_hugepages(struct command *command);
