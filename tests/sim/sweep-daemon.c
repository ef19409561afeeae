/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The daemon of a sweep: a process of its own, so that it can be killed. It calls the hook, and has
 * it traced by one more process when something is to go wrong. */
#include "sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

struct shared *shared;

static struct {
    pid_t pid;
    int socket;
} daemon_process;

static uint64_t now_usec(void) {
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * USEC_PER_SEC + (uint64_t)time.tv_nsec / 1000;
}

/* ---- the hook ---------------------------------------------------------------------------------
 */

static void set_limit(const struct trap *trap) {
    struct rlimit value = {trap->place.call, trap->place.call};

    /* Memory is counted in KiB here. */
    if (trap->place.process == RLIMIT_AS)
        value.rlim_cur = value.rlim_max = (rlim_t)trap->place.call << 10;
    if (trap->fault == LIMITED)
        setrlimit((__rlimit_resource_t)trap->place.process, &value);
}

/* The hook, or where there is no VM the tool. */
static void become_hook(const struct call *call, int gate) {
    _cleanup_free_ char *xml =
        call->vm ? new_format("/tmp/%s.xml", call->vm) : new_string("/dev/null");
    char *operation = new_string(call->operation);
    char *of_hook[] = {(char[]){HOOK}, (char *)(uintptr_t)call->vm,
                       operation,      (char[]){"begin"},
                       (char[]){"-"},  NULL};
    char *of_tool[] = {(char[]){TOOL}, operation, NULL};
    char **arguments = call->vm ? of_hook : of_tool;
    char *environment[] = {(char[]){"LC_ALL=C"}, (char[]){"PATH=/usr/sbin:/usr/bin"}, NULL};
    int input = open(xml, O_RDONLY), output = open(HOOK_OUTPUT, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    char end;

    dup2(input, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    while (read(gate, &end, 1) < 0 && errno == EINTR)
        continue;
    close_range(3, ~0U, 0);
    set_limit(&call->trap);
    execve(arguments[0], arguments, environment);
    _exit(126);
}

static void read_message(struct outcome *outcome) {
    _cleanup_close_ int fd = open(HOOK_OUTPUT, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, outcome->message, sizeof outcome->message - 1);

    outcome->message[n > 0 ? n : 0] = '\0';
}

/* ---- the daemon -------------------------------------------------------------------------------
 */

static void on_alarm(_unused_ int signal) {
}

/* Waits for the hook, but not for ever. */
static void wait_for(pid_t hook, struct outcome *outcome) {
    const struct itimerval limit = {.it_value.tv_sec = HANGS_USEC / USEC_PER_SEC}, none = {0};
    uint64_t begun = now_usec();

    setitimer(ITIMER_REAL, &limit, NULL);
    while (waitpid(hook, &outcome->status, 0) < 0 && errno == EINTR) {
        outcome->hung = true;
        kill(hook, SIGKILL);
    }
    setitimer(ITIMER_REAL, &none, NULL);
    outcome->usec = now_usec() - begun;
}

static void make_call(const struct call *call, struct outcome *outcome) {
    int gate[2];
    pid_t hook, tracer = 0;

    *outcome = (struct outcome){0};
    shared->reached = call->trap.fault == LIMITED;
    shared->what[0] = '\0';
    if (pipe2(gate, O_CLOEXEC) < 0)
        die(EXIT_FAILURE, "pipe: %s", strerror(errno));
    hook = fork();
    if (hook == 0) {
        close(gate[1]);
        become_hook(call, gate[0]);
    }
    close(gate[0]);
    if (call->trap.fault != NO_FAULT && call->trap.fault != LIMITED) {
        tracer = fork();
        if (tracer == 0)
            trace(hook, gate[1], &call->trap);
    }
    close(gate[1]);
    wait_for(hook, outcome);
    if (tracer > 0) {
        /* Workers that are left run on without it. */
        kill(tracer, SIGKILL);
        waitpid(tracer, NULL, 0);
    }
    outcome->reached = shared->reached;
    memcpy(outcome->what, shared->what, sizeof outcome->what);
    read_message(outcome);
}

/* The daemon is a copy of this process: strings are where they were. */
static void serve(int socket) {
    const struct sigaction alarm = {.sa_handler = on_alarm};
    struct outcome outcome;
    struct call call;

    sigaction(SIGALRM, &alarm, NULL);
    while (read(socket, &call, sizeof call) == (ssize_t)sizeof call) {
        make_call(&call, &outcome);
        if (write(socket, &outcome, sizeof outcome) != (ssize_t)sizeof outcome)
            break;
    }
    _exit(0);
}

void daemon_start(void) {
    int ends[2];

    if (!shared)
        shared =
            mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        die(EXIT_FAILURE, "no daemon: %s", strerror(errno));
    fflush(NULL);
    daemon_process.pid = fork();
    if (daemon_process.pid == 0) {
        close(ends[0]);
        serve(ends[1]);
    }
    close(ends[1]);
    daemon_process.socket = ends[0];
}

void daemon_kill(void) {
    close(daemon_process.socket);
    kill(daemon_process.pid, SIGKILL);
    waitpid(daemon_process.pid, NULL, 0);
}

void daemon_call(const struct call *call, struct outcome *ret) {
    if (write(daemon_process.socket, call, sizeof *call) != (ssize_t)sizeof *call ||
        read(daemon_process.socket, ret, sizeof *ret) != (ssize_t)sizeof *ret)
        die(EXIT_FAILURE, "the daemon does not answer");
}
