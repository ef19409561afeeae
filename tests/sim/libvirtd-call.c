/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libvirtd-call.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

enum pipe_of { HOOK_STDIN, HOOK_STDOUT, HOOK_STDERR, HOOK_PIPES };

#define READ_END 0
#define WRITE_END 1

/* virCommandAddEnvPassCommon() */
static char **hook_environment(void) {
    static const char *const passed[] = {"LD_PRELOAD", "LD_LIBRARY_PATH", "PATH",  "HOME",
                                         "USER",       "LOGNAME",         "TMPDIR"};
    char **environment = new_zeroed(ELEMENTS(passed) + 2, sizeof *environment);
    size_t n = 0;

    environment[n++] = new_string("LC_ALL=C");
    for (size_t i = 0; i < ELEMENTS(passed); i++) {
        const char *value = getenv(passed[i]);

        if (value)
            environment[n++] = new_format("%s=%s", passed[i], value);
    }
    return environment;
}

static void free_environment(char **environment) {
    for (size_t i = 0; environment[i]; i++)
        free(environment[i]);
    free(environment);
}

/* In the child: descriptors 0 to 2 and no others, every signal at its default. */
static void become_hook(char *const arguments[], char *const environment[],
                        int pipes[HOOK_PIPES][2]) {
    sigset_t none;

    dup2(pipes[HOOK_STDIN][READ_END], STDIN_FILENO);
    dup2(pipes[HOOK_STDOUT][WRITE_END], STDOUT_FILENO);
    dup2(pipes[HOOK_STDERR][WRITE_END], STDERR_FILENO);
    close_range(3, ~0U, 0);
    for (int i = 1; i < NSIG; i++)
        signal(i, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(arguments[0], arguments, environment);
    _exit(126);
}

static struct text read_input(int input) {
    struct text text = {0};
    char buffer[65536];
    ssize_t n;

    while ((n = read(input, buffer, sizeof buffer)) > 0)
        text_add_bytes(&text, buffer, (size_t)n);
    return text;
}

static void close_pipe(struct pollfd *watched) {
    close(watched->fd);
    watched->fd = -1;
}

/* A hook that does not read its input is no error. */
static void feed(struct pollfd *watched, const struct text *input, size_t *sent) {
    ssize_t n =
        *sent < input->length ? write(watched->fd, input->data + *sent, input->length - *sent) : 0;

    if (n > 0)
        *sent += (size_t)n;
    if (*sent == input->length || (n < 0 && errno != EAGAIN))
        close_pipe(watched);
}

static void drain(struct pollfd *watched, int to) {
    char buffer[65536];
    ssize_t n = read(watched->fd, buffer, sizeof buffer);

    if (n > 0)
        n = write(to, buffer, (size_t)n);
    if (n <= 0)
        close_pipe(watched);
}

static void pump(int pipes[HOOK_PIPES][2], const struct text *input, int output, int errors) {
    struct pollfd watched[HOOK_PIPES] = {
        {.fd = pipes[HOOK_STDIN][WRITE_END], .events = POLLOUT},
        {.fd = pipes[HOOK_STDOUT][READ_END], .events = POLLIN},
        {.fd = pipes[HOOK_STDERR][READ_END], .events = POLLIN},
    };
    size_t sent = 0;

    fcntl(watched[HOOK_STDIN].fd, F_SETFL, O_NONBLOCK);
    if (input->length == 0)
        close_pipe(&watched[HOOK_STDIN]);
    while (watched[HOOK_STDIN].fd >= 0 || watched[HOOK_STDOUT].fd >= 0 ||
           watched[HOOK_STDERR].fd >= 0) {
        if (poll(watched, HOOK_PIPES, -1) < 0)
            continue;
        if (watched[HOOK_STDIN].fd >= 0 && watched[HOOK_STDIN].revents)
            feed(&watched[HOOK_STDIN], input, &sent);
        if (watched[HOOK_STDOUT].fd >= 0 && watched[HOOK_STDOUT].revents)
            drain(&watched[HOOK_STDOUT], output);
        if (watched[HOOK_STDERR].fd >= 0 && watched[HOOK_STDERR].revents)
            drain(&watched[HOOK_STDERR], errors);
    }
}

int hook_call(char *const arguments[], int input, int output, int errors) {
    struct text text = read_input(input);
    char **environment = hook_environment();
    int pipes[HOOK_PIPES][2], status = 0;
    pid_t hook;

    for (int i = 0; i < HOOK_PIPES; i++)
        if (pipe2(pipes[i], O_CLOEXEC) != 0)
            die(EXIT_FAILURE, "pipe: %s", strerror(errno));
    hook = fork();
    if (hook == 0)
        become_hook(arguments, environment, pipes);
    if (hook < 0)
        die(EXIT_FAILURE, "fork: %s", strerror(errno));
    close(pipes[HOOK_STDIN][READ_END]);
    close(pipes[HOOK_STDOUT][WRITE_END]);
    close(pipes[HOOK_STDERR][WRITE_END]);
    pump(pipes, &text, output, errors);
    while (waitpid(hook, &status, 0) < 0 && errno == EINTR)
        continue;
    text_free(&text);
    free_environment(environment);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
