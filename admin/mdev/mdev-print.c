/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mdev-print.h"

#include <errno.h>
#include <string.h>

#include "json-print.h"
#include "json-record.h"
#include "table.h"
#include "text.h"

/* ---- for people ------------------------------------------------------------------------------ */

static const struct table_column columns[] = {
    {"PARENT", 0}, {"TYPE", 0}, {"NAME", 0}, {"FREE", 0}, {"TAKEN", 36}, {"DESCRIPTION", 16},
};

#define COLUMN_FREE 3

/* "UUID (VM win10), UUID"; NULL for lack of memory. */
static char *instances_text(const struct mdev_offer *offer) {
    char *text = NULL;
    size_t length;
    FILE *stream = open_memstream(&text, &length);

    if (!stream)
        return NULL;
    for (size_t i = 0; i < offer->n_instances; i++) {
        const struct mdev_instance *instance = &offer->instances[i];

        fprintf(stream, "%s%s", i > 0 ? ", " : "", instance->id);
        if (instance->holder)
            fprintf(stream, " (%s)", instance->holder);
    }
    if (fclose(stream) == 0)
        return text;
    free(text);
    return NULL;
}

static enum table_colour colour_of(const struct mdev_offer *offer) {
    if (offer->available < 0)
        return TABLE_BAD;
    return offer->available > 0 ? TABLE_GOOD : TABLE_DOUBTFUL;
}

static int add_row(struct table *table, const struct mdev_offer *offer) {
    _cleanup_free_ char *available = offer->available < 0 ? strdup("?")
                                                          : text_format("%d", offer->available),
                        *instances = instances_text(offer);

    if (!available || !instances)
        return -ENOMEM;
    return table_add(table, colour_of(offer),
                     (const char *[]){offer->parent, offer->type,
                                      strcmp(offer->label, offer->type) == 0 ? "" : offer->label,
                                      available, instances, offer->description});
}

/* Which functions these are is the same for all types of a card, as long as none is one. */
static void print_functions(const struct mdev_offer *offer) {
    printf("\n%s is free as", offer->parent);
    for (size_t i = 0; i < offer->n_free; i++)
        printf("%s %s", i > 0 ? "," : "", offer->free[i]);
    printf(": give one to the VM with managed='no', and set\n"
           "vgpu-type = %s (or another type) in its section [device %s].\n",
           offer->type, offer->free[0]);
}

int mdev_print(const struct mdev_offer *offers, size_t count) {
    _cleanup_table_ struct table table = {
        .columns = columns, .column_count = ELEMENTS(columns), .coloured = COLUMN_FREE};
    const char *card = "";

    for (size_t i = 0; i < count; i++)
        if (add_row(&table, &offers[i]) < 0)
            return -ENOMEM;
    table_print(&table, stdout);
    for (size_t i = 0; i < count; i++)
        if (offers[i].n_free > 0 && strcmp(offers[i].parent, card) != 0) {
            print_functions(&offers[i]);
            card = offers[i].parent;
        }
    return 0;
}

/* ---- for scripts ----------------------------------------------------------------------------- */

/* What is not known is null. */
static bool add_text(struct json_object *object, const char *key, const char *text) {
    if (!text || !*text)
        return json_object_object_add(object, key, NULL) == 0;
    return json_add(object, key, json_object_new_string(text));
}

static bool add_available(struct json_object *object, const struct mdev_offer *offer) {
    if (offer->available < 0)
        return json_object_object_add(object, "free", NULL) == 0;
    return json_add(object, "free", json_object_new_int64(offer->available));
}

static struct json_object *instance_object(const struct mdev_offer *offer,
                                           const struct mdev_instance *instance) {
    struct json_object *object = json_object_new_object();

    if (object && add_text(object, offer->is_vgpu ? "function" : "uuid", instance->id) &&
        add_text(object, "holder", instance->holder))
        return object;
    json_object_put(object);
    return NULL;
}

static struct json_object *instance_array(const struct mdev_offer *offer) {
    _cleanup_json_ struct json_object *array = json_object_new_array();

    for (size_t i = 0; array && i < offer->n_instances; i++)
        if (!json_append(array, instance_object(offer, &offer->instances[i])))
            return NULL;
    return take_pointer(array);
}

static struct json_object *free_array(const struct mdev_offer *offer) {
    _cleanup_json_ struct json_object *array = json_object_new_array();

    for (size_t i = 0; array && i < offer->n_free; i++)
        if (!json_append(array, json_object_new_string(offer->free[i])))
            return NULL;
    return take_pointer(array);
}

static struct json_object *offer_object(const struct mdev_offer *offer) {
    struct json_object *object = json_object_new_object();

    if (object && add_text(object, "parent", offer->parent) &&
        add_text(object, "type", offer->type) && add_text(object, "name", offer->label) &&
        add_text(object, "description", offer->description) &&
        add_text(object, "kind", offer->is_vgpu ? "vgpu" : "mdev") &&
        add_available(object, offer) && json_add(object, "taken", instance_array(offer)) &&
        (!offer->is_vgpu || json_add(object, "free-functions", free_array(offer))))
        return object;
    json_object_put(object);
    return NULL;
}

int mdev_print_json(const struct mdev_offer *offers, size_t count) {
    _cleanup_json_ struct json_object *array = json_object_new_array();

    for (size_t i = 0; array && i < count; i++)
        if (!json_append(array, offer_object(&offers[i])))
            return -ENOMEM;
    return json_print(array);
}
