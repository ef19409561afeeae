/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf-check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "conf-file.h"
#include "early-settings.h"
#include "libvirt-domains.h"
#include "policy-settings.h"
#include "shell-quote.h"
#include "sysfs.h"
#include "text.h"
#include "uuid.h"

#define DIRECTORY SYSCONFDIR "/hostdevctl"

/* ---- findings ------------------------------------------------------------------------------- */

static _printf_(5, 6) void find(struct conf_findings *findings, const char *file, int line,
                                enum conf_finding_kind kind, const char *format, ...) {
    struct conf_finding *larger =
        reallocarray(findings->items, findings->count + 1, sizeof *findings->items);
    char *what = NULL;
    va_list arguments;

    va_start(arguments, format);
    if (vasprintf(&what, format, arguments) < 0)
        what = NULL;
    va_end(arguments);
    if (larger)
        findings->items = larger;
    if (!larger || !what) {
        findings->lacks_memory = true;
        free(what);
        return;
    }
    larger[findings->count] = (struct conf_finding){strdup(file), line, kind, what};
    findings->lacks_memory = findings->lacks_memory || !larger[findings->count].file;
    findings->count++;
    findings->mistakes += kind != CONF_WARNING;
}

void conf_findings_done(struct conf_findings *findings) {
    for (size_t i = 0; i < findings->count; i++) {
        free(findings->items[i].file);
        free(findings->items[i].what);
    }
    free(findings->items);
}

/* ---- one file ------------------------------------------------------------------------------- */

struct checking {
    struct conf_findings *findings;
    const char *path;
    int line;
    conf_setting setting;
    void *data; /* the setting's */
};

static void take_mistake(void *data, const char *what) {
    const struct checking *checking = data;

    find(checking->findings, checking->path, checking->line, CONF_MISTAKE, "%s", what);
}

/* What a card's next place is nobody knows: it is no mistake to name one that is out. */
static void look_for_device(const struct checking *checking, const char *section) {
    static const char prefix[] = "device ";
    struct pci_address address;
    int device;

    if (strncmp(section, prefix, strlen(prefix)) != 0 ||
        pci_address_parse(section + strlen(prefix), &address) < 0)
        return;
    device = sysfs_open_device(address);
    if (device == -ENOENT)
        find(checking->findings, checking->path, checking->line, CONF_WARNING,
             "[%s]: there is no device at this address (lspci -D lists them)", section);
    close_descriptor(&device);
}

static int take_setting(void *data, const char *section, const char *name, const char *value,
                        struct error *error) {
    const struct checking *checking = data;
    int r = checking->setting(checking->data, section, name, value, error);

    if (r == 0 && !name)
        look_for_device(checking, section);
    return r;
}

/* Whoever can write it decides what root does. */
static void check_trust(struct conf_findings *findings, int fd, const char *path) {
    _cleanup_free_ char *word = shell_quote(path);
    struct stat st;

    findings->lacks_memory = findings->lacks_memory || !word;
    if (!word || fstat(fd, &st) < 0)
        return;
    if (st.st_uid != 0)
        find(findings, path, 0, CONF_TRUST, "it belongs to user %u, not to root: chown root %s",
             st.st_uid, word);
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        find(findings, path, 0, CONF_TRUST, "others than root can write it: chmod go-w %s", word);
}

/* A descriptor, or -1: that has been told then. */
static int open_checked(struct conf_findings *findings, int directory, const char *name,
                        const char *path, int flags) {
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags);

    if (fd >= 0)
        check_trust(findings, fd, path);
    else if (errno == EACCES)
        findings->hidden = true;
    else
        find(findings, path, 0, CONF_MISTAKE, "it cannot be opened: %s", strerror(errno));
    return fd;
}

static void read_file(struct conf_findings *findings, int directory, const char *name,
                      const char *path, conf_setting setting, void *data) {
    struct checking checking = {findings, path, 0, setting, data};
    _cleanup_close_ int fd = open_checked(findings, directory, name, path, 0);
    struct stat st;
    int r;

    if (fd < 0 || fstat(fd, &st) < 0)
        return;
    if (!S_ISREG(st.st_mode)) {
        find(findings, path, 0, CONF_MISTAKE, "it is not a regular file");
        return;
    }
    findings->files++;
    r = conf_file_check(fd, take_setting, &checking.line, take_mistake, &checking);
    if (r < 0)
        find(findings, path, 0, CONF_MISTAKE, "it cannot be read: %s", strerror(-r));
}

static void read_policy(struct conf_findings *findings, int directory, const char *name,
                        const char *path) {
    _cleanup_policy_ struct policy *policy = calloc(1, sizeof *policy);

    if (policy)
        read_file(findings, directory, name, path, policy_set, policy);
    else
        findings->lacks_memory = true;
}

/* What early.d says, section by section. */
struct early_reading {
    struct conf_findings *findings;
    struct early_file file;
    size_t mistakes; /* before the section */
};

/* Of a section half of which was not understood there is no telling. */
static void end_section(const struct early_reading *reading) {
    const struct early_rules *rules = &reading->file.rules;
    _cleanup_error_ struct error reason = {0};

    if (rules->count > 0 && reading->findings->mistakes == reading->mistakes &&
        early_check(&rules->items[rules->count - 1], &reason) < 0)
        find(reading->findings, reading->file.path, 0, CONF_MISTAKE, "%s", error_text(&reason));
}

