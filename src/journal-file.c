/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal-file.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include <json-c/json_tokener.h>

#include "file.h"
#include "json-record.h"
#include "log.h"
#include "text.h"

#define JOURNAL_MAX ((size_t)16 << 20)

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

    if (!json_number(daemon, "pid", &pid) || !json_number(daemon, "start", &start) || pid < 0 ||
        pid > INT_MAX || start < 0)
        return -EBADMSG;
    journal->daemon = (struct process){.pid = (pid_t)pid, .start = (uint64_t)start};
    return 0;
}

/* A version that is understood is of one kind of journal. */
static bool version_fits(int64_t version, const char *domain) {
    struct pci_address device;

    return version > JOURNAL_VERSION ||
           (version > JOURNAL_VERSION_VM) == journal_is_by_hand(domain, &device);
}

static int take_claims(struct journal *journal, struct json_object *claims) {
    if (journal->version == JOURNAL_VERSION_VM || !json_object_is_type(claims, json_type_array))
        return -EBADMSG;
    json_object_put(journal->claims);
    journal->claims = json_object_get(claims);
    return 0;
}

static int take_head(struct journal *journal, struct json_object *head) {
    const char *domain = json_string(head, "domain");
    struct json_object *claims;
    int64_t timeout;

    if (!json_number(head, "version", &journal->version) || journal->version < 1 || !domain ||
        !json_number(head, "timeout", &timeout) || timeout < 1 || timeout > INT_MAX ||
        !json_object_object_get_ex(head, "claims", &claims) ||
        !json_object_is_type(claims, json_type_array) || !version_fits(journal->version, domain))
        return -EBADMSG;
    journal->domain = strdup(domain);
    journal->timeout = (unsigned)timeout;
    journal->claims = json_object_get(claims);
    return journal->domain ? 0 : -ENOMEM;
}

/* What is on the line, all of it: a record that another one is glued to is damaged. */
static int parse_line(const char *line, struct json_object **ret) {
    struct json_tokener *tokener = json_tokener_new();
    int r = 0;

    if (!tokener)
        return -ENOMEM;
    *ret = json_tokener_parse_ex(tokener, line, (int)strlen(line));
    /* Nothing, and nothing wrong with the text: no memory for it. */
    if (!*ret && *line == '{' && json_tokener_get_error(tokener) == json_tokener_success)
        r = -ENOMEM;
    else if (!json_object_is_type(*ret, json_type_object) ||
             line[json_tokener_get_parse_end(tokener)])
        r = -EBADMSG;
    json_tokener_free(tokener);
    return r;
}

static int take_line(struct journal *journal, const char *line) {
    _cleanup_json_ struct json_object *record = NULL;
    struct json_object *value;
    int r = parse_line(line, &record);

    if (r < 0)
        return r;
    if (!journal->domain)
        return take_head(journal, record);
    /* Of a newer version only the head is understood, and it is all that other VMs have to know. */
    if (journal->version > JOURNAL_VERSION)
        return 0;
    if (json_object_object_get_ex(record, "released", &value)) {
        journal->released = true;
        return 0;
    }
    if (json_object_object_get_ex(record, "daemon", &value))
        return take_daemon(journal, value);
    if (json_object_object_get_ex(record, "claims", &value))
        return take_claims(journal, value);
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

int journal_file_read(int fd, const char *file, struct journal **ret, size_t *ret_length) {
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
    /* A NUL byte hides whole lines. */
    if (r >= 0 && memchr(text + *ret_length, '\n', length - *ret_length))
        r = -EBADMSG;
    if (r < 0)
        return r;
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

static struct json_object *claims_to_json(const struct claims *claims) {
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; array && i < claims->count; i++)
        if (!json_append(array, json_object_new_string(claims->items[i].what))) {
            json_object_put(array);
            return NULL;
        }
    return array;
}

int journal_file_write_head(int fd, const struct journal_head *head) {
    _cleanup_json_ struct json_object *record = json_object_new_object();
    struct pci_address device;
    int version = journal_is_by_hand(head->domain, &device) ? JOURNAL_VERSION : JOURNAL_VERSION_VM;

    if (!record || !json_add(record, "version", json_object_new_int(version)) ||
        !json_add(record, "domain", json_object_new_string(head->domain)) ||
        !json_add(record, "uuid", json_object_new_string(head->uuid)) ||
        !json_add(record, "timeout", json_object_new_int((int)head->timeout)) ||
        !json_add(record, "claims", claims_to_json(head->claims)))
        return -ENOMEM;
    return append(fd, record);
}

int journal_file_write_daemon(int fd, struct process daemon) {
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

int journal_file_write_steps(int fd, const struct steps *steps) {
    _cleanup_json_ struct json_object *record = json_object_new_object();
    struct json_object *array = json_object_new_array();

    if (!record || !json_add(record, "steps", array))
        return -ENOMEM;
    for (size_t i = 0; i < steps->count; i++)
        if (json_object_array_add(array, json_object_get(steps->items[i].data)) < 0)
            return -ENOMEM;
    return append(fd, record);
}

int journal_file_write_released(int fd) {
    _cleanup_json_ struct json_object *record = json_object_new_object();

    if (!record || !json_add(record, "released", json_object_new_boolean(true)))
        return -ENOMEM;
    return append(fd, record);
}

int journal_file_write_claims(int fd, const struct claims *claims) {
    _cleanup_json_ struct json_object *record = json_object_new_object();

    if (!record || !json_add(record, "claims", claims_to_json(claims)))
        return -ENOMEM;
    return append(fd, record);
}
