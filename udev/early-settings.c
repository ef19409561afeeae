/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "early-settings.h"

#include <errno.h>
#include <string.h>

#include "pci-path.h"
#include "pci-serial.h"
#include "policy-words.h"

/* What the kernel allows in sriov_numvfs at most: 16 bits of the capability. */
#define VFS_MAX 65535

/* ---- [WAY NAME]: how a device is named ------------------------------------------------------ */

static int name_address(struct early_rule *rule, const char *name) {
    return pci_address_parse(name, &rule->address);
}

static int name_id(struct early_rule *rule, const char *name) {
    rule->has_id = true;
    return pci_id_parse(name, &rule->id);
}

static int name_serial(struct early_rule *rule, const char *name) {
    return pci_serial_parse(name, &rule->serial);
}

static int name_path(struct early_rule *rule, const char *name) {
    if (!pci_path_valid(name))
        return -EINVAL;
    rule->path = strdup(name);
    return rule->path ? 0 : -ENOMEM;
}

static const struct way {
    const char *word;
    int (*set)(struct early_rule *rule, const char *name);
    const char *example;
} ways[] = {
    [EARLY_BY_ADDRESS] = {"device ", name_address, "[device 0000:05:00.0]"},
    [EARLY_BY_ID] = {"id ", name_id, "[id 144d:a80a]"},
    [EARLY_BY_SERIAL] = {"serial ", name_serial,
                         "[serial 00-25-38-5b-71-b0-ab-12], as lspci prints it"},
    [EARLY_BY_PATH] = {"path ", name_path, "[path pci0000:00/1c.4/00.0]"},
};

static int unknown_section(const char *section, struct error *error) {
    return error_set(error, EINVAL,
                     "unknown section [%s]: expected [device ADDRESS], [id VENDOR:DEVICE], "
                     "[serial NUMBER] or [path BRIDGES/DEVICE]",
                     section);
}

static int fill_rule(struct early_rule *rule, const char *section, struct error *error) {
    for (unsigned by = 0; by < ELEMENTS(ways); by++) {
        const char *name = section + strlen(ways[by].word);
        int r;

        if (strncmp(section, ways[by].word, strlen(ways[by].word)) != 0)
            continue;
        rule->by = (enum early_by)by;
        r = ways[by].set(rule, name + strspn(name, " \t"));
        if (r == -ENOMEM)
            return error_oom(error);
        return r == 0 ? 0
                      : error_set(error, EINVAL, "[%s]: expected something like %s", section,
                                  ways[by].example);
    }
    return unknown_section(section, error);
}

/* The same section may come twice: each reserves for itself. */
static int begin_section(struct early_file *file, const char *section, struct error *error) {
    struct early_rules *rules = &file->rules;
    struct early_rule *larger = reallocarray(rules->items, rules->count + 1, sizeof *larger);

    if (!larger)
        return error_oom(error);
    rules->items = larger;
    larger += rules->count++;
    *larger = (struct early_rule){.section = strdup(section), .file = strdup(file->path)};
    if (!larger->section || !larger->file)
        return error_oom(error);
    return fill_rule(larger, section, error);
}

/* ---- keys ----------------------------------------------------------------------------------- */

static int set_id(struct early_rule *rule, const char *name, const char *value,
                  struct error *error) {
    if (rule->by == EARLY_BY_ID)
        return error_set(error, EINVAL, "%s: [id ...] names it already", name);
    if (pci_id_parse(value, &rule->id) < 0)
        return error_set(error, EINVAL, "%s = %s: expected vendor and device, such as 144d:a80a",
                         name, value);
    rule->has_id = true;
    return 0;
}

static int set_with(struct early_rule *rule, const char *name, const char *value,
                    struct error *error) {
    static const char *const words[] = {"slot", "iommu-group"};
    unsigned word = 0;
    int r = policy_word(words, ELEMENTS(words), name, value, &word, error);

    if (r == 0)
        rule->with = word == 0 ? EARLY_WITH_SLOT : EARLY_WITH_GROUP;
    return r;
}

static int set_boot_display(struct early_rule *rule, const char *name, const char *value,
                            struct error *error) {
    return policy_yes_no(name, value, &rule->boot_display, error);
}

static int set_sriov_vfs(struct early_rule *rule, const char *name, const char *value,
                         struct error *error) {
    int count = 0;

    if (policy_number(value, 1, VFS_MAX, &count) < 0)
        return error_set(error, EINVAL, "%s = %s: expected a number of virtual functions", name,
                         value);
    rule->sriov_vfs = (unsigned)count;
    return 0;
}

/* A or A-B. */
static int set_vf(struct early_rule *rule, const char *name, const char *value,
                  struct error *error) {
    char first[8] = "", last[8] = "";
    int words = sscanf(value, "%7[^-]-%7s", first, last), from = 0, to = 0;

    if (words < 1 || strlen(value) != strlen(first) + (words == 2 ? 1 + strlen(last) : 0) ||
        policy_number(first, 0, VFS_MAX - 1, &from) < 0 ||
        policy_number(words == 2 ? last : first, from, VFS_MAX - 1, &to) < 0)
        return error_set(error, EINVAL,
                         "%s = %s: expected the number of a virtual function, or a range such as "
                         "0-3",
                         name, value);
    rule->has_vfs = true;
    rule->first_vf = (unsigned)from;
    rule->last_vf = (unsigned)to;
    return 0;
}

static const struct key {
    const char *name;
    int (*set)(struct early_rule *rule, const char *name, const char *value, struct error *error);
} keys[] = {
    {"id", set_id},
    {"with", set_with},
    {"boot-display", set_boot_display},
    {"sriov-vfs", set_sriov_vfs},
    {"vf", set_vf},
};

int early_set(void *data, const char *section, const char *name, const char *value,
              struct error *error) {
    struct early_file *file = data;

    if (!name)
        return begin_section(file, section, error);
    if (file->rules.count == 0)
        return error_set(error, EINVAL, "'%s' stands before the first section", name);
    for (size_t i = 0; i < ELEMENTS(keys); i++)
        if (strcmp(name, keys[i].name) == 0)
            return keys[i].set(&file->rules.items[file->rules.count - 1], name, value, error);
    return error_set(error, EINVAL, "unknown key '%s' in [%s]", name, section);
}

int early_check(const struct early_rule *rule, struct error *error) {
    if (rule->by == EARLY_BY_SERIAL && !rule->has_id)
        return error_set(error, EINVAL,
                         "[%s] needs id = VENDOR:DEVICE as well: the number is read from such "
                         "devices only",
                         rule->section);
    if (early_rule_is_about_vfs(rule) && rule->with != EARLY_WITH_NOTHING)
        return error_set(
            error, EINVAL,
            "[%s] is about virtual functions: with = slot | iommu-group has no meaning "
            "there",
            rule->section);
    if (rule->has_vfs && rule->sriov_vfs > 0 && rule->last_vf >= rule->sriov_vfs)
        return error_set(error, EINVAL,
                         "[%s] reserves virtual function %u, but sriov-vfs = %u makes 0 to %u only",
                         rule->section, rule->last_vf, rule->sriov_vfs, rule->sriov_vfs - 1);
    return 0;
}
