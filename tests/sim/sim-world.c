/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sim-world [--stage DIR] [--bind DIR]... MACHINE-FILE -- COMMAND [ARGUMENT...]
 *
 * Runs COMMAND on the machine that the file describes, in a world of its own: what is installed in
 * DIR by `make install DESTDIR=DIR` is installed there, and /sys, module loading, the scheduler of
 * the tasks that are said to be the machine's, and /dev/log are the machine's. Exits with the
 * status of COMMAND; with 77 and a sentence when this host does not allow it. When COMMAND ends,
 * everything else in the world ends with it.
 *
 * Three processes matter: this one, which waits; PID 1 of the world, which builds and serves it;
 * and COMMAND.
 */
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define PATH "/usr/sbin:/usr/bin:/sbin:/bin"

struct world {
    struct root root;
    char *description; /* the text of the machine file */
    struct machine *machine;
    char *simulator; /* path of sim-sysfs */
    char *directory; /* where COMMAND starts */
    char **command;
};

/* ---- arguments ------------------------------------------------------------------------------- */

static char *absolute(const char *path) {
    char *resolved = realpath(path, NULL);

    if (!resolved)
        die(EXIT_WORLD, "%s: %s", path, strerror(errno));
    return resolved;
}

static void make_visible(struct world *world, char *directory) {
    size_t n = world->root.n_visible;
    char **visible = (char **)(uintptr_t)world->root.visible;

    visible = grow(visible, n + 1, sizeof *visible);
    visible[n] = directory;
    world->root.visible = visible;
    world->root.n_visible = n + 1;
}

/* Read once and kept, so that it may come through a pipe. */
static void read_machine(struct world *world, const char *path) {
    _cleanup_fclose_ FILE *file = fopen(path, "re"), *memory = NULL;
    struct text text = {0};
    char buffer[65536];
    size_t n;

    if (!file)
        die(EXIT_WORLD, "%s: %s", path, strerror(errno));
    while ((n = fread(buffer, 1, sizeof buffer, file)) > 0)
        text_add_bytes(&text, buffer, n);
    if (text.length == 0)
        die(EXIT_WORLD, "%s: there is no machine in it", path);
    world->description = text.data;
    memory = fmemopen(text.data, text.length, "r");
    world->machine = memory ? machine_read(memory, path) : NULL;
    if (!world->machine)
        exit(EXIT_WORLD);
}

static void usage(void) {
    fprintf(stderr, "usage: sim-world [--stage DIR] [--bind DIR]... MACHINE-FILE -- COMMAND...\n");
    exit(EXIT_WORLD);
}

static void read_options(struct world *world, int argc, char *argv[]) {
    static const struct option options[] = {
        {"stage", required_argument, NULL, 's'}, {"bind", required_argument, NULL, 'b'}, {0}};
    int option;

    while ((option = getopt_long(argc, argv, "+", options, NULL)) >= 0)
        if (option == 's')
            world->root.stage = absolute(optarg);
        else if (option == 'b')
            make_visible(world, absolute(optarg));
        else
            usage();
    if (argc - optind < 3 || strcmp(argv[optind + 1], "--") != 0)
        usage();
    read_machine(world, argv[optind]);
    world->command = &argv[optind + 2];
}

static void find_places(struct world *world) {
    char *self = absolute("/proc/self/exe"), *slash = strrchr(self, '/');

    *slash = '\0';
    world->simulator = new_format("%s/sim-sysfs", self);
    world->directory = absolute(".");
    make_visible(world, new_string(world->directory));
    make_visible(world, self);
}

/* ---- PID 1 ----------------------------------------------------------------------------------- */

/* Starts sim-sysfs and waits until its /sys is there. */
static pid_t start_simulator(const struct world *world) {
    int channel[2];
    pid_t child;
    char word;

    if (pipe2(channel, O_CLOEXEC) != 0)
        die(EXIT_WORLD, "pipe: %s", strerror(errno));
    child = fork();
    if (child == 0) {
        dup2(channel[1], STDOUT_FILENO);
        execl(world->simulator, "sim-sysfs", WORLD_MACHINE, "/sys", NULL);
        die(EXIT_WORLD, "%s: %s", world->simulator, strerror(errno));
    }
    close(channel[1]);
    if (child < 0 || read(channel[0], &word, 1) != 1)
        die(EXIT_WORLD, "sim-sysfs did not start");
    close(channel[0]);
    return child;
}

