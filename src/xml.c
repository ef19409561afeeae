/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "xml.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/xmlerror.h>

/* libxml2's message ends in a newline and may quote the document: keep it to one printable line. */
static void one_line(char *text) {
    for (char *c = text; *c; c++)
        if (iscntrl((unsigned char)*c))
            *c = ' ';
    for (size_t n = strlen(text); n > 0 && text[n - 1] == ' '; n--)
        text[n - 1] = '\0';
}

static int parse_error(xmlParserCtxtPtr parser, struct error *error) {
    const xmlError *reason = xmlCtxtGetLastError(parser);
    char what[160];

    snprintf(what, sizeof what, "%s", reason && reason->message ? reason->message : "no content");
    one_line(what);
    return error_set(error, EINVAL, "the domain XML is not well-formed: line %d: %s",
                     reason ? reason->line : 1, what);
}

static void free_parser(xmlParserCtxtPtr *parser) {
    xmlFreeParserCtxt(*parser);
}

static void silence(_unused_ void *data, _unused_ const char *format, ...) {
}

int xml_parse(const char *text, size_t length, struct xml *ret, struct error *error) {
    _cleanup_(free_parser) xmlParserCtxtPtr parser = NULL;
    _cleanup_xml_ struct xml xml = {0};

    if (length > INT_MAX)
        return error_set(error, EFBIG, "the domain XML is too large");
    xmlSetGenericErrorFunc(NULL, silence);
    parser = xmlNewParserCtxt();
    if (!parser)
        return error_oom(error);
    xml.document = xmlCtxtReadMemory(parser, text, (int)length, NULL, NULL,
                                     XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
                                         XML_PARSE_COMPACT | XML_PARSE_NOCDATA);
    if (!xml.document)
        return parse_error(parser, error);
    if (xml.document->intSubset || xml.document->extSubset)
        return error_set(error, EINVAL,
                         "the domain XML has a document type declaration, which libvirt never "
                         "writes: refused");
    xml.context = xmlXPathNewContext(xml.document);
    if (!xml.context)
        return error_oom(error);
    *ret = xml;
    xml = (struct xml){0};
    return 0;
}

void xml_done(struct xml *xml) {
    xmlXPathFreeContext(xml->context);
    xmlFreeDoc(xml->document);
}

xmlXPathObjectPtr xml_select(const struct xml *xml, const char *expression) {
    return xmlXPathEvalExpression((const xmlChar *)expression, xml->context);
}

size_t xml_count(xmlXPathObjectPtr nodes) {
    return nodes->nodesetval && nodes->nodesetval->nodeNr > 0 ? (size_t)nodes->nodesetval->nodeNr
                                                              : 0;
}

xmlNodePtr xml_node(xmlXPathObjectPtr nodes, size_t index) {
    return index < xml_count(nodes) ? nodes->nodesetval->nodeTab[index] : NULL;
}

xmlNodePtr xml_child(xmlNodePtr node, const char *name) {
    if (!node)
        return NULL;
    for (xmlNodePtr child = node->children; child; child = child->next)
        if (child->type == XML_ELEMENT_NODE && xmlStrEqual(child->name, (const xmlChar *)name))
            return child;
    return NULL;
}

xmlNodePtr xml_next(xmlNodePtr node) {
    for (xmlNodePtr next = node->next; next; next = next->next)
        if (next->type == XML_ELEMENT_NODE && xmlStrEqual(next->name, node->name))
            return next;
    return NULL;
}

size_t xml_count_children(xmlNodePtr node, const char *name) {
    size_t count = 0;

    for (xmlNodePtr child = xml_child(node, name); child; child = xml_next(child))
        count++;
    return count;
}

xmlChar *xml_attribute(xmlNodePtr node, const char *name) {
    return node ? xmlGetNoNsProp(node, (const xmlChar *)name) : NULL;
}

bool xml_attribute_is(xmlNodePtr node, const char *name, const char *value) {
    _cleanup_xml_text_ xmlChar *is = xml_attribute(node, name);

    return is && xmlStrEqual(is, (const xmlChar *)value);
}

int xml_attribute_copy(xmlNodePtr node, const char *name, char **ret) {
    _cleanup_xml_text_ xmlChar *value = xml_attribute(node, name);
    char *copy;

    if (!value) {
        *ret = NULL;
        return 0;
    }
    copy = strdup((const char *)value);
    if (!copy)
        return -ENOMEM;
    *ret = copy;
    return 1;
}

static int parse_number(const char *text, uint64_t max, uint64_t *ret) {
    unsigned long long value;
    char *end;

    while (isspace((unsigned char)*text))
        text++;
    if (!isdigit((unsigned char)*text))
        return -EINVAL;
    errno = 0;
    value = strtoull(text, &end, text[0] == '0' && (text[1] | 0x20) == 'x' ? 16 : 10);
    while (isspace((unsigned char)*end))
        end++;
    if (errno || *end || value > max)
        return -EINVAL;
    *ret = value;
    return 1;
}

int xml_attribute_number(xmlNodePtr node, const char *name, uint64_t max, uint64_t *ret) {
    _cleanup_xml_text_ xmlChar *value = xml_attribute(node, name);

    return value ? parse_number((const char *)value, max, ret) : 0;
}

int xml_text_number(xmlNodePtr node, uint64_t max, uint64_t *ret) {
    _cleanup_xml_text_ xmlChar *value = node ? xmlNodeGetContent(node) : NULL;

    return value ? parse_number((const char *)value, max, ret) : 0;
}
