/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sim-qemu [--accel kvm|tcg] NAME VCPUS [IOTHREADS]
 *
 * A QEMU, as far as its threads can be seen: they have the names and the cgroups that libvirt's
 * have, and do nothing. Once all are the machine's, /run/libvirt/qemu/NAME.pid is written. Lives
 * until it is killed.
 */
#include "tasks-client.h"

#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

#define RUN "/run/libvirt/qemu"

struct qemu {
    const char *name;
    const char *accel; /* as in the names of threads: KVM or TCG */
    unsigned vcpus, iothreads;
    char *scope;
    struct text registration;
    pthread_barrier_t named; /* the new thread has said who it is */
};

struct thread {
    struct qemu *qemu;
    const char *comm;
    const char *cgroup;
};

/* Adds the calling thread. */
static void introduce(struct qemu *qemu, const char *comm, const char *cgroup) {
    tasks_set_comm(comm);
    text_add(&qemu->registration, "register %d %s/libvirt/%s\n", gettid(), qemu->scope, cgroup);
}

static void *live(void *data) {
    const struct thread *thread = data;
    struct qemu *qemu = thread->qemu;

    introduce(qemu, thread->comm, thread->cgroup);
    pthread_barrier_wait(&qemu->named);
    for (;;)
        pause();
    return NULL;
}

static void start_thread(struct qemu *qemu, const char *comm, const char *cgroup) {
    struct thread thread = {.qemu = qemu, .comm = comm, .cgroup = cgroup};
    pthread_attr_t attributes;
    pthread_t id;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 65536);
    if (pthread_create(&id, &attributes, live, &thread) != 0)
        die(EXIT_FAILURE, "cannot start a thread");
    pthread_attr_destroy(&attributes);
    pthread_barrier_wait(&qemu->named);
}

static void start_numbered(struct qemu *qemu, unsigned number, bool vcpu) {
    _cleanup_free_ char *comm =
        vcpu ? new_format("CPU %u/%s", number, qemu->accel) : new_format("IO iothread%u", number);
    _cleanup_free_ char *cgroup = new_format(vcpu ? "vcpu%u" : "iothread%u", number);

    start_thread(qemu, comm, cgroup);
}

static void start_threads(struct qemu *qemu) {
    introduce(qemu, "qemu-system-x86", "emulator");
    start_thread(qemu, "call_rcu", "emulator");
    for (unsigned i = 1; i <= qemu->iothreads; i++)
        start_numbered(qemu, i, false);
    start_thread(qemu, "IO mon_iothread", "emulator");
    for (unsigned i = 0; i < qemu->vcpus; i++)
        start_numbered(qemu, i, true);
    start_thread(qemu, "SPICE Worker", "emulator");
    start_thread(qemu, "worker", "emulator");
}

/* machine-qemu\x2d1\x2dNAME.scope: dashes within a name are written so. */
static char *scope_of(const char *name) {
    struct text scope = {0};

    text_add(&scope, "machine.slice/machine-qemu\\x2d1\\x2d");
    for (; *name; name++)
        if (*name == '-')
            text_add(&scope, "\\x2d");
        else
            text_add_bytes(&scope, name, 1);
    text_add(&scope, ".scope");
    return scope.data;
}

/* It appears as a whole. */
static void write_pid(const char *name) {
    _cleanup_free_ char *path = new_format(RUN "/%s.pid", name),
                        *draft = new_format("%s.new", path);
    FILE *file;

    mkdir("/run/libvirt", 0755);
    mkdir(RUN, 0755);
    file = fopen(draft, "we");
    if (!file || fprintf(file, "%d", getpid()) < 0 || fclose(file) != 0 || rename(draft, path) != 0)
        die(EXIT_FAILURE, "%s: %s", path, strerror(errno));
}

static void usage(void) {
    fprintf(stderr, "usage: sim-qemu [--accel kvm|tcg] NAME VCPUS [IOTHREADS]\n");
    exit(2);
}

static void read_options(struct qemu *qemu, int argc, char *argv[]) {
    static const struct option known[] = {{"accel", required_argument, NULL, 'a'}, {0}};
    int option;

    qemu->accel = "KVM";
    while ((option = getopt_long(argc, argv, "+", known, NULL)) >= 0)
        if (option == 'a')
            qemu->accel = strcmp(optarg, "tcg") == 0 ? "TCG" : "KVM";
        else
            usage();
    if (argc - optind < 2 || argc - optind > 3)
        usage();
    qemu->name = argv[optind];
    qemu->vcpus = (unsigned)strtoul(argv[optind + 1], NULL, 10);
    qemu->iothreads = argc - optind == 3 ? (unsigned)strtoul(argv[optind + 2], NULL, 10) : 0;
    qemu->scope = scope_of(qemu->name);
}

int main(int argc, char *argv[]) {
    struct qemu qemu = {0};
    char *answer;

    read_options(&qemu, argc, argv);
    pthread_barrier_init(&qemu.named, NULL, 2);
    start_threads(&qemu);
    answer = tasks_ask(qemu.registration.data);
    if (!answer || *answer)
        die(EXIT_FAILURE, "the world does not know threads: %s", answer ? answer : "no world");
    write_pid(qemu.name);
    for (;;)
        pause();
}
