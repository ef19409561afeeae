/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "irqbalance.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "text.h"

#define DIRECTORY "/run/irqbalance"
#define ANSWER_MAX ((size_t)1 << 20)
#define TIMEOUT_SEC 2

/* "irqbalance1234.sock" in its directory. */
static int find_socket(struct sockaddr_un *ret) {
    _cleanup_closedir_ DIR *directory = opendir(DIRECTORY);

    for (struct dirent *entry = directory ? readdir(directory) : NULL; entry;
         entry = readdir(directory)) {
        int pid, length;

        if (sscanf(entry->d_name, "irqbalance%d.sock", &pid) != 1)
            continue;
        *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
        length = snprintf(ret->sun_path, sizeof ret->sun_path, DIRECTORY "/%s", entry->d_name);
        if (length > 0 && (size_t)length < sizeof ret->sun_path)
            return 0;
    }
    return -ENOENT;
}

static int connect_socket(void) {
    const struct timeval timeout = {.tv_sec = TIMEOUT_SEC};
    _cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address;
    int r = find_socket(&address);

    if (r < 0)
        return r;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout) < 0)
        return -errno;
    /* It may have died and left its socket. */
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        return errno == ECONNREFUSED ? -ENOENT : -errno;
    return take_fd(&fd);
}

/* Sends a request, with who sends it: it listens to root only. */
static int send_request(int fd, char *request) {
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(struct ucred))];
    } control = {0};
    struct iovec text = {.iov_base = request, .iov_len = strlen(request)};
    struct msghdr message = {
        .msg_iov = &text,
        .msg_iovlen = 1,
        .msg_control = control.room,
        .msg_controllen = sizeof control.room,
    };
    const struct ucred sender = {.pid = getpid(), .uid = getuid(), .gid = getgid()};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    if (!header)
        return -EINVAL;
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_CREDENTIALS;
    header->cmsg_len = CMSG_LEN(sizeof sender);
    memcpy(CMSG_DATA(header), &sender, sizeof sender);
    return sendmsg(fd, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* All that it answers until it closes. Owned by the caller. */
static int read_answer(int fd, char **ret) {
    _cleanup_free_ char *text = malloc(ANSWER_MAX);
    size_t length = 0;

    if (!text)
        return -ENOMEM;
    while (length < ANSWER_MAX - 1) {
        ssize_t n = recv(fd, text + length, ANSWER_MAX - 1 - length, 0);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        length += (size_t)n;
    }
    text[length] = '\0';
    *ret = take_pointer(text);
    return 0;
}

int irqbalance_read_banned(struct cpulist *ret) {
    _cleanup_close_ int fd = connect_socket();
    _cleanup_free_ char *answer = NULL;
    char request[] = "setup", *banned;
    int r = fd;

    if (r >= 0)
        r = send_request(fd, request);
    if (r >= 0)
        r = read_answer(fd, &answer);
    if (r < 0 || !answer)
        return r < 0 ? r : -EPROTO;
    banned = strstr(answer, "BANNED ");
    if (!banned)
        return -EPROTO;
    banned += strlen("BANNED ");
    banned[strspn(banned, "0123456789abcdefABCDEF,")] = '\0';
    return cpulist_parse_mask(banned, ret);
}

int irqbalance_write_banned(const struct cpulist *cpus) {
    _cleanup_close_ int fd = connect_socket();
    _cleanup_free_ char *list = cpulist_format(cpus), *request = NULL;

    if (fd < 0)
        return fd;
    if (list)
        request = text_format("settings cpus %s", *list ? list : "NULL");
    return request ? send_request(fd, request) : -ENOMEM;
}
