/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether the files below /etc/hostdevctl can be understood. One that is refused because of who may
 * write it is another point's business.
 */

#include "check-host.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "conf-directory.h"
#include "early-conf.h"
#include "early-settings.h"
#include "policy-settings.h"
#include "text.h"

#define DIRECTORY SYSCONFDIR "/hostdevctl"
#define DOMAINS DIRECTORY "/domains"

struct reading {
    size_t files, wrong;
    bool hidden;        /* some cannot be read by this user */
    struct error first; /* mistake */
};

static void note(struct reading *reading, int r, struct error *error) {
    reading->files++;
    if (r >= 0 || r == -EPERM)
        return;
    if (r == -EACCES) {
        reading->hidden = true;
        return;
    }
    if (reading->wrong++ == 0)
        error_move(&reading->first, error);
}

static int read_policy(void *data, int directory, const char *name, const char *path,
                       struct error *error) {
    _cleanup_policy_ struct policy *policy = calloc(1, sizeof *policy);
    _cleanup_error_ struct error reason = {0};

    if (!policy)
        return error_oom(error);
    note(data, conf_directory_read_file(directory, name, path, policy_set, policy, &reason),
         &reason);
    return 0;
}

static int read_early(void *data, int directory, const char *name, const char *path,
                      _unused_ struct error *error) {
    struct early_file file = {.path = path};
    _cleanup_error_ struct error reason = {0}, why = {0};
    int r = conf_directory_read_file(directory, name, path, early_set, &file, &reason);

    for (size_t i = 0; i < file.rules.count && r == 0; i++) {
        r = early_check(&file.rules.items[i], &why);
        if (r < 0)
            error_set(&reason, why.code, "%s: %s", path, error_text(&why));
    }
    note(data, r, &reason);
    early_rules_done(&file.rules);
    return 0;
}

/* A directory that cannot be opened has been told, as has one that is not there. */
static int read_directory(struct reading *reading, const char *path,
                          int (*visit)(void *data, int directory, const char *name,
                                       const char *path, struct error *error)) {
    _cleanup_error_ struct error error = {0};
    _cleanup_close_ int directory = conf_directory_open(AT_FDCWD, path, path, &error);
    int r = directory < 0 ? directory
                          : conf_directory_for_each(directory, path, visit, reading, &error);

    if (r == -EACCES)
        reading->hidden = true;
    return r == -ENOMEM ? r : 0;
}

static int read_drop_ins(struct reading *reading) {
    _cleanup_closedir_ DIR *domains = opendir(DOMAINS);
    int r = 0;

    for (struct dirent *entry; r == 0 && domains && (entry = readdir(domains));) {
        _cleanup_free_ char *path = text_format(DOMAINS "/%s", entry->d_name);
        const char *end = strrchr(entry->d_name, '.');

        if (!path)
            return -ENOMEM;
        if (end && strcmp(end, ".d") == 0)
            r = read_directory(reading, path, read_policy);
    }
    return r;
}

static int read_all(struct reading *reading) {
    int r = read_directory(reading, DIRECTORY, read_policy);

    if (r == 0)
        r = read_directory(reading, DOMAINS, read_policy);
    if (r == 0)
        r = read_drop_ins(reading);
    return r == 0 ? read_directory(reading, EARLY_DIRECTORY, read_early) : r;
}

static int report_reading(struct check_report *report, const struct reading *reading) {
    if (reading->wrong > 0)
        return check_fail(report, text_format("%s", error_text(&reading->first)),
                          text_format("correct it; 'hostdevctl conf check' shows all mistakes"));
    if (reading->hidden)
        return check_needs_root(report, "what is in " DIRECTORY);
    return check_ok(report, text_format("%zu file%s in " DIRECTORY ", without a mistake",
                                        reading->files, reading->files == 1 ? "" : "s"));
}

int check_conf(struct check_report *report) {
    struct reading reading = {0};
    int r = read_all(&reading);

    if (r == 0)
        r = report_reading(report, &reading);
    error_clear(&reading.first);
    return r;
}
