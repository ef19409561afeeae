/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "svg-layout.h"

#include <errno.h>
#include <string.h>

#define GAP 12
#define NODE_PADDING 14
#define NODE_HEAD 24
#define BRANCH_PADDING 10
#define BRANCH_HEAD 20
#define WIRE 14 /* room on the left for the line from the root port */
#define GROUP_PADDING 8
#define GROUP_HEAD 16
#define TILE_GAP 5
#define SLIM_HEIGHT 22

/* ---- what belongs together ------------------------------------------------------------------- */

/* One more item at the end of an array of `count`, zeroed; NULL for lack of memory. */
static void *append(void *items, size_t *count, size_t size) {
    void **place = items;
    char *larger = reallocarray(*place, *count + 1, size);

    if (!larger)
        return NULL;
    *place = larger;
    return memset(larger + (*count)++ * size, 0, size);
}

static bool has_below(const struct inventory *inventory, struct pci_address root_port) {
    for (size_t i = 0; i < inventory->count; i++)
        if (inventory->items[i].has_parent &&
            pci_address_equal(inventory->items[i].root_port, root_port))
            return true;
    return false;
}

static struct svg_node *node_for(struct svg_layout *layout, const struct inventory *inventory,
                                 const struct pci_device *device) {
    const struct pci_device *root_port = inventory_find(inventory, device->root_port);
    int number = root_port ? root_port->node : device->node;
    struct svg_node *node;

    for (size_t i = 0; i < layout->count; i++)
        if (layout->nodes[i].number == number)
            return &layout->nodes[i];
    node = append(&layout->nodes, &layout->count, sizeof *node);
    if (node)
        node->number = number;
    return node;
}

/* What sits on the root bus has a block for each group. */
static struct svg_block *block_for(struct svg_node *node, const struct pci_device *device,
                                   bool is_branch) {
    struct svg_block *block;

    for (size_t i = 0; i < node->count; i++) {
        block = &node->blocks[i];
        if (block->is_branch == is_branch &&
            (is_branch
                 ? pci_address_equal(block->root_port, device->root_port)
                 : device->group != PCI_GROUP_NONE && block->groups[0].number == device->group))
            return block;
    }
    block = append(&node->blocks, &node->count, sizeof *block);
    if (block) {
        block->is_branch = is_branch;
        block->root_port = device->root_port;
    }
    return block;
}

static struct svg_group *group_for(struct svg_block *block, const struct pci_device *device) {
    struct svg_group *group;

    for (size_t i = 0; i < block->count; i++)
        if (block->groups[i].number == device->group)
            return &block->groups[i];
    group = append(&block->groups, &block->count, sizeof *group);
    if (group)
        group->number = device->group;
    return group;
}

static int add_device(struct svg_layout *layout, const struct inventory *inventory,
                      const struct pci_device *device) {
    struct svg_node *node = node_for(layout, inventory, device);
    struct svg_block *block =
        node ? block_for(node, device, has_below(inventory, device->root_port)) : NULL;
    struct svg_group *group = block ? group_for(block, device) : NULL;
    struct svg_tile *tile = group ? append(&group->tiles, &group->count, sizeof *tile) : NULL;

    if (!tile)
        return -ENOMEM;
    tile->device = device;
    tile->slim = device->bridge || device->is_vf;
    return 0;
}

static int compare_nodes(const void *a, const void *b) {
    const struct svg_node *left = a, *right = b;

    return (left->number > right->number) - (left->number < right->number);
}

/* ---- how large it is ------------------------------------------------------------------------- */

int svg_tile_text_width(const struct svg_tile *tile) {
    return tile->box.width - SVG_BAR - 2 * SVG_TILE_PADDING;
}

int svg_tile_name_lines(const struct svg_tile *tile, const char *name) {
    size_t first = svg_text_line(SVG_FONT, name, svg_tile_text_width(tile));

    return name[first] ? SVG_NAME_LINES : 1;
}

