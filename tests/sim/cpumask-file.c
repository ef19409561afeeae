/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cpumask-file.h"

#include <fcntl.h>

/* Room for the list of every second CPU. */
#define LIST_MAX 4096

bool cpumask_read(const char *path, struct cpumask *ret) {
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
    char list[LIST_MAX + 1];
    ssize_t n = fd < 0 ? -1 : read(fd, list, LIST_MAX);

    if (n < 0)
        return false;
    list[n] = '\0';
    return cpumask_parse_list(list, CPUMASK_BITS, ret) == 0;
}

char *cpumask_list(const struct cpumask *mask) {
    struct text text = {0};

    text_add_bytes(&text, "", 0);
    cpumask_show_list(mask, &text);
    return text.data;
}
