/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A life of a VM in which something goes wrong, and what has to come of it. */
#include "sweep.h"

#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* What the VMs' configuration says, and what a loaded machine may add. */
#define TIMEOUT_USEC (4 * USEC_PER_SEC)
#define SLACK_USEC (2 * USEC_PER_SEC)

const char *const event_names[EVENTS] = {"prepare", "started", "release", "conflict", "in-use"};

/* What the hook is called for. */
static const char *const operations[EVENTS] = {"prepare", "started", "release", "prepare",
                                               "prepare"};
static const char *const vms[EVENTS] = {"one", "one", "one", "two", "three"};
const char *const successor_names[SUCCESSORS] = {"libvirt", "recover", "another", "same"};

/* How the host is without a VM, and with it. */
static char *start, *granted;

static bool is_kill(const struct trap *trap) {
    return trap->fault == KILL_ONE || trap->fault == KILL_ALL;
}

/* ---- calls ------------------------------------------------------------------------------------
 */

static struct outcome call_with(const char *vm, enum event event, const struct trap *trap) {
    struct call call = {.vm = vm, .operation = operations[event]};
    struct outcome outcome;

    if (trap)
        call.trap = *trap;
    daemon_call(&call, &outcome);
    return outcome;
}

static bool ended_well(const struct outcome *outcome) {
    return WIFEXITED(outcome->status) && WEXITSTATUS(outcome->status) == 0;
}

static char *describe(const struct outcome *outcome) {
    if (outcome->hung)
        return new_string("did not end");
    return WIFSIGNALED(outcome->status)
               ? new_format("died of signal %d", WTERMSIG(outcome->status))
               : new_format("ended with %d: %s", WEXITSTATUS(outcome->status),
                            *outcome->message ? outcome->message : "(no message)");
}

/* A call without a fault has to succeed. NULL: it did. */
static char *call_plainly(const char *vm, enum event event) {
    struct outcome outcome = call_with(vm, event, NULL);
    _cleanup_free_ char *how = NULL;

    if (ended_well(&outcome))
        return NULL;
    how = describe(&outcome);
    return new_format("%s of VM %s %s", event_names[event], vm, how);
}

/* hostdevctl recover, which ends well when nothing is left. NULL: so it is. */
static char *recover(void) {
    const struct call call = {.operation = "recover"};
    _cleanup_free_ char *how = NULL;
    struct outcome outcome;

    daemon_call(&call, &outcome);
    if (ended_well(&outcome))
        return NULL;
    how = describe(&outcome);
    return new_format("hostdevctl recover %s", how);
}

/* ---- what has to be so ------------------------------------------------------------------------
 */

/* NULL: it is so. */
static char *differs_from(const char *expected, bool with_files) {
    _cleanup_free_ char *look = host_look(), *bare = with_files ? NULL : host_without_files(look);
    char *difference = host_difference(expected, with_files ? look : bare);

    if (*difference)
        return difference;
    free(difference);
    return NULL;
}

static char *compare(const char *expected, const char *when, bool with_files) {
    _cleanup_free_ char *difference = differs_from(expected, with_files);

    return difference ? new_format("%s the host is different:\n%s", when, difference) : NULL;
}

/* The loader's word, before the hook's own main(). */
static bool is_loaders(const struct outcome *outcome) {
    return WEXITSTATUS(outcome->status) == 127 &&
           strstr(outcome->message, "error while loading shared libraries");
}

/* Nor a sentence. */
static bool cannot_write(const struct trap *trap) {
    return trap->fault >= FAIL_ONCE && shared->number == SYS_write &&
           (trap->fault == FAIL_SINCE || strstr(shared->what, HOOK_OUTPUT));
}

