/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "uuid.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>

static bool dash_at(unsigned position) {
    return position == 8 || position == 13 || position == 18 || position == 23;
}

int uuid_normalize(const char *text, char ret[static 37]) {
    unsigned length = 0;

    while (isspace((unsigned char)*text))
        text++;
    for (; isxdigit((unsigned char)*text) || *text == '-'; text++) {
        if (dash_at(length))
            ret[length++] = '-';
        else if (*text == '-')
            return -EINVAL;
        if (*text == '-')
            continue;
        if (length == 36)
            return -EINVAL;
        ret[length++] = (char)tolower((unsigned char)*text);
    }
    while (isspace((unsigned char)*text))
        text++;
    if (length != 36 || *text)
        return -EINVAL;
    ret[36] = '\0';
    return 0;
}
