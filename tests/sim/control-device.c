/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "control.h"

#include <errno.h>

/* The commands of /sys/.sim/control that are about devices. */

/* ---- plug ADDRESS..., unplug ADDRESS --------------------------------------------------------- */

static struct device *device_of(const struct command *command, size_t word) {
    return model_described(command->model, command->words[word]);
}

/* A card: all its functions are there before a driver sees the first of them. */
int control_plug(struct command *command) {
    int r = 0;

    for (size_t i = 1; r == 0 && i < command->n_words; i++)
        r = device_of(command, i) ? device_plug(device_of(command, i)) : -ENODEV;
    for (size_t i = 1; r == 0 && i < command->n_words; i++)
        r = driver_probe(device_of(command, i), command->caller);
    return r;
}

int control_unplug(struct command *command) {
    struct device *device = device_of(command, 1);

    return device ? device_unplug(device, command->caller) : -ENODEV;
}
