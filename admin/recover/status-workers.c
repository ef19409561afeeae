/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "status-workers.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "file.h"
#include "pci-address.h"

/* As the kernel shortens the names of the hook and the tool. */
static bool is_ours(const char *command) {
    return strcmp(command, "hostdevctl-hook") == 0 || strcmp(command, "hostdevctl") == 0;
}

struct stat_line {
    char command[32];
    char state;
    pid_t parent, session;
};

static bool read_stat(int proc, const char *pid, struct stat_line *ret) {
    char path[64], text[1024], *name, *end;
    ssize_t length;

    snprintf(path, sizeof path, "%.16s/stat", pid);
    length = file_read_line_at(proc, path, text, sizeof text);
    name = length < 0 ? NULL : strchr(text, '(');
    end = name ? strrchr(name, ')') : NULL;
    if (!end)
        return false;
    *end = '\0';
    snprintf(ret->command, sizeof ret->command, "%s", name + 1);
    return sscanf(end + 1, " %c %d %*d %d", &ret->state, &ret->parent, &ret->session) == 3;
}

/* Where descriptor number `fd` of a process leads. */
static bool read_descriptor(int proc, const char *pid, int fd, char ret[static PATH_MAX]) {
    char path[64];
    ssize_t length;

    snprintf(path, sizeof path, "%.16s/fd/%d", pid, fd);
    length = readlinkat(proc, path, ret, PATH_MAX - 1);
    if (length < 0)
        return false;
    ret[length] = '\0';
    return true;
}

/* A session of its own with nothing to read, and nobody who waits for it. */
static bool is_left_behind(int proc, const char *pid, struct stat_line *line) {
    char parent[16], input[PATH_MAX];
    struct stat_line above;

    if (!read_stat(proc, pid, line) || !is_ours(line->command) || line->session != atoi(pid) ||
        line->state == 'Z' || !read_descriptor(proc, pid, STDIN_FILENO, input) ||
        strcmp(input, "/dev/null") != 0)
        return false;
    snprintf(parent, sizeof parent, "%d", line->parent);
    return !read_stat(proc, parent, &above) || !is_ours(above.command);
}

/* The lock of a device is a file in its directory. */
static int find_device(int proc, const char *pid, char **ret) {
    char path[PATH_MAX], *slash;
    struct pci_address address;

    *ret = NULL;
    if (!read_descriptor(proc, pid, 3, path))
        return 0;
    slash = strrchr(path, '/');
    if (!slash)
        return 0;
    *slash = '\0';
    slash = strrchr(path, '/');
    if (!slash || pci_address_parse(slash + 1, &address) < 0)
        return 0;
    *ret = strdup(slash + 1);
    return *ret ? 0 : -ENOMEM;
}

static int add(struct stuck_workers *workers, int proc, const char *pid,
               const struct stat_line *line) {
    struct stuck_worker *larger =
        reallocarray(workers->items, workers->count + 1, sizeof *workers->items);

    if (!larger)
        return -ENOMEM;
    workers->items = larger;
    larger += workers->count++;
    *larger = (struct stuck_worker){.pid = atoi(pid), .hangs = line->state == 'D'};
    return find_device(proc, pid, &larger->device);
}

int stuck_workers_find(struct stuck_workers *ret) {
    _cleanup_closedir_ DIR *proc = opendir("/proc");
    int r = 0;

    for (struct dirent *entry; r == 0 && proc && (entry = readdir(proc));) {
        struct stat_line line;

        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
            is_left_behind(dirfd(proc), entry->d_name, &line))
            r = add(ret, dirfd(proc), entry->d_name, &line);
    }
    return r;
}

void stuck_workers_done(struct stuck_workers *workers) {
    for (size_t i = 0; i < workers->count; i++)
        free(workers->items[i].device);
    free(workers->items);
}
