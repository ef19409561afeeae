/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* In which colour a device is drawn: it tells who holds it. Each VM has a colour of its own, as far
 * as there are. */

#include "host-devices.h"

#define SVG_VM_COLOURS 8

enum svg_paint {
    SVG_BRIDGE,
    SVG_HOST,
    SVG_IDLE,  /* on a driver of the host that nobody uses */
    SVG_READY, /* on a VFIO driver, or reserved from boot on, and no VM has it */
    SVG_BARE,  /* without a driver */
    SVG_UNKNOWN,
    SVG_PROCESS,
    SVG_STUCK,
    SVG_VM,
};

struct svg_paints {
    bool used[SVG_VM + 1];
    const char **vms; /* names, owned by the inventory */
    size_t n_vms;
};

/* -ENOMEM. `ret` is the caller's to clean up in any case. */
int svg_paints_choose(const struct inventory *inventory, struct svg_paints *ret) _must_check_;

enum svg_paint svg_paint_of(const struct pci_device *device);

/* The class in the picture's style sheet: "host", "vm2". `ret` has SVG_CLASS_MAX. */
#define SVG_CLASS_MAX 16
void svg_paint_class(const struct svg_paints *paints, enum svg_paint paint, const char *vm,
                     char *ret);

/* What the legend says of it. For VMs: their names. */
const char *svg_paint_label(enum svg_paint paint);

/* Writes the style sheet. */
void svg_paint_style(FILE *stream);

void svg_paints_done(struct svg_paints *paints);

#define _cleanup_svg_paints_ _cleanup_(svg_paints_done)
