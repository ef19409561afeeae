/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain-memory.h"

#include <errno.h>
#include <string.h>

/* libvirt's units; KiB is its default everywhere, and what it writes itself. */
static const struct unit {
    const char *name;
    uint64_t bytes;
} units[] = {
    {"b", 1},
    {"bytes", 1},
    {"KB", 1000},
    {"k", 1024},
    {"KiB", 1024},
    {"MB", UINT64_C(1000000)},
    {"M", UINT64_C(1) << 20},
    {"MiB", UINT64_C(1) << 20},
    {"GB", UINT64_C(1000000000)},
    {"G", UINT64_C(1) << 30},
    {"GiB", UINT64_C(1) << 30},
    {"TB", UINT64_C(1000000000000)},
    {"T", UINT64_C(1) << 40},
    {"TiB", UINT64_C(1) << 40},
};

static int scale_to_kib(uint64_t value, const char *unit, uint64_t *ret) {
    for (size_t i = 0; i < ELEMENTS(units); i++) {
        uint64_t bytes;

        if (strcmp(unit, units[i].name) != 0)
            continue;
        if (__builtin_mul_overflow(value, units[i].bytes, &bytes))
            return -EOVERFLOW;
        /* libvirt rounds up to whole KiB. */
        *ret = bytes / 1024 + (bytes % 1024 != 0);
        return 0;
    }
    return -EINVAL;
}

static int invalid(xmlNodePtr node, struct error *error) {
    return error_set(error, EINVAL, "the domain XML has no valid size in <%s> at line %ld",
                     (const char *)node->name, xmlGetLineNo(node));
}

static int parse_unit(xmlNodePtr node, uint64_t value, uint64_t *ret) {
    _cleanup_xml_text_ xmlChar *unit = xml_attribute(node, "unit");

    return scale_to_kib(value, unit ? (const char *)unit : "KiB", ret);
}

static int parse_page(xmlNodePtr node, struct domain_hugepages *page, struct error *error) {
    uint64_t size = 0;

    if (xml_attribute_number(node, "size", UINT64_MAX, &size) != 1 ||
        parse_unit(node, size, &page->size_kib) < 0)
        return invalid(node, error);
    if (xml_attribute_copy(node, "nodeset", &page->nodeset) < 0)
        return error_oom(error);
    return 0;
}

static int parse_hugepages(xmlNodePtr node, struct domain_memory *memory, struct error *error) {
    size_t count = xml_count_children(node, "page");

    memory->backed_by_hugepages = node != NULL;
    if (count == 0)
        return 0;
    memory->pages = calloc(count, sizeof *memory->pages);
    if (!memory->pages)
        return error_oom(error);
    for (xmlNodePtr page = xml_child(node, "page"); page; page = xml_next(page)) {
        int r = parse_page(page, &memory->pages[memory->n_pages], error);

        if (r < 0)
            return r;
        memory->n_pages++;
    }
    return 0;
}

/* <numatune><memnode cellid='0' nodeset='1'/> */
static int parse_memnode(xmlNodePtr root, struct domain_cell *cell) {
    xmlNodePtr node = xml_child(xml_child(root, "numatune"), "memnode");

    for (; node; node = xml_next(node)) {
        uint64_t id = UINT64_MAX;

        if (xml_attribute_number(node, "cellid", UINT32_MAX, &id) == 1 && id == cell->id)
            return xml_attribute_copy(node, "nodeset", &cell->nodeset);
    }
    return 0;
}

static int parse_cells(xmlNodePtr root, struct domain_memory *memory, struct error *error) {
    xmlNodePtr numa = xml_child(xml_child(root, "cpu"), "numa");
    size_t count = xml_count_children(numa, "cell");

    if (count == 0)
        return 0;
    memory->cells = calloc(count, sizeof *memory->cells);
    if (!memory->cells)
        return error_oom(error);
    for (xmlNodePtr node = xml_child(numa, "cell"); node; node = xml_next(node)) {
        struct domain_cell *cell = &memory->cells[memory->n_cells];
        uint64_t id = memory->n_cells, size = 0;

        if (xml_attribute_number(node, "id", UINT32_MAX, &id) < 0 ||
            xml_attribute_number(node, "memory", UINT64_MAX, &size) != 1 ||
            parse_unit(node, size, &cell->kib) < 0)
            return invalid(node, error);
        cell->id = (unsigned)id;
        memory->n_cells++;
        if (parse_memnode(root, cell) < 0)
            return error_oom(error);
    }
    return 0;
}

int domain_memory_parse(xmlNodePtr root, struct domain_memory *memory, struct error *error) {
    xmlNodePtr size = xml_child(root, "memory");
    xmlNodePtr backing = xml_child(root, "memoryBacking");
    xmlNodePtr numatune = xml_child(xml_child(root, "numatune"), "memory");
    uint64_t value = 0;
    int r;

    r = xml_text_number(size, UINT64_MAX, &value);
    if (r < 0 || (r == 1 && parse_unit(size, value, &memory->kib) < 0))
        return invalid(size, error);
    r = parse_hugepages(xml_child(backing, "hugepages"), memory, error);
    if (r < 0)
        return r;
    if (xml_attribute_copy(numatune, "nodeset", &memory->numatune_nodeset) < 0)
        return error_oom(error);
    return parse_cells(root, memory, error);
}

void domain_memory_done(struct domain_memory *memory) {
    for (size_t i = 0; i < memory->n_pages; i++)
        free(memory->pages[i].nodeset);
    free(memory->pages);
    for (size_t i = 0; i < memory->n_cells; i++)
        free(memory->cells[i].nodeset);
    free(memory->cells);
    free(memory->numatune_nodeset);
}
