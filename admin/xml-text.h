/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Text that becomes part of a piece of XML. */

#include "util.h"

/* The bytes of the character that the `length` bytes at `text`, at least one, begin with; 0: it is
 * no UTF-8 that XML can have (https://www.w3.org/TR/xml/#charsets), or a control character. */
size_t xml_character_length(const char *text, size_t length);

/* Writes the first `length` bytes, escaped as XML wants it, in elements and in attributes; '?' for
 * each byte that is part of no character. */
void xml_text_write(FILE *stream, const char *text, size_t length);
