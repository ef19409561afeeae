/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "conf-file.h"
#include "text.h"

#define CONFIGURATION_DIRECTORY SYSCONFDIR "/hostdevctl"
#define TIMEOUT_DEFAULT 15
#define TIMEOUT_MAX 600

/* ---- the settings -------------------------------------------------------------------------- */

static int parse_word(const char *const words[], size_t count, const char *name, const char *value,
                      unsigned *ret, struct error *error) {
    char known[128] = "";

    for (size_t i = 0; i < count; i++) {
        if (strcmp(value, words[i]) == 0) {
            *ret = (unsigned)i;
            return 0;
        }
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i ? " | " : "",
                 words[i]);
    }
    return error_set(error, EINVAL, "%s = %s: expected %s", name, value, known);
}

static int set_detach(struct policy *policy, const char *name, const char *value,
                      struct error *error) {
    static const char *const words[] = {"all", "unmanaged", "none"};
    unsigned word = 0;
    int r = parse_word(words, ELEMENTS(words), name, value, &word, error);

    if (r == 0)
        policy->detach = (enum policy_detach)word;
    return r;
}

static int set_iommu_group(struct policy *policy, const char *name, const char *value,
                           struct error *error) {
    static const char *const words[] = {"require", "bind"};
    unsigned word = 0;
    int r = parse_word(words, ELEMENTS(words), name, value, &word, error);

    if (r == 0)
        policy->group = (enum policy_group)word;
    return r;
}

static int set_timeout(struct policy *policy, const char *name, const char *value,
                       struct error *error) {
    unsigned seconds = 0;

    for (const char *c = value; *c; c++) {
        if (*c < '0' || *c > '9' || seconds > TIMEOUT_MAX) {
            seconds = 0;
            break;
        }
        seconds = 10 * seconds + (unsigned)(*c - '0');
    }
    if (seconds < 1 || seconds > TIMEOUT_MAX)
        return error_set(error, EINVAL, "%s = %s: expected whole seconds from 1 to %d", name, value,
                         TIMEOUT_MAX);
    policy->timeout = seconds;
    return 0;
}

static const struct devices_setting {
    const char *name;
    int (*set)(struct policy *policy, const char *name, const char *value, struct error *error);
} devices_settings[] = {
    {"detach", set_detach},
    {"iommu-group", set_iommu_group},
    {"timeout", set_timeout},
};

static int set_device_id(struct policy_device *device, const char *name, const char *value,
                         struct error *error) {
    if (pci_id_parse(value, &device->id) < 0)
        return error_set(error, EINVAL,
                         "%s = %s: expected vendor:device as lspci -n prints it, e.g. 10de:13c2",
                         name, value);
    device->has_id = true;
    return 0;
}

static const struct device_setting {
    const char *name;
    int (*set)(struct policy_device *device, const char *name, const char *value,
               struct error *error);
} device_settings[] = {
    {"id", set_device_id},
};

/* The entry for an address, added when there is none yet; NULL for lack of memory. */
static struct policy_device *want_device(struct policy *policy, struct pci_address address) {
    struct policy_device *larger = (struct policy_device *)policy_device(policy, address);

    if (larger)
        return larger;
    larger = reallocarray(policy->devices, policy->n_devices + 1, sizeof *larger);
    if (!larger)
        return NULL;
    policy->devices = larger;
    larger += policy->n_devices++;
    *larger = (struct policy_device){.address = address};
    return larger;
}

static int unknown_key(const char *section, const char *name, struct error *error) {
    return error_set(error, EINVAL, "unknown key '%s' in [%s]", name, section);
}

static int set_in_devices(struct policy *policy, const char *section, const char *name,
                          const char *value, struct error *error) {
    for (size_t i = 0; i < ELEMENTS(devices_settings); i++)
        if (strcmp(name, devices_settings[i].name) == 0)
            return devices_settings[i].set(policy, name, value, error);
    return unknown_key(section, name, error);
}

static int set_in_device(struct policy *policy, const char *section, const char *name,
                         const char *value, struct error *error) {
    struct policy_device *device;
    struct pci_address address;

    if (pci_address_parse(section + strlen("device "), &address) < 0)
        return error_set(error, EINVAL, "[%s]: expected a PCI address, e.g. [device 0000:01:00.0]",
                         section);
    device = want_device(policy, address);
    if (!device)
        return error_oom(error);
    for (size_t i = 0; i < ELEMENTS(device_settings); i++)
        if (strcmp(name, device_settings[i].name) == 0)
            return device_settings[i].set(device, name, value, error);
    return unknown_key(section, name, error);
}

static int set(void *data, const char *section, const char *name, const char *value,
               struct error *error) {
    if (strcmp(section, "devices") == 0)
        return set_in_devices(data, section, name, value, error);
    if (strncmp(section, "device ", strlen("device ")) == 0)
        return set_in_device(data, section, name, value, error);
    if (!*section)
        return error_set(error, EINVAL, "'%s' stands before any [section]", name);
    return error_set(error, EINVAL, "unknown section [%s]", section);
}

/* ---- the files ----------------------------------------------------------------------------- */

/* Absent is fine: every file is optional. */
static int read_file(int directory, const char *name, const char *shown, struct policy *policy,
                     struct error *error) {
    /* Not to hang on a FIFO somebody put there. */
    _cleanup_close_ int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG))
        return 0;
    if (fd < 0)
        return error_set(error, errno, "%s cannot be opened: %s", shown, strerror(errno));
    return conf_file_read(fd, shown, set, policy, error);
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
    int r;

    if (!policy)
        return error_oom(error);
    policy->timeout = TIMEOUT_DEFAULT;
    policy->file = text_format(CONFIGURATION_DIRECTORY "/domains/%s.conf", name);
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

void policy_free(struct policy *policy) {
    if (!policy)
        return;
    free(policy->devices);
    free(policy->file);
    free(policy);
}
