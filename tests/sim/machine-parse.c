/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "machine-parse.h"

#include <errno.h>
#include <string.h>

#define BLANKS " \t"

bool complain(const struct reader *reader, const char *format, ...) {
    va_list arguments;

    fprintf(stderr, "%s:%u: ", reader->path, reader->line);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return false;
}

char *next_word(struct reader *reader) {
    char *in = reader->rest + strspn(reader->rest, BLANKS), *word = in, *out = in;
    bool quoted = false;

    if (!*in)
        return NULL;
    for (; *in && (quoted || !strchr(BLANKS, *in)); in++)
        if (*in == '"')
            quoted = !quoted;
        else if (*in != '\\' || !in[1])
            *out++ = *in;
        else
            *out++ = (char)(*++in == 'n' ? '\n' : *in);
    reader->rest = *in ? in + 1 : in;
    *out = '\0';
    return word;
}

/* Splits "key=value" in place. The value is "" when there is no '='. */
char *split(char *word) {
    char *equals = strchr(word, '=');

    if (!equals)
        return word + strlen(word);
    *equals = '\0';
    return equals + 1;
}

bool parse_number(const struct reader *reader, const char *key, const char *text, int base,
                  unsigned long max, unsigned long *ret) {
    char *end;

    errno = 0;
    *ret = strtoul(text, &end, base);
    if (!*text || *end || errno || *ret > max)
        return complain(reader, "%s=%s: not a number that fits", key, text);
    return true;
}

/* "144d:a80a" */
bool parse_pair(const struct reader *reader, const char *text, uint16_t *ret_first,
                uint16_t *ret_second) {
    unsigned first, second;
    int end = 0;

    if (sscanf(text, "%4x:%4x%n", &first, &second, &end) != 2 || text[end])
        return complain(reader, "'%s': expected VENDOR:DEVICE, such as 144d:a80a", text);
    *ret_first = (uint16_t)first;
    *ret_second = (uint16_t)second;
    return true;
}

bool parse_address(const struct reader *reader, const char *text, char ret[ADDRESS_MAX]) {
    unsigned domain, bus, slot, function;
    int end = 0;

    if (sscanf(text, "%8x:%2x:%2x.%1x%n", &domain, &bus, &slot, &function, &end) != 4 ||
        text[end] || slot > 31 || function > 7)
        return complain(reader, "'%s': expected an address such as 0000:01:00.0", text);
    snprintf(ret, ADDRESS_MAX, "%04x:%02x:%02x.%x", domain, bus, slot, function);
    return true;
}

char **append(char **list, size_t *count, char *text) {
    list = grow(list, *count + 1, sizeof *list);
    list[(*count)++] = text;
    return list;
}

void add_attribute(struct machine_attribute **list, size_t *count, const char *name,
                   const char *value) {
    *list = grow(*list, *count + 1, sizeof **list);
    (*list)[(*count)++] = (struct machine_attribute){new_string(name), new_string(value)};
}

void free_list(char **list, size_t count) {
    for (size_t i = 0; i < count; i++)
        free(list[i]);
    free(list);
}

void free_attributes(struct machine_attribute *attributes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        free(attributes[i].name);
        free(attributes[i].value);
    }
    free(attributes);
}

bool parse_list(const struct reader *reader, const char *key, const char *text,
                struct cpumask *ret) {
    if (*text && cpumask_parse_list(text, CPUMASK_BITS, ret) == 0)
        return true;
    return complain(reader, "%s=%s: expected a list such as 0-3,8, below %u", key, text,
                    CPUMASK_BITS);
}

/* ---- options --------------------------------------------------------------------------------- */

static bool put_option(const struct reader *reader, const struct option *option, void *place,
                       const char *value) {
    unsigned long number;

    switch (option->type) {
    case OPTION_FLAG:
        *(bool *)place = true;
        return true;
    case OPTION_TEXT:
        free(*(char **)place);
        *(char **)place = new_string(value);
        return true;
    case OPTION_LIST:
        return parse_list(reader, option->key, value, place);
    case OPTION_NUMBER:
        if (!parse_number(reader, option->key, value, 10, option->max, &number))
            return false;
        *(unsigned *)place = (unsigned)number;
        return true;
    }
    return false;
}

static const struct option *find_option(const struct option *options, size_t count,
                                        const char *word) {
    size_t length = strcspn(word, "=");

    for (size_t i = 0; i < count; i++)
        if (strlen(options[i].key) == length && strncmp(options[i].key, word, length) == 0 &&
            (word[length] == '=') == (options[i].type != OPTION_FLAG))
            return &options[i];
    return NULL;
}

bool parse_options(struct reader *reader, const struct option *options, size_t count, void *object,
                   bool (*other)(const struct reader *reader, void *object, char *word)) {
    char *word;

    while ((word = next_word(reader))) {
        const struct option *option = find_option(options, count, word);

        if (!option && !other)
            return complain(reader, "'%s': not a word of such a line", word);
        if (option ? !put_option(reader, option, (char *)object + option->offset, split(word))
                   : !other(reader, object, word))
            return false;
    }
    return true;
}

void options_free(const struct option *options, size_t count, void *object) {
    for (size_t i = 0; i < count; i++)
        if (options[i].type == OPTION_TEXT)
            free(*(char **)(void *)((char *)object + options[i].offset));
}