/* Address and driver, the name, and who holds it. */
static int measure_tile(struct svg_tile *tile) {
    _cleanup_free_ char *name = pci_device_name(tile->device);

    if (!name)
        return -ENOMEM;
    tile->box.height =
        tile->slim ? SLIM_HEIGHT
                   : (2 + svg_tile_name_lines(tile, name)) * SVG_LINE + SVG_TILE_PADDING + 2;
    return 0;
}

static int place_group(struct svg_group *group, struct svg_box box) {
    int padding = group->number == PCI_GROUP_NONE ? 0 : GROUP_PADDING, r = 0;
    int y = box.y + (group->number == PCI_GROUP_NONE ? 0 : GROUP_HEAD);

    for (size_t i = 0; i < group->count && r == 0; i++) {
        struct svg_tile *tile = &group->tiles[i];

        tile->box = (struct svg_box){box.x + padding, y, box.width - 2 * padding, 0};
        r = measure_tile(tile);
        y += tile->box.height + TILE_GAP;
    }
    group->box = box;
    group->box.height = y - TILE_GAP + padding - box.y;
    return r;
}

static int place_block(struct svg_block *block, struct svg_box box) {
    int padding = block->is_branch ? BRANCH_PADDING : 0, wire = block->is_branch ? WIRE : 0;
    int y = box.y + (block->is_branch ? BRANCH_HEAD + BRANCH_PADDING : 0), r = 0;

    for (size_t i = 0; i < block->count && r == 0; i++) {
        r = place_group(&block->groups[i], (struct svg_box){box.x + padding + wire, y,
                                                            box.width - 2 * padding - wire, 0});
        y += block->groups[i].box.height + GAP;
    }
    block->box = box;
    block->box.height = y - GAP + padding - box.y;
    return r;
}

/* Each block goes into the column that is the shortest yet. */
static int place_node(struct svg_node *node, struct svg_box box) {
    int width = (box.width - 2 * NODE_PADDING - (SVG_COLUMNS - 1) * GAP) / SVG_COLUMNS;
    int ends[SVG_COLUMNS], bottom = box.y, r = 0;

    for (int i = 0; i < SVG_COLUMNS; i++)
        ends[i] = box.y + NODE_HEAD + NODE_PADDING;
    for (size_t i = 0; i < node->count && r == 0; i++) {
        int column = 0;

        for (int j = 1; j < SVG_COLUMNS; j++)
            if (ends[j] < ends[column])
                column = j;
        r = place_block(&node->blocks[i],
                        (struct svg_box){box.x + NODE_PADDING + column * (width + GAP),
                                         ends[column], width, 0});
        ends[column] += node->blocks[i].box.height + GAP;
        if (ends[column] > bottom)
            bottom = ends[column];
    }
    node->box = box;
    node->box.height = bottom - GAP + NODE_PADDING - box.y;
    return r;
}

int svg_layout(const struct inventory *inventory, int top, struct svg_layout *ret) {
    int r = 0;

    for (size_t i = 0; i < inventory->count && r == 0; i++)
        r = add_device(ret, inventory, &inventory->items[i]);
    if (r == 0 && ret->count > 0)
        qsort(ret->nodes, ret->count, sizeof *ret->nodes, compare_nodes);
    for (size_t i = 0; i < ret->count && r == 0; i++) {
        r = place_node(&ret->nodes[i],
                       (struct svg_box){SVG_MARGIN, top, SVG_WIDTH - 2 * SVG_MARGIN, 0});
        top += ret->nodes[i].box.height + GAP;
    }
    ret->height = top - (ret->count > 0 ? GAP : 0) + SVG_MARGIN;
    return r;
}

/* ---- its end --------------------------------------------------------------------------------- */

static void block_done(struct svg_block *block) {
    for (size_t i = 0; i < block->count; i++)
        free(block->groups[i].tiles);
    free(block->groups);
}

void svg_layout_done(struct svg_layout *layout) {
    for (size_t i = 0; i < layout->count; i++) {
        for (size_t j = 0; j < layout->nodes[i].count; j++)
            block_done(&layout->nodes[i].blocks[j]);
        free(layout->nodes[i].blocks);
    }
    free(layout->nodes);
}
