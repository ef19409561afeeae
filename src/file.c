/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* Reads until the end, or until there is no more room. */
static ssize_t read_fully(int fd, char *buffer, size_t room) {
    size_t length = 0;

    while (length < room) {
        ssize_t n = read(fd, buffer + length, room - length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        length += (size_t)n;
    }
    return (ssize_t)length;
}

ssize_t file_read_line_at(int directory, const char *name, char *buffer, size_t size) {
    _cleanup_close_ int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -errno : read_fully(fd, buffer, size);

    if (length < 0)
        return length;
    if ((size_t)length == size)
        return -EOVERFLOW;
    if (length > 0 && buffer[length - 1] == '\n')
        length--;
    buffer[length] = '\0';
    return length;
}

int file_write_at(int directory, const char *name, const char *value) {
    _cleanup_close_ int fd = openat(directory, name, O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    if (write(fd, value, strlen(value)) < 0)
        return -errno;
    return 0;
}

int file_link_name_at(int directory, const char *name, char *buffer, size_t size) {
    char target[4096];
    ssize_t length = readlinkat(directory, name, target, sizeof target - 1);
    const char *base;

    if (length < 0)
        return -errno;
    target[length] = '\0';
    base = strrchr(target, '/');
    base = base ? base + 1 : target;
    if (strlen(base) >= size)
        return -EOVERFLOW;
    strcpy(buffer, base);
    return 0;
}

int file_read_all(int fd, size_t limit, char **ret, size_t *ret_length) {
    size_t room = 16384, length = 0;
    _cleanup_free_ char *data = malloc(room + 1);

    while (data) {
        ssize_t n = read_fully(fd, data + length, room - length);
        char *larger;

        if (n < 0)
            return (int)n;
        length += (size_t)n;
        if (length > limit)
            return -EFBIG;
        if (length < room) {
            data[length] = '\0';
            *ret = take_pointer(data);
            *ret_length = length;
            return 0;
        }
        larger = realloc(data, 2 * room + 1);
        if (!larger)
            return -ENOMEM;
        data = larger;
        room *= 2;
    }
    return -ENOMEM;
}

struct dirent *file_next_entry(DIR *directory, int *r) {
    struct dirent *entry;

    errno = 0;
    entry = readdir(directory);
    if (!entry && errno)
        *r = -errno;
    return entry;
}

int file_write_all(int fd, const char *data, size_t length) {
    while (length > 0) {
        ssize_t n = write(fd, data, length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        data += n;
        length -= (size_t)n;
    }
    return 0;
}
