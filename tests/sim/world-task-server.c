/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the machine is told about its tasks: a socket that takes commands, a line each, and answers
 * with a text once the writing side is closed. A command that is none is answered with "error: ".
 */
#include "tasks-client.h"
#include "world-task.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static bool do_register(const char *arguments) {
    int tid, length = 0;

    return sscanf(arguments, "%d %n", &tid, &length) == 1 && task_register(tid, arguments + length);
}

static bool do_wipe(const char *arguments) {
    if (kernel_forgets())
        tasks_wipe(arguments);
    return true;
}

static bool do_kernel(const char *arguments) {
    return kernel_set_release(arguments);
}

static bool do_forget(const char *arguments) {
    kernel_set_forgets(strcmp(arguments, "on") == 0);
    return strcmp(arguments, "on") == 0 || strcmp(arguments, "off") == 0;
}

static bool do_sys(const char *arguments) {
    cpuset_set_sys(arguments);
    return *arguments == '/';
}

static bool do_fail(const char *arguments) {
    char call[32], target[16], error[32];
    unsigned times = 0;

    if (sscanf(arguments, "%31s %15s %31s %u", call, target, error, &times) < 3 ||
        errno_from_name(error) == 0)
        return false;
    scheduler_fail(call, (pid_t)strtol(target, NULL, 10), errno_from_name(error), times);
    return true;
}

static bool do_reset(const char *arguments) {
    scheduler_reset();
    return *arguments == '\0';
}

static const struct {
    const char *name;
    bool (*function)(const char *arguments);
} commands[] = {
    {"register", do_register}, {"wipe", do_wipe}, {"kernel", do_kernel}, {"forget", do_forget},
    {"sys", do_sys},           {"fail", do_fail}, {"reset", do_reset},
};

static void perform(const char *line, struct text *answer) {
    size_t length = strcspn(line, " ");
    const char *arguments = line + length + strspn(line + length, " ");

    if (strcmp(line, "list") == 0) {
        tasks_list(answer);
        return;
    }
    for (size_t i = 0; i < ELEMENTS(commands); i++)
        if (strlen(commands[i].name) == length && memcmp(line, commands[i].name, length) == 0 &&
            commands[i].function(arguments))
            return;
    text_add(answer, "%s%s\n", TASKS_ERROR, line);
}

static void *serve_connection(void *data) {
    _cleanup_close_ int connection = (int)(intptr_t)data;
    _cleanup_fclose_ FILE *requests = fdopen(dup(connection), "re");
    _cleanup_free_ char *line = NULL;
    struct text answer = {0};
    size_t size = 0;

    while (requests && getline(&line, &size, requests) >= 0) {
        line[strcspn(line, "\n")] = '\0';
        perform(line, &answer);
    }
    /* Who is gone wants no answer. */
    if (answer.length > 0)
        (void)!send(connection, answer.data, answer.length, MSG_NOSIGNAL);
    text_free(&answer);
    return NULL;
}

static void *serve(void *data) {
    int listener = (int)(intptr_t)data;

    for (;;) {
        int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        pthread_t thread;

        if (connection < 0)
            continue;
        if (pthread_create(&thread, NULL, serve_connection, (void *)(intptr_t)connection) == 0)
            pthread_detach(thread);
        else
            close(connection);
    }
    return NULL;
}

void tasks_start(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = TASKS_SOCKET};
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pthread_t thread;

    if (listener < 0 || bind(listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 64) != 0 ||
        pthread_create(&thread, NULL, serve, (void *)(intptr_t)listener) != 0)
        die(EXIT_WORLD, "cannot serve %s: %s", TASKS_SOCKET, strerror(errno));
    pthread_detach(thread);
}
