/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * System calls that the machine answers instead of the kernel: they stop at a filter, and a thread
 * here gives the answer to the caller. Those that load and unload modules are answered in this
 * file: it finds out which module is meant, and has sim-sysfs do what the kernel would.
 */
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <seccomp.h>
#include <string.h>

#define CONTROL "/sys/.sim/control"

/* More than any of the objects that world-modules.c writes. */
#define IMAGE_MAX 65536

struct call {
    int listener;
    struct seccomp_notif request;
};

/* Returns the descriptor on which calls arrive. From here on the calling thread and its children
 * are subject to the filter, and must not be who answers: a thread that runs already is not. */
static int intercept(void) {
    static const char *names[32] = {"init_module", "finit_module", "delete_module", "uname"};
    size_t n = 4 + scheduler_calls(names + 4, ELEMENTS(names) - 4);
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int r = filter ? seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0) : -ENOMEM;

    for (size_t i = 0; i < n && r == 0; i++)
        r = seccomp_rule_add(filter, SCMP_ACT_NOTIFY, seccomp_syscall_resolve_name(names[i]), 0);
    if (r == 0)
        r = seccomp_load(filter);
    if (r == 0)
        r = seccomp_notify_fd(filter);
    if (r < 0)
        die(EXIT_SKIPPED, "cannot intercept system calls with seccomp: %s", strerror(-r));
    r = fcntl(r, F_DUPFD_CLOEXEC, 0);
    seccomp_release(filter);
    return r;
}

/* ---- which module ---------------------------------------------------------------------------- */

/* finit_module(2): the name of the file. */
static char *name_of_file(const struct seccomp_notif *request) {
    _cleanup_free_ char *path =
        new_format("/proc/%d/fd/%d", (pid_t)request->pid, (int)request->data.args[0]);
    char target[4096];
    ssize_t n = readlink(path, target, sizeof target - 1);
    const char *slash;

    if (n < 0)
        return NULL;
    target[n] = '\0';
    slash = strrchr(target, '/');
    return module_id(slash ? slash + 1 : target);
}

/* init_module(2): what .modinfo in the image says. */
static char *name_in_image(const struct seccomp_notif *request) {
    static const char key[] = "name=";
    _cleanup_free_ char *image = new_zeroed(IMAGE_MAX + 1, 1);
    size_t size = request->data.args[1] < IMAGE_MAX ? request->data.args[1] : IMAGE_MAX;
    ssize_t n = memory_read((pid_t)request->pid, request->data.args[0], image, size);
    const char *found = n > 0 ? memmem(image, (size_t)n, key, strlen(key)) : NULL;

    return found ? module_id(found + strlen(key)) : NULL;
}

/* delete_module(2): a string. */
static char *name_as_given(const struct seccomp_notif *request) {
    char name[64];
    ssize_t n = memory_read((pid_t)request->pid, request->data.args[0], name, sizeof name - 1);

    if (n <= 0)
        return NULL;
    name[n] = '\0';
    return module_id(name);
}

/* ---- the answer ------------------------------------------------------------------------------ */

/* Returns 0 or a negative errno. */
static int tell_machine(const char *verb, const char *name) {
    _cleanup_free_ char *command = new_format("%s %s\n", verb, name);
    _cleanup_close_ int fd = open(CONTROL, O_WRONLY | O_CLOEXEC);

    return fd < 0 || write(fd, command, strlen(command)) < 0 ? -errno : 0;
}

static int answer(const struct seccomp_notif *request) {
    bool remove = request->data.nr == seccomp_syscall_resolve_name("delete_module");
    bool from_file = request->data.nr == seccomp_syscall_resolve_name("finit_module");
    _cleanup_free_ char *name = NULL;

    if (!is_capable((pid_t)request->pid, CAP_SYS_MODULE))
        return -EPERM;
    name = remove      ? name_as_given(request)
           : from_file ? name_of_file(request)
                       : name_in_image(request);
    return name ? tell_machine(remove ? "unload" : "load", name) : -ENOEXEC;
}

static void *serve_call(void *data) {
    struct call *call = data;
    struct seccomp_notif_resp response = {.id = call->request.id};

    if (!scheduler_answer(&call->request, &response) && !kernel_answer(&call->request, &response))
        response.error = answer(&call->request);
    /* Fails when the caller was killed meanwhile; then nobody waits for it. */
    (void)seccomp_notify_respond(call->listener, &response);
    free(call);
    return NULL;
}

/* A load may take its time, or hang: a thread for each, so that others are not kept waiting. */
static void *listen_for_calls(void *data) {
    int source = (int)(intptr_t)data, listener;

    if (read(source, &listener, sizeof listener) != (ssize_t)sizeof listener)
        return NULL;
    close(source);
    for (;;) {
        struct call *call = new_zeroed(1, sizeof *call);
        pthread_t thread;
        int r = seccomp_notify_receive(listener, &call->request);

        call->listener = listener;
        if (r == 0 && pthread_create(&thread, NULL, serve_call, call) == 0) {
            pthread_detach(thread);
            continue;
        }
        free(call);
        if (r != 0 && errno != EINTR && errno != ENOENT)
            return NULL;
    }
}

void loader_start(void) {
    int channel[2], listener;
    pthread_t thread;

    if (pipe2(channel, O_CLOEXEC) != 0 ||
        pthread_create(&thread, NULL, listen_for_calls, (void *)(intptr_t)channel[0]) != 0)
        die(EXIT_WORLD, "cannot start a thread");
    pthread_detach(thread);
    listener = intercept();
    if (write(channel[1], &listener, sizeof listener) < 0)
        die(EXIT_WORLD, "write: %s", strerror(errno));
    close(channel[1]);
}
