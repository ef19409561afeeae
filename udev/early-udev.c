/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "early-udev.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "file.h"
#include "pci-path.h"

#define RULES_MAX (1 << 20)

/* udev looks for the program among its helpers. */
#define RUN "RUN+=\"hostdevctl-early $kernel\""

/* ---- the text
 * ------------------------------------------------------------------------------------- */

static void print_head(FILE *stream) {
    fputs("# Made from " SYSCONFDIR "/hostdevctl/early.d; what is changed here is lost.\n"
          "SUBSYSTEM!=\"pci\", GOTO=\"hostdevctl_end\"\n"
          "ACTION!=\"add|bind\", GOTO=\"hostdevctl_end\"\n",
          stream);
}

/* By address; what may go along sits in the same slot, also when it comes later. */
static void print_address(FILE *stream, const struct early_rule *rule) {
    struct pci_address_text text = pci_address_format(rule->address);

    if (rule->with != EARLY_WITH_NOTHING)
        text.text[strlen(text.text) - 1] = '?';
    fprintf(stream, "KERNEL==\"%s\", ", text.text);
}

static int print_path(FILE *stream, const struct early_rule *rule) {
    _cleanup_free_ char *pattern = pci_path_pattern(rule->path);

    if (!pattern)
        return -ENOMEM;
    if (rule->with != EARLY_WITH_NOTHING)
        pattern[strlen(pattern) - 1] = '?';
    fprintf(stream, "DEVPATH==\"%s\", ", pattern);
    return 0;
}

static void print_id(FILE *stream, const struct early_rule *rule) {
    fprintf(stream, "ATTR{vendor}==\"0x%04x\", ATTR{device}==\"0x%04x\", ", rule->id.vendor,
            rule->id.device);
}

/* The device that a rule names. A physical function is of interest as soon as its driver has it. */
static int print_named(FILE *stream, const struct early_rule *rule) {
    int r = 0;

    fputs(early_rule_is_about_vfs(rule) ? "DRIVER==\"?*\", TEST!=\"physfn\", "
                                        : "ACTION==\"add\", ",
          stream);
    if (rule->by == EARLY_BY_ADDRESS)
        print_address(stream, rule);
    else if (rule->by == EARLY_BY_PATH)
        r = print_path(stream, rule);
    /* What goes along has other ids. */
    if (rule->by == EARLY_BY_ID || rule->by == EARLY_BY_SERIAL ||
        (rule->has_id && rule->with == EARLY_WITH_NOTHING))
        print_id(stream, rule);
    fputs(RUN "\n", stream);
    return r;
}

/* The virtual functions of a physical one, by what is in its IOMMU group: udev cannot compare where
 * a link points to. */
static void print_vfs(FILE *stream, const struct early_verdict *verdict) {
    if (verdict->outcome == EARLY_PHYSFN && verdict->rule->has_vfs)
        fprintf(stream, "ACTION==\"add\", TEST==\"physfn/iommu_group/devices/%s\", " RUN "\n",
                PCI_ADDRESS_FORMAT(verdict->device));
}

char *early_udev_rules(const struct early_rules *rules, const struct early_plan *plan) {
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    int r = 0;

    if (!stream)
        return NULL;
    print_head(stream);
    for (size_t i = 0; i < rules->count && r == 0; i++)
        r = print_named(stream, &rules->items[i]);
    for (size_t i = 0; i < plan->count; i++)
        print_vfs(stream, &plan->verdicts[i]);
    fputs("LABEL=\"hostdevctl_end\"\n", stream);
    if (fclose(stream) != 0 || r < 0) {
        free(text);
        return NULL;
    }
    return text;
}

/* ---- the file
 * ------------------------------------------------------------------------------------- */

static int open_directory(struct error *error) {
    int fd;

    /* In an initramfs udev has not made its own yet. */
    if ((mkdir("/run/udev", 0755) < 0 && errno != EEXIST) ||
        (mkdir(EARLY_UDEV_DIRECTORY, 0755) < 0 && errno != EEXIST))
        return error_set(error, errno, EARLY_UDEV_DIRECTORY " cannot be made: %s", strerror(errno));
    fd = open(EARLY_UDEV_DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? error_set(error, errno, EARLY_UDEV_DIRECTORY " cannot be opened: %s",
                              strerror(errno))
                  : fd;
}

static bool is_there(int directory, const char *text) {
    _cleanup_close_ int fd = openat(directory, EARLY_UDEV_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    _cleanup_free_ char *there = NULL;
    size_t length;

    return fd >= 0 && file_read_all(fd, RULES_MAX, &there, &length) == 0 &&
           strcmp(there, text) == 0;
}

static int replace(int directory, const char *text) {
    char scratch[sizeof EARLY_UDEV_FILE + 16];
    _cleanup_close_ int fd = -1;
    int r;

    /* Two programs may do this at once. */
    snprintf(scratch, sizeof scratch, ".%s.%d", EARLY_UDEV_FILE, getpid());
    fd = openat(directory, scratch, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    r = fd < 0 ? -errno : file_write_all(fd, text, strlen(text));
    if (r >= 0 && fchmod(fd, 0644) < 0)
        r = -errno;
    if (r >= 0 && renameat(directory, scratch, directory, EARLY_UDEV_FILE) < 0)
        r = -errno;
    return r;
}

int early_udev_write(const struct early_rules *rules, const struct early_plan *plan,
                     struct error *error) {
    _cleanup_free_ char *text = rules->count > 0 ? early_udev_rules(rules, plan) : NULL;
    _cleanup_close_ int directory = -1;
    int r;

    if (rules->count == 0) {
        if (unlink(EARLY_UDEV_DIRECTORY "/" EARLY_UDEV_FILE) < 0 && errno != ENOENT)
            return error_set(error, errno,
                             EARLY_UDEV_DIRECTORY "/" EARLY_UDEV_FILE " cannot be removed: %s",
                             strerror(errno));
        return 0;
    }
    if (!text)
        return error_oom(error);
    directory = open_directory(error);
    if (directory < 0)
        return directory;
    if (is_there(directory, text))
        return 0;
    r = replace(directory, text);
    return r < 0 ? error_set(error, -r,
                             EARLY_UDEV_DIRECTORY "/" EARLY_UDEV_FILE " cannot be written: %s",
                             strerror(-r))
                 : 0;
}
