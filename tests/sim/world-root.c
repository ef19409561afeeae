/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The root of the world: a tmpfs that has the host's /usr, read-only, but directories of its own
 * where something is installed, and fresh /etc, /run, /tmp, /var and /dev. Nothing that is written
 * in the world reaches the host.
 */
#include "world.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* Where the two are while the one is built from the other. */
#define HOST "/host"
#define WORLD "/world"

/* Where the host's own files are seen from within, for links that stand in for single files. */
#define BEHIND "/.host"

/* Not from the host, even if it has it: the machine's own are written there later. */
#define MODULES "/usr/lib/modules"

static void mount_or_skip(const char *source, const char *target, const char *type,
                          unsigned long flags, const char *options) {
    if (mount(source, target, type, flags, options) != 0)
        die(EXIT_SKIPPED, "cannot mount %s: %s", target, strerror(errno));
}

void make_directories(const char *path) {
    _cleanup_free_ char *copy = new_string(path);

    for (char *slash = copy + 1; *slash; slash++)
        if (*slash == '/') {
            *slash = '\0';
            mkdir(copy, 0755);
            *slash = '/';
        }
    if (mkdir(copy, 0755) != 0 && errno != EEXIST)
        die(EXIT_WORLD, "mkdir %s: %s", path, strerror(errno));
}

void write_file(const char *path, const char *data, size_t length, mode_t mode) {
    _cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

    if (fd < 0 || write(fd, data, length) != (ssize_t)length || fchmod(fd, mode) != 0)
        die(EXIT_WORLD, "write %s: %s", path, strerror(errno));
}

static void make_link(const char *target, const char *path) {
    if (symlink(target, path) != 0)
        die(EXIT_WORLD, "symlink %s: %s", path, strerror(errno));
}

static bool is_directory(const char *path) {
    struct stat stat;

    return lstat(path, &stat) == 0 && S_ISDIR(stat.st_mode);
}

static bool exists(const char *path) {
    struct stat stat;

    return lstat(path, &stat) == 0;
}

/* mount_setattr() and not a remount: it leaves alone the flags that a user namespace may not
 * change. */
static void make_read_only(const char *path) {
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};

    if (mount_setattr(AT_FDCWD, path, AT_RECURSIVE, &attributes, sizeof attributes) != 0)
        die(EXIT_SKIPPED, "cannot make %s read-only (Linux 5.12 can): %s", path, strerror(errno));
}

static void bind_read_only(const char *source, const char *target) {
    mount_or_skip(source, target, NULL, MS_BIND | MS_REC, NULL);
    make_read_only(target);
}

/* ---- copies ------------------------------------------------------------------------------------
 */

static void copy_file(const char *source, const char *target, mode_t mode) {
    _cleanup_close_ int fd = open(source, O_RDONLY | O_CLOEXEC);
    char buffer[65536];
    struct text text = {0};
    ssize_t n;

    if (fd < 0)
        die(EXIT_WORLD, "open %s: %s", source, strerror(errno));
    while ((n = read(fd, buffer, sizeof buffer)) > 0)
        text_add_bytes(&text, buffer, (size_t)n);
    write_file(target, text.data ? text.data : "", text.length, mode & 07777);
    text_free(&text);
}

static char *read_link(const char *path) {
    char target[4096];
    ssize_t n = readlink(path, target, sizeof target);

    if (n < 0)
        die(EXIT_WORLD, "readlink %s: %s", path, strerror(errno));
    return new_string_n(target, (size_t)n);
}

static void for_each_entry(const char *source, const char *target,
                           void (*function)(const char *source, const char *target)) {
    DIR *directory = opendir(source);
    struct dirent *entry;

    if (!directory)
        return;
    while ((entry = readdir(directory))) {
        _cleanup_free_ char *from = new_format("%s/%s", source, entry->d_name);
        _cleanup_free_ char *to = new_format("%s/%s", target, entry->d_name);

        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            function(from, to);
    }
    closedir(directory);
}