/* However it ends: in time, by itself, and with a sentence if it is a failure. */
static char *judge_end(const struct point *point, const struct outcome *outcome) {
    const char *said = outcome->message;
    bool limited = point->trap.fault == LIMITED;
    _cleanup_free_ char *how = describe(outcome);

    if (outcome->hung)
        return new_format("%s hangs", event_names[point->event]);
    if (outcome->usec > TIMEOUT_USEC + SLACK_USEC)
        return new_format("%s took %llu ms", event_names[point->event],
                          (unsigned long long)outcome->usec / USEC_PER_MSEC);
    if (WIFSIGNALED(outcome->status)) {
        bool killed = is_kill(&point->trap) && WTERMSIG(outcome->status) == SIGKILL &&
                      (point->trap.fault == KILL_ALL || point->trap.place.process == 0);

        /* Without memory for its own start a program is killed by the kernel. */
        if (killed || (limited && WTERMSIG(outcome->status) == SIGKILL) ||
            (limited && !*outcome->message && WTERMSIG(outcome->status) == SIGSEGV))
            return NULL;
        return new_format("%s %s", event_names[point->event], how);
    }
    /* libkmod complains by itself; libvirt drops that when all is well. */
    while (strncmp(said, "libkmod: ", 9) == 0 && strchr(said, '\n'))
        said = strchr(said, '\n') + 1 + (strncmp(strchr(said, '\n'), "\n\n", 2) == 0);
    if (limited && is_loaders(outcome))
        return NULL;
    if (!*said && WEXITSTATUS(outcome->status) == 1 && cannot_write(&point->trap))
        return NULL;
    if (ended_well(outcome)
            ? !*said
            : WEXITSTATUS(outcome->status) == 1 && strncmp(said, "hostdevctl: ", 12) == 0)
        return NULL;
    return new_format("%s %s", event_names[point->event], how);
}

/* Some things may be refused, which is no reason not to start a VM or not to end it; but somebody
 * is told. */
static char *judge_content(const struct point *point, const char *expected, const char *what,
                           bool with_files) {
    _cleanup_free_ char *difference = differs_from(expected, with_files), *log = host_log();
    /* Who has no descriptor left cannot tell. */
    bool told = strstr(log, " cannot ") || point->trap.fault == LIMITED;

    if (!difference || (told && !host_lacks_device(difference)))
        return NULL;
    return new_format("%s was content, but the host is different:\n%s%s", what, difference, log);
}

/* A failure leaves the host as it was, or tells what it has left. */
static char *judge_failed(const struct outcome *outcome) {
    _cleanup_free_ char *difference = differs_from(start, true), *log = host_log();

    if (!difference || strstr(outcome->message, "Besides") || strstr(log, "Besides") ||
        (host_lacks_file_only(difference) && strstr(log, " cannot ")))
        return NULL;
    return new_format("the host is different:\n%safter prepare had said only: %s%s", difference,
                      outcome->message, log);
}

static char *judge_prepared(const struct point *point, const struct outcome *outcome) {
    if (WIFSIGNALED(outcome->status))
        return NULL;
    if (ended_well(outcome))
        return judge_content(point, granted, "prepare", false);
    return judge_failed(outcome);
}

static bool is_refused(enum event event) {
    return event == CONFLICT || event == IN_USE;
}

/* Nothing may have happened. */
static char *judge_refused(enum event event, const struct outcome *outcome) {
    if (ended_well(outcome))
        return new_format("%s was no reason to refuse", event_names[event]);
    return event == CONFLICT ? compare(granted, "afterwards", false) : judge_failed(outcome);
}

static char *judge(const struct point *point, const struct outcome *outcome) {
    char *wrong = judge_end(point, outcome);

    if (wrong || point->event == STARTED)
        return wrong;
    if (is_refused(point->event))
        return judge_refused(point->event, outcome);
    if (point->event == PREPARE)
        return judge_prepared(point, outcome);
    return ended_well(outcome) ? judge_content(point, start, "release", true) : NULL;
}

/* ---- lives ------------------------------------------------------------------------------------
 */

static void change_daemon(void) {
    daemon_kill();
    daemon_start();
}

