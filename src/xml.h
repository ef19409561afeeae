/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A thin layer over libxml2's tree and XPath: parse untrusted text safely, visit the nodes of an
 * expression, read attributes as C strings and numbers.
 */

#include <stdbool.h>

#include <libxml/tree.h>
#include <libxml/xpath.h>

#include "error.h"

struct xml {
    xmlDocPtr document;
    xmlXPathContextPtr context;
};

/* Parses `length` bytes. No network, no external or internal entities: a document type declaration
 * is refused, which no XML of libvirt has. -EINVAL with a sentence that names line and reason. */
int xml_parse(const char *text, size_t length, struct xml *ret, struct error *error) _must_check_;

void xml_done(struct xml *xml);

#define _cleanup_xml_ _cleanup_(xml_done)

/* The nodes that `expression` selects, in document order, owned by the caller (xmlXPathFreeObject);
 * NULL only for lack of memory. */
xmlXPathObjectPtr xml_select(const struct xml *xml, const char *expression) _must_check_;

/* How many nodes there are, and the index-th of them. */
size_t xml_count(xmlXPathObjectPtr nodes);
xmlNodePtr xml_node(xmlXPathObjectPtr nodes, size_t index);

/* The first child element of that name, or NULL; `node` may be NULL. */
xmlNodePtr xml_child(xmlNodePtr node, const char *name);

/* The next sibling element of the same name, or NULL. */
xmlNodePtr xml_next(xmlNodePtr node);

/* How many child elements of that name there are; `node` may be NULL. */
size_t xml_count_children(xmlNodePtr node, const char *name);

/* An attribute's value, owned by the caller (xmlFree); NULL when there is none, or no node. */
xmlChar *xml_attribute(xmlNodePtr node, const char *name) _must_check_;

/* Whether the attribute is there and has exactly that value. */
bool xml_attribute_is(xmlNodePtr node, const char *name, const char *value);

/* A copy of the attribute for free(3): 1 and *ret set, 0 and NULL when there is none, -ENOMEM. */
int xml_attribute_copy(xmlNodePtr node, const char *name, char **ret) _must_check_;

/* A whole unsigned number, decimal or with 0x. 1 when read, 0 when absent (*ret untouched),
 * -EINVAL when it is something else or larger than `max`. */
int xml_attribute_number(xmlNodePtr node, const char *name, uint64_t max,
                         uint64_t *ret) _must_check_;

/* The same for the text inside an element; `node` NULL counts as absent. */
int xml_text_number(xmlNodePtr node, uint64_t max, uint64_t *ret) _must_check_;

static inline void xml_free_text(xmlChar **text) {
    if (*text)
        xmlFree(*text);
}

static inline void xml_free_nodes(xmlXPathObjectPtr *nodes) {
    xmlXPathFreeObject(*nodes);
}

#define _cleanup_xml_text_ _cleanup_(xml_free_text)
#define _cleanup_xml_nodes_ _cleanup_(xml_free_nodes)
