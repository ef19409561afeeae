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

    return process_identify(process.pid, &now) == 0 && now.start == process.start;
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

static bool is_qemu(int pid) {
    char path[64], command[32];

    /* Not the command line: reading that waits for the memory of a QEMU that is stuck. */
    snprintf(path, sizeof path, "/proc/%d/comm", pid);
    return file_read_line_at(AT_FDCWD, path, command, sizeof command) >= 0 &&
           (strstr(command, "qemu") || strstr(command, "kvm"));
}

static pid_t read_pid_file(int directory, const char *name) {
    char text[32];
    int pid;

    if (file_read_line_at(directory, name, text, sizeof text) < 0 ||
        sscanf(text, "%d", &pid) != 1 || pid <= 0)
        return 0;
    return pid;
}

pid_t process_qemu(const char *domain) {
    _cleanup_free_ char *pid_file = text_format(PID_FILES "/%s.pid", domain);
    pid_t pid;

    /* A name with a slash is none of libvirt's, and would lead out of the directory. */
    if (!pid_file || strchr(domain, '/'))
        return 0;
    pid = read_pid_file(AT_FDCWD, pid_file);
    return pid && is_qemu(pid) ? pid : 0;
}

int process_for_each_qemu(int (*visit)(const char *domain, pid_t qemu, void *data), void *data) {
    _cleanup_closedir_ DIR *files = opendir(PID_FILES);
    int r = 0;

    for (struct dirent *entry = files ? readdir(files) : NULL; entry && r == 0;
         entry = readdir(files)) {
        char *end = strrchr(entry->d_name, '.');
        pid_t pid;

        if (!end || strcmp(end, ".pid") != 0)
            continue;
        pid = read_pid_file(dirfd(files), entry->d_name);
        *end = '\0';
        if (pid && is_qemu(pid))
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
