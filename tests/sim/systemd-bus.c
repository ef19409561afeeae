/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What stands between a client and the objects: the few methods of a message bus that a client
 * calls on the way, the log, and the faults.
 */
#include "systemd.h"

#include <string.h>
#include <time.h>

#define BUS "org.freedesktop.DBus"
#define OWN_NAME ":1.0"

static int answer_hello(sd_bus_message *call, struct manager *manager) {
    _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
    _cleanup_free_ char *name = new_format(":1.%u", ++manager->clients);
    int r = sd_bus_message_new_method_return(call, &reply);

    if (r >= 0)
        r = sd_bus_message_set_sender(reply, BUS);
    if (r >= 0)
        r = sd_bus_message_append(reply, "s", name);
    return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int answer_owner(sd_bus_message *call, sd_bus_error *error) {
    const char *name;
    int r = sd_bus_message_read(call, "s", &name);

    if (r < 0)
        return r;
    if (strcmp(name, "org.freedesktop.systemd1") != 0)
        return sd_bus_error_setf(error, SD_BUS_ERROR_NAME_HAS_NO_OWNER,
                                 "Could not get owner of name '%s': no such name", name);
    return sd_bus_reply_method_return(call, "s", OWN_NAME);
}

/* Positive: answered. Everybody is allowed to listen, and hears nothing. */
static int answer_as_bus(sd_bus_message *call, struct manager *manager, sd_bus_error *error) {
    int r;

    if (!sd_bus_message_is_method_call(call, BUS, NULL))
        return 0;
    if (sd_bus_message_is_method_call(call, BUS, "Hello"))
        r = answer_hello(call, manager);
    else if (sd_bus_message_is_method_call(call, BUS, "AddMatch") ||
             sd_bus_message_is_method_call(call, BUS, "RemoveMatch"))
        r = sd_bus_reply_method_return(call, "");
    else if (sd_bus_message_is_method_call(call, BUS, "GetNameOwner"))
        r = answer_owner(call, error);
    else
        return sd_bus_error_set(error, SD_BUS_ERROR_UNKNOWN_METHOD, "The bus is a simple one");
    return r < 0 ? r : 1;
}

/* The whole manager is busy meanwhile. */
static void wait_for(uint64_t microseconds) {
    struct timespec time = {.tv_sec = (time_t)(microseconds / USEC_PER_SEC),
                            .tv_nsec = (long)(microseconds % USEC_PER_SEC * 1000)};

    nanosleep(&time, NULL);
}

/* Positive: nobody else gets to see the call. */
static int commit_fault(sd_bus_message *call, const struct fault *fault, sd_bus_error *error) {
    switch (fault->kind) {
    case FAULT_FAIL:
        return sd_bus_error_set(error, fault->error, "As it was told to.");
    case FAULT_DELAY:
        wait_for(fault->delay);
        return 0;
    case FAULT_HANG:
        return 1;
    case FAULT_DROP:
        sd_bus_close(sd_bus_message_get_bus(call));
        return 1;
    case FAULT_NONE:
        break;
    }
    return 0;
}

static const char *remark_of(const struct fault *fault) {
    return fault->kind == FAULT_FAIL   ? fault->error
           : fault->kind == FAULT_HANG ? "no answer"
           : fault->kind == FAULT_DROP ? "connection closed"
                                       : NULL;
}

static int on_message(sd_bus_message *message, void *data, sd_bus_error *error) {
    struct manager *manager = data;
    _cleanup_free_ char *description = NULL;
    struct fault fault = {0};
    int r;

    if (!sd_bus_message_is_method_call(message, NULL, NULL))
        return 0;
    description = call_describe(message);
    fault_take(manager, description, &fault);
    if (!sd_bus_message_is_method_call(message, BUS, NULL))
        call_log(description, remark_of(&fault));
    r = commit_fault(message, &fault, error);
    return r != 0 ? r : answer_as_bus(message, manager, error);
}

static int on_disconnected(sd_bus_message *message, void *data, sd_bus_error *error) {
    (void)data, (void)error;
    sd_bus_close_unref(sd_bus_message_get_bus(message));
    return 1;
}

void bus_publish(struct manager *manager, sd_bus *bus) {
    if (sd_bus_add_filter(bus, NULL, on_message, manager) < 0 ||
        sd_bus_match_signal(bus, NULL, BUS ".Local", "/org/freedesktop/DBus/Local", BUS ".Local",
                            "Disconnected", on_disconnected, NULL) < 0)
        die(EXIT_FAILURE, "cannot serve a client");
}
