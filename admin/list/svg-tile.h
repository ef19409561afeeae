/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Draws a device. -ENOMEM. */

#include "svg-layout.h"
#include "svg-paint.h"

struct svg_canvas {
    FILE *stream;
    const struct svg_paints *paints;
    bool is_short; /* addresses are shown without their domain */
};

int svg_draw_tile(const struct svg_canvas *canvas, const struct svg_tile *tile) _must_check_;

/* A line of text, with `y` its base line; class NULL: none. */
void svg_draw_text(const struct svg_canvas *canvas, struct svg_font font, int x, int y,
                   const char *class, const char *text, size_t length);

/* A rectangle with round corners. */
void svg_draw_box(const struct svg_canvas *canvas, struct svg_box box, int radius,
                  const char *class);
