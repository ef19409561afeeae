/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A small file in /run/hostdevctl that several VMs share: a JSON object, and a lock on it (flock).
 * Each new state is appended as a line, so that a writer killed at any instruction leaves the one
 * before. An empty state has no file.
 */

#include <json-c/json_object.h>

#include "error.h"

struct state_file {
    int directory; /* not owned */
    int fd;        /* locked */
    const char *name;
    struct json_object *state; /* an object, possibly empty */
};

/* Opens and locks a file of the directory, made if it is not there, and reads its state. Waits for
 * whoever holds it until the deadline: -EALREADY then. `name` begins with a dot, as no journal's
 * does, and must outlive the file. state_file_close in any case. */
int state_file_open(int directory, const char *name, uint64_t deadline, struct state_file *ret,
                    struct error *error) _must_check_;

/* Writes the state down as it is now. */
int state_file_save(struct state_file *file, struct error *error) _must_check_;

/* Unlocks; removes the file when the state is empty. */
void state_file_close(struct state_file *file);

#define _cleanup_state_file_ _cleanup_(state_file_close)
