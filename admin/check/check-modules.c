/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether this kernel has VFIO, or can load it. libkmod goes by its index; but that may name files
 * that are not there (any more), so they are looked for.
 */

#include "check-host.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/utsname.h>

#include "driver.h"
#include "file.h"
#include "text.h"

#define INDEX_MAX ((size_t)16 << 20)

/* The modules of a kernel, as modules.dep(5) and modules.builtin have them. */
struct index {
    char *directory; /* /lib/modules/RELEASE */
    char *loadable;  /* "PATH: PATH PATH", a line each; NULL: there is no such file */
    char *builtin;   /* "PATH", a line each; the same */
};

static void index_done(struct index *index) {
    free(index->directory);
    free(index->loadable);
    free(index->builtin);
}

static char *read_text(const struct index *index, const char *name) {
    _cleanup_free_ char *path = text_format("%s/%s", index->directory, name), *text = NULL;
    _cleanup_close_ int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    size_t length;

    return fd >= 0 && file_read_all(fd, INDEX_MAX, &text, &length) == 0 ? take_pointer(text) : NULL;
}

static int index_read(struct index *ret) {
    struct utsname kernel;

    if (uname(&kernel) < 0)
        return -EFAULT;
    ret->directory = text_format("/lib/modules/%s", kernel.release);
    if (!ret->directory)
        return -ENOMEM;
    ret->loadable = read_text(ret, "modules.dep");
    ret->builtin = read_text(ret, "modules.builtin");
    return 0;
}

/* Whether a path of so many bytes is that of a module: kernel/drivers/vfio/pci/vfio-pci.ko.xz. */
static bool is_module(const char *path, size_t length, const char *name) {
    const char *base = memrchr(path, '/', length);
    size_t skipped = base ? (size_t)(base + 1 - path) : 0;
    size_t stem = strlen(name);
    char found[DRIVER_NAME_MAX];

    if (length - skipped < stem + 3 || stem >= sizeof found ||
        strncmp(path + skipped + stem, ".ko", 3) != 0)
        return false;
    memcpy(found, path + skipped, stem);
    found[stem] = '\0';
    return driver_name_same(found, name);
}

/* The line whose first path is that module's; NULL: there is none. */
static const char *find_line(const char *text, const char *name) {
    while (text && *text) {
        if (is_module(text, strcspn(text, ":\n"), name))
            return text;
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    return NULL;
}

/* The first file of a line that is not there; NULL: all are, or no memory. */
static char *missing_file(const struct index *index, const char *line) {
    const char *end = line + strcspn(line, "\n");

    while (line < end) {
        size_t length = strcspn(line, ": \n");
        _cleanup_free_ char *path =
            *line == '/' ? strndup(line, length)
                         : text_format("%s/%.*s", index->directory, (int)length, line);

        if (path && access(path, F_OK) < 0)
            return take_pointer(path);
        line += length;
        line += strspn(line, ": ");
    }
    return NULL;
}

static bool is_loaded(const char *name) {
    _cleanup_free_ char *path = NULL;
    char module[DRIVER_NAME_MAX];

    driver_module_name(name, module);
    path = text_format("/sys/module/%s", module);
    return path && access(path, F_OK) == 0;
}

static int fail(struct check_report *report, const struct index *index, const char *name,
                const char *file) {
    struct utsname kernel;

    if (uname(&kernel) == 0 && access(index->directory, F_OK) < 0)
        return check_fail(report,
                          text_format("the modules of the running kernel, %s, are not there, as "
                                      "after an upgrade",
                                      kernel.release),
                          text_format("reboot"));
    if (file)
        return check_fail(report, text_format("%s cannot be loaded: %s is not there", name, file),
                          text_format("install the kernel's modules again"));
    return check_fail(report, text_format("this kernel has no %s", name),
                      text_format("install the distribution's kernel with all its modules (such as "
                                  "linux-image-amd64, kernel-modules, linux-modules-extra)"));
}

/* 1: it was added that the module is not to be had. */
static int require(struct check_report *report, const struct index *index, const char *name) {
    _cleanup_free_ char *file = NULL;
    const char *line;

    if (is_loaded(name) || find_line(index->builtin, name))
        return 0;
    line = find_line(index->loadable, name);
    file = line ? missing_file(index, line) : NULL;
    if (line && !file)
        return 0;
    return fail(report, index, name, file) < 0 ? -ENOMEM : 1;
}

int check_modules(struct check_report *report) {
    static const char *const names[] = {"vfio-pci", "vfio_iommu_type1"};
    _cleanup_(index_done) struct index index = {0};
    int r = index_read(&index);

    for (size_t i = 0; i < ELEMENTS(names) && r == 0; i++)
        r = require(report, &index, names[i]);
    if (r != 0)
        return r < 0 ? -ENOMEM : 0;
    return check_ok(report, text_format("%s", is_loaded(DRIVER_VFIO_PCI)
                                                  ? "vfio-pci is loaded"
                                                  : "vfio-pci is loaded when it is needed"));
}
