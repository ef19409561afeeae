/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pci-path.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* "1c.4", and its end. */
#define FUNCTION_LENGTH 4

/* As the kernel writes it, "pci%04x:%02x"; sscanf would take blanks and signs, too. */
static bool is_root_bus(const char *step, size_t length) {
    static const char digits[] = "0123456789abcdef";
    size_t domain;

    if (strncmp(step, "pci", strlen("pci")) != 0)
        return false;
    step += strlen("pci");
    domain = strspn(step, digits);
    return domain >= 4 && domain <= 8 && step[domain] == ':' &&
           strspn(step + domain + 1, digits) == 2 && length == strlen("pci") + domain + 1 + 2;
}

static bool is_function(const char *step, size_t length) {
    return length == FUNCTION_LENGTH && (step[0] == '0' || step[0] == '1') &&
           isxdigit((unsigned char)step[1]) && !isupper((unsigned char)step[1]) && step[2] == '.' &&
           step[3] >= '0' && step[3] <= '7';
}

bool pci_path_valid(const char *path) {
    bool root = true, function = false;

    for (const char *step = path; *step; root = false) {
        size_t length = strcspn(step, "/");

        function = is_function(step, length);
        if (function ? root : !is_root_bus(step, length))
            return false;
        step += length;
        if (*step == '/' && *++step == '\0')
            return false;
    }
    return function;
}

static const char *skip_to_root_bus(const char *link) {
    for (const char *step = link; *step; step += *step == '/') {
        size_t length = strcspn(step, "/");

        if (is_root_bus(step, length))
            return step;
        step += length;
    }
    return NULL;
}

char *pci_path_from_link(const char *link) {
    const char *step = skip_to_root_bus(link);
    char *path = step ? malloc(strlen(step) + 1) : NULL, *end = path;

    for (; path && *step; step += *step == '/') {
        size_t length = strcspn(step, "/"), skip = 0;

        if (!is_root_bus(step, length))
            skip = length > FUNCTION_LENGTH ? length - FUNCTION_LENGTH : 0;
        if (end > path)
            *end++ = '/';
        memcpy(end, step + skip, length - skip);
        end += length - skip;
        *end = '\0';
        step += length;
    }
    if (path && !pci_path_valid(path)) {
        free(path);
        return NULL;
    }
    return path;
}

/* Whether an entry of a bridge's directory is the function. */
static bool is_at(const char *name, const char *function, struct pci_address *ret) {
    size_t length = strlen(name);

    return length > FUNCTION_LENGTH &&
           strncmp(name + length - FUNCTION_LENGTH, function, FUNCTION_LENGTH) == 0 &&
           pci_address_parse(name, ret) == 0;
}

/* Of several the one with the lowest bus number: the others are virtual functions, which sit on
 * buses that the bridge has only for them. */
static int find_function(int directory, const char *function, struct pci_address *ret) {
    int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    _cleanup_closedir_ DIR *entries = copy < 0 ? NULL : fdopendir(copy);
    bool found = false;

    if (!entries) {
        close_descriptor(&copy);
        return -errno;
    }
    for (struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
        struct pci_address address;

        if (is_at(entry->d_name, function, &address) &&
            (!found || pci_address_compare(address, *ret) < 0)) {
            *ret = address;
            found = true;
        }
    }
    return found ? 0 : -ENOENT;
}

/* Goes one step down, from *directory to the directory of that step. */
static int descend(int *directory, const char *step, struct pci_address *ret) {
    char name[32];
    int next;

    if (is_function(step, strcspn(step, "/"))) {
        int r = find_function(*directory, step, ret);

        if (r < 0)
            return r;
        snprintf(name, sizeof name, "%s", PCI_ADDRESS_FORMAT(*ret));
    } else {
        snprintf(name, sizeof name, "%.*s", (int)strcspn(step, "/"), step);
    }
    next = openat(*directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (next < 0)
        return -errno;
    close(*directory);
    *directory = next;
    return 0;
}

int pci_path_find(const char *path, struct pci_address *ret) {
    _cleanup_close_ int directory = open("/sys/devices", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = directory < 0 ? -errno : 0;

    if (!pci_path_valid(path))
        return -EINVAL;
    for (const char *step = path; r == 0 && *step; step += *step == '/') {
        r = descend(&directory, step, ret);
        step += strcspn(step, "/");
    }
    return r;
}

char *pci_path_pattern(const char *path) {
    static const char any_bus[] = ":??:";
    const char *domain = "";
    int domain_length = 0;
    /* A function may become as long as its root bus. */
    char *pattern = malloc(sizeof "/devices" + 8 * strlen(path)), *end = pattern;

    if (!pattern)
        return NULL;
    end += sprintf(end, "/devices");
    for (const char *step = path; *step; step += *step == '/') {
        int length = (int)strcspn(step, "/");

        if (is_function(step, (size_t)length)) {
            end += sprintf(end, "/%.*s%s%.*s", domain_length, domain, any_bus, length, step);
        } else {
            domain = step + strlen("pci");
            domain_length = (int)strcspn(domain, ":");
            end += sprintf(end, "/%.*s", length, step);
        }
        step += length;
    }
    return pattern;
}
