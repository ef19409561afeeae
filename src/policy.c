/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "conf-file.h"
#include "policy-settings.h"
#include "text.h"

#define CONFIGURATION_DIRECTORY SYSCONFDIR "/hostdevctl"
#define TIMEOUT_DEFAULT 15

/* Absent is fine: every file is optional. */
static int read_file(int directory, const char *name, const char *shown, struct policy *policy,
                     struct error *error) {
    /* Not to hang on a FIFO somebody put there. */
    _cleanup_close_ int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG))
        return 0;
    if (fd < 0)
        return error_set(error, errno, "%s cannot be opened: %s", shown, strerror(errno));
    return conf_file_read(fd, shown, policy_set, policy, error);
}

/* A directory decides which files there are: it must be as trustworthy as they. -ENOENT: none. */
static int open_directory(int parent, const char *name, const char *shown, struct error *error) {
    _cleanup_close_ int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat st;

    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG))
        return -ENOENT;
    if (fd < 0 || fstat(fd, &st) < 0)
        return error_set(error, errno, "%s cannot be opened: %s", shown, strerror(errno));
    if (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)))
        return error_set(error, EPERM,
                         "%s is not root's alone to write: chown root and chmod go-w it", shown);
    return take_fd(&fd);
}

static int is_drop_in(const struct dirent *entry) {
    size_t length = strlen(entry->d_name);

    return entry->d_name[0] != '.' && length > 5 &&
           strcmp(entry->d_name + length - 5, ".conf") == 0;
}

static int compare_names(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int read_drop_ins(int parent, const char *name, const char *shown, struct policy *policy,
                         struct error *error) {
    _cleanup_close_ int directory = open_directory(parent, name, shown, error);
    struct dirent **entries = NULL;
    int count, r = 0;

    if (directory < 0)
        return directory == -ENOENT ? 0 : directory;
    count = scandirat(directory, ".", &entries, is_drop_in, compare_names);
    if (count < 0)
        return error_set(error, errno, "%s cannot be listed: %s", shown, strerror(errno));
    for (int i = 0; i < count; i++) {
        _cleanup_free_ char *path = NULL;

        if (r == 0) {
            path = text_format("%s/%s", shown, entries[i]->d_name);
            r = path ? read_file(directory, entries[i]->d_name, path, policy, error)
                     : error_oom(error);
        }
        free(entries[i]);
    }
    free(entries);
    return r;
}

/* domains/KEY.conf, then what is in domains/KEY.conf.d. */
static int read_domain(int domains, const char *key, struct policy *policy, struct error *error) {
    _cleanup_free_ char *path = text_format(CONFIGURATION_DIRECTORY "/domains/%s.conf", key);
    _cleanup_free_ char *drop_ins = text_format(CONFIGURATION_DIRECTORY "/domains/%s.conf.d", key);
    const char *name;
    int r;

    if (!path || !drop_ins)
        return error_oom(error);
    name = strlen(CONFIGURATION_DIRECTORY "/domains/") + path;
    r = read_file(domains, name, path, policy, error);
    if (r < 0)
        return r;
    return read_drop_ins(domains, drop_ins + (name - path), drop_ins, policy, error);
}

static int read_all(const char *name, const char *uuid, struct policy *policy,
                    struct error *error) {
    _cleanup_close_ int root = -1, domains = -1;
    int r;

    root = open_directory(AT_FDCWD, CONFIGURATION_DIRECTORY, CONFIGURATION_DIRECTORY, error);
    if (root < 0)
        return root == -ENOENT ? 0 : root;
    r = read_file(root, "hostdevctl.conf", CONFIGURATION_DIRECTORY "/hostdevctl.conf", policy,
                  error);
    if (r < 0)
        return r;
    domains = open_directory(root, "domains", CONFIGURATION_DIRECTORY "/domains", error);
    if (domains < 0)
        return domains == -ENOENT ? 0 : domains;
    r = read_domain(domains, name, policy, error);
    if (r < 0)
        return r;
    return read_domain(domains, uuid, policy, error);
}

int policy_load(const char *name, const char *uuid, struct policy **ret, struct error *error) {
    _cleanup_policy_ struct policy *policy = calloc(1, sizeof *policy);
    _cleanup_free_ char *printable = text_printable(name);
    int r;

    if (!policy || !printable)
        return error_oom(error);
    policy->timeout = TIMEOUT_DEFAULT;
    policy->file = text_format(CONFIGURATION_DIRECTORY "/domains/%s.conf", printable);
    if (!policy->file)
        return error_oom(error);
    r = read_all(name, uuid, policy, error);
    if (r < 0)
        return r;
    *ret = take_pointer(policy);
    return 0;
}

const struct policy_device *policy_device(const struct policy *policy, struct pci_address address) {
    for (size_t i = 0; i < policy->n_devices; i++)
        if (pci_address_equal(policy->devices[i].address, address))
            return &policy->devices[i];
    return NULL;
}

const struct policy_mdev *policy_mdev(const struct policy *policy, enum policy_mdev_source source,
                                      const char *uuid, size_t index) {
    for (size_t i = 0; i < policy->n_mdevs; i++)
        if (policy->mdevs[i].source == source && strcmp(policy->mdevs[i].uuid, uuid) == 0 &&
            index-- == 0)
            return &policy->mdevs[i];
    return NULL;
}

struct policy_mdev *policy_add_mdev(struct policy *policy, enum policy_mdev_source source,
                                    const char *uuid) {
    struct policy_mdev *larger = reallocarray(policy->mdevs, policy->n_mdevs + 1, sizeof *larger);

    if (!larger)
        return NULL;
    policy->mdevs = larger;
    larger += policy->n_mdevs++;
    *larger = (struct policy_mdev){.source = source};
    snprintf(larger->uuid, sizeof larger->uuid, "%s", uuid);
    return larger;
}

static void mdev_done(struct policy_mdev *mdev) {
    free(mdev->type);
    free(mdev->parent);
    json_object_put(mdev->attributes);
}

void policy_free(struct policy *policy) {
    if (!policy)
        return;
    for (size_t i = 0; i < policy->n_mdevs; i++)
        mdev_done(&policy->mdevs[i]);
    free(policy->mdevs);
    policy_cpu_done(&policy->cpu);
    free(policy->devices);
    free(policy->file);
    free(policy);
}
