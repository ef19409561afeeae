/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "state-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <json-c/json_tokener.h>

#include "file.h"
#include "json-record.h"
#include "lock.h"
#include "log.h"
#include "text.h"

#define STATE_MAX ((size_t)64 << 20)
/* Above this, the next state replaces all that were before it. */
#define STATE_GROWN ((off_t)1 << 20)

static int unusable(const char *name, int r, struct error *error) {
    return error_set(error, -r, "/run/hostdevctl/%s cannot be used: %s", name, strerror(-r));
}

/* The last line that is whole. */
static struct json_object *parse_last(char *text) {
    struct json_object *state = NULL;
    char *end;

    while (!json_object_is_type(state, json_type_object) && (end = strrchr(text, '\n'))) {
        char *line;

        *end = '\0';
        line = strrchr(text, '\n');
        json_object_put(state);
        state = json_tokener_parse(line ? line + 1 : text);
    }
    if (json_object_is_type(state, json_type_object))
        return state;
    json_object_put(state);
    return json_object_new_object();
}

static int read_state(struct state_file *file) {
    _cleanup_free_ char *text = NULL;
    size_t length;
    int r = file_read_all(file->fd, STATE_MAX, &text, &length);

    if (r < 0)
        return r;
    /* Damage must not hide the lines behind it. */
    for (size_t i = 0; i < length; i++)
        if (!text[i])
            text[i] = '\n';
    file->state = parse_last(text);
    return file->state ? 0 : -ENOMEM;
}

/* Who had the lock may have been killed while the file was replaced. */
static void drop_new(int directory, const char *name) {
    _cleanup_free_ char *new = text_format("%s.new", name);

    if (new)
        unlinkat(directory, new, 0);
}

/* Opens a file that still is the one of that name once it is locked: who had it before may have
 * removed it. */
static int open_locked(int directory, const char *name, uint64_t deadline) {
    for (;;) {
        _cleanup_close_ int fd =
            openat(directory, name, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
        int r = fd < 0 ? -errno : lock_take(fd, deadline);

        if (r >= 0)
            r = lock_is_current(directory, name, fd);
        if (r < 0)
            return r;
        if (r == 0)
            continue;
        drop_new(directory, name);
        return take_fd(&fd);
    }
}

int state_file_open(int directory, const char *name, uint64_t deadline, struct state_file *ret,
                    struct error *error) {
    int r;

    *ret = (struct state_file){.directory = directory, .fd = -1, .name = name};
    ret->fd = open_locked(directory, name, deadline);
    if (ret->fd == -EWOULDBLOCK)
        return error_set(
            error, EALREADY,
            "/run/hostdevctl/%s is still locked by an earlier worker, which is slow or stuck",
            name);
    r = ret->fd < 0 ? ret->fd : read_state(ret);
    return r < 0 ? unusable(name, r, error) : 0;
}

static int append_line(int fd, const char *line) {
    struct stat before;
    int r;

    if (fstat(fd, &before) < 0)
        return -errno;
    r = file_write_all(fd, line, strlen(line));
    if (r < 0 && ftruncate(fd, before.st_size) < 0)
        log_warning("half a line stays in /run/hostdevctl: %s", strerror(errno));
    return r;
}

/* Puts a new file in the place of one that has grown, locked before it is there. */
static int replace(struct state_file *file, const char *line) {
    _cleanup_free_ char *new = text_format("%s.new", file->name);
    _cleanup_close_ int fd = -1;
    int r;

    if (!new)
        return -ENOMEM;
    fd = openat(file->directory, new,
                O_RDWR | O_APPEND | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    r = fd < 0 ? -errno : lock_take(fd, 0);
    if (r >= 0)
        r = append_line(fd, line);
    if (r >= 0 && renameat(file->directory, new, file->directory, file->name) < 0)
        r = -errno;
    if (r < 0) {
        unlinkat(file->directory, new, 0);
        return r;
    }
    close(file->fd);
    file->fd = take_fd(&fd);
    return 0;
}

int state_file_save(struct state_file *file, struct error *error) {
    const char *text = json_object_to_json_string_ext(
        file->state, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
    /* The line break in front ends a line that a dead writer left without its own. */
    _cleanup_free_ char *line = text ? text_format("\n%s\n", text) : NULL;
    struct stat st;
    int r;

    if (!line)
        return error_oom(error);
    if (fstat(file->fd, &st) == 0 && st.st_size > STATE_GROWN)
        r = replace(file, line);
    else
        r = append_line(file->fd, line);
    return r < 0 ? unusable(file->name, r, error) : 0;
}

void state_file_close(struct state_file *file) {
    if (file->fd >= 0 && file->state && json_object_object_length(file->state) == 0 &&
        unlinkat(file->directory, file->name, 0) < 0)
        log_warning("/run/hostdevctl/%s cannot be removed: %s", file->name, strerror(errno));
    json_object_put(file->state);
    close_descriptor(&file->fd);
}
