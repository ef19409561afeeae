/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "svg-paint.h"

#include <errno.h>
#include <string.h>

static const struct {
    const char *class, *label, *colour;
} paints_table[] = {
    [SVG_BRIDGE] = {"bridge", "bridge", "#8b98a9"},
    [SVG_HOST] = {"host", "used by the host", "#4a6fa5"},
    [SVG_IDLE] = {"idle", "free, on a driver of the host", "#2f9e44"},
    [SVG_READY] = {"ready", "free, reserved for VMs", "#0d9488"},
    [SVG_BARE] = {"bare", "free, no driver", "#84a98c"},
    [SVG_UNKNOWN] = {"unknown", "not known", "#9aa5b1"},
    [SVG_PROCESS] = {"process", "held by a process", "#a16207"},
    [SVG_STUCK] = {"stuck", "its driver does not answer", "#dc2626"},
    [SVG_VM] = {"vm", "VM", NULL},
};

/* Far apart from each other, from what is free, and from what is stuck. */
static const char *const vm_colours[SVG_VM_COLOURS] = {
    "#e8710a", "#8b3fd9", "#d6277f", "#b08900", "#00a3c4", "#a34a28", "#6d5bd0", "#c026d3",
};

enum svg_paint svg_paint_of(const struct pci_device *device) {
    switch (device->owner) {
    case PCI_OWNER_UNKNOWN:
        break;
    case PCI_OWNER_NOBODY:
        if (!*device->driver)
            return device->reserved ? SVG_READY : SVG_BARE;
        return driver_is_vfio_friendly(device->driver) ? SVG_READY : SVG_IDLE;
    case PCI_OWNER_HOST:
        return device->bridge ? SVG_BRIDGE : SVG_HOST;
    case PCI_OWNER_VM:
        return SVG_VM;
    case PCI_OWNER_PROCESS:
        return SVG_PROCESS;
    case PCI_OWNER_STUCK:
        return SVG_STUCK;
    }
    return SVG_UNKNOWN;
}

static size_t find_vm(const struct svg_paints *paints, const char *vm) {
    size_t i = 0;

    while (i < paints->n_vms && strcmp(paints->vms[i], vm) != 0)
        i++;
    return i;
}

static int compare(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int svg_paints_choose(const struct inventory *inventory, struct svg_paints *ret) {
    ret->vms = calloc(inventory->count + 1, sizeof *ret->vms);
    if (!ret->vms)
        return -ENOMEM;
    for (size_t i = 0; i < inventory->count; i++) {
        const struct pci_device *device = &inventory->items[i];
        enum svg_paint paint = svg_paint_of(device);

        ret->used[paint] = true;
        if (paint == SVG_VM && find_vm(ret, device->holder) == ret->n_vms)
            ret->vms[ret->n_vms++] = device->holder;
    }
    qsort(ret->vms, ret->n_vms, sizeof *ret->vms, compare);
    return 0;
}

void svg_paint_class(const struct svg_paints *paints, enum svg_paint paint, const char *vm,
                     char *ret) {
    if (paint == SVG_VM)
        snprintf(ret, SVG_CLASS_MAX, "vm%zu", find_vm(paints, vm) % SVG_VM_COLOURS);
    else
        snprintf(ret, SVG_CLASS_MAX, "%s", paints_table[paint].class);
}

const char *svg_paint_label(enum svg_paint paint) {
    return paints_table[paint].label;
}

void svg_paint_style(FILE *stream) {
    /* The tint is the colour itself, thinned: it suits light and dark backgrounds alike. */
    fputs("<style>\n"
          "text{font-family:'Helvetica Neue',Arial,'DejaVu Sans',sans-serif;fill:#1f2933}\n"
          ".page{fill:#fff}.node{fill:#f5f7fa;stroke:#d5dbe3}.branch{fill:#fff;stroke:#cbd2d9}\n"
          ".group{fill:none;stroke:#9aa5b1;stroke-dasharray:4 3}\n"
          ".wire{fill:none;stroke:#9aa5b1;stroke-width:1.5}.soft{fill:#5f6c7b}\n"
          ".tint{fill-opacity:.14;stroke-opacity:.55}.bar{stroke:none}\n",
          stream);
    for (size_t i = 0; i < SVG_VM; i++)
        fprintf(stream, ".%s{fill:%s;stroke:%s}\n", paints_table[i].class, paints_table[i].colour,
                paints_table[i].colour);
    for (size_t i = 0; i < SVG_VM_COLOURS; i++)
        fprintf(stream, ".vm%zu{fill:%s;stroke:%s}\n", i, vm_colours[i], vm_colours[i]);
    fputs(".bare.tint,.unknown.tint{fill-opacity:.05;stroke-opacity:1;stroke-dasharray:3 2}\n"
          "[class^=vm].tint{fill-opacity:.2;stroke-opacity:.8}\n"
          "@media(prefers-color-scheme:dark){\n"
          "text{fill:#e4e9ef}.page{fill:#12171d}.node{fill:#1a2129;stroke:#303a45}\n"
          ".branch{fill:#151b22;stroke:#3a4551}.group,.wire{stroke:#65727f}.soft{fill:#9fabb8}\n"
          ".tint{fill-opacity:.26}}\n"
          "</style>\n",
          stream);
}

void svg_paints_done(struct svg_paints *paints) {
    free(paints->vms);
}
