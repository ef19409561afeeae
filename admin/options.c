/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "options.h"

#include <errno.h>
#include <getopt.h>

#include "say.h"

#define OPTIONS_MAX 16

static int refuse(const char *verb, int what, const char *word) {
    if (what == ':')
        say_error("%s: %s lacks its value", verb, word);
    else
        say_error("%s: unknown option %s", verb, word);
    return -EINVAL;
}

int options_parse(const char *verb, const struct option_row *rows, size_t count, int argc,
                  char **argv) {
    struct option options[OPTIONS_MAX + 1] = {0};
    int option, row = 0;

    for (size_t i = 0; i < count && i < OPTIONS_MAX; i++)
        options[i] =
            (struct option){rows[i].name, rows[i].value ? required_argument : no_argument, NULL, 0};
    opterr = 0;
    optind = 0;
    while ((option = getopt_long(argc, argv, ":", options, &row)) != -1) {
        if (option != 0)
            return refuse(verb, option, argv[optind - 1]);
        if (rows[row].value)
            *rows[row].value = optarg;
        else
            *rows[row].flag = true;
    }
    return optind;
}
