/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The sweep of faults: a VM's life is led again and again, and each time something goes wrong at
 * another one of the system calls of its hook. Then it ends as libvirt would end it, or the daemon
 * is dead and somebody else comes; and the host has to be as it was at the start.
 */

#include "common.h"

#define HOOK "/etc/libvirt/hooks/qemu"
#define TOOL "/usr/sbin/hostdevctl"
#define HOOK_OUTPUT "/tmp/hook.out"
#define JOURNALS "/run/hostdevctl"

/* ---- what goes wrong, and where ---------------------------------------------------------------
 */

enum fault {
    NO_FAULT,
    RECORD,     /* none; what calls there are is written down */
    KILL_ONE,   /* the process that is at the call is killed before it */
    KILL_ALL,   /* the hook and all of its workers are */
    FAIL_ONCE,  /* the call fails */
    FAIL_SINCE, /* it fails, and from then on all of its kind, in all processes of this event */
    LIMITED,    /* there is too little of something: process is the resource, call how much */
    FAULTS,
};

/* A place in an event: call number `call` of the process that was started as number `process`; 0 is
 * the hook, whose calls count from its main() on. */
struct place {
    unsigned process, call;
};

struct trap {
    enum fault fault;
    struct place place;
    int error; /* for those that fail */
};

/* ---- sweep-calls.c: the system calls ----------------------------------------------------------
 */

#define CALL_ERRORS_MAX 7

struct call_kind {
    long number;
    const char *name;
    enum { ON_NOTHING, ON_DESCRIPTOR, ON_PATH, ON_PATH_AT } on;
    int errors[CALL_ERRORS_MAX]; /* that are plausible; the rest 0 */
};

/* NULL: none that can fail in a way that anybody has to expect. */
const struct call_kind *call_kind(long number);

/* "openat /sys/bus/pci/devices": what a process that is stopped at a call is about to do. */
void call_describe(pid_t pid, long number, const uint64_t arguments[], char *text, size_t size);

/* Whether an error can come of a call with these arguments. */
bool call_can_fail(const struct call_kind *kind, const uint64_t arguments[], int error);

/* ---- sweep-daemon.c: the daemon, which can be killed ------------------------------------------
 */

struct call {
    const char *vm, *operation; /* of the hook; without VM: the verb of the tool */
    struct trap trap;
};

/* What came of a call. */
struct outcome {
    bool reached; /* the place of the trap */
    bool hung;    /* it was killed, for it took too long */
    int status;   /* as wait(2) has it */
    uint64_t usec;
    char what[256];     /* the call at the place */
    char message[2048]; /* what the hook wrote to stderr, and stdout */
};

#define HANGS_USEC (12 * USEC_PER_SEC)

struct seen_call {
    struct place place;
    long number;
    uint64_t arguments[6];
};

#define SEEN_MAX 60000

/* What the tracer leaves for all: the calls of an event that was recorded, and what happened. */
struct shared {
    size_t count;
    struct seen_call calls[SEEN_MAX];
    bool reached;
    long number;    /* of the call at the place */
    char what[256]; /* it, for a person */
};

extern struct shared *shared;

void daemon_start(void);
void daemon_kill(void);
void daemon_call(const struct call *call, struct outcome *ret);

/* sweep-trace.c: whether it is known how a call is made to fail on this architecture. */
extern const bool trace_can_replace;
/* Traces the hook that waits at the gate, and ends when nothing is left to be done. */
void trace(pid_t hook, int gate, const struct trap *trap) __attribute__((noreturn));

/* ---- sweep-host.c: the host -------------------------------------------------------------------
 */

/* All that a VM can change, as text, owned by the caller. */
char *host_look(void);
/* The lines of `now` and `before` that the other one has not. */
char *host_difference(const char *before, const char *now);
/* A look without the files that a VM has while it runs. */
char *host_without_files(const char *look);
/* Whether a difference is one of devices or of memory, which a VM has or does not start. */
bool host_lacks_device(const char *difference);
/* Whether it is one of anything but control groups. */
bool host_lacks_more_than_groups(const char *difference);
/* Whether it is one of files in /run alone. */
bool host_lacks_file_only(const char *difference);
/* What was logged since the last time, owned by the caller. */
char *host_log(void);
/* To be able to begin again: modules that were loaded are unloaded. */
void host_unload_modules(void);

void qemu_start(const char *vm);
void qemu_kill(const char *vm);

/* ---- sweep-life.c: a life with a fault --------------------------------------------------------
 */

/* CONFLICT is a prepare of a VM that wants what another one has, IN_USE one of a VM that wants what
 * the host is using: whatever goes wrong, they are refused. */
enum event { PREPARE, STARTED, RELEASE, CONFLICT, IN_USE, EVENTS };
extern const char *const event_names[EVENTS];

/* Who comes after a hook that was cut short. */
enum successor {
    LIBVIRT,     /* calls release */
    RECOVER,     /* the admin, with the tool, and the daemon is dead */
    ANOTHER_VM,  /* that wants the same, and the daemon is dead */
    THE_SAME_VM, /* is started again, by another daemon */
    SUCCESSORS
};
extern const char *const successor_names[SUCCESSORS];

struct point {
    enum event event;
    struct trap trap;
    enum successor successor;
};

/* Notes how the host is, and what it is like with the VM; ends the program when a life without any
 * fault is not as it should be. */
void life_begin(void);
/* Records the calls of an event into `shared`. */
void life_record(enum event event);
/* Leads a life. NULL: all is well; or what is wrong, owned by the caller. */
char *life_lead(const struct point *point, struct outcome *ret);

/* ---- sweep-points.c: all the points there are -------------------------------------------------
 */

struct points {
    struct point *items;
    size_t count;
};

void points_list(struct points *points);
/* "fail-once:prepare:0:17:EIO:libvirt", and back; false when it makes no sense. */
char *point_name(const struct point *point);
bool point_parse(const char *name, struct point *ret);
