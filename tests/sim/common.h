/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What all programs of the simulated host share. They are test tools: running out of memory ends
 * them with a sentence, and nothing here returns an error that nobody could act on.
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "../../src/util.h"

/* The exit status by which a test runner knows that a test could not be run here at all. */
#define EXIT_SKIPPED 77

/* Writes `program: sentence` to stderr and ends with `status`. */
void die(int status, const char *format, ...) _printf_(2, 3) __attribute__((noreturn));

/* calloc(), strndup(), reallocarray() and asprintf() that never return NULL. */
void *new_zeroed(size_t count, size_t size);
char *new_string(const char *text);
char *new_string_n(const char *text, size_t length);
void *grow(void *old, size_t count, size_t size);
char *new_format(const char *format, ...) _printf_(1, 2);

/* Text that grows as it is written. All zero is an empty one; free(text.data) when done. */
struct text {
    char *data;
    size_t length;
    size_t size;
};

void text_add(struct text *text, const char *format, ...) _printf_(2, 3);
void text_add_bytes(struct text *text, const void *bytes, size_t length);
void text_clear(struct text *text);
void text_free(struct text *text);

/* The positive errno of a name such as "EIO"; 0 when the name is not known. */
int errno_from_name(const char *name);

/* "EIO" for EIO. Names that no simulated operation returns come back as "E?". */
const char *errno_name(int number);

/* kstrtoul(): a decimal number with perhaps a newline after it. -EINVAL when it is none, -ERANGE
 * when it is more than `max`. */
int parse_count(const char *text, unsigned long max, unsigned long *ret) _must_check_;

/* A module as the kernel names it: "vfio-pci" and "vfio-pci.ko" are both vfio_pci. The caller
 * frees it. */
char *module_id(const char *name);

/* The following hash is for tables whose size is a power of two. */
uint32_t hash_text(uint32_t seed, const char *text);
