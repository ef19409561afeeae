/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "svg.h"

#include <errno.h>
#include <string.h>

#include "list-text.h"
#include "svg-layout.h"
#include "svg-paint.h"
#include "svg-tile.h"
#include "text.h"

#define TITLE_HEIGHT 26
#define LEGEND_LINE 20
#define LEGEND_GAP 18
#define SWATCH 12
#define SWATCH_GAP 6

static void draw_line(const struct svg_canvas *canvas, struct svg_font font, int x, int y,
                      const char *class, const char *text) {
    svg_draw_text(canvas, font, x, y, class, text, strlen(text));
}

/* ---- legend ---------------------------------------------------------------------------------- */

/* Where the next entry of the legend goes. */
struct pen {
    int x, y;
};

static int draw_entry(const struct svg_canvas *canvas, struct pen *pen, enum svg_paint paint,
                      const char *vm) {
    _cleanup_free_ char *label =
        vm ? text_format("VM %s", vm) : text_format("%s", svg_paint_label(paint));
    char class[SVG_CLASS_MAX], tint[SVG_CLASS_MAX + 8];
    int width;

    if (!label)
        return -ENOMEM;
    width = SWATCH + SWATCH_GAP + svg_text_width(SVG_FONT, label, strlen(label));
    if (pen->x > SVG_MARGIN && pen->x + width > SVG_WIDTH - SVG_MARGIN)
        *pen = (struct pen){SVG_MARGIN, pen->y + LEGEND_LINE};
    svg_paint_class(canvas->paints, paint, vm, class);
    snprintf(tint, sizeof tint, "%s tint", class);
    svg_draw_box(canvas, (struct svg_box){pen->x, pen->y, SWATCH, SWATCH}, 2, tint);
    svg_draw_box(canvas, (struct svg_box){pen->x, pen->y, SVG_BAR, SWATCH}, 2, class);
    draw_line(canvas, SVG_FONT, pen->x + SWATCH + SWATCH_GAP, pen->y + SWATCH - 2, NULL, label);
    pen->x += width + LEGEND_GAP;
    return 0;
}

/* Below title and legend. */
static int draw_legend(const struct svg_canvas *canvas, int top, int *ret_bottom) {
    struct pen pen = {SVG_MARGIN, top};
    int r = 0;

    for (size_t i = 0; i < canvas->paints->n_vms && r == 0; i++)
        r = draw_entry(canvas, &pen, SVG_VM, canvas->paints->vms[i]);
    for (unsigned paint = SVG_BRIDGE; paint < SVG_VM && r == 0; paint++)
        if (canvas->paints->used[paint])
            r = draw_entry(canvas, &pen, (enum svg_paint)paint, NULL);
    *ret_bottom = pen.y + LEGEND_LINE + 4;
    return r;
}

/* ---- frames ---------------------------------------------------------------------------------- */

static unsigned count_parts(const struct svg_layout *layout, int group) {
    unsigned parts = 0;

    for (size_t i = 0; i < layout->count; i++)
        for (size_t j = 0; j < layout->nodes[i].count; j++) {
            const struct svg_block *block = &layout->nodes[i].blocks[j];

            for (size_t k = 0; k < block->count; k++)
                parts += block->groups[k].number == group;
        }
    return parts;
}

static int draw_group(const struct svg_canvas *canvas, const struct svg_layout *layout,
                      const struct svg_group *group) {
    char label[48];
    int r = 0;

    if (group->number != PCI_GROUP_NONE) {
        snprintf(label, sizeof label, "group %d%s", group->number,
                 count_parts(layout, group->number) > 1 ? " (a part of it)" : "");
        svg_draw_box(canvas, group->box, 6, "group");
        draw_line(canvas, (struct svg_font){9, false}, group->box.x + 10, group->box.y + 11, "soft",
                  label);
    }
    for (size_t i = 0; i < group->count && r == 0; i++)
        r = svg_draw_tile(canvas, &group->tiles[i]);
    return r;
}

/* From the root port down, and to each of its groups. */
static void draw_wire(const struct svg_canvas *canvas, const struct svg_block *block, int top) {
    int x = block->box.x + 11;

    for (size_t i = 0; i < block->count; i++) {
        int y = block->groups[i].box.y + 14;

        fprintf(canvas->stream, "<path d=\"M%d %dV%dH%d\" class=\"wire\"/>\n", x, top, y,
                block->groups[i].box.x);
        top = y;
    }
}

