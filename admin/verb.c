/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verb.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "say.h"

static bool is_help(const char *word) {
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static bool asks_for_help(int argc, char **argv) {
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (is_help(argv[i]))
            return true;
    return false;
}

/* Options have their place in the help of the verb itself, so that this list fits a screen. */
static bool is_option(const char *word) {
    return strncmp(word, "[-", 2) == 0 || strncmp(word, "[OPTION", strlen("[OPTION")) == 0;
}

/* The verb with what it is about; owned by the caller, NULL for lack of memory. */
static char *synopsis(const struct verb *verb) {
    _cleanup_free_ char *arguments = strdup(verb->arguments);
    char *rest = arguments, *word, *text = NULL;
    FILE *stream;
    size_t length;
    bool in_option = false;

    stream = arguments ? open_memstream(&text, &length) : NULL;
    if (!stream)
        return NULL;
    fputs(verb->name, stream);
    while ((word = strsep(&rest, " "))) {
        in_option = in_option || is_option(word);
        if (!in_option && *word)
            fprintf(stream, " %s", word);
        in_option = in_option && !strchr(word, ']');
    }
    if (fclose(stream) == 0)
        return text;
    free(text);
    return NULL;
}

static void print_verbs(const struct verbs *verbs, FILE *stream) {
    int width = 0;

    for (size_t i = 0; i < verbs->count; i++) {
        _cleanup_free_ char *text = synopsis(&verbs->items[i]);
        int length = text ? (int)strlen(text) : 0;

        width = length > width ? length : width;
    }
    for (size_t i = 0; i < verbs->count; i++) {
        _cleanup_free_ char *text = synopsis(&verbs->items[i]);

        fprintf(stream, "  %-*s  %s\n", width, text ? text : verbs->items[i].name,
                verbs->items[i].summary);
    }
}

static void print_help(const struct verbs *verbs, FILE *stream) {
    fprintf(stream, "Usage: %s VERB ...\n\n%s\n", verbs->command, verbs->about);
    print_verbs(verbs, stream);
    fprintf(stream, "\n%s", verbs->notes);
}

static int print_verb(const struct verbs *verbs, const struct verb *verb) {
    printf("Usage: %s %s%s%s\n\n%c%s.\n", verbs->command, verb->name, *verb->arguments ? " " : "",
           verb->arguments, toupper((unsigned char)*verb->summary), verb->summary + 1);
    if (verb->details)
        printf("\n%s", verb->details);
    return EXIT_SUCCESS;
}

static const struct verb *find(const struct verbs *verbs, const char *name) {
    for (size_t i = 0; i < verbs->count; i++)
        if (strcmp(verbs->items[i].name, name) == 0)
            return &verbs->items[i];
    return NULL;
}

int verbs_run(const struct verbs *verbs, int argc, char **argv) {
    const struct verb *verb;

    if (argc < 2) {
        print_help(verbs, stderr);
        return EXIT_USAGE;
    }
    if (is_help(argv[1]) || strcmp(argv[1], "help") == 0) {
        print_help(verbs, stdout);
        return EXIT_SUCCESS;
    }
    verb = find(verbs, argv[1]);
    if (!verb) {
        say_error("there is no '%s %s': %s --help lists what there is", verbs->command, argv[1],
                  verbs->command);
        return EXIT_USAGE;
    }
    /* One that has verbs of its own shows the help of those. */
    if (verb->details && asks_for_help(argc - 1, argv + 1))
        return print_verb(verbs, verb);
    return verb->run(argc - 1, argv + 1);
}
