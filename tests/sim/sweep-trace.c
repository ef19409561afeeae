/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Follows a hook and its workers from system call to system call (ptrace), up to the one at which
 * something is to go wrong; what is alive afterwards runs on untraced. */
#include "sweep.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>

#define TRACED_MAX 256

/* One of the processes. Its number is given when it is made, its first stop may be seen before. */
struct traced {
    pid_t pid;
    bool known, stopped, counts;
    unsigned number, calls;
    int inject; /* the call it is in fails with this; 0: it does not */
};

struct tracer {
    const struct trap *trap;
    struct traced all[TRACED_MAX];
    size_t count;
    unsigned numbers;
    long since; /* calls of this kind fail; -1: none do yet */
};

static struct traced *find(struct tracer *tracer, pid_t pid) {
    for (size_t i = 0; i < tracer->count; i++)
        if (tracer->all[i].pid == pid)
            return &tracer->all[i];
    if (tracer->count == TRACED_MAX)
        _exit(EXIT_FAILURE);
    tracer->all[tracer->count] = (struct traced){.pid = pid};
    return &tracer->all[tracer->count++];
}

static void go_on(const struct traced *process, int signal) {
    ptrace(PTRACE_SYSCALL, process->pid, NULL, signal);
}

static void become_known(struct tracer *tracer, struct traced *process) {
    process->known = true;
    process->number = tracer->numbers++;
    process->counts = process->number > 0;
    if (process->stopped)
        go_on(process, 0);
}

/* ---- the fault --------------------------------------------------------------------------------
 */

static void kill_them(const struct tracer *tracer, const struct traced *at) {
    kill(at->pid, SIGKILL);
    for (size_t i = 0; i < tracer->count && tracer->trap->fault == KILL_ALL; i++)
        kill(tracer->all[i].pid, SIGKILL);
    _exit(0);
}

#if defined(__x86_64__)
const bool trace_can_replace = true;

static void replace_call(pid_t pid) {
    ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, orig_rax), -1L);
}

static void replace_result(pid_t pid, int error) {
    ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, rax), (long)-error);
}
#else
const bool trace_can_replace = false;

static void replace_call(_unused_ pid_t pid) {
}

static void replace_result(_unused_ pid_t pid, _unused_ int error) {
}
#endif

static void record(const struct traced *process, const struct __ptrace_syscall_info *info) {
    struct seen_call *call = &shared->calls[shared->count];

    if (shared->count == SEEN_MAX)
        return;
    *call = (struct seen_call){.place = {process->number, process->calls},
                               .number = (long)info->entry.nr};
    memcpy(call->arguments, info->entry.args, sizeof call->arguments);
    shared->count++;
}

static bool is_place(const struct tracer *tracer, const struct traced *process) {
    const struct place *place = &tracer->trap->place;

    return process->number == place->process && process->calls == place->call;
}

static void at_call(struct tracer *tracer, struct traced *process,
                    const struct __ptrace_syscall_info *info) {
    const struct trap *trap = tracer->trap;
    long number = (long)info->entry.nr;

    if (number == SYS_geteuid)
        process->counts = true;
    if (!process->counts)
        return;
    if (trap->fault == RECORD) {
        record(process, info);
    } else if (is_place(tracer, process)) {
        shared->reached = true;
        shared->number = number;
        call_describe(process->pid, number, info->entry.args, shared->what, sizeof shared->what);
        if (trap->fault == KILL_ONE || trap->fault == KILL_ALL)
            kill_them(tracer, process);
        process->inject = trap->error;
        if (trap->fault == FAIL_SINCE)
            tracer->since = number;
    } else if (number == tracer->since) {
        process->inject = trap->error;
    }
    if (process->inject)
        replace_call(process->pid);
    process->calls++;
}

static void at_result(const struct tracer *tracer, struct traced *process) {
    if (!process->inject)
        return;
    replace_result(process->pid, process->inject);
    process->inject = 0;
    /* All go on where they are when their tracer has ended. */
    if (tracer->trap->fault == FAIL_ONCE)
        _exit(0);
}

/* ---- stops ------------------------------------------------------------------------------------
 */

static void at_syscall_stop(struct tracer *tracer, struct traced *process) {
    struct __ptrace_syscall_info info;

    if (ptrace(PTRACE_GET_SYSCALL_INFO, process->pid, sizeof info, &info) <= 0)
        return;
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
        at_call(tracer, process, &info);
    else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
        at_result(tracer, process);
}

static void at_stop(struct tracer *tracer, pid_t pid, int status) {
    struct traced *process = find(tracer, pid);
    int signal = WSTOPSIG(status), event = status >> 16;
    unsigned long child;

    if (!process->known) {
        process->stopped = true;
        return;
    }
    if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE) {
        if (ptrace(PTRACE_GETEVENTMSG, pid, NULL, &child) == 0)
            become_known(tracer, find(tracer, (pid_t)child));
        process = find(tracer, pid);
    } else if (signal == (SIGTRAP | 0x80)) {
        at_syscall_stop(tracer, process);
    }
    go_on(process, event || signal == (SIGTRAP | 0x80) ? 0 : signal);
}

void trace(pid_t hook, int gate, const struct trap *trap) {
    static struct tracer tracer;
    int status;
    pid_t pid;

    tracer = (struct tracer){.trap = trap, .since = -1};
    if (ptrace(PTRACE_SEIZE, hook, NULL,
               PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                   PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC) < 0 ||
        ptrace(PTRACE_INTERRUPT, hook, NULL, NULL) < 0 || waitpid(hook, &status, __WALL) != hook)
        die(EXIT_FAILURE, "the hook cannot be traced: %s", strerror(errno));
    become_known(&tracer, find(&tracer, hook));
    go_on(find(&tracer, hook), 0);
    close(gate);
    while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR)
        if (pid > 0 && WIFSTOPPED(status))
            at_stop(&tracer, pid, status);
    _exit(0);
}
