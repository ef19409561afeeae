/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Questions that a driver may keep waiting, asked of many devices in worker processes. */

#include <stdbool.h>

#include "driver.h"
#include "error.h"
#include "in-use.h"

struct host_answer {
    /* The question. */
    bool examine; /* whether the host uses it is asked, too */

    /* The answer. */
    bool answered; /* false: its driver did not answer in time */
    bool override_known;
    char override[DRIVER_NAME_MAX]; /* "": unset */
    struct in_use use;              /* its address is part of the question */
};

/* Asks about all of them. That takes some seconds where drivers do not answer; a device that a
 * worker of the hook is stuck on is not asked again. Negative errno when nothing can be asked. */
int host_ask(struct host_answer *answers, size_t count, struct error *error) _must_check_;
