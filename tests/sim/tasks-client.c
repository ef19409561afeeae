/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tasks-client.h"

#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>

char *tasks_ask(const char *commands) {
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = TASKS_SOCKET};
    _cleanup_close_ int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    size_t length = strlen(commands);
    struct text answer = {0};
    char buffer[4096];
    ssize_t n;

    if (connection < 0 ||
        connect(connection, (const struct sockaddr *)&address, sizeof address) != 0 ||
        send(connection, commands, length, MSG_NOSIGNAL) != (ssize_t)length ||
        shutdown(connection, SHUT_WR) != 0)
        return NULL;
    text_add_bytes(&answer, "", 0);
    while ((n = read(connection, buffer, sizeof buffer)) > 0)
        text_add_bytes(&answer, buffer, (size_t)n);
    return answer.data;
}

void tasks_set_comm(const char *comm) {
    prctl(PR_SET_NAME, comm);
}