static char *lead_plainly(const char *vm) {
    char *wrong = call_plainly(vm, PREPARE);

    if (!wrong)
        wrong = compare(granted, "after the next prepare", false);
    return wrong ? wrong : call_plainly(vm, RELEASE);
}

/* libvirt's call after a failure must not harm the other VM, which ends in peace. */
static char *end_refused(enum event event) {
    char *wrong = call_plainly(vms[event], RELEASE);

    if (wrong || event != CONFLICT)
        return wrong;
    wrong = compare(granted, "after the release", false);
    return wrong ? wrong : call_plainly("one", RELEASE);
}

/* Somebody comes after the call in which something went wrong. */
static char *succeed(const struct point *point) {
    if (is_refused(point->event))
        return end_refused(point->event);
    switch (point->successor) {
    case LIBVIRT:
        return call_plainly("one", RELEASE);
    case RECOVER:
        change_daemon();
        return recover();
    case ANOTHER_VM:
        change_daemon();
        return lead_plainly("two");
    case THE_SAME_VM:
        change_daemon();
        return lead_plainly("one");
    case SUCCESSORS:
        break;
    }
    return NULL;
}

static char *lead_up_to(enum event event) {
    char *wrong = NULL;

    if (event == PREPARE)
        host_unload_modules();
    else if (event != IN_USE)
        wrong = call_plainly("one", PREPARE);
    if (event == STARTED && !wrong)
        qemu_start("one");
    return wrong;
}

/* After a release that was content, and has left something nevertheless. */
static char *finish_content(const struct point *point) {
    return point->successor == RECOVER ? recover() : lead_plainly("two");
}

static bool is_as_at_start(void) {
    _cleanup_free_ char *difference = differs_from(start, true);

    return !difference;
}

char *life_lead(const struct point *point, struct outcome *ret) {
    char *wrong = lead_up_to(point->event);
    bool content;

    if (wrong)
        return wrong;
    free(host_log());
    *ret = call_with(vms[point->event], point->event, &point->trap);
    if (point->event == STARTED)
        qemu_kill("one");
    content = point->event == RELEASE && ended_well(ret);
    wrong = judge(point, ret);
    /* When all was given back nobody has to come; whoever comes next finds what was not. */
    if (!wrong && content)
        wrong = is_as_at_start() ? NULL : finish_content(point);
    else if (!wrong)
        wrong = succeed(point);
    return wrong ? wrong : compare(start, "in the end", true);
}

void life_record(enum event event) {
    const struct trap trap = {.fault = RECORD};
    struct outcome outcome;
    char *wrong = lead_up_to(event);

    shared->count = 0;
    if (!wrong)
        outcome = call_with(vms[event], event, &trap);
    if (event == STARTED)
        qemu_kill("one");
    if (wrong || ended_well(&outcome) == is_refused(event) || shared->count == 0)
        die(EXIT_FAILURE, "%s cannot be recorded: %s", event_names[event],
            wrong ? wrong : describe(&outcome));
    if (is_refused(event))
        wrong = end_refused(event);
    else if (event != RELEASE)
        wrong = call_plainly("one", RELEASE);
    if (wrong)
        die(EXIT_FAILURE, "%s", wrong);
}

void life_begin(void) {
    _cleanup_free_ char *boot = host_look(), *difference = NULL;
    char *wrong = call_plainly("one", PREPARE);

    if (!wrong)
        wrong = call_plainly("one", RELEASE);
    start = host_look();
    /* Groups show more of themselves when somebody has had their controller. */
    difference = host_difference(boot, start);
    if (!wrong && host_lacks_more_than_groups(difference))
        wrong = new_format("after the first life the host is different:\n%s", difference);
    if (!wrong)
        wrong = call_plainly("one", PREPARE);
    if (!wrong) {
        _cleanup_free_ char *look = host_look();

        granted = host_without_files(look);
        wrong = call_plainly("one", RELEASE);
    }
    if (!wrong)
        wrong = compare(start, "after a life without any fault", true);
    if (wrong)
        die(EXIT_FAILURE, "%s", wrong);
}
