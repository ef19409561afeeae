/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The parts of sim-systemd. It has one thread: while it works for one client, others wait. */

#include "cpumask-file.h"

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#define MANAGER_PATH "/org/freedesktop/systemd1"
#define UNIT_PATH MANAGER_PATH "/unit"
#define UNIT_INTERFACE "org.freedesktop.systemd1.Unit"
#define NO_SUCH_UNIT "org.freedesktop.systemd1.NoSuchUnit"

/* ---- systemd-unit.c -------------------------------------------------------------------------- */

/* A resource: a property, what the unit files call it too, and the file of the cgroup. */
enum resource { RESOURCE_CPUS, RESOURCE_MEMORY_NODES, RESOURCE_COUNT };

struct unit {
    char *name;
    struct cpumask allowed[RESOURCE_COUNT]; /* empty: no setting */
    char **dropins;                         /* paths, as they were when read or written */
    size_t n_dropins;
    uint64_t lag_until; /* 0, or when its cgroup is to be written: CLOCK_MONOTONIC */
};

/* How an empty setting gets to the cgroup. */
enum emptying { EMPTYING_AS_SYSTEMD, EMPTYING_ALWAYS, EMPTYING_NEVER };

struct manager {
    sd_event *event;
    const char *cgroups; /* the root of them */
    struct unit *units[64];
    size_t n_units;
    struct fault *faults;
    uint64_t lag; /* microseconds between an answer and what it brings about */
    enum emptying emptying;
    unsigned clients;
};

/* NULL for a name that is no resource's property. */
const char *resource_property(enum resource resource);
bool resource_from_property(const char *property, enum resource *ret);

/* NULL when there is none. A slice need not have been there before: it is when it is asked for. */
struct unit *unit_find(struct manager *manager, const char *name);
struct unit *unit_load(struct manager *manager, const char *name);

struct unit *unit_new(struct manager *manager, const char *name);

/* "Slice", "Scope" or "Service". */
const char *unit_type(const struct unit *unit);

/* "/system.slice"; the caller frees it. */
char *unit_cgroup(const struct unit *unit);

/* What the kernel says of its cgroup; empty when there is none. */
struct cpumask unit_effective(const struct manager *manager, const struct unit *unit,
                              enum resource resource);

/* Writes its settings to its cgroup, later if there is a lag. */
void unit_apply(struct manager *manager, struct unit *unit);

/* ---- systemd-dropin.c ------------------------------------------------------------------------ */

/* Writes the drop-in file of a setting, as set-property does. */
void dropin_write(struct unit *unit, enum resource resource, bool runtime);

/* Takes settings and paths from what is on the disk now. */
void dropins_load(struct unit *unit);

/* Whether they are other files than those that were loaded or written. */
bool dropins_changed(const struct unit *unit);

/* Removes the files that an admin or set-property made, and adds the changes, a(sss), to `reply`.
 */
int dropins_revert(const struct unit *unit, sd_bus_message *reply);

/* ---- systemd-manager.c, systemd-unit-object.c, systemd-bus.c --------------------------------- */

/* What a client can call. */
void manager_publish(struct manager *manager, sd_bus *bus);
void units_publish(struct manager *manager, sd_bus *bus);

/* Answers, as the bus itself, and looks for faults, before anything else sees a call. */
void bus_publish(struct manager *manager, sd_bus *bus);

/* Adds a mask as systemd does: bytes, and always whole words. */
int append_mask(sd_bus_message *message, const struct cpumask *mask);

/* ---- systemd-call.c -------------------------------------------------------------------------- */

/* "SetUnitProperties system.slice runtime AllowedCPUs=0-3", which the caller frees. The message can
 * be read as before afterwards. */
char *call_describe(sd_bus_message *call);

/* ---- systemd-control.c ----------------------------------------------------------------------- */

#define STATE_DIRECTORY "/run/sim-systemd"

enum fault_kind { FAULT_NONE, FAULT_FAIL, FAULT_DELAY, FAULT_HANG, FAULT_DROP };

struct fault {
    struct fault *next;
    enum fault_kind kind;
    char *call;     /* the member, or member:unit */
    char *error;    /* FAIL: the name */
    uint64_t delay; /* DELAY: microseconds */
    unsigned times; /* 0: for ever */
};

/* Listens for commands. */
void control_start(struct manager *manager);

/* The fault of a call that is described by these words, and counts it. Frees nothing: what `ret`
 * points to is there until the next command. */
enum fault_kind fault_take(struct manager *manager, const char *description, struct fault *ret);

void call_log(const char *description, const char *remark);
