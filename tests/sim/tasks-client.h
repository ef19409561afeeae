/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How programs of the simulated host tell the world about tasks. */

#include "common.h"

#define TASKS_SOCKET "/sim/tasks.socket"
#define TASKS_ERROR "error: "

/* Sends commands, a line each. Returns the answer, empty or a text, which the caller frees; NULL
 * outside of a world. */
char *tasks_ask(const char *commands);

/* The name of the calling thread, as far as it fits. */
void tasks_set_comm(const char *comm);
