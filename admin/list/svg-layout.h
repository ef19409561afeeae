/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Where everything is in the picture. A NUMA node is a frame; in it, in columns, are branches (a
 * root port and all that is behind it) and what sits on the root bus itself; in these, one below
 * the other, IOMMU groups; in these the devices. Lengths are in pixels, places in those of the
 * whole picture.
 */

#include "svg-text.h"

#include "host-devices.h"

#define SVG_COLUMNS 3
#define SVG_MARGIN 20
#define SVG_WIDTH 1000
#define SVG_TITLE_FONT ((struct svg_font){18, true})
#define SVG_HEAD_FONT ((struct svg_font){13, true})
#define SVG_ADDRESS_FONT ((struct svg_font){12, true})
#define SVG_FONT ((struct svg_font){11, false})
#define SVG_LINE 14
#define SVG_TILE_PADDING 7
#define SVG_BAR 5
#define SVG_NAME_LINES 2

struct svg_box {
    int x, y, width, height;
};

struct svg_tile {
    struct svg_box box;
    const struct pci_device *device;
    bool slim; /* a single line: a bridge, or a virtual function */
};

struct svg_group {
    struct svg_box box;
    int number; /* PCI_GROUP_NONE: no frame is drawn */
    struct svg_tile *tiles;
    size_t count;
};

struct svg_block {
    struct svg_box box;
    bool is_branch;
    struct pci_address root_port;
    struct svg_group *groups;
    size_t count;
};

struct svg_node {
    struct svg_box box;
    int number; /* PCI_NODE_NONE: the host does not say */
    struct svg_block *blocks;
    size_t count;
};

struct svg_layout {
    int height;
    struct svg_node *nodes;
    size_t count;
};

/* Lays out what is below `top`. -ENOMEM. `ret` is the caller's to clean up in any case. */
int svg_layout(const struct inventory *inventory, int top, struct svg_layout *ret) _must_check_;

/* The text area of a tile. */
int svg_tile_text_width(const struct svg_tile *tile);

/* How many lines the name of a device has in its tile. */
int svg_tile_name_lines(const struct svg_tile *tile, const char *name);

void svg_layout_done(struct svg_layout *layout);

#define _cleanup_svg_layout_ _cleanup_(svg_layout_done)
