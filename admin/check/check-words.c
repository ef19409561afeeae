/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-words.h"

#include <errno.h>
#include <string.h>

#include "kernel-line.h"

static int add(void *data, const char *word, size_t length) {
    struct check_words *words = data;
    char **larger = reallocarray(words->items, words->count + 1, sizeof *larger);

    if (!larger)
        return -ENOMEM;
    words->items = larger;
    larger[words->count] = strndup(word, length);
    if (!larger[words->count])
        return -ENOMEM;
    words->count++;
    return 0;
}

int check_words_read(struct check_words *ret) {
    _cleanup_free_ char *line = kernel_line_read();

    return line ? kernel_line_for_each(line, add, ret) : 0;
}

bool check_words_have(const struct check_words *words, const char *word) {
    for (size_t i = 0; i < words->count; i++)
        if (strcmp(words->items[i], word) == 0)
            return true;
    return false;
}

const char *check_words_find(const struct check_words *words, const char *beginning) {
    for (size_t i = 0; i < words->count; i++)
        if (strncmp(words->items[i], beginning, strlen(beginning)) == 0)
            return words->items[i];
    return NULL;
}

void check_words_done(struct check_words *words) {
    for (size_t i = 0; i < words->count; i++)
        free(words->items[i]);
    free(words->items);
    *words = (struct check_words){0};
}
