/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a file that can be written has, when a test may make writing it slow, hanging or failing:
 * one write at a time goes through, and each is recorded.
 */

#include "model.h"

struct gate {
    struct model *model;
    struct lock lock;
    struct fault fault; /* of the write that is under way */
    enum operation operation;
    char *name, *group; /* of a test's target; the second may be NULL */
    struct gate *next;
};

/* The names are copied. */
void gate_init(struct model *model, struct gate *gate, enum operation operation, const char *name,
               const char *group);

/* One write: `act` does it, unless a test has it fail. `file` is what the record calls it. */
int gate_write(struct gate *gate, struct caller *caller, const char *file, const char *value,
               int (*act)(void *object, const char *value), void *object) _must_check_;

/* Lets go on what hangs; NULL: whatever hangs. */
bool gate_release(struct model *model, const char *name);

/* A file of that name; any will do, when it may still come. */
bool gate_is_possible(enum operation operation, const char *name);

/* Records a write to a file that has no gate. */
void gate_log(struct model *model, int error, const char *file, const char *value);
