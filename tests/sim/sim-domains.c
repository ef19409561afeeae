/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sim-domains FILE
 *
 * libvirt's daemon, as far as a client can tell who asks which VMs there are: those in FILE, which
 * is read anew each time, a line each: UUID, on or off, and the name, blanks between. Clients
 * find it at the socket for those who may only read. It speaks libvirt's protocol
 * (src/remote/remote_protocol.x, src/rpc/virnetprotocol.x), so that the real library asks; what
 * nobody here asks for is an error that says so.
 */
#include "common.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define SOCKET_DIRECTORY "/run/libvirt"
#define SOCKET SOCKET_DIRECTORY "/libvirt-sock-ro"
#define VERSION (11 * 1000 * 1000 + 3 * 1000) /* 11.3.0 */

enum procedure {
    CONNECT_OPEN = 1,
    CONNECT_CLOSE = 2,
    CONNECT_SUPPORTS_FEATURE = 60,
    AUTH_LIST = 66,
    CONNECT_GET_LIB_VERSION = 157,
    CONNECT_LIST_ALL_DOMAINS = 273,
};

/* Each of its words is in the order of the network; so is the length in front, which counts
 * itself. */
struct header {
    uint32_t program, version, procedure, type, serial, status;
};

#define TYPE_CALL 0
#define TYPE_REPLY 1
#define STATUS_OK 0
#define STATUS_ERROR 1
#define MESSAGE_MAX 65536

/* ---- XDR ------------------------------------------------------------------------------------- */

static void put_number(struct text *message, uint32_t number) {
    number = htonl(number);
    text_add_bytes(message, &number, sizeof number);
}

static void put_string(struct text *message, const char *string) {
    size_t length = strlen(string);

    put_number(message, (uint32_t)length);
    text_add_bytes(message, string, length);
    text_add_bytes(message, "\0\0\0", -length % 4);
}

/* ---- answers --------------------------------------------------------------------------------- */

#define UUID_BYTES 16

static void put_uuid(struct text *message, const char *text) {
    uint8_t uuid[UUID_BYTES];

    for (size_t i = 0; i < UUID_BYTES; i++) {
        text += strspn(text, "-");
        if (sscanf(text, "%2hhx", &uuid[i]) != 1)
            die(EXIT_FAILURE, "'%s' is no UUID", text);
        text += 2;
    }
    text_add_bytes(message, uuid, sizeof uuid);
}

static void put_domains(struct text *message, const char *path) {
    _cleanup_fclose_ FILE *file = fopen(path, "re");
    struct text domains = {0};
    char line[512], uuid[64], state[8], name[256];
    uint32_t count = 0;

    while (file && fgets(line, sizeof line, file)) {
        if (sscanf(line, "%63s %7s %255[^\n]", uuid, state, name) != 3)
            die(EXIT_FAILURE, "%s: expected UUID on|off NAME: %s", path, line);
        put_string(&domains, name);
        put_uuid(&domains, uuid);
        count++;
        put_number(&domains, strcmp(state, "on") == 0 ? count : UINT32_MAX);
    }
    put_number(message, count);
    text_add_bytes(message, domains.data, domains.length);
    put_number(message, count);
    text_free(&domains);
}

/* VIR_ERR_NO_SUPPORT of VIR_FROM_RPC, and nothing that is optional but the message. */
static void put_error(struct text *message, uint32_t procedure) {
    _cleanup_free_ char *what = new_format("sim-domains has no procedure %u", procedure);

    put_number(message, 3);
    put_number(message, 7);
    put_number(message, 1);
    put_string(message, what);
    put_number(message, 2);
    for (int i = 0; i < 7; i++)
        put_number(message, 0);
}

/* What is behind the header of the answer; its status. */
static uint32_t answer(const struct header *call, const char *path, struct text *message) {
    switch (call->procedure) {
    case CONNECT_OPEN:
    case CONNECT_CLOSE:
        return STATUS_OK;
    case AUTH_LIST:
        /* One way, which asks for nothing. */
        put_number(message, 1);
        put_number(message, 0);
        return STATUS_OK;
    case CONNECT_SUPPORTS_FEATURE:
        put_number(message, 0);
        return STATUS_OK;
    case CONNECT_GET_LIB_VERSION:
        put_number(message, 0);
        put_number(message, VERSION);
        return STATUS_OK;
    case CONNECT_LIST_ALL_DOMAINS:
        put_domains(message, path);
        return STATUS_OK;
    default:
        put_error(message, call->procedure);
        return STATUS_ERROR;
    }
}

/* ---- messages -------------------------------------------------------------------------------- */

static bool receive(int connection, void *data, size_t size) {
    return recv(connection, data, size, MSG_WAITALL) == (ssize_t)size;
}

static bool receive_call(int connection, struct header *ret) {
    uint32_t length, *words = (uint32_t *)ret;
    char rest[MESSAGE_MAX];

    if (!receive(connection, &length, sizeof length))
        return false;
    length = ntohl(length);
    if (length < sizeof length + sizeof *ret || length > sizeof rest ||
        !receive(connection, ret, sizeof *ret))
        return false;
    for (size_t i = 0; i < sizeof *ret / sizeof *words; i++)
        words[i] = ntohl(words[i]);
    length -= (uint32_t)(sizeof length + sizeof *ret);
    return length == 0 || receive(connection, rest, length);
}

static bool send_answer(int connection, const struct header *call, const char *path) {
    struct text body = {0}, message = {0};
    uint32_t status = answer(call, path, &body);
    bool sent;

    put_number(&message, (uint32_t)(sizeof(uint32_t) + sizeof *call + body.length));
    put_number(&message, call->program);
    put_number(&message, call->version);
    put_number(&message, call->procedure);
    put_number(&message, TYPE_REPLY);
    put_number(&message, call->serial);
    put_number(&message, status);
    text_add_bytes(&message, body.data, body.length);
    sent = send(connection, message.data, message.length, MSG_NOSIGNAL) == (ssize_t)message.length;
    text_free(&body);
    text_free(&message);
    return sent;
}

/* ---- the program ----------------------------------------------------------------------------- */

static int listen_at(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memcpy(address.sun_path, path, strlen(path) + 1);
    unlink(path);
    mkdir(SOCKET_DIRECTORY, 0755);
    if (bind(listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 64) != 0)
        die(EXIT_FAILURE, "%s: %s", path, strerror(errno));
    return listener;
}

int main(int argc, char *argv[]) {
    int listener;

    if (argc != 2) {
        fprintf(stderr, "usage: sim-domains FILE\n");
        return 2;
    }
    listener = listen_at(SOCKET);
    for (;;) {
        _cleanup_close_ int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        struct header call;

        /* Clients come one at a time, and ask one question after another. */
        while (connection >= 0 && receive_call(connection, &call) && call.type == TYPE_CALL)
            if (!send_answer(connection, &call, argv[1]))
                break;
    }
}
