/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The few words every file uses: cleanup attributes, so that each resource has one owner and is
 * released on every way out of its scope, and the attributes that turn a contract into a warning.
 */

#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(function) __attribute__((cleanup(function)))
#define _printf_(text, first) __attribute__((format(__printf__, text, first)))
#define _must_check_ __attribute__((warn_unused_result))
#define _unused_ __attribute__((unused))

#define ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))

#define USEC_PER_SEC UINT64_C(1000000)
#define USEC_PER_MSEC UINT64_C(1000)

static inline void free_pointer(void *pointer) {
    free(*(void **)pointer);
}

static inline void close_descriptor(const int *fd) {
    if (*fd >= 0)
        close(*fd);
}

static inline void close_stream(FILE **stream) {
    if (*stream)
        fclose(*stream);
}

static inline void close_directory(DIR **directory) {
    if (*directory)
        closedir(*directory);
}

#define _cleanup_closedir_ _cleanup_(close_directory)
#define _cleanup_free_ _cleanup_(free_pointer)
#define _cleanup_close_ _cleanup_(close_descriptor)
#define _cleanup_fclose_ _cleanup_(close_stream)

/* Hands a descriptor or pointer over to the caller: the cleanup of the old owner sees nothing. */
static inline int take_fd(int *fd) {
    int taken = *fd;

    *fd = -1;
    return taken;
}

static inline void *take_pointer_(void *pointer) {
    void **place = pointer, *taken = *place;

    *place = NULL;
    return taken;
}

#define take_pointer(pointer) ((__typeof__(pointer))take_pointer_(&(pointer)))