static void copy_tree(const char *source, const char *target) {
    struct stat stat;

    if (lstat(source, &stat) != 0)
        return;
    if (S_ISDIR(stat.st_mode)) {
        make_directories(target);
        for_each_entry(source, target, copy_tree);
    } else if (S_ISLNK(stat.st_mode)) {
        _cleanup_free_ char *link = read_link(source);

        make_link(link, target);
    } else {
        copy_file(source, target, stat.st_mode);
    }
}

/* ---- /usr ------------------------------------------------------------------------------------ */

/* One name of the host's: where the world has a directory of its own, the two are merged; where it
 * has a file, that one wins. */
static void fill(const char *source, const char *target) {
    struct stat stat;

    if (strcmp(target, WORLD MODULES) == 0 || lstat(source, &stat) != 0)
        return;
    if (is_directory(target) && S_ISDIR(stat.st_mode)) {
        for_each_entry(source, target, fill);
    } else if (exists(target)) {
        return;
    } else if (S_ISDIR(stat.st_mode)) {
        make_directories(target);
        bind_read_only(source, target);
    } else if (S_ISLNK(stat.st_mode)) {
        _cleanup_free_ char *link = read_link(source);

        make_link(link, target);
    } else {
        _cleanup_free_ char *behind = new_format("%s%s", BEHIND, source + strlen(HOST));

        make_link(behind, target);
    }
}

static void fill_usr(void) {
    static const char *const names[] = {"bin", "sbin", "lib", "lib32", "lib64", "libx32"};

    make_directories(WORLD BEHIND "/usr");
    bind_read_only(HOST "/usr", WORLD BEHIND "/usr");
    make_directories(WORLD "/usr/sbin");
    make_directories(WORLD "/usr/lib");
    fill(HOST "/usr", WORLD "/usr");
    for (size_t i = 0; i < ELEMENTS(names); i++) {
        _cleanup_free_ char *source = new_format(HOST "/%s", names[i]);
        _cleanup_free_ char *target = new_format(WORLD "/%s", names[i]);

        fill(source, target);
    }
    make_directories(WORLD MODULES);
}

/* ---- the rest -------------------------------------------------------------------------------- */

static void fill_etc(void) {
    static const char *const copied[] = {"passwd",      "group",      "nsswitch.conf",
                                         "ld.so.cache", "ld.so.conf", "localtime"};
    static const char *const bound[] = {"alternatives", "ld.so.conf.d"};

    make_directories(WORLD "/etc");
    for (size_t i = 0; i < ELEMENTS(copied); i++) {
        _cleanup_free_ char *source = new_format(HOST "/etc/%s", copied[i]);
        _cleanup_free_ char *target = new_format(WORLD "/etc/%s", copied[i]);

        copy_tree(source, target);
    }
    for (size_t i = 0; i < ELEMENTS(bound); i++) {
        _cleanup_free_ char *source = new_format(HOST "/etc/%s", bound[i]);
        _cleanup_free_ char *target = new_format(WORLD "/etc/%s", bound[i]);

        fill(source, target);
    }
    /* mdevctl does nothing without its directories; what the host has in them is the host's. */
    if (exists(HOST "/etc/mdevctl.d")) {
        make_directories(WORLD "/etc/mdevctl.d/scripts.d/callouts");
        make_directories(WORLD "/etc/mdevctl.d/scripts.d/notifiers");
    }
}

static void bind_device(const char *name) {
    _cleanup_free_ char *source = new_format(HOST "/dev/%s", name);
    _cleanup_free_ char *target = new_format(WORLD "/dev/%s", name);

    if (!exists(source))
        return;
    write_file(target, "", 0, 0666);
    mount_or_skip(source, target, NULL, MS_BIND, NULL);
}

