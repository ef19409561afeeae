/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel-line.h"

#include <fcntl.h>
#include <string.h>

#include "file.h"

/* The kernel's own limit is 2 KiB on most architectures, some KiB more on others. */
#define LINE_MAX_SIZE 65536

char *kernel_line_read(void) {
    _cleanup_close_ int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
    char *line;
    size_t length;

    return fd >= 0 && file_read_all(fd, LINE_MAX_SIZE, &line, &length) == 0 ? line : NULL;
}

static size_t word_length(const char *word) {
    bool quoted = false;
    size_t length = 0;

    for (; word[length] && (quoted || !strchr(" \t\n", word[length])); length++)
        if (word[length] == '"')
            quoted = !quoted;
    return length;
}

int kernel_line_for_each(const char *line,
                         int (*visit)(void *data, const char *word, size_t length), void *data) {
    int r = 0;

    while (r == 0 && *(line += strspn(line, " \t\n"))) {
        size_t length = word_length(line);

        r = visit(data, line, length);
        line += length;
    }
    return r;
}

static int is_off(_unused_ void *data, const char *word, size_t length) {
    static const char off[] = "hostdevctl.early=off";

    return length == strlen(off) && strncmp(word, off, length) == 0;
}

bool kernel_line_turns_off(const char *line) {
    return kernel_line_for_each(line, is_off, NULL) != 0;
}
