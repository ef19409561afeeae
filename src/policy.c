/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "conf-directory.h"
#include "policy-settings.h"
#include "text.h"

#define CONFIGURATION_DIRECTORY SYSCONFDIR "/hostdevctl"
#define TIMEOUT_DEFAULT 15

static int read_drop_in(void *policy, int directory, const char *name, const char *path,
                        struct error *error) {
    return conf_directory_read_file(directory, name, path, policy_set, policy, error);
}

static int read_drop_ins(int parent, const char *name, const char *shown, struct policy *policy,
                         struct error *error) {
    _cleanup_close_ int directory = conf_directory_open(parent, name, shown, error);

    if (directory < 0)
        return directory == -ENOENT ? 0 : directory;
    return conf_directory_for_each(directory, shown, read_drop_in, policy, error);
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
    r = conf_directory_read_file(domains, name, path, policy_set, policy, error);
    if (r < 0)
        return r;
    return read_drop_ins(domains, drop_ins + (name - path), drop_ins, policy, error);
}

static int read_all(const char *name, const char *uuid, struct policy *policy,
                    struct error *error) {
    _cleanup_close_ int root = -1, domains = -1;
    int r;

    root = conf_directory_open(AT_FDCWD, CONFIGURATION_DIRECTORY, CONFIGURATION_DIRECTORY, error);
    if (root < 0)
        return root == -ENOENT ? 0 : root;
    r = conf_directory_read_file(root, "hostdevctl.conf",
                                 CONFIGURATION_DIRECTORY "/hostdevctl.conf", policy_set, policy,
                                 error);
    if (r < 0)
        return r;
    domains = conf_directory_open(root, "domains", CONFIGURATION_DIRECTORY "/domains", error);
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
