/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "swaps.h"

#include <errno.h>
#include <string.h>

int swaps_find(int (*handle)(void *data, const char *path), void *data) {
    _cleanup_fclose_ FILE *swaps = fopen("/proc/swaps", "re");
    _cleanup_free_ char *line = NULL;
    size_t room = 0;
    int r = 0;

    if (!swaps)
        return errno == ENOENT ? 0 : -errno;
    /* The first line is of headings. */
    while (r == 0 && getline(&line, &room, swaps) >= 0) {
        line[strcspn(line, " \t")] = '\0';
        if (*line == '/')
            r = handle(data, line);
    }
    return r == 0 && !feof(swaps) ? -errno : r;
}
