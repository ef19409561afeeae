/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "early-conf.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "conf-directory.h"
#include "early-settings.h"

struct reading {
    struct early_rules *rules;
    void (*complain)(const char *sentence);
    int wrong; /* files */
};

static int read_file(struct early_file *file, int directory, const char *name,
                     struct error *error) {
    int r = conf_directory_read_file(directory, name, file->path, early_set, file, error);

    for (size_t i = 0; i < file->rules.count && r == 0; i++) {
        _cleanup_error_ struct error reason = {0};

        r = early_check(&file->rules.items[i], &reason);
        if (r < 0)
            error_set(error, reason.code, "%s: %s", file->path, error_text(&reason));
    }
    return r;
}

/* Moves all of them, or none. */
static int append(struct early_rules *to, struct early_rules *from) {
    struct early_rule *larger;

    if (from->count == 0)
        return 0;
    larger = reallocarray(to->items, to->count + from->count, sizeof *larger);
    if (!larger)
        return -ENOMEM;
    memcpy(larger + to->count, from->items, from->count * sizeof *larger);
    to->items = larger;
    to->count += from->count;
    from->count = 0;
    return 0;
}

static int visit(void *data, int directory, const char *name, const char *path,
                 struct error *error) {
    struct reading *reading = data;
    _cleanup_error_ struct error reason = {0};
    struct early_file file = {.path = path};
    int r = read_file(&file, directory, name, &reason);

    if (r == 0)
        r = append(reading->rules, &file.rules);
    else if (r != -ENOMEM) {
        reading->complain(error_text(&reason));
        reading->wrong++;
        r = 0;
    }
    early_rules_done(&file.rules);
    return r < 0 ? error_oom(error) : 0;
}

int early_conf_read(struct early_rules *ret, void (*complain)(const char *sentence),
                    struct error *error) {
    struct reading reading = {.rules = ret, .complain = complain};
    _cleanup_close_ int directory =
        conf_directory_open(AT_FDCWD, EARLY_DIRECTORY, EARLY_DIRECTORY, error);
    int r;

    if (directory < 0)
        return directory == -ENOENT ? 0 : directory;
    r = conf_directory_for_each(directory, EARLY_DIRECTORY, visit, &reading, error);
    return r < 0 ? r : reading.wrong;
}