static void fill_dev(void) {
    static const char *const nodes[] = {"null", "zero", "full", "random", "urandom", "tty", "fuse"};

    make_directories(WORLD "/dev/pts");
    make_directories(WORLD "/dev/shm");
    make_directories(WORLD "/dev/vfio");
    for (size_t i = 0; i < ELEMENTS(nodes); i++)
        bind_device(nodes[i]);
    mount_or_skip("devpts", WORLD "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
                  "newinstance,ptmxmode=0666,mode=620");
    make_link("pts/ptmx", WORLD "/dev/ptmx");
    make_link("/proc/self/fd", WORLD "/dev/fd");
    make_link("/proc/self/fd/0", WORLD "/dev/stdin");
    make_link("/proc/self/fd/1", WORLD "/dev/stdout");
    make_link("/proc/self/fd/2", WORLD "/dev/stderr");
}

/* The kernel's own settings are the host's, whoever mounts /proc: nobody writes them in here. */
static void fill_proc(void) {
    static const char *const shared[] = {WORLD "/proc/sys", WORLD "/proc/irq",
                                         WORLD "/proc/sysrq-trigger"};

    make_directories(WORLD "/proc");
    mount_or_skip("proc", WORLD "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    for (size_t i = 0; i < ELEMENTS(shared); i++)
        if (exists(shared[i]))
            bind_read_only(shared[i], shared[i]);
}

static void fill_fresh(void) {
    static const char *const directories[] = {"/run/lock", "/var/lib", "/var/log", "/root",
                                              "/sys",      "/mnt",     "/sim",     "/tmp"};

    for (size_t i = 0; i < ELEMENTS(directories); i++) {
        _cleanup_free_ char *path = new_format(WORLD "%s", directories[i]);

        make_directories(path);
    }
    make_link("/run", WORLD "/var/run");
    if (chmod(WORLD "/tmp", 01777) != 0)
        die(EXIT_WORLD, "chmod /tmp: %s", strerror(errno));
}

static void show_directory(const char *directory) {
    _cleanup_free_ char *source = new_format(HOST "%s", directory);
    _cleanup_free_ char *target = new_format(WORLD "%s", directory);

    if (strcmp(directory, "/") == 0 || strncmp(directory, "/usr/", strlen("/usr/")) == 0)
        return;
    make_directories(target);
    bind_read_only(source, target);
}

static void install_stage(const char *stage) {
    _cleanup_free_ char *usr = new_format(HOST "%s/usr", stage);
    _cleanup_free_ char *etc = new_format(HOST "%s/etc", stage);

    copy_tree(usr, WORLD "/usr");
    copy_tree(etc, WORLD "/etc");
}

static void pivot(const char *root, const char *old) {
    if (chdir(root) != 0 || syscall(SYS_pivot_root, ".", old) != 0)
        die(EXIT_SKIPPED, "cannot change the root directory: %s", strerror(errno));
}

/* A tmpfs becomes the root, with the host's root in it: so no directory of the host is needed to
 * build the world in. */
static void step_aside(void) {
    mount_or_skip(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
    mount_or_skip("tmpfs", "/tmp", "tmpfs", 0, "mode=0755");
    make_directories("/tmp" HOST);
    make_directories("/tmp" WORLD);
    pivot("/tmp", "." HOST);
    mount_or_skip("tmpfs", WORLD, "tmpfs", 0, "mode=0755");
}

void root_enter(const struct root *root) {
    umask(022);
    step_aside();
    if (root->stage)
        install_stage(root->stage);
    fill_usr();
    fill_etc();
    fill_dev();
    fill_proc();
    fill_fresh();
    for (size_t i = 0; i < root->n_visible; i++)
        show_directory(root->visible[i]);
    /* The old root ends up on top of the new one, and is taken away with all that is in it. */
    pivot(WORLD, ".");
    if (umount2(".", MNT_DETACH) != 0 || chdir("/") != 0)
        die(EXIT_WORLD, "cannot leave the old root: %s", strerror(errno));
}
