/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mdevctl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <json-c/json_tokener.h>

#include "file.h"
#include "json-record.h"
#include "mdev-attributes.h"
#include "mdev.h"
#include "program.h"
#include "text.h"

#define MDEVCTL_DIRECTORY "/etc/mdevctl.d"
#define DEFINITION_MAX ((size_t)1 << 20)

/* Where scripts are that mdevctl runs when a device starts and stops. */
static const char *const script_directories[] = {
    MDEVCTL_DIRECTORY "/scripts.d/callouts",
    MDEVCTL_DIRECTORY "/scripts.d/notifiers",
    "/usr/lib/mdevctl/scripts.d/callouts",
    "/usr/lib/mdevctl/scripts.d/notifiers",
};

/* ---- definitions --------------------------------------------------------------------------- */

static int not_roots(const char *path, struct error *error) {
    return error_set(error, EPERM, "%s is not root's alone to write: chown root and chmod go-w it",
                     path);
}

static bool is_roots(int fd) {
    struct stat st;

    return fstat(fd, &st) == 0 && st.st_uid == 0 && !(st.st_mode & (S_IWGRP | S_IWOTH));
}

static int take_definition(struct json_object *definition, const char *uuid, const char *parent,
                           struct policy *policy) {
    struct json_object *attributes = json_object_object_get(definition, "attrs");
    const char *type = json_string(definition, "mdev_type");
    struct policy_mdev *mdev;

    if (!type || !mdev_name_valid(type) || !mdev_name_valid(parent) ||
        !mdev_attributes_valid(attributes))
        return -EINVAL;
    mdev = policy_add_mdev(policy, MDEV_MDEVCTL, uuid);
    if (!mdev)
        return -ENOMEM;
    mdev->type = strdup(type);
    mdev->parent = strdup(parent);
    mdev->attributes = json_object_get(attributes);
    return mdev->type && mdev->parent ? 0 : -ENOMEM;
}

static int parse_definition(int fd, const char *path, const char *uuid, const char *parent,
                            struct policy *policy, struct error *error) {
    _cleanup_json_ struct json_object *definition = NULL;
    _cleanup_free_ char *text = NULL;
    size_t length;
    int r = file_read_all(fd, DEFINITION_MAX, &text, &length);

    if (r >= 0) {
        definition = json_tokener_parse(text);
        r = json_object_is_type(definition, json_type_object)
                ? take_definition(definition, uuid, parent, policy)
                : -EINVAL;
    }
    if (r < 0)
        return error_set(error, -r,
                         "mdevctl's definition %s cannot be used: %s. `mdevctl list -d` shows what "
                         "is defined",
                         path, r == -EINVAL ? "it is damaged" : strerror(-r));
    return 0;
}

static int read_definition(int directory, const char *parent, const char *uuid,
                           struct policy *policy, struct error *error) {
    _cleanup_free_ char *path = text_format(MDEVCTL_DIRECTORY "/%s/%s", parent, uuid);
    _cleanup_close_ int fd = -1;

    if (!path)
        return error_oom(error);
    fd = openat(directory, uuid, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    if (fd < 0)
        return error_set(error, errno, "%s cannot be opened: %s", path, strerror(errno));
    if (!is_roots(fd) || !is_roots(directory))
        return not_roots(path, error);
    return parse_definition(fd, path, uuid, parent, policy, error);
}

static bool has_scripts(const char *path) {
    _cleanup_closedir_ DIR *directory = opendir(path);

    for (struct dirent *entry = directory ? readdir(directory) : NULL; entry;
         entry = readdir(directory))
        if (entry->d_name[0] != '.')
            return true;
    return false;
}

/* Which types a script is for only the script knows: with any there at all, mdevctl is asked. */
static void look_for_scripts(struct policy *policy) {
    bool scripts = false;

    for (size_t i = 0; i < ELEMENTS(script_directories); i++)
        scripts = scripts || has_scripts(script_directories[i]);
    for (size_t i = 0; i < policy->n_mdevs; i++)
        if (policy->mdevs[i].source == MDEV_MDEVCTL)
            policy->mdevs[i].by_mdevctl = scripts;
}

static int read_parent(int directory, const char *parent, const struct domain *domain,
                       struct policy *policy, struct error *error) {
    _cleanup_close_ int fd = openat(directory, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = 0;

    if (fd < 0)
        return 0;
    for (size_t i = 0; i < domain->n_mdevs && r >= 0; i++)
        r = read_definition(fd, parent, domain->mdevs[i].uuid, policy, error);
    return r;
}

int mdevctl_read(const struct domain *domain, struct policy *policy, struct error *error) {
    _cleanup_closedir_ DIR *parents = NULL;
    int r = 0;

    if (domain->n_mdevs == 0)
        return 0;
    parents = opendir(MDEVCTL_DIRECTORY);
    if (!parents && errno == ENOENT)
        return 0;
    if (!parents)
        return error_set(error, errno, "%s cannot be listed: %s", MDEVCTL_DIRECTORY,
                         strerror(errno));
    if (!is_roots(dirfd(parents)))
        return not_roots(MDEVCTL_DIRECTORY, error);
    for (struct dirent *entry = readdir(parents); entry && r >= 0; entry = readdir(parents))
        if (mdev_name_valid(entry->d_name))
            r = read_parent(dirfd(parents), entry->d_name, domain, policy, error);
    look_for_scripts(policy);
    return r;
}

/* ---- the program --------------------------------------------------------------------------- */

/* Where distributions have it. */
static const char *program(void) {
    static const char in_sbin[] = "/usr/sbin/mdevctl", in_bin[] = "/usr/bin/mdevctl";

    return access(in_sbin, X_OK) == 0 ? in_sbin : in_bin;
}

int mdevctl_start(const char *uuid, const char *parent, int lock, struct error *error) {
    const char *const arguments[] = {program(), "start", "--uuid", uuid, "--parent", parent, NULL};

    return program_run(arguments, lock, error);
}

int mdevctl_stop(const char *uuid, int lock, struct error *error) {
    const char *const arguments[] = {program(), "stop", "--uuid", uuid, NULL};

    return program_run(arguments, lock, error);
}
