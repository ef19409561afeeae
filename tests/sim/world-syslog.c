/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The world's syslogd: a socket, a file, and nothing in between. */
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

struct syslog {
    int socket;
    int file;
};

static void *collect(void *data) {
    const struct syslog *syslog = data;
    char message[8192];

    for (;;) {
        ssize_t n = recv(syslog->socket, message, sizeof message - 1, 0);

        if (n < 0)
            continue;
        while (n > 0 && (message[n - 1] == '\n' || message[n - 1] == '\0'))
            n--;
        message[n++] = '\n';
        if (write(syslog->file, message, (size_t)n) < 0)
            die(EXIT_WORLD, "write %s: %s", WORLD_SYSLOG, strerror(errno));
    }
    return NULL;
}

void syslog_start(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
    struct syslog *syslog = new_zeroed(1, sizeof *syslog);
    pthread_t thread;

    syslog->file = open(WORLD_SYSLOG, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    syslog->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (syslog->file < 0 || syslog->socket < 0 ||
        bind(syslog->socket, (const struct sockaddr *)&address, sizeof address) != 0 ||
        chmod(address.sun_path, 0666) != 0 || pthread_create(&thread, NULL, collect, syslog) != 0)
        die(EXIT_WORLD, "cannot serve /dev/log: %s", strerror(errno));
    pthread_detach(thread);
}