static int take_early(void *data, const char *section, const char *name, const char *value,
                      struct error *error) {
    struct early_reading *reading = data;

    if (!name) {
        end_section(reading);
        reading->mistakes = reading->findings->mistakes;
    }
    return early_set(&reading->file, section, name, value, error);
}

static void read_early(struct conf_findings *findings, int directory, const char *name,
                       const char *path) {
    struct early_reading reading = {.findings = findings, .file.path = path};

    read_file(findings, directory, name, path, take_early, &reading);
    end_section(&reading);
    early_rules_done(&reading.file.rules);
}

/* ---- directories ---------------------------------------------------------------------------- */

static bool ends_in(const char *name, const char *end) {
    size_t length = strlen(name), tail = strlen(end);

    return length > tail && strcmp(name + length - tail, end) == 0;
}

static int is_visible(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static int compare_names(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* A directory that is being looked through. */
struct place {
    struct conf_findings *findings;
    int directory;
    const char *path;
    const struct libvirt_domains *domains; /* NULL: it is not known which there are */
};

/* Calls `visit` with each entry that is not hidden, and its path. One that is not there is fine. */
static void look_through(const struct place *parent, const char *name,
                         void (*visit)(const struct place *place, const char *name,
                                       const char *path)) {
    _cleanup_free_ char *path =
        *name ? text_format("%s/%s", parent->path, name) : text_format("%s", parent->path);
    _cleanup_close_ int fd = -1;
    struct place place = *parent;
    struct dirent **entries = NULL;
    int count;

    if (!path)
        return;
    if (faccessat(parent->directory, *name ? name : path, F_OK, 0) < 0 && errno == ENOENT)
        return;
    fd = open_checked(parent->findings, parent->directory, *name ? name : path, path, O_DIRECTORY);
    if (fd < 0)
        return;
    place.directory = fd;
    place.path = path;
    count = scandirat(fd, ".", &entries, is_visible, compare_names);
    for (int i = 0; i < count; i++) {
        _cleanup_free_ char *file = text_format("%s/%s", path, entries[i]->d_name);

        if (file)
            visit(&place, entries[i]->d_name, file);
        free(entries[i]);
    }
    free(entries);
}

static void warn_unread(const struct place *place, const char *path, const char *why) {
    find(place->findings, path, 0, CONF_WARNING, "nobody reads it: %s", why);
}

static void visit_drop_in(const struct place *place, const char *name, const char *path) {
    if (ends_in(name, ".conf"))
        read_policy(place->findings, place->directory, name, path);
    else
        warn_unread(place, path, "its name does not end in .conf");
}

static void visit_early(const struct place *place, const char *name, const char *path) {
    if (ends_in(name, ".conf"))
        read_early(place->findings, place->directory, name, path);
    else if (strcmp(name, "README") != 0)
        warn_unread(place, path, "its name does not end in .conf");
}

static bool is_known(const struct libvirt_domains *domains, const char *key) {
    for (size_t i = 0; i < domains->count; i++)
        if (strcmp(domains->items[i].name, key) == 0 || strcmp(domains->items[i].uuid, key) == 0)
            return true;
    return false;
}

static void look_for_domain(const struct place *place, const char *name, const char *end,
                            const char *path) {
    _cleanup_free_ char *key = strndup(name, strlen(name) - strlen(end));

    if (place->domains && key && !is_known(place->domains, key))
        find(place->findings, path, 0, CONF_WARNING,
             "libvirt knows no VM of this name or UUID (virsh list "
             "--all --uuid --name)");
}

static void visit_domain(const struct place *place, const char *name, const char *path) {
    if (ends_in(name, ".conf")) {
        look_for_domain(place, name, ".conf", path);
        read_policy(place->findings, place->directory, name, path);
    } else if (ends_in(name, ".conf.d")) {
        look_for_domain(place, name, ".conf.d", path);
        look_through(place, name, visit_drop_in);
    } else {
        warn_unread(place, path, "its name ends neither in .conf nor in .conf.d");
    }
}

static void visit_top(const struct place *place, const char *name, const char *path) {
    if (strcmp(name, "hostdevctl.conf") == 0)
        read_policy(place->findings, place->directory, name, path);
    else if (strcmp(name, "domains") == 0)
        look_through(place, name, visit_domain);
    else if (strcmp(name, "early.d") == 0)
        look_through(place, name, visit_early);
    else
        warn_unread(place, path, "a VM's file is domains/NAME.conf");
}

void conf_check(struct conf_findings *ret) {
    _cleanup_libvirt_domains_ struct libvirt_domains domains = {0};
    _cleanup_libvirt_ struct libvirt *libvirt = NULL;
    _cleanup_error_ struct error no_daemon = {0};
    struct place top = {.findings = ret, .directory = AT_FDCWD, .path = DIRECTORY};

    if (libvirt_open(&libvirt, &no_daemon) == 0 &&
        libvirt_domains(libvirt, &domains, &no_daemon) == 0)
        top.domains = &domains;
    look_through(&top, "", visit_top);
}