static int draw_block(const struct svg_canvas *canvas, const struct svg_layout *layout,
                      const struct svg_block *block) {
    _cleanup_free_ char *label = NULL;
    int r = 0;

    if (block->is_branch) {
        label = text_format("root port %s", list_address(block->root_port, canvas->is_short).text);
        if (!label)
            return -ENOMEM;
        svg_draw_box(canvas, block->box, 8, "branch");
        draw_line(canvas, SVG_HEAD_FONT, block->box.x + 8, block->box.y + 19, NULL, label);
        draw_wire(canvas, block, block->box.y + 25);
    }
    for (size_t i = 0; i < block->count && r == 0; i++)
        r = draw_group(canvas, layout, &block->groups[i]);
    return r;
}

static int draw_node(const struct svg_canvas *canvas, const struct svg_layout *layout,
                     const struct svg_node *node) {
    char label[32] = "this host";
    int r = 0;

    if (node->number != PCI_NODE_NONE)
        snprintf(label, sizeof label, "NUMA node %d", node->number);
    svg_draw_box(canvas, node->box, 10, "node");
    draw_line(canvas, SVG_HEAD_FONT, node->box.x + 14, node->box.y + 23, NULL, label);
    for (size_t i = 0; i < node->count && r == 0; i++)
        r = draw_block(canvas, layout, &node->blocks[i]);
    return r;
}

/* ---- the picture ----------------------------------------------------------------------------- */

static void begin(const struct svg_canvas *canvas, int height) {
    fprintf(canvas->stream,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d "
            "%d\" role=\"img\">\n<title>PCI devices, and who holds them</title>\n",
            SVG_WIDTH, height, SVG_WIDTH, height);
    svg_paint_style(canvas->stream);
    svg_draw_box(canvas, (struct svg_box){0, 0, SVG_WIDTH, height}, 0, "page");
}

/* What is above the devices; how high that is, is known when it is written. */
static int draw_head(const struct svg_canvas *canvas, const struct inventory *inventory,
                     int *ret_bottom) {
    const char *title = inventory->has_iommu
                            ? "PCI devices by IOMMU group, and who holds them"
                            : "PCI devices; there is no IOMMU, so no VM can have one";

    draw_line(canvas, SVG_TITLE_FONT, SVG_MARGIN, SVG_MARGIN + 16, NULL, title);
    return draw_legend(canvas, SVG_MARGIN + TITLE_HEIGHT + 4, ret_bottom);
}

/* All but the frame; *ret_height is that of the whole picture. */
static int draw_all(const struct svg_canvas *canvas, const struct inventory *inventory,
                    int *ret_height) {
    _cleanup_svg_layout_ struct svg_layout layout = {0};
    int top, r = draw_head(canvas, inventory, &top);

    if (r == 0)
        r = svg_layout(inventory, top, &layout);
    for (size_t i = 0; i < layout.count && r == 0; i++)
        r = draw_node(canvas, &layout, &layout.nodes[i]);
    *ret_height = layout.height;
    return r;
}

int svg_draw(const struct inventory *inventory, FILE *stream) {
    _cleanup_svg_paints_ struct svg_paints paints = {0};
    _cleanup_free_ char *text = NULL;
    size_t length;
    struct svg_canvas canvas = {open_memstream(&text, &length), &paints, list_is_short(inventory)};
    int height = 0, r = canvas.stream ? svg_paints_choose(inventory, &paints) : -ENOMEM;

    if (r == 0)
        r = draw_all(&canvas, inventory, &height);
    if (canvas.stream && fclose(canvas.stream) == EOF && r == 0)
        r = -ENOMEM;
    if (r < 0)
        return r;
    canvas.stream = stream;
    begin(&canvas, height);
    fwrite(text, 1, length, stream);
    fputs("</svg>\n", stream);
    return fflush(stream) == EOF || ferror(stream) ? -EIO : 0;
}

int svg_write_file(const struct inventory *inventory, const char *file, struct error *error) {
    bool is_stdout = strcmp(file, "-") == 0;
    _cleanup_fclose_ FILE *opened = is_stdout ? NULL : fopen(file, "we");
    int r;

    if (!is_stdout && !opened)
        return error_set(error, errno, "%s cannot be written: %s", file, strerror(errno));
    r = svg_draw(inventory, is_stdout ? stdout : opened);
    return r < 0 ? error_set(error, -r, "%s cannot be written: %s", file, strerror(-r)) : 0;
}
