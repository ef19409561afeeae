/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "keyboard.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/input-event-codes.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"

/* The kernel prints the keys of a device as words of a bitmap, the highest first: the last one has
 * the letters. Power buttons and media keys have none. */
int keyboard_is(int directory) {
    const unsigned long letters = 1UL << KEY_Q | 1UL << KEY_A | 1UL << KEY_ENTER;
    char text[1024];
    const char *last;
    ssize_t length = file_read_line_at(directory, "capabilities/key", text, sizeof text);

    if (length <= 0)
        return length == -ENOENT || length == -ENODEV ? 0 : (int)length;
    last = strrchr(text, ' ');
    return (strtoul(last ? last + 1 : text, NULL, 16) & letters) == letters;
}

unsigned keyboard_count(void) {
    _cleanup_closedir_ DIR *inputs = opendir("/sys/class/input");
    unsigned count = 0;

    for (struct dirent *entry = inputs ? readdir(inputs) : NULL; entry; entry = readdir(inputs)) {
        _cleanup_close_ int input = -1;

        if (strncmp(entry->d_name, "input", 5) != 0)
            continue;
        input = openat(dirfd(inputs), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        count += input >= 0 && keyboard_is(input) > 0;
    }
    return count;
}
