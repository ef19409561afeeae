/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the fuzz targets share. A target is a file with LLVMFuzzerTestOneInput, which digests any
 * bytes and stops the process where a promise is broken. libFuzzer calls it with inputs it makes up
 * (`make fuzz`), replay.c with those of tests/fuzz/corpus, so that a plain compiler will do.
 */

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

/* Defined by each target; returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Called once before, by libFuzzer as well: makes this process root in a user namespace of its own
 * when it is an ordinary user's, because what is read has to belong to root. Where that is not
 * allowed it says so, and exits with 77. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* Stops when a promise does not hold. */
#define REQUIRE(promise)                                                                           \
    do {                                                                                           \
        if (!(promise))                                                                            \
            fuzz_broken(__FILE__, __LINE__, #promise);                                             \
    } while (0)

void fuzz_broken(const char *file, int line, const char *promise) __attribute__((noreturn));

/* A function's result and its error fit: success without an error, or a refusal in a sentence. */
void fuzz_require_told(int r, const struct error *error);

/* The bytes as a C string; owned by the caller. */
char *fuzz_text(const uint8_t *data, size_t size) _must_check_;

/* A descriptor of a file of root's that holds the bytes, at its start. Not owned: the next call
 * fills the same file. */
int fuzz_file(const uint8_t *data, size_t size);

/* An empty directory, in memory where there is one, removed at the end. Not owned. */
int fuzz_directory(void);

/* Makes a file with these bytes in that directory, in place of any other of that name. */
void fuzz_write(int directory, const char *name, const uint8_t *data, size_t size);

/* The descriptor that would be opened next: the same before and after when none was left open. */
int fuzz_next_descriptor(void);
