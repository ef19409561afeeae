/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sim-libvirtd [--libvirt VERSION] [--time FILE] HOOK NAME OPERATION SUBOPERATION EXTRA < XML
 * sim-libvirtd [--libvirt VERSION] --serve SOCKET
 * sim-libvirtd --through SOCKET [--time FILE] HOOK NAME OPERATION SUBOPERATION EXTRA < XML
 *
 * The daemon, as far as its hook can tell: calls it in libvirt's way and exits with its status. The
 * second form is a daemon that lives on, from which the third has its calls made: they then have
 * the same parent, as all calls about a VM have.
 *
 * --libvirt 11.3.0 maps a file that is named as that version's library, for a hook that looks into
 * /proc/PPID/maps. --time writes how many microseconds the call took.
 */
#include "libvirtd-call.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

struct options {
    const char *libvirt;
    const char *time;
    const char *serve;
    const char *through;
};

/* A request is the arguments, each with its NUL, and the caller's descriptors 0 to 2. */
#define REQUEST_MAX 4096
#define ARGUMENTS 5
#define DESCRIPTORS 3

/* ---- a daemon of that version ---------------------------------------------------------------- */

/* libvirt.so.0.11003.0 is 11.3.0. The file is left behind: its name must stay what it is. */
static void map_library(const char *version) {
    char directory[] = "/tmp/libvirt-XXXXXX";
    _cleanup_free_ char *path = NULL;
    _cleanup_close_ int fd = -1;
    unsigned major, minor, micro;
    long page = sysconf(_SC_PAGESIZE);

    if (sscanf(version, "%u.%u.%u", &major, &minor, &micro) != 3)
        die(2, "'%s': expected a version such as 11.3.0", version);
    if (!mkdtemp(directory))
        die(EXIT_FAILURE, "%s: %s", directory, strerror(errno));
    path = new_format("%s/libvirt.so.0.%u.%u", directory, major * 1000 + minor, micro);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0 || ftruncate(fd, page) != 0 ||
        mmap(NULL, (size_t)page, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED)
        die(EXIT_FAILURE, "%s: %s", path, strerror(errno));
}

/* ---- serving --------------------------------------------------------------------------------- */

static struct sockaddr_un address_of(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof address.sun_path)
        die(2, "%s: too long for a socket", path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    return address;
}

union control {
    char bytes[CMSG_SPACE(sizeof(int) * DESCRIPTORS)];
    struct cmsghdr align;
};

static bool receive_request(int connection, char *request, char *arguments[ARGUMENTS + 1],
                            int descriptors[DESCRIPTORS]) {
    struct iovec data = {.iov_base = request, .iov_len = REQUEST_MAX};
    union control control;
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    ssize_t n = recvmsg(connection, &message, MSG_CMSG_CLOEXEC);
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    if (n <= 0 || !header || header->cmsg_len != CMSG_LEN(sizeof(int) * DESCRIPTORS))
        return false;
    memcpy(descriptors, CMSG_DATA(header), sizeof(int) * DESCRIPTORS);
    for (int i = 0; i < ARGUMENTS; i++) {
        arguments[i] = request;
        request += strlen(request) + 1;
    }
    arguments[ARGUMENTS] = NULL;
    return true;
}

static void *serve_connection(void *data) {
    _cleanup_close_ int connection = (int)(intptr_t)data;
    char request[REQUEST_MAX], *arguments[ARGUMENTS + 1];
    int descriptors[DESCRIPTORS], status;

    if (!receive_request(connection, request, arguments, descriptors))
        return NULL;
    status = hook_call(arguments, descriptors[0], descriptors[1], descriptors[2]);
    for (int i = 0; i < DESCRIPTORS; i++)
        close(descriptors[i]);
    if (write(connection, &status, sizeof status) < 0)
        perror("sim-libvirtd: write");
    return NULL;
}

