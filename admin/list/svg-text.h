/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Text in a picture: which font will show it is not known, so it is measured with the widest of
 * those that are common. Lengths are in pixels, text is UTF-8; what is none is shown as '?'. */

#include <stdbool.h>

#include "util.h"

struct svg_font {
    int size;
    bool bold;
};

/* How wide the first `length` bytes are at most. */
int svg_text_width(struct svg_font font, const char *text, size_t length);

/* How many bytes of the text fit on a line of `width`: whole words, or what fits of a word that is
 * longer than a line; all that is left when that fits. 0 only for an empty text. */
size_t svg_text_line(struct svg_font font, const char *text, int width);

/* The text itself when it fits, or as much of it as fits before an ellipsis. Owned by the caller,
 * NULL for lack of memory. */
char *svg_text_shorten(struct svg_font font, const char *text, int width) _must_check_;
