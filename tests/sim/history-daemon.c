/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The daemon of a history: a process of its own, so that it can be killed, which can kill the hook
 * before any system call of it or of its workers. */
#include "history.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

static struct {
    pid_t pid;
    int socket;
} daemon_process;

static uint64_t now_usec(void) {
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * USEC_PER_SEC + (uint64_t)time.tv_nsec / 1000;
}

/* ---- the hook -------------------------------------------------------------------------------- */

static void become_hook(struct call *call) {
    _cleanup_free_ char *xml = new_format("/tmp/%s.xml", call->vm),
                        *errors = new_format("/tmp/%s.err", call->vm);
    char operation[sizeof call->operation], name[sizeof call->vm];
    char *arguments[] = {(char[]){HOOK}, name, operation, (char[]){"begin"}, (char[]){"-"}, NULL};
    char *environment[] = {(char[]){"LC_ALL=C"}, (char[]){"PATH=/usr/sbin:/usr/bin"}, NULL};
    int input = open(xml, O_RDONLY), output = open(errors, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    memcpy(name, call->vm, sizeof name);
    memcpy(operation, call->operation, sizeof operation);
    dup2(input, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    close_range(3, ~0U, 0);
    if (call->kill != SPARE) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
    }
    execve(HOOK, arguments, environment);
    _exit(126);
}

/* ---- killing it ------------------------------------------------------------------------------ */

/* A process that is being traced is at one of these calls. */
static bool changes_something(pid_t pid) {
    static const long calls[] = {
        SYS_write, SYS_openat,  SYS_unlinkat, SYS_renameat2, SYS_ftruncate,         SYS_clone,
        SYS_flock, SYS_sendmsg, SYS_sendto,   SYS_socket,    SYS_sched_setaffinity, SYS_exit_group,
    };
    struct __ptrace_syscall_info info;

    if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) <= 0 ||
        info.op != PTRACE_SYSCALL_INFO_ENTRY ||
        ((long)info.entry.nr == SYS_openat && !(info.entry.args[2] & O_CREAT)))
        return false;
    for (size_t i = 0; i < ELEMENTS(calls); i++)
        if ((long)info.entry.nr == calls[i])
            return true;
    return false;
}

/* The traced hook and its workers. */
struct traced {
    struct call *call;
    pid_t hook;
    pid_t all[64];
    size_t count;
};

static void kill_traced(struct traced *traced) {
    traced->call->killed = true;
    kill(traced->hook, SIGKILL);
    for (size_t i = 0; i < traced->count && traced->call->kill == KILL_ALL; i++)
        kill(traced->all[i], SIGKILL);
}

static bool is_traced(struct traced *traced, pid_t pid) {
    for (size_t i = 0; i < traced->count; i++)
        if (traced->all[i] == pid)
            return true;
    return false;
}

static void go_on(struct traced *traced, pid_t pid, int status) {
    int signal = WSTOPSIG(status), event = status >> 16;
    struct call *call = traced->call;

    if (!is_traced(traced, pid) && traced->count < ELEMENTS(traced->all)) {
        traced->all[traced->count++] = pid;
        ptrace(PTRACE_SETOPTIONS, pid, NULL,
               PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                   PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL);
        signal = 0;
    }
    if (signal == (SIGTRAP | 0x80) && !call->killed && changes_something(pid) && call->when-- == 0)
        kill_traced(traced);
    if (event || signal == (SIGTRAP | 0x80) || signal == SIGTRAP || signal == SIGSTOP)
        signal = 0;
    ptrace(call->killed ? PTRACE_CONT : PTRACE_SYSCALL, pid, NULL, signal);
}

/* ---- the daemon ------------------------------------------------------------------------------ */

static void make_calls(struct call *calls, size_t count) {
    struct traced traced = {0};
    pid_t pids[CALLS_MAX] = {0};
    uint64_t begun = now_usec();

    for (size_t i = 0; i < count; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            become_hook(&calls[i]);
        if (calls[i].kill != SPARE)
            traced = (struct traced){.call = &calls[i], .hook = pids[i]};
    }
    /* Until the last worker of a killed hook has ended, too. */
    for (;;) {
        int status;
        pid_t pid = waitpid(-1, &status, __WALL);

        if (pid < 0 && errno != EINTR)
            return;
        if (pid > 0 && WIFSTOPPED(status) && traced.call)
            go_on(&traced, pid, status);
        for (size_t i = 0; i < count && !WIFSTOPPED(status); i++)
            if (pid == pids[i]) {
                calls[i].status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
                calls[i].usec = now_usec() - begun;
            }
    }
}

static void serve(int socket) {
    struct call calls[CALLS_MAX];
    ssize_t n;

    while ((n = read(socket, calls, sizeof calls)) > 0) {
        make_calls(calls, (size_t)n / sizeof *calls);
        if (write(socket, calls, (size_t)n) != n)
            break;
    }
    _exit(0);
}

void daemon_start(void) {
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        die(EXIT_FAILURE, "socketpair: %s", strerror(errno));
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

void daemon_call(struct call *calls, size_t count) {
    ssize_t size = (ssize_t)(count * sizeof *calls);

    if (write(daemon_process.socket, calls, (size_t)size) != size ||
        read(daemon_process.socket, calls, (size_t)size) != size)
        die(EXIT_FAILURE, "the daemon does not answer");
}

char *daemon_message(const char *vm) {
    _cleanup_free_ char *path = new_format("/tmp/%s.err", vm);
    _cleanup_fclose_ FILE *file = fopen(path, "re");
    char text[2048];
    size_t n = file ? fread(text, 1, sizeof text - 1, file) : 0;

    text[n] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return new_string(text);
}
