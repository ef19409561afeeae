/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A call in words, for the log and to be recognized by faults. */
#include "systemd.h"

#include <string.h>

static void describe_mask(sd_bus_message *call, struct text *text) {
    struct cpumask mask = {0};
    _cleanup_free_ char *list = NULL;
    const void *bytes;
    size_t size;

    if (sd_bus_message_read_array(call, 'y', &bytes, &size) < 0)
        return;
    memcpy(mask.words, bytes, size < sizeof mask.words ? size : sizeof mask.words);
    list = cpumask_list(&mask);
    text_add(text, "%s", list);
}

static void describe_property(sd_bus_message *call, struct text *text) {
    const char *name, *contents;

    if (sd_bus_message_read(call, "s", &name) < 0 ||
        sd_bus_message_peek_type(call, NULL, &contents) <= 0)
        return;
    text_add(text, " %s=", name);
    if (strcmp(contents, "ay") != 0) {
        text_add(text, "?");
        sd_bus_message_skip(call, "v");
        return;
    }
    sd_bus_message_enter_container(call, 'v', "ay");
    describe_mask(call, text);
    sd_bus_message_exit_container(call);
}

static void describe_properties(sd_bus_message *call, struct text *text) {
    if (sd_bus_message_enter_container(call, 'a', "(sv)") <= 0)
        return;
    while (sd_bus_message_enter_container(call, 'r', "sv") > 0) {
        describe_property(call, text);
        sd_bus_message_exit_container(call);
    }
    sd_bus_message_exit_container(call);
}

static void describe_strings(sd_bus_message *call, struct text *text) {
    const char *string;

    if (sd_bus_message_enter_container(call, 'a', "s") <= 0)
        return;
    while (sd_bus_message_read(call, "s", &string) > 0)
        text_add(text, " %s", string);
    sd_bus_message_exit_container(call);
}

static bool describe_argument(sd_bus_message *call, struct text *text) {
    const char *contents, *string;
    char type;
    int boolean;

    if (sd_bus_message_peek_type(call, &type, &contents) <= 0)
        return false;
    if (type == 's' && sd_bus_message_read(call, "s", &string) >= 0)
        text_add(text, " %s", string);
    else if (type == 'b' && sd_bus_message_read(call, "b", &boolean) >= 0)
        text_add(text, " %s", boolean ? "runtime" : "persistent");
    else if (type == 'a' && strcmp(contents, "(sv)") == 0)
        describe_properties(call, text);
    else if (type == 'a' && strcmp(contents, "s") == 0)
        describe_strings(call, text);
    else
        return false;
    return true;
}

/* Of what is asked about a unit's object the unit comes first, and the interface is not told. */
static void describe_object(sd_bus_message *call, struct text *text) {
    const char *path = sd_bus_message_get_path(call), *interface = NULL;
    _cleanup_free_ char *name = NULL;

    if (path && sd_bus_path_decode(path, UNIT_PATH, &name) > 0)
        text_add(text, " %s", name);
    if (sd_bus_message_is_method_call(call, "org.freedesktop.DBus.Properties", NULL))
        sd_bus_message_read(call, "s", &interface);
}

char *call_describe(sd_bus_message *call) {
    struct text text = {0};

    text_add(&text, "%s", sd_bus_message_get_member(call));
    describe_object(call, &text);
    while (describe_argument(call, &text))
        continue;
    sd_bus_message_rewind(call, true);
    return text.data;
}
