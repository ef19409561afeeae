/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

void die(int status, const char *format, ...) {
    va_list arguments;

    fprintf(stderr, "%s: ", program_invocation_short_name);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(status);
}

static void *not_null(void *pointer) {
    if (!pointer)
        die(EXIT_FAILURE, "out of memory");
    return pointer;
}

void *new_zeroed(size_t count, size_t size) {
    return not_null(calloc(count ? count : 1, size));
}

char *new_string(const char *text) {
    return not_null(strdup(text));
}

char *new_string_n(const char *text, size_t length) {
    return not_null(strndup(text, length));
}

void *grow(void *old, size_t count, size_t size) {
    return not_null(reallocarray(old, count ? count : 1, size));
}

char *new_format(const char *format, ...) {
    va_list arguments;
    char *text = NULL;

    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    return not_null(text);
}

void text_add_bytes(struct text *text, const void *bytes, size_t length) {
    /* One byte more, so that the data is a string as well. */
    if (text->length + length + 1 > text->size) {
        text->size = (text->length + length + 1) * 2;
        text->data = grow(text->data, text->size, 1);
    }
    if (length > 0)
        memcpy(text->data + text->length, bytes, length);
    text->length += length;
    text->data[text->length] = '\0';
}

void text_add(struct text *text, const char *format, ...) {
    va_list arguments;
    _cleanup_free_ char *added = NULL;
    int length;

    va_start(arguments, format);
    length = vasprintf(&added, format, arguments);
    va_end(arguments);
    if (length < 0)
        die(EXIT_FAILURE, "out of memory");
    text_add_bytes(text, added, (size_t)length);
}

void text_clear(struct text *text) {
    text->length = 0;
    if (text->data)
        text->data[0] = '\0';
}

void text_free(struct text *text) {
    free(text->data);
    *text = (struct text){0};
}

/* Only what the simulated operations can return. */
static const struct {
    int number;
    const char *name;
} errors[] = {
    {EPERM, "EPERM"},           {ENOENT, "ENOENT"},   {EINTR, "EINTR"},   {EIO, "EIO"},
    {ENXIO, "ENXIO"},           {ENOEXEC, "ENOEXEC"}, {EAGAIN, "EAGAIN"}, {ENOMEM, "ENOMEM"},
    {EACCES, "EACCES"},         {EBUSY, "EBUSY"},     {EEXIST, "EEXIST"}, {ENODEV, "ENODEV"},
    {EINVAL, "EINVAL"},         {ENOSPC, "ENOSPC"},   {ENOSYS, "ENOSYS"}, {ETIMEDOUT, "ETIMEDOUT"},
    {ESRCH, "ESRCH"},           {EFAULT, "EFAULT"},   {ERANGE, "ERANGE"}, {EOVERFLOW, "EOVERFLOW"},
    {ESRCH, "ESRCH"},           {EUSERS, "EUSERS"},   {ENOKEY, "ENOKEY"}, {EROFS, "EROFS"},
    {EOPNOTSUPP, "EOPNOTSUPP"},
};

int errno_from_name(const char *name) {
    for (size_t i = 0; i < ELEMENTS(errors); i++)
        if (strcmp(errors[i].name, name) == 0)
            return errors[i].number;
    return 0;
}

const char *errno_name(int number) {
    for (size_t i = 0; i < ELEMENTS(errors); i++)
        if (errors[i].number == number)
            return errors[i].name;
    return "E?";
}

int parse_count(const char *text, unsigned long max, unsigned long *ret) {
    unsigned long number;
    char *end;

    if (!isdigit((unsigned char)*text))
        return -EINVAL;
    errno = 0;
    number = strtoul(text, &end, 10);
    if (end[*end == '\n'])
        return -EINVAL;
    if (errno || number > max)
        return -ERANGE;
    *ret = number;
    return 0;
}

char *module_id(const char *name) {
    const char *end = strstr(name, ".ko");
    char *id = new_string_n(name, end ? (size_t)(end - name) : strlen(name));

    for (char *c = id; *c; c++)
        if (*c == '-')
            *c = '_';
    return id;
}

uint32_t hash_text(uint32_t seed, const char *text) {
    uint32_t hash = seed ^ UINT32_C(2166136261);

    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * UINT32_C(16777619);
    return hash ^ (hash >> 15);
}
