/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <json-c/json_tokener.h>

#include "deadline.h"
#include "file.h"
#include "json-record.h"
#include "log.h"
#include "text.h"

#define JOURNAL_DIRECTORY "/run/hostdevctl"
#define JOURNAL_VERSION 1
#define JOURNAL_MAX ((size_t)16 << 20)
#define LOCK_RETRY_USEC (10 * USEC_PER_MSEC)

int journal_open_directory(bool create, struct error *error) {
    _cleanup_close_ int fd = -1;
    struct stat st;

    if (create && mkdir(JOURNAL_DIRECTORY, 0700) < 0 && errno != EEXIST)
        return error_set(error, errno, "%s cannot be made: %s", JOURNAL_DIRECTORY, strerror(errno));
    fd = open(JOURNAL_DIRECTORY, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return -ENOENT;
    if (fd < 0 || fstat(fd, &st) < 0)
        return error_set(error, errno, "%s cannot be opened: %s", JOURNAL_DIRECTORY,
                         strerror(errno));
    if (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)))
        return error_set(error, EPERM, "%s is not root's alone to write: remove it",
                         JOURNAL_DIRECTORY);
    return take_fd(&fd);
}

/* Takes a lock, trying again until the deadline. -EWOULDBLOCK when somebody else keeps it. */
static int lock(int fd, uint64_t deadline) {
    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return -errno;
        if (now_usec() >= deadline)
            return -EWOULDBLOCK;
        sleep_usec(LOCK_RETRY_USEC, deadline);
    }
    return 0;
}

/* ---- reading ------------------------------------------------------------------------------- */

static int take_steps(struct journal *journal, struct json_object *array) {
    for (size_t i = 0; i < json_object_array_length(array); i++) {
        int r = steps_add_from_json(&journal->steps, json_object_array_get_idx(array, i));

        if (r < 0)
            return r;
    }
    return 0;
}

static int take_daemon(struct journal *journal, struct json_object *daemon) {
    int64_t pid, start;

    if (!json_number(daemon, "pid", &pid) || !json_number(daemon, "start", &start) || pid <= 0 ||
        pid > INT_MAX || start < 0)
        return -EBADMSG;
    journal->daemon = (struct process){.pid = (pid_t)pid, .start = (uint64_t)start};
    return 0;
}

static int take_head(struct journal *journal, struct json_object *head) {
    const char *domain = json_string(head, "domain");
    struct json_object *claims;
    int64_t timeout;

    if (!json_number(head, "version", &journal->version) || !domain ||
        !json_number(head, "timeout", &timeout) || timeout < 1 || timeout > INT_MAX ||
        !json_object_object_get_ex(head, "claims", &claims) ||
        !json_object_is_type(claims, json_type_array))
        return -EBADMSG;
    journal->domain = strdup(domain);
    journal->timeout = (unsigned)timeout;
    journal->claims = json_object_get(claims);
    return journal->domain ? 0 : -ENOMEM;
}

static int take_line(struct journal *journal, const char *line) {
    _cleanup_json_ struct json_object *record = json_tokener_parse(line);
    struct json_object *value;

    if (!json_object_is_type(record, json_type_object))
        return -EBADMSG;
    if (!journal->domain)
        return take_head(journal, record);
    /* Of another version only the head is understood, and it is all that other VMs have to know. */
    if (journal->version != JOURNAL_VERSION)
        return 0;
    if (json_object_object_get_ex(record, "released", &value)) {
        journal->released = true;
        return 0;
    }
    if (json_object_object_get_ex(record, "daemon", &value))
        return take_daemon(journal, value);
    if (json_object_object_get_ex(record, "steps", &value) &&
        json_object_is_type(value, json_type_array))
        return take_steps(journal, value);
    return -EBADMSG;
}

/* Takes all whole lines; *ret_length is where the last of them ends. */
static int parse(struct journal *journal, char *text, size_t *ret_length) {
    char *line = text, *end;

    for (; (end = strchr(line, '\n')); line = end + 1) {
        int r;

        *end = '\0';
        r = take_line(journal, line);
        if (r < 0)
            return r;
    }
    *ret_length = (size_t)(line - text);
    return journal->domain ? 0 : -EBADMSG;
}

