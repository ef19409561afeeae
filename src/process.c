/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "file.h"
#include "text.h"

#define PID_FILES "/run/libvirt/qemu"

int process_identify(pid_t pid, struct process *ret) {
    char path[64], text[1024];
    unsigned long long start;
    ssize_t length;
    char *fields, state;

    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    length = file_read_line_at(AT_FDCWD, path, text, sizeof text);
    if (length < 0)
        return length == -ENOENT ? -ESRCH : (int)length;
    /* The second field is the command's name in parentheses, and may hold any character. */
    fields = strrchr(text, ')');
    if (!fields || sscanf(fields,
                          ") %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
                          "%*d %*d %llu",
                          &state, &start) != 2)
        return -EINVAL;
    /* Dead, and only waiting for its parent to notice. */
    if (state == 'Z' || state == 'X')
        return -ESRCH;
    *ret = (struct process){.pid = pid, .start = start};
    return 0;
}

bool process_lives(struct process process) {
    struct process now;

    int r = process_identify(process.pid, &now);

    return r == 0 ? now.start == process.start : r != -ESRCH;
}

unsigned process_libvirt_version(pid_t pid) {
    char path[64];
    _cleanup_fclose_ FILE *maps = NULL;
    _cleanup_free_ char *line = NULL;
    size_t room = 0;

    snprintf(path, sizeof path, "/proc/%d/maps", pid);
    maps = fopen(path, "re");
    while (maps && getline(&line, &room, maps) >= 0) {
        const char *name = strstr(line, "/libvirt.so.0.");
        unsigned version;

        /* libvirt.so.0.11003.0 is 11.3.0. */
        if (name && sscanf(name, "/libvirt.so.0.%u.", &version) == 1)
            return version;
    }
    return 0;
}

/* 1, 0, or a negative errno when it cannot be told. */
static int is_qemu(pid_t pid) {
    char path[64], command[32];
    ssize_t length;

    /* Not the command line: reading that waits for the memory of a QEMU that is stuck. */
    snprintf(path, sizeof path, "/proc/%d/comm", pid);
    length = file_read_line_at(AT_FDCWD, path, command, sizeof command);
    if (length < 0)
        return length == -ENOENT || length == -ESRCH ? 0 : (int)length;
    return strstr(command, "qemu") || strstr(command, "kvm");
}

/* The QEMU that a pid file tells of; 0: none; or a negative errno when it cannot be told. */
static pid_t read_pid_file(int directory, const char *name) {
    char text[32];
    ssize_t length = file_read_line_at(directory, name, text, sizeof text);
    int pid, r;

    if (length < 0)
        return length == -ENOENT || length == -ENAMETOOLONG ? 0 : (pid_t)length;
    if (sscanf(text, "%d", &pid) != 1 || pid <= 0)
        return 0;
    r = is_qemu(pid);
    return r > 0 ? pid : r;
}

static pid_t find_qemu(const char *domain) {
    _cleanup_free_ char *pid_file = text_format(PID_FILES "/%s.pid", domain);

    /* A name with a slash is none of libvirt's, and would lead out of the directory. */
    if (strchr(domain, '/'))
        return 0;
    return pid_file ? read_pid_file(AT_FDCWD, pid_file) : -ENOMEM;
}

pid_t process_qemu(const char *domain) {
    pid_t qemu = find_qemu(domain);

    return qemu > 0 ? qemu : 0;
}

bool process_qemu_lives(const char *domain) {
    return find_qemu(domain) != 0;
}

int process_for_each_qemu(int (*visit)(const char *domain, pid_t qemu, void *data), void *data) {
    _cleanup_closedir_ DIR *files = opendir(PID_FILES);
    int r = files || errno == ENOENT ? 0 : -errno;

    for (struct dirent *entry = files ? file_next_entry(files, &r) : NULL; entry && r == 0;
         entry = file_next_entry(files, &r)) {
        char *end = strrchr(entry->d_name, '.');
        pid_t pid;

        if (!end || strcmp(end, ".pid") != 0)
            continue;
        pid = read_pid_file(dirfd(files), entry->d_name);
        *end = '\0';
        if (pid > 0)
            r = visit(entry->d_name, pid, data);
    }
    return r;
}

/* Who has a process. */
struct owner {
    pid_t pid;
    char *domain;
};

static int is_owner(const char *domain, pid_t qemu, void *data) {
    struct owner *owner = data;

    if (qemu != owner->pid)
        return 0;
    owner->domain = text_printable(domain);
    return 1;
}

char *process_domain(pid_t pid) {
    struct owner owner = {.pid = pid};

    return process_for_each_qemu(is_owner, &owner) == 1 ? owner.domain : NULL;
}