static void check_fuse(void) {
    int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

    if (fd < 0)
        die(EXIT_SKIPPED, "cannot open /dev/fuse: %s", strerror(errno));
    close(fd);
}

static pid_t start_command(const struct world *world) {
    pid_t child = fork();

    if (child != 0)
        return child;
    if (chdir(world->directory) != 0)
        die(EXIT_WORLD, "chdir %s: %s", world->directory, strerror(errno));
    setenv("PATH", PATH, 1);
    setenv("HOME", "/root", 1);
    unsetenv("TMPDIR");
    execvp(world->command[0], world->command);
    die(127, "%s: %s", world->command[0], strerror(errno));
}

/* PID 1 gets the orphans too. Returns the exit status of COMMAND, as a shell gives it. */
static int wait_for_command(pid_t command, pid_t simulator) {
    pid_t ended;
    int status;

    for (;;) {
        ended = wait(&status);
        if (ended == command)
            break;
        if (ended == simulator)
            fprintf(stderr, "sim-world: sim-sysfs ended before COMMAND did\n");
        if (ended < 0 && errno != EINTR)
            die(EXIT_WORLD, "wait: %s", strerror(errno));
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void be_init(const struct world *world) {
    pid_t simulator;
    int status;

    /* Whatever ends the waiting process ends the world. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    root_enter(&world->root);
    check_fuse();
    write_file(WORLD_MACHINE, world->description, strlen(world->description), 0644);
    modules_write(world->machine);
    simulator = start_simulator(world);
    proc_lay_over();
    modprobe_lay_over();
    kmsg_lay_over();
    if (world->machine->kernel.version && !kernel_set_release(world->machine->kernel.version))
        die(EXIT_WORLD, "kernel %s: not a release", world->machine->kernel.version);
    /* The filter comes last: the threads answer it and must not be subject to it. */
    syslog_start();
    tasks_start();
    loader_start();
    status = wait_for_command(start_command(world), simulator);
    fflush(NULL);
    /* Whoever is stuck in a hanging driver can die only when nobody serves the file system. */
    kill(simulator, SIGKILL);
    _exit(status);
}

/* ---- the namespaces -------------------------------------------------------------------------- */

static void write_proc(const char *path, const char *text) {
    _cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        die(EXIT_SKIPPED, "cannot write %s: %s", path, strerror(errno));
}

/* An ordinary user becomes root in a user namespace. */
static void enter_namespaces(void) {
    uid_t user = geteuid();
    gid_t group = getegid();
    int flags = CLONE_NEWNS | CLONE_NEWPID | (user != 0 ? CLONE_NEWUSER : 0);
    _cleanup_free_ char *user_map = new_format("0 %u 1", user);
    _cleanup_free_ char *group_map = new_format("0 %u 1", group);

    if (unshare(flags) != 0)
        die(EXIT_SKIPPED, "cannot have namespaces of its own: %s", strerror(errno));
    if (user == 0)
        return;
    write_proc("/proc/self/setgroups", "deny");
    write_proc("/proc/self/uid_map", user_map);
    write_proc("/proc/self/gid_map", group_map);
}

int main(int argc, char *argv[]) {
    struct world world = {0};
    pid_t init;
    int status;

    read_options(&world, argc, argv);
    find_places(&world);
    enter_namespaces();
    init = fork();
    if (init < 0)
        die(EXIT_SKIPPED, "cannot start a process in a new namespace: %s", strerror(errno));
    if (init == 0)
        be_init(&world);
    while (waitpid(init, &status, 0) < 0)
        if (errno != EINTR)
            die(EXIT_WORLD, "wait: %s", strerror(errno));
    /* Not exit(): a leak checker cannot start its helper once the PID namespace is gone. */
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}
