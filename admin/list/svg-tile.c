/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "svg-tile.h"

#include <errno.h>
#include <string.h>

#include "list-text.h"
#include "text.h"
#include "xml-text.h"

#define TILE_RADIUS 4
#define ADDRESS_GAP 10

void svg_draw_text(const struct svg_canvas *canvas, struct svg_font font, int x, int y,
                   const char *class, const char *text, size_t length) {
    fprintf(canvas->stream, "<text x=\"%d\" y=\"%d\" font-size=\"%d\"", x, y, font.size);
    if (font.bold)
        fputs(" font-weight=\"bold\"", canvas->stream);
    if (class)
        fprintf(canvas->stream, " class=\"%s\"", class);
    fputc('>', canvas->stream);
    xml_text_write(canvas->stream, text, length);
    fputs("</text>\n", canvas->stream);
}

void svg_draw_box(const struct svg_canvas *canvas, struct svg_box box, int radius,
                  const char *class) {
    fprintf(canvas->stream,
            "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"%d\" class=\"%s\"/>\n", box.x,
            box.y, box.width, box.height, radius, class);
}

/* ---- what it says ---------------------------------------------------------------------------- */

/* All of it, for whoever points at it, and for who cannot see it. */
static int draw_title(const struct svg_canvas *canvas, const struct pci_device *device) {
    _cleanup_free_ char *text = pci_device_text(device), *holder = list_holder(device),
                        *flags = list_flags(device, false), *title = NULL;

    if (!text || !holder || !flags)
        return -ENOMEM;
    title = text_format("%s, %04x:%04x, %s%s; %s%s%s", text, device->id.vendor, device->id.device,
                        *device->driver ? "driver " : "no driver", device->driver, holder,
                        *flags ? "; " : "", flags);
    if (!title)
        return -ENOMEM;
    fputs("<title>", canvas->stream);
    xml_text_write(canvas->stream, title, strlen(title));
    fputs("</title>\n", canvas->stream);
    return 0;
}

/* As much of the text as there is room for. */
static int draw_shortened(const struct svg_canvas *canvas, struct svg_box box, const char *class,
                          const char *text) {
    _cleanup_free_ char *shortened = svg_text_shorten(SVG_FONT, text, box.width);

    if (!shortened)
        return -ENOMEM;
    svg_draw_text(canvas, SVG_FONT, box.x, box.y, class, shortened, strlen(shortened));
    return 0;
}

/* The first line: the address, and what is behind it as far as there is room. */
static int draw_head(const struct svg_canvas *canvas, const struct svg_tile *tile,
                     struct svg_box box, const char *class, const char *text) {
    struct pci_address_text address = list_address(tile->device->address, canvas->is_short);
    int used = svg_text_width(SVG_ADDRESS_FONT, address.text, strlen(address.text)) + ADDRESS_GAP;

    svg_draw_text(canvas, SVG_ADDRESS_FONT, box.x, box.y, NULL, address.text, strlen(address.text));
    box.x += used;
    box.width -= used;
    return draw_shortened(canvas, box, class, text);
}

static int draw_name(const struct svg_canvas *canvas, const struct svg_tile *tile,
                     struct svg_box *box) {
    _cleanup_free_ char *name = pci_device_name(tile->device);
    size_t first;

    if (!name)
        return -ENOMEM;
    first = svg_text_line(SVG_FONT, name, box->width);
    box->y += SVG_LINE;
    svg_draw_text(canvas, SVG_FONT, box->x, box->y, NULL, name, first);
    if (svg_tile_name_lines(tile, name) == 1)
        return 0;
    box->y += SVG_LINE;
    return draw_shortened(canvas, *box, NULL, name + first + strspn(name + first, " "));
}

/* ---- tiles ----------------------------------------------------------------------------------- */

static int draw_slim(const struct svg_canvas *canvas, const struct svg_tile *tile,
                     struct svg_box box) {
    const struct pci_device *device = tile->device;
    _cleanup_free_ char *text = NULL, *holder = NULL;

    if (device->bridge) {
        text = pci_device_name(device);
    } else {
        holder = list_holder(device);
        text = holder && device->vf >= 0 ? text_format("VF %d: %s", device->vf, holder)
                                         : text_format("VF: %s", holder ? holder : "?");
    }
    if (!text)
        return -ENOMEM;
    return draw_head(canvas, tile, box, device->bridge ? "soft" : NULL, text);
}

static int draw_full(const struct svg_canvas *canvas, const struct svg_tile *tile,
                     struct svg_box box) {
    const struct pci_device *device = tile->device;
    _cleanup_free_ char *holder = list_holder(device);
    int r = holder ? 0 : -ENOMEM;

    if (r == 0)
        r = draw_head(canvas, tile, box, "soft", *device->driver ? device->driver : "no driver");
    if (r == 0)
        r = draw_name(canvas, tile, &box);
    box.y += SVG_LINE;
    return r == 0 ? draw_shortened(canvas, box, "soft", holder) : r;
}

int svg_draw_tile(const struct svg_canvas *canvas, const struct svg_tile *tile) {
    char class[SVG_CLASS_MAX], tint[SVG_CLASS_MAX + 8], bar[SVG_CLASS_MAX + 8];
    const struct svg_box *box = &tile->box;
    struct svg_box text = {box->x + SVG_BAR + SVG_TILE_PADDING, box->y + SVG_LINE + 1,
                           svg_tile_text_width(tile), 0};
    int r;

    svg_paint_class(canvas->paints, svg_paint_of(tile->device), tile->device->holder, class);
    snprintf(tint, sizeof tint, "%s tint", class);
    snprintf(bar, sizeof bar, "%s bar", class);
    fputs("<g>\n", canvas->stream);
    r = draw_title(canvas, tile->device);
    svg_draw_box(canvas, *box, TILE_RADIUS, tint);
    svg_draw_box(canvas, (struct svg_box){box->x, box->y, SVG_BAR, box->height}, 2, bar);
    if (r == 0)
        r = tile->slim ? draw_slim(canvas, tile, text) : draw_full(canvas, tile, text);
    fputs("</g>\n", canvas->stream);
    return r;
}
