/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host-needs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "conf-file.h"
#include "kernel-line.h"
#include "pci-path.h"
#include "pci-serial.h"
#include "text.h"

static struct host_need *add(struct host_needs *needs) {
    struct host_need *larger = reallocarray(needs->items, needs->count + 1, sizeof *larger);

    if (!larger)
        return NULL;
    needs->items = larger;
    larger += needs->count++;
    *larger = (struct host_need){0};
    return larger;
}

/* ---- the file ------------------------------------------------------------------------------- */

static int set(void *data, const char *section, const char *name, const char *value,
               struct error *error) {
    struct host_needs *needs = data;
    struct host_need *need = needs->count > 0 ? &needs->items[needs->count - 1] : NULL;

    if (!name) {
        if (strncmp(section, "path ", 5) != 0 || !pci_path_valid(section + 5))
            return error_set(error, EINVAL, "[%s]: expected [path BRIDGES/DEVICE]", section);
        need = add(needs);
        if (need)
            need->path = strdup(section + 5);
        return need && need->path ? 0 : error_oom(error);
    }
    if (need && strcmp(name, "serial") == 0 && pci_serial_parse(value, &need->serial) == 0)
        return 0;
    if (need && strcmp(name, "for") == 0) {
        free(need->what);
        need->what = strdup(value);
        return need->what ? 0 : error_oom(error);
    }
    return error_set(error, EINVAL, "%s = %s: expected serial or for", name, value);
}

static int read_file(struct host_needs *needs, struct error *error) {
    _cleanup_close_ int fd = open(HOST_NEEDS_FILE, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return errno == ENOENT ? 0
                               : error_set(error, errno, HOST_NEEDS_FILE " cannot be opened: %s",
                                           strerror(errno));
    return conf_file_read(fd, HOST_NEEDS_FILE, set, needs, error);
}

void host_needs_print(const struct host_needs *needs, FILE *stream) {
    for (size_t i = 0; i < needs->count; i++) {
        const struct host_need *need = &needs->items[i];
        char serial[PCI_SERIAL_TEXT_MAX];

        fprintf(stream, "[path %s]\n", need->path);
        if (need->serial) {
            pci_serial_format(need->serial, serial);
            fprintf(stream, "serial = %s\n", serial);
        }
        fprintf(stream, "for = %s\n", need->what);
    }
}

/* ---- the kernel line ------------------------------------------------------------------------ */

static int add_address(struct host_needs *needs, struct pci_address address, const char *word,
                       size_t length) {
    struct host_need *need = add(needs);

    if (!need)
        return -ENOMEM;
    need->has_address = true;
    need->address = address;
    need->what = text_format("%.*s on the kernel line", (int)length, word);
    return need->what ? 0 : -ENOMEM;
}

/* root=/dev/disk/by-path/pci-0000:05:00.0-nvme-1-part2: what follows "pci-", also more than once.
 */
static int look_for_addresses(void *data, const char *word, size_t length) {
    static const char mark[] = "pci-";
    _cleanup_free_ char *copy = strndup(word, length);
    int r = copy ? 0 : -ENOMEM;

    for (const char *name = copy ? strstr(copy, mark) : NULL; name && r == 0;
         name = strstr(name, mark)) {
        char text[PCI_ADDRESS_TEXT_MAX];
        struct pci_address address;

        name += strlen(mark);
        snprintf(text, sizeof text, "%.*s", (int)strcspn(name, "-"), name);
        if (pci_address_parse(text, &address) == 0)
            r = add_address(data, address, word, length);
    }
    return r;
}

int host_needs_read(struct host_needs *ret, struct error *error) {
    _cleanup_free_ char *line = kernel_line_read();
    int r = line ? kernel_line_for_each(line, look_for_addresses, ret) : 0;

    return r < 0 ? error_oom(error) : read_file(ret, error);
}

/* ---- questions ------------------------------------------------------------------------------ */

static bool is_same_function(const char *path, struct pci_address address) {
    return !path || path[strlen(path) - 1] - '0' == address.function;
}

static bool is_about(const struct host_need *need, struct pci_address address, const char *path,
                     uint64_t serial) {
    return (need->has_address && pci_address_equal(need->address, address)) ||
           (need->path && path && strcmp(need->path, path) == 0) ||
           (need->serial && need->serial == serial && is_same_function(need->path, address));
}

const char *host_needs_what(const struct host_needs *needs, struct pci_address address,
                            const char *path, uint64_t serial) {
    for (size_t i = 0; i < needs->count; i++)
        if (is_about(&needs->items[i], address, path, serial))
            return needs->items[i].what ? needs->items[i].what : "its own system";
    return NULL;
}

void host_needs_done(struct host_needs *needs) {
    for (size_t i = 0; i < needs->count; i++) {
        free(needs->items[i].path);
        free(needs->items[i].what);
    }
    free(needs->items);
    *needs = (struct host_needs){0};
}
