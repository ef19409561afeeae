/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain-mdev.h"

#include <errno.h>
#include <string.h>

#include "mdev.h"
#include "uuid.h"

#define OUR_ELEMENT(name) "*[local-name()='" name "' and namespace-uri()='" DOMAIN_NAMESPACE "']"

void domain_mdev_done(struct domain_mdev *mdev) {
    free(mdev->model);
    free(mdev->type);
    free(mdev->parent);
}

static int parse_mdev(xmlNodePtr node, struct domain_mdev *ret, struct error *error) {
    xmlNodePtr address = xml_child(xml_child(node, "source"), "address");
    _cleanup_xml_text_ xmlChar *uuid = xml_attribute(address, "uuid");

    if (!uuid || uuid_normalize((const char *)uuid, ret->uuid) < 0)
        return error_set(error, EINVAL,
                         "the domain XML has a mediated <hostdev> at line %ld without a valid UUID",
                         xmlGetLineNo(node));
    ret->display = xml_attribute_is(node, "display", "on");
    return xml_attribute_copy(node, "model", &ret->model) < 0 ? error_oom(error) : 0;
}

static int parse_hostdevs(const struct xml *xml, struct domain *domain, struct error *error) {
    _cleanup_xml_nodes_ xmlXPathObjectPtr nodes =
        xml_select(xml, "/domain/devices/hostdev[@type='mdev']");

    if (!nodes)
        return error_oom(error);
    domain->mdevs = calloc(xml_count(nodes) + 1, sizeof *domain->mdevs);
    if (!domain->mdevs)
        return error_oom(error);
    for (size_t i = 0; i < xml_count(nodes); i++) {
        int r = parse_mdev(xml_node(nodes, i), &domain->mdevs[i], error);

        if (r < 0)
            return r;
        domain->n_mdevs++;
    }
    return 0;
}

/* ---- metadata ------------------------------------------------------------------------------ */

static int copy_name(xmlNodePtr node, const char *name, char **place, struct error *error) {
    _cleanup_free_ char *value = NULL;

    if (xml_attribute_copy(node, name, &value) < 0)
        return error_oom(error);
    if (value && !mdev_name_valid(value))
        return error_set(error, EINVAL,
                         "the VM's <metadata> has an <mdev> whose %s cannot be the name of any",
                         name);
    if (value) {
        free(*place);
        *place = take_pointer(value);
    }
    return 0;
}

static int take_wish(xmlNodePtr node, struct domain_mdev *mdev, struct error *error) {
    int r = copy_name(node, "type", &mdev->type, error);

    return r < 0 ? r : copy_name(node, "parent", &mdev->parent, error);
}

/* Takes an <mdev> into those it is about; `named`: only if it names them. */
static int take_wishes(xmlNodePtr node, bool named, struct domain *domain, struct error *error) {
    _cleanup_xml_text_ xmlChar *text = xml_attribute(node, "uuid");
    char uuid[UUID_TEXT_MAX];
    int r = 0;

    if (named != (text != NULL))
        return 0;
    if (named && uuid_normalize((const char *)text, uuid) < 0)
        return error_set(error, EINVAL, "the VM's <metadata> has an <mdev> whose uuid is no UUID");
    for (size_t i = 0; i < domain->n_mdevs && r >= 0; i++)
        if (!named || strcmp(domain->mdevs[i].uuid, uuid) == 0)
            r = take_wish(node, &domain->mdevs[i], error);
    return r;
}

static int parse_metadata(const struct xml *xml, struct domain *domain, struct error *error) {
    _cleanup_xml_nodes_ xmlXPathObjectPtr nodes =
        xml_select(xml, "/domain/metadata/" OUR_ELEMENT("domain") "/" OUR_ELEMENT("mdev"));
    int r = 0;

    if (!nodes)
        return error_oom(error);
    /* Those for all first: what names a device wins. */
    for (int named = 0; named < 2; named++)
        for (size_t i = 0; i < xml_count(nodes) && r >= 0; i++)
            r = take_wishes(xml_node(nodes, i), named, domain, error);
    return r;
}

int domain_mdev_parse(const struct xml *xml, struct domain *domain, struct error *error) {
    int r = parse_hostdevs(xml, domain, error);

    return r < 0 || domain->n_mdevs == 0 ? r : parse_metadata(xml, domain, error);
}
