/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options of vfio-pci in modprobe.d(5). */

#include "legacy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#include "driver.h"
#include "file.h"
#include "text.h"

#define FILE_MAX ((size_t)1 << 20)

/* Written for booster out of what is reserved. */
#define OURS "hostdevctl.conf"

/* A file hides those of the same name in the directories below it. */
static const char *const directories[] = {
    "/etc/modprobe.d",
    "/run/modprobe.d",
    "/usr/lib/modprobe.d",
};

/* One file. */
struct reading {
    struct legacy *legacy;
    const char *path;
    int line;
};

/* The words of a line, which is written over. `ids` may come more than once. */
static int take_line(const struct reading *reading, char *line) {
    static const char blanks[] = " \t\r", ids[] = "ids=";
    char *rest = NULL, *word = strtok_r(line, blanks, &rest);
    int r = 0;

    if (!word || strcmp(word, "options") != 0)
        return 0;
    word = strtok_r(NULL, blanks, &rest);
    if (!word || !driver_name_same(word, DRIVER_VFIO_PCI))
        return 0;
    while (r == 0 && (word = strtok_r(NULL, blanks, &rest))) {
        if (strncmp(word, ids, strlen(ids)) != 0)
            continue;
        r = legacy_add_source(reading->legacy,
                              text_format("%s in %s:%d", word, reading->path, reading->line),
                              text_format("%s, from %s:%d", word, reading->path, reading->line));
        if (r == 0)
            r = legacy_add_ids(reading->legacy, word + strlen(ids));
    }
    return r;
}

/* A backslash at the end has the line go on. */
static int take_text(struct reading *reading, char *text) {
    int r = 0;

    while (r == 0 && *text) {
        int lines = 1;
        char *end = text + strcspn(text, "\n"), *next;

        while (*end && end > text && end[-1] == '\\') {
            end[-1] = *end = ' ';
            end += strcspn(end, "\n");
            lines++;
        }
        next = *end ? end + 1 : end;
        *end = '\0';
        r = take_line(reading, text);
        reading->line += lines;
        text = next;
    }
    return r;
}

static int read_file(struct legacy *legacy, const char *directory, const char *name) {
    _cleanup_free_ char *path = text_format("%s/%s", directory, name), *text = NULL;
    _cleanup_close_ int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    struct reading reading = {legacy, path, 1};
    size_t length;

    if (!path)
        return -ENOMEM;
    return fd >= 0 && file_read_all(fd, FILE_MAX, &text, &length) == 0 ? take_text(&reading, text)
                                                                       : 0;
}

static bool is_hidden(const char *name, size_t below) {
    for (size_t i = 0; i < below; i++) {
        _cleanup_free_ char *path = text_format("%s/%s", directories[i], name);

        if (path && access(path, F_OK) == 0)
            return true;
    }
    return false;
}

static int is_conf(const struct dirent *entry) {
    size_t length = strlen(entry->d_name);

    return length > 5 && strcmp(entry->d_name + length - 5, ".conf") == 0 &&
           strcmp(entry->d_name, OURS) != 0;
}

static int compare_names(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

int legacy_read_modprobe(struct legacy *legacy) {
    int r = 0;

    for (size_t i = 0; i < ELEMENTS(directories); i++) {
        struct dirent **entries = NULL;
        int count = scandir(directories[i], &entries, is_conf, compare_names);

        for (int j = 0; j < count; j++) {
            if (r == 0 && !is_hidden(entries[j]->d_name, i))
                r = read_file(legacy, directories[i], entries[j]->d_name);
            free(entries[j]);
        }
        free(entries);
    }
    return r;
}
