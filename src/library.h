/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Libraries that are rarely needed and cost start-up time: loaded when a question for them comes
 * up. */

#include "util.h"

/* A function that is wanted, and the pointer that is to become it. */
struct library_function {
    const char *name;
    void *place; /* address of a function pointer of its type */
};

/* Loads a library by its soname and finds all `count` functions in it. The handle is the caller's
 * (dlclose); NULL when the library or one of the functions is not there, and *ret_why says it, in
 * words that stay valid until another library is loaded. */
void *library_load(const char *soname, const struct library_function *functions, size_t count,
                   const char **ret_why) _must_check_;
