/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-words.h"

#include <errno.h>
#include <string.h>

int policy_word(const char *const words[], size_t count, const char *name, const char *value,
                unsigned *ret, struct error *error) {
    char known[128] = "";

    for (size_t i = 0; i < count; i++) {
        if (strcmp(value, words[i]) == 0) {
            *ret = (unsigned)i;
            return 0;
        }
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i ? " | " : "",
                 words[i]);
    }
    return error_set(error, EINVAL, "%s = %s: expected %s", name, value, known);
}

int policy_yes_no(const char *name, const char *value, bool *ret, struct error *error) {
    static const char *const words[] = {"no", "yes"};
    unsigned word = 0;
    int r = policy_word(words, ELEMENTS(words), name, value, &word, error);

    if (r == 0)
        *ret = word;
    return r;
}

int policy_number(const char *value, int min, int max, int *ret) {
    bool negative = *value == '-';
    int number = 0;

    value += negative;
    if (!*value)
        return -EINVAL;
    for (const char *c = value; *c; c++) {
        if (*c < '0' || *c > '9' || number > 1000000)
            return -EINVAL;
        number = 10 * number + (*c - '0');
    }
    number = negative ? -number : number;
    if (number < min || number > max)
        return -EINVAL;
    *ret = number;
    return 0;
}
