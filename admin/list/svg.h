/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The inventory as a picture: NUMA nodes, root ports, IOMMU groups, and devices in the colour of
 * who holds them. Plain SVG, with light and dark colours. */

#include "host-devices.h"

/* Writes the picture. -ENOMEM, or what the stream says. */
int svg_draw(const struct inventory *inventory, FILE *stream) _must_check_;

/* The same to a file; "-" is standard output. Negative errno with a sentence. */
int svg_write_file(const struct inventory *inventory, const char *file,
                   struct error *error) _must_check_;
