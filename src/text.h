/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Strings: made by a format, and made harmless where they come from somebody else. */

#include "util.h"

/* As asprintf, but the string is the result: owned by the caller, NULL for lack of memory. */
char *text_format(const char *format, ...) _printf_(1, 2) _must_check_;

/* A copy in which every byte outside [A-Za-z0-9_:@+-] and dots that are not the first character is
 * written \xNN, so that it is a file name: never hidden, never with a slash, different for
 * different texts. Owned by the caller, NULL for lack of memory. */
char *text_escape_file_name(const char *text) _must_check_;

/* A copy that a terminal can show: control characters become '?', and what is longer than 80 bytes
 * ends in "...". Owned by the caller, NULL for lack of memory. */
char *text_printable(const char *text) _must_check_;
