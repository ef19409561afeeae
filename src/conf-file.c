/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf-file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include <ini.h>

#define NEITHER "this is neither [section] nor name = value"
#define TOO_LONG "the line is too long, or holds a NUL byte"

struct reading {
    FILE *stream;
    int line;
    bool too_long; /* or with a NUL byte in it: the library would see only a part */
    int failed;    /* line of the first setting that was refused, 0: none */
    struct error reason;
    conf_setting setting;
    void *data;
    void (*mistake)(void *data, const char *what); /* NULL: the first one ends it */
    int *shown_line;
    bool in_refused_section;
};

/* Whether it is to be read on after a mistake, which has been told then. */
static bool goes_on(struct reading *reading, const char *what) {
    if (!reading->mistake)
        return false;
    reading->mistake(reading->data, what);
    error_clear(&reading->reason);
    return true;
}

/* Cuts off the comment and the blanks around what remains: inih would take an indented line for
 * the continuation of the one before. */
static char *strip(char *line) {
    char *end;

    for (char *c = line; *c; c++)
        if ((*c == '#' || *c == ';') && (c == line || isspace((unsigned char)c[-1]))) {
            *c = '\0';
            break;
        }
    while (isspace((unsigned char)*line))
        line++;
    end = line + strlen(line);
    while (end > line && isspace((unsigned char)end[-1]))
        end--;
    *end = '\0';
    return line;
}

/* A section that holds nothing would not be told by inih, which on the other hand takes one that
 * something follows. */
static bool take_section(struct reading *reading, const char *text) {
    const char *end = strchr(text, ']');
    _cleanup_free_ char *section = NULL;

    if (text[0] != '[')
        return true;
    if (!end || end[1])
        error_set(&reading->reason, EINVAL, NEITHER);
    else if (!(section = strndup(text + 1, (size_t)(end - text - 1))))
        error_oom(&reading->reason);
    reading->in_refused_section = false;
    if (section && reading->setting(reading->data, section, NULL, NULL, &reading->reason) == 0)
        return true;
    reading->in_refused_section = goes_on(reading, error_text(&reading->reason));
    if (!reading->in_refused_section)
        reading->failed = reading->line;
    return false;
}

/* Whether inih gets to see the line of a file that is checked: after a mistake it would tell of no
 * other one. */
static bool is_shown(struct reading *reading, const char *text) {
    if (!reading->mistake)
        return true;
    if (*text && *text != '[' && !reading->in_refused_section && !strpbrk(text, "=:"))
        return !goes_on(reading, NEITHER);
    return *text == '[' || !reading->in_refused_section;
}

/* Editors of other systems begin a file with the mark; inih would pass over it, too. */
static char *skip_mark(char *text) {
    static const char mark[] = "\xef\xbb\xbf";

    while (strncmp(text, mark, strlen(mark)) == 0)
        text = strip(text + strlen(mark));
    return text;
}

/* inih asks for lines in a buffer of its own, whose size only it knows. */
static char *read_line(char *buffer, int size, void *data) {
    struct reading *reading = data;
    _cleanup_free_ char *line = NULL;
    size_t room = 0;
    ssize_t length;
    char *text;

    if (reading->failed || reading->too_long)
        return NULL;
    length = getline(&line, &room, reading->stream);
    if (length < 0)
        return NULL;
    reading->line++;
    if (reading->shown_line)
        *reading->shown_line = reading->line;
    if (strlen(line) != (size_t)length) {
        if (!goes_on(reading, TOO_LONG)) {
            reading->too_long = true;
            return NULL;
        }
        *line = '\0';
    }
    text = strip(line);
    if (reading->line == 1)
        text = skip_mark(text);
    if (strlen(text) + 2 > (size_t)size) {
        if (!goes_on(reading, TOO_LONG)) {
            reading->too_long = true;
            return NULL;
        }
        *text = '\0';
    }
    if (!take_section(reading, text)) {
        if (!reading->mistake)
            return NULL;
        *text = '\0';
    }
    if (!is_shown(reading, text))
        *text = '\0';
    snprintf(buffer, (size_t)size, "%s\n", text);
    return buffer;
}

static int take_setting(void *data, const char *section, const char *name, const char *value) {
    struct reading *reading = data;

    if (reading->setting(reading->data, section, name, value, &reading->reason) == 0 ||
        goes_on(reading, error_text(&reading->reason)))
        return 1;
    reading->failed = reading->line;
    return 0;
}

/* Whoever can write the file decides what root does. */
static int check_trust(int fd, const char *path, struct error *error) {
    struct stat st;

    if (fstat(fd, &st) < 0)
        return error_set(error, errno, "%s cannot be examined: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return error_set(error, EINVAL, "%s is not a regular file", path);
    if (st.st_uid != 0)
        return error_set(error, EPERM, "%s belongs to user %u, not to root: chown root it", path,
                         st.st_uid);
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        return error_set(error, EPERM, "%s can be written by others than root: chmod go-w it",
                         path);
    return 0;
}

static FILE *open_stream(int fd) {
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    FILE *stream = copy < 0 ? NULL : fdopen(copy, "re");

    if (!stream)
        close_descriptor(&copy);
    return stream;
}

int conf_file_check(int fd, conf_setting setting, int *line,
                    void (*mistake)(void *data, const char *what), void *data) {
    _cleanup_fclose_ FILE *stream = open_stream(fd);
    struct reading reading = {
        .stream = stream, .setting = setting, .data = data, .mistake = mistake, .shown_line = line};
    int wrong;

    if (!stream)
        return -errno;
    wrong = ini_parse_stream(read_line, &reading, take_setting, &reading);
    error_clear(&reading.reason);
    /* What inih alone has found, and nobody has told yet. */
    if (wrong > 0 && !ferror(stream)) {
        *line = wrong;
        mistake(data, NEITHER);
    }
    return ferror(stream) ? -EIO : wrong < 0 ? -ENOMEM : 0;
}

int conf_file_read(int fd, const char *path, conf_setting setting, void *data,
                   struct error *error) {
    _cleanup_fclose_ FILE *stream = NULL;
    struct reading reading = {.setting = setting, .data = data};
    _cleanup_error_ struct error reason = {0};
    int wrong, r;

    r = check_trust(fd, path, error);
    if (r < 0)
        return r;
    stream = open_stream(fd);
    if (!stream)
        return error_set(error, errno, "%s cannot be read: %s", path, strerror(errno));
    reading.stream = stream;
    wrong = ini_parse_stream(read_line, &reading, take_setting, &reading);
    error_move(&reason, &reading.reason);

    if (ferror(stream))
        return error_set(error, EIO, "%s cannot be read: %s", path, strerror(errno));
    /* A refused setting ends the reading, so an earlier line that inih names had bad syntax. */
    if (wrong > 0 && wrong != reading.failed)
        return error_set(error, EINVAL, "%s:%d: " NEITHER, path, wrong);
    if (reading.failed)
        return error_set(error, reason.code, "%s:%d: %s", path, reading.failed,
                         error_text(&reason));
    if (reading.too_long)
        return error_set(error, EINVAL, "%s:%d: " TOO_LONG, path, reading.line);
    if (wrong < 0)
        return error_oom(error);
    return 0;
}
