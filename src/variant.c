/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "variant.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/utsname.h>

#include "file.h"
#include "text.h"

#define INDEX_MAX ((size_t)64 << 20)
#define LINE_START "alias vfio_pci:"

/* Moves the lines about VFIO to the front of the text, without their first word, and ends it there:
 * a handful among tens of thousands. */
static void keep_vfio_lines(char *text) {
    char *end = text, *line = text;

    while ((line = strstr(line, LINE_START))) {
        size_t length = strcspn(line, "\n");

        /* In the middle of a line it is something else. */
        if (line == text || line[-1] == '\n') {
            size_t word = strlen("alias ");

            memmove(end, line + word, length - word);
            end += length - word;
            *end++ = '\n';
        }
        line += length;
    }
    *end = '\0';
}

int variants_read(struct variants *ret) {
    _cleanup_free_ char *path = NULL, *text = NULL;
    _cleanup_close_ int fd = -1;
    struct utsname kernel;
    size_t length;
    int r;

    if (uname(&kernel) < 0)
        return -errno;
    path = text_format("/lib/modules/%s/modules.alias", kernel.release);
    if (!path)
        return -ENOMEM;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : -errno;
    r = file_read_all(fd, INDEX_MAX, &text, &length);
    if (r < 0)
        return r;
    keep_vfio_lines(text);
    ret->aliases = take_pointer(text);
    return 0;
}

void variants_done(struct variants *variants) {
    free(variants->aliases);
}

static unsigned count_wildcards(const char *pattern) {
    unsigned count = 0;

    for (; *pattern; pattern++)
        count += *pattern == '*';
    return count;
}

bool variants_find(const struct variants *variants, const char *modalias, char *ret) {
    _cleanup_free_ char *alias = text_format("vfio_%s", modalias);
    unsigned fewest = ~0U;
    const char *line = variants->aliases;

    *ret = '\0';
    while (alias && line && *line) {
        char pattern[256], module[DRIVER_NAME_MAX];
        int fields = sscanf(line, "%255s %63s", pattern, module);

        if (fields == 2 && strcmp(module, "vfio_pci") != 0 && count_wildcards(pattern) < fewest &&
            fnmatch(pattern, alias, 0) == 0) {
            fewest = count_wildcards(pattern);
            strcpy(ret, module);
        }
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    return *ret != '\0';
}
