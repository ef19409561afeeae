/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All that can go wrong, one thing at a time. */
#include "sweep.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

static const char *const fault_names[] = {
    [KILL_ONE] = "kill-one",     [KILL_ALL] = "kill-all", [FAIL_ONCE] = "fail-once",
    [FAIL_SINCE] = "fail-since", [LIMITED] = "limit",
};

/* ---- the list ---------------------------------------------------------------------------------
 */

static void add(struct points *points, const struct point *point) {
    if (points->count % 1024 == 0)
        points->items = grow(points->items, points->count + 1024, sizeof *points->items);
    points->items[points->count] = *point;
    /* One more each round: else every other fault would always have the same. */
    points->items[points->count].successor =
        (enum successor)((points->count + points->count / SUCCESSORS) % SUCCESSORS);
    points->count++;
}

/* Whether its process has made no call of this kind before: what fails from here on fails from the
 * start. */
static bool is_first(const struct seen_call *call) {
    for (size_t i = 0; i < shared->count && &shared->calls[i] != call; i++)
        if (shared->calls[i].place.process == call->place.process &&
            shared->calls[i].number == call->number)
            return false;
    return true;
}

static void add_failures(struct points *points, enum event event, const struct seen_call *call) {
    const struct call_kind *kind = call_kind(call->number);
    bool first = is_first(call);

    for (size_t i = 0; kind && i < CALL_ERRORS_MAX && kind->errors[i]; i++) {
        struct point point = {
            .event = event,
            .trap = {.fault = FAIL_ONCE, .place = call->place, .error = kind->errors[i]},
        };

        if (!call_can_fail(kind, call->arguments, kind->errors[i]))
            continue;
        add(points, &point);
        point.trap.fault = FAIL_SINCE;
        if (first && kind->errors[i] != EINTR)
            add(points, &point);
    }
}

/* Descriptors, one by one; memory from too little for the loader to enough. Who has no processes
 * sees what all failing clone() show. */
static void add_limits(struct points *points, enum event event) {
    struct point point = {.event = event, .trap.fault = LIMITED};

    point.trap.place.process = RLIMIT_NOFILE;
    for (point.trap.place.call = 3; point.trap.place.call <= 32; point.trap.place.call++)
        add(points, &point);
    point.trap.place.process = RLIMIT_AS;
    for (point.trap.place.call = 2048; point.trap.place.call <= 65536; point.trap.place.call += 512)
        add(points, &point);
}

void points_list(struct points *points) {
    for (int event = 0; event < EVENTS; event++) {
        life_record((enum event)event);
        for (size_t i = 0; i < shared->count; i++) {
            const struct seen_call *call = &shared->calls[i];
            struct point point = {.event = (enum event)event, .trap.place = call->place};

            if (event < CONFLICT) {
                point.trap.fault = KILL_ONE;
                add(points, &point);
                point.trap.fault = KILL_ALL;
                add(points, &point);
            }
            add_failures(points, (enum event)event, call);
        }
        add_limits(points, (enum event)event);
    }
}

/* ---- names ------------------------------------------------------------------------------------
 */

char *point_name(const struct point *point) {
    return new_format("%s:%s:%u:%u:%s:%s", fault_names[point->trap.fault],
                      event_names[point->event], point->trap.place.process, point->trap.place.call,
                      point->trap.error ? strerrorname_np(point->trap.error) : "-",
                      successor_names[point->successor]);
}

static int find(const char *const names[], size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (names[i] && strcmp(names[i], name) == 0)
            return (int)i;
    return -1;
}

static int error_from_name(const char *name) {
    for (int i = 1; i < EHWPOISON; i++)
        if (strerrorname_np(i) && strcmp(strerrorname_np(i), name) == 0)
            return i;
    return 0;
}

bool point_parse(const char *name, struct point *ret) {
    char fault[16], event[16], error[32], successor[16];
    int f, e, s;

    *ret = (struct point){0};
    if (sscanf(name, "%15[^:]:%15[^:]:%u:%u:%31[^:]:%15s", fault, event, &ret->trap.place.process,
               &ret->trap.place.call, error, successor) != 6)
        return false;
    f = find(fault_names, ELEMENTS(fault_names), fault);
    e = find(event_names, EVENTS, event);
    s = find(successor_names, SUCCESSORS, successor);
    if (f < 0 || e < 0 || s < 0)
        return false;
    ret->trap.fault = (enum fault)f;
    ret->event = (enum event)e;
    ret->successor = (enum successor)s;
    ret->trap.error = error_from_name(error);
    return ret->trap.fault < FAIL_ONCE || ret->trap.fault == LIMITED || ret->trap.error;
}