static int serve(const char *path) {
    struct sockaddr_un address = address_of(path);
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    if (bind(listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 64) != 0)
        die(EXIT_FAILURE, "%s: %s", path, strerror(errno));
    for (;;) {
        int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        pthread_t thread;

        if (connection < 0)
            continue;
        if (pthread_create(&thread, NULL, serve_connection, (void *)(intptr_t)connection) != 0)
            die(EXIT_FAILURE, "cannot start a thread");
        pthread_detach(thread);
    }
}

/* ---- asking ---------------------------------------------------------------------------------- */

static void send_request(int connection, char *const arguments[]) {
    static const int descriptors[DESCRIPTORS] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
    struct text text = {0};
    struct iovec data;
    union control control = {0};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    for (int i = 0; i < ARGUMENTS; i++)
        text_add_bytes(&text, arguments[i], strlen(arguments[i]) + 1);
    if (text.length > REQUEST_MAX)
        die(2, "the arguments are too long");
    data = (struct iovec){.iov_base = text.data, .iov_len = text.length};
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof descriptors);
    memcpy(CMSG_DATA(header), descriptors, sizeof descriptors);
    if (sendmsg(connection, &message, 0) < 0)
        die(EXIT_FAILURE, "cannot reach the daemon: %s", strerror(errno));
    text_free(&text);
}

static int ask(const char *path, char *const arguments[]) {
    struct sockaddr_un address = address_of(path);
    _cleanup_close_ int connection = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    int status;

    if (connect(connection, (const struct sockaddr *)&address, sizeof address) != 0)
        die(EXIT_FAILURE, "%s: %s", path, strerror(errno));
    send_request(connection, arguments);
    if (read(connection, &status, sizeof status) != (ssize_t)sizeof status)
        die(EXIT_FAILURE, "the daemon died during the call");
    return status;
}

/* ---- the program ----------------------------------------------------------------------------- */

static uint64_t now(void) {
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * USEC_PER_SEC + (uint64_t)time.tv_nsec / 1000;
}

static void write_time(const char *path, uint64_t microseconds) {
    _cleanup_fclose_ FILE *file = fopen(path, "we");

    if (!file)
        die(EXIT_FAILURE, "%s: %s", path, strerror(errno));
    fprintf(file, "%llu\n", (unsigned long long)microseconds);
}

static void usage(void) {
    fprintf(stderr, "usage: sim-libvirtd [--libvirt VERSION] [--time FILE] [--through SOCKET]\n"
                    "                    HOOK NAME OPERATION SUBOPERATION EXTRA\n"
                    "       sim-libvirtd [--libvirt VERSION] --serve SOCKET\n");
    exit(2);
}

static struct options read_options(int argc, char *argv[]) {
    static const struct option known[] = {{"libvirt", required_argument, NULL, 'l'},
                                          {"time", required_argument, NULL, 't'},
                                          {"serve", required_argument, NULL, 's'},
                                          {"through", required_argument, NULL, 'T'},
                                          {0}};
    struct options options = {0};
    int option;

    while ((option = getopt_long(argc, argv, "+", known, NULL)) >= 0)
        if (option == 'l')
            options.libvirt = optarg;
        else if (option == 't')
            options.time = optarg;
        else if (option == 's')
            options.serve = optarg;
        else if (option == 'T')
            options.through = optarg;
        else
            usage();
    if (!options.serve && argc - optind != ARGUMENTS)
        usage();
    return options;
}

int main(int argc, char *argv[]) {
    struct options options = read_options(argc, argv);
    char *const *arguments = &argv[optind];
    uint64_t start;
    int status;

    /* A hook that closes its stdin early must not kill the daemon. */
    signal(SIGPIPE, SIG_IGN);
    if (options.libvirt)
        map_library(options.libvirt);
    if (options.serve)
        return serve(options.serve);
    start = now();
    status = options.through ? ask(options.through, arguments)
                             : hook_call(arguments, STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO);
    if (options.time)
        write_time(options.time, now() - start);
    return status;
}
