/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hostdevctl conf check. */

#include <ctype.h>
#include <errno.h>

#include "conf-check.h"
#include "conf.h"
#include "json-print.h"
#include "json-record.h"
#include "options.h"
#include "say.h"
#include "text.h"
#include "verb.h"

/* ---- for people ----------------------------------------------------------------------------- */

/* A file may hold anything. */
static void print_clean(const char *text) {
    for (const char *c = text; *c; c++)
        putchar(iscntrl((unsigned char)*c) ? '?' : *c);
}

static void print_finding(const struct conf_finding *finding) {
    print_clean(finding->file);
    if (finding->line > 0)
        printf(":%d", finding->line);
    fputs(finding->kind == CONF_WARNING ? ": warning: " : ": ", stdout);
    print_clean(finding->what);
    putchar('\n');
}

static void print_end(const struct conf_findings *findings) {
    size_t warnings = findings->count - findings->mistakes;

    if (findings->mistakes > 0)
        return;
    if (findings->files == 0 && !findings->hidden)
        puts("There are no files below " SYSCONFDIR "/hostdevctl: the defaults are in force.");
    else if (warnings > 0)
        printf("%zu file%s below " SYSCONFDIR "/hostdevctl: no mistake.\n", findings->files,
               findings->files == 1 ? "" : "s");
    else
        printf("%zu file%s below " SYSCONFDIR "/hostdevctl: all is well.\n", findings->files,
               findings->files == 1 ? "" : "s");
}

static void print_all(const struct conf_findings *findings) {
    for (size_t i = 0; i < findings->count; i++)
        print_finding(&findings->items[i]);
    print_end(findings);
}

/* ---- for scripts ---------------------------------------------------------------------------- */

static struct json_object *to_json(const struct conf_finding *finding) {
    _cleanup_json_ struct json_object *object = json_object_new_object();
    struct json_object *line = finding->line > 0 ? json_object_new_int(finding->line) : NULL;

    if (!object || !finding->file || json_object_object_add(object, "line", line) < 0 ||
        !json_add(object, "file", json_object_new_string(finding->file)) ||
        !json_add(object, "warning", json_object_new_boolean(finding->kind == CONF_WARNING)) ||
        !json_add(object, "what", json_object_new_string(finding->what)))
        return NULL;
    return take_pointer(object);
}

static int print_json(const struct conf_findings *findings) {
    _cleanup_json_ struct json_object *object = json_object_new_object();
    struct json_object *array = json_object_new_array();

    if (!object || !json_add(object, "files", json_object_new_int64((int64_t)findings->files)) ||
        !json_add(object, "findings", array))
        return -ENOMEM;
    for (size_t i = 0; i < findings->count; i++)
        if (!json_append(array, to_json(&findings->items[i])))
            return -ENOMEM;
    return json_print(object);
}

/* ---- the verb ------------------------------------------------------------------------------- */

static int parse(int argc, char **argv, bool *ret_json) {
    const struct option_row rows[] = {{"json", ret_json, NULL}};
    int operands = options_parse("conf check", rows, ELEMENTS(rows), argc, argv);

    if (operands >= 0 && operands < argc) {
        say_error("conf check takes no arguments: it reads all files");
        return -EINVAL;
    }
    return operands;
}

int conf_check_main(int argc, char **argv) {
    _cleanup_conf_findings_ struct conf_findings findings = {0};
    bool json = false;

    if (parse(argc, argv, &json) < 0)
        return EXIT_USAGE;
    conf_check(&findings);
    if (!json)
        print_all(&findings);
    else if (print_json(&findings) < 0)
        findings.lacks_memory = true;
    if (findings.lacks_memory)
        say_error("out of memory");
    if (findings.hidden)
        say_error("some files can be read by root only: sudo hostdevctl conf check");
    return fflush(stdout) != 0 || findings.mistakes > 0 || findings.hidden || findings.lacks_memory
               ? EXIT_FAILURE
               : EXIT_SUCCESS;
}