static int open_journal(int directory, const char *file) {
    int fd = openat(directory, file, O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

    return fd < 0 ? -errno : fd;
}

/* Reads a journal from its descriptor, which it takes over. -EBADMSG when it makes no sense.
 * *ret_length is the length without an unfinished last line. */
static int read_journal(int fd, const char *file, struct journal **ret, size_t *ret_length) {
    _cleanup_journal_ struct journal *journal = calloc(1, sizeof *journal);
    _cleanup_free_ char *text = NULL;
    size_t length;
    int r;

    if (!journal) {
        close(fd);
        return -ENOMEM;
    }
    journal->fd = fd;
    journal->file = strdup(file);
    if (!journal->file)
        return -ENOMEM;
    r = file_read_all(fd, JOURNAL_MAX, &text, &length);
    if (r >= 0)
        r = parse(journal, text, ret_length);
    if (r < 0)
        return r;
    *ret = take_pointer(journal);
    return 0;
}

/* Whether the file that was locked still is the one in the directory: the hook that held the lock
 * before may have removed it. */
static bool is_current(int directory, const char *file, int fd) {
    struct stat here, there;

    return fstat(fd, &here) == 0 && fstatat(directory, file, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
           here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

static int open_locked(int directory, const char *file, uint64_t deadline) {
    for (;;) {
        _cleanup_close_ int fd = open_journal(directory, file);
        int r = fd < 0 ? fd : lock(fd, deadline);

        if (r < 0)
            return r;
        if (is_current(directory, file, fd))
            return take_fd(&fd);
    }
}

static int damaged(int r, const char *file, struct error *error) {
    return error_set(error, r == -EINVAL ? EBADMSG : -r,
                     "the journal %s/%s cannot be used (%s): it is damaged, or of another version "
                     "of hostdevctl. Look at the devices it names, then remove it",
                     JOURNAL_DIRECTORY, file, strerror(-r));
}

int journal_load(int directory, const char *domain, uint64_t deadline, struct journal **ret,
                 struct error *error) {
    _cleanup_journal_ struct journal *journal = NULL;
    _cleanup_free_ char *file = text_escape_file_name(domain);
    size_t length;
    int r;

    if (!file)
        return error_oom(error);
    r = open_locked(directory, file, deadline);
    /* No journal can have a name that is too long for a file. */
    if (r == -ENOENT || r == -ENAMETOOLONG)
        return -ENOENT;
    if (r == -EWOULDBLOCK)
        return r;
    if (r >= 0)
        r = read_journal(r, file, &journal, &length);
    if (r >= 0 && journal->version != JOURNAL_VERSION)
        r = -EBADMSG;
    /* What is appended next must not continue a line that was never finished. */
    if (r >= 0 && ftruncate(journal->fd, (off_t)length) < 0)
        r = -errno;
    if (r < 0)
        return damaged(r, file, error);
    *ret = take_pointer(journal);
    return 0;
}

/* ---- writing ------------------------------------------------------------------------------- */

static int append(int fd, struct json_object *record) {
    const char *text = json_object_to_json_string_ext(record, JSON_C_TO_STRING_PLAIN |
                                                                  JSON_C_TO_STRING_NOSLASHESCAPE);
    _cleanup_free_ char *line = text ? text_format("%s\n", text) : NULL;
    struct stat before;
    int r;

    if (!line)
        return -ENOMEM;
    if (fstat(fd, &before) < 0)
        return -errno;
    r = file_write_all(fd, line, strlen(line));
    /* Half a line must not stay: should even this fail, a reader passes over it. */
    if (r < 0 && ftruncate(fd, before.st_size) < 0)
        log_warning("half a line stays in a journal: %s", strerror(errno));
    return r;
}

static int unwritable(int r, struct error *error) {
    return error_set(error, -r, "no journal can be written in %s: %s", JOURNAL_DIRECTORY,
                     strerror(-r));
}

static struct json_object *claims_to_json(const struct claims *claims) {
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; array && i < claims->count; i++) {
        struct json_object *what = json_object_new_string(claims->items[i].what);

        if (!what || json_object_array_add(array, what) < 0) {
            json_object_put(what);
            json_object_put(array);
            return NULL;
        }
    }
    return array;
}

static int append_head(int fd, const struct journal_head *head) {
    _cleanup_json_ struct json_object *record = json_object_new_object();

    if (!record || !json_add(record, "version", json_object_new_int(JOURNAL_VERSION)) ||
        !json_add(record, "domain", json_object_new_string(head->domain)) ||
        !json_add(record, "uuid", json_object_new_string(head->uuid)) ||
        !json_add(record, "timeout", json_object_new_int((int)head->timeout)) ||
        !json_add(record, "claims", claims_to_json(head->claims)))
        return -ENOMEM;
    return append(fd, record);
}

static int append_daemon(int fd, struct process daemon) {
    _cleanup_json_ struct json_object *record = json_object_new_object();
    struct json_object *stamp = json_object_new_object();

    if (!record || !stamp || !json_add(stamp, "pid", json_object_new_int(daemon.pid)) ||
        !json_add(stamp, "start", json_object_new_int64((int64_t)daemon.start))) {
        json_object_put(stamp);
        return -ENOMEM;
    }
    if (!json_add(record, "daemon", stamp))
        return -ENOMEM;
    return append(fd, record);
}

/* Writes the new journal under a name no domain has, and gives it its own when it is whole. */
static int write_new(int directory, const struct journal_head *head, const char *file, int *ret) {
    static const char unfinished[] = ".new";
    _cleanup_close_ int fd = -1;
    int r;

    /* The directory's lock is held: whoever left this one is dead. */
    if (unlinkat(directory, unfinished, 0) < 0 && errno != ENOENT)
        return -errno;
    fd = openat(directory, unfinished, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    r = lock(fd, 0);
    if (r >= 0)
        r = append_head(fd, head);
    if (r >= 0)
        r = append_daemon(fd, head->daemon);
    if (r >= 0 && renameat2(directory, unfinished, directory, file, RENAME_NOREPLACE) < 0)
        r = -errno;
    if (r < 0) {
        unlinkat(directory, unfinished, 0);
        return r;
    }
    *ret = take_fd(&fd);
    return 0;
}

/* ---- claims -------------------------------------------------------------------------------- */

/* Of the claims that the other VM has, the one that was made first: a device before its group, and
 * the VM's own before what is taken along. */
static const struct claim *find_conflict(const struct journal *other, const struct claims *claims) {
    const struct claim *first = NULL;

    for (size_t i = 0; i < json_object_array_length(other->claims); i++) {
        struct json_object *what = json_object_array_get_idx(other->claims, i);
        const struct claim *claim = json_object_is_type(what, json_type_string)
                                        ? claims_find(claims, json_object_get_string(what))
                                        : NULL;

        if (claim && (!first || claim->rank < first->rank))
            first = claim;
    }
    return first;
}

/* Looks for one of the claims in all journals but the domain's own. */
static int find_holder(int directory, const struct claims *claims, const char *own_file,
                       char **holder, const struct claim **conflict, struct error *error) {
    _cleanup_closedir_ DIR *entries = NULL;
    int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    entries = fd < 0 ? NULL : fdopendir(fd);
    if (!entries) {
        int r =
            error_set(error, errno, "%s cannot be listed: %s", JOURNAL_DIRECTORY, strerror(errno));

        close_descriptor(&fd);
        return r;
    }
    for (struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
        _cleanup_journal_ struct journal *other = NULL;
        size_t length;
        int r;

        if (entry->d_name[0] == '.' || strcmp(entry->d_name, own_file) == 0)
            continue;
        r = open_journal(directory, entry->d_name);
        if (r >= 0)
            r = read_journal(r, entry->d_name, &other, &length);
        if (r == -ENOENT)
            continue;
        /* What it claims nobody knows: better no start than one device in two VMs. */
        if (r < 0)
            return damaged(r, entry->d_name, error);
        *conflict = find_conflict(other, claims);
        if (*conflict) {
            *holder = take_pointer(other->domain);
            return JOURNAL_CONFLICT;
        }
    }
    return 0;
}

static struct journal *new_journal(const struct journal_head *head, const char *file, int fd) {
    struct journal *journal = calloc(1, sizeof *journal);

    if (!journal)
        return NULL;
    *journal = (struct journal){
        .fd = fd,
        .file = strdup(file),
        .domain = strdup(head->domain),
        .version = JOURNAL_VERSION,
        .timeout = head->timeout,
        .daemon = head->daemon,
    };
    if (journal->file && journal->domain)
        return journal;
    journal->fd = -1;
    journal_free(journal);
    return NULL;
}

static int create_locked(int directory, const struct journal_head *head, const char *file,
                         struct journal **ret, char **holder, const struct claim **conflict,
                         struct error *error) {
    _cleanup_close_ int fd = -1;
    int r = find_holder(directory, head->claims, file, holder, conflict, error);

    if (r != 0)
        return r;
    r = write_new(directory, head, file, &fd);
    if (r == -EEXIST)
        return error_set(error, EBUSY, "another hook is at work for this VM: try again");
    if (r < 0)
        return unwritable(r, error);
    *ret = new_journal(head, file, fd);
    if (!*ret) {
        unlinkat(directory, file, 0);
        return error_oom(error);
    }
    take_fd(&fd);
    return 0;
}

int journal_create(int directory, const struct journal_head *head, uint64_t deadline,
                   struct journal **ret, char **holder, const struct claim **conflict,
                   struct error *error) {
    _cleanup_free_ char *file = text_escape_file_name(head->domain);
    int r;

    if (!file)
        return error_oom(error);
    if (strlen(file) > NAME_MAX)
        return error_set(error, ENAMETOOLONG,
                         "the VM's name is too long for a file name: rename it");
    r = lock(directory, deadline);
    if (r == -EWOULDBLOCK)
        return error_set(error, EBUSY, "too many hooks are at work at once: try again");
    if (r < 0)
        return unwritable(r, error);
    r = create_locked(directory, head, file, ret, holder, conflict, error);
    flock(directory, LOCK_UN);
    return r;
}

int journal_write_steps(struct journal *journal, struct steps *steps, struct error *error) {
    _cleanup_json_ struct json_object *record = json_object_new_object();
    struct json_object *array = json_object_new_array();
    int r;

    if (!record || !json_add(record, "steps", array))
        return error_oom(error);
    for (size_t i = 0; i < steps->count; i++)
        if (json_object_array_add(array, json_object_get(steps->items[i].data)) < 0)
            return error_oom(error);
    r = append(journal->fd, record);
    if (r < 0)
        return unwritable(r, error);
    return steps_move(&journal->steps, steps) < 0 ? error_oom(error) : 0;
}

int journal_stamp(struct journal *journal, struct process daemon, struct error *error) {
    int r = append_daemon(journal->fd, daemon);

    return r < 0 ? unwritable(r, error) : 0;
}

int journal_release(struct journal *journal, struct error *error) {
    _cleanup_json_ struct json_object *record = json_object_new_object();
    int r;

    if (!record || !json_add(record, "released", json_object_new_boolean(true)))
        return error_oom(error);
    r = append(journal->fd, record);
    if (r < 0)
        return unwritable(r, error);
    journal->released = true;
    return 0;
}

void journal_remove(int directory, struct journal *journal) {
    /* Only its own: by now the name may be that of another hook's journal. */
    if (!is_current(directory, journal->file, journal->fd))
        return;
    if (unlinkat(directory, journal->file, 0) < 0)
        log_warning("the journal %s cannot be removed: %s", journal->file, strerror(errno));
}

void journal_free(struct journal *journal) {
    if (!journal)
        return;
    close_descriptor(&journal->fd);
    json_object_put(journal->claims);
    steps_done(&journal->steps);
    free(journal->file);
    free(journal->domain);
    free(journal);
}
