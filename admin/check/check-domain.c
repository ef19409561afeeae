/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check-domain.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "check-advice.h"
#include "file.h"
#include "foresee.h"
#include "libvirt-domains.h"
#include "text.h"

static const struct {
    const char *point;
    int (*advise)(struct check_report *report, const struct check_vm *vm);
} points[] = {
    {"firmware", check_advise_firmware},
    {"machine", check_advise_machine},
    {"NVIDIA", check_advise_nvidia},
    {"sound", check_advise_sound},
    {"ROM", check_advise_rom},
    {"PCI Express", check_advise_ports},
    {"functions", check_advise_functions},
    {"mediated devices", check_advise_mdevs},
    {"CPUs", check_advise_cpus},
    {"huge pages", check_advise_memory},
};

static char *describe_start(const struct foreseen *foreseen) {
    if (foreseen->running)
        return text_format("it runs");
    if (foreseen->steps.count == 0 && !foreseen->incomplete)
        return text_format("it would start, and nothing has to be taken from the host");
    return text_format("it would start, after what 'hostdevctl plan' lists");
}

/* The plan's own sentence says what to do. */
static int check_start(struct check_report *report, const struct check_vm *vm, unsigned libvirt) {
    _cleanup_foreseen_ struct foreseen foreseen = {0};
    _cleanup_error_ struct error error = {0};
    int r = foresee(vm->domain, libvirt, &foreseen, &error);

    report->point = "start";
    if (r == -ENOMEM)
        return r;
    if (r < 0)
        return check_refused(report, text_format("%s", error_text(&error)));
    if (geteuid() != 0)
        return check_needs_root(report, "who has its devices");
    return check_ok(report, describe_start(&foreseen));
}

static int check_all(struct check_report *report, const char *xml, size_t length, unsigned libvirt,
                     struct error *error) {
    _cleanup_check_vm_ struct check_vm vm = {0};
    int r = check_vm_parse(xml, length, &vm, error);

    if (r < 0)
        return r;
    check_vm_look(&vm);
    r = check_start(report, &vm, libvirt);
    for (size_t i = 0; i < ELEMENTS(points) && r == 0; i++) {
        report->point = points[i].point;
        r = points[i].advise(report, &vm);
    }
    return r < 0 ? error_oom(error) : 0;
}

int check_domain(struct check_report *report, const char *name, struct error *error) {
    _cleanup_libvirt_ struct libvirt *libvirt = NULL;
    _cleanup_free_ char *xml = NULL;
    int r = libvirt_open(&libvirt, error);

    if (r == 0)
        r = libvirt_domain_xml(libvirt, name, false, &xml, error);
    if (r < 0 || !xml)
        return r;
    return check_all(report, xml, strlen(xml), libvirt_version(libvirt), error);
}

int check_domain_file(struct check_report *report, const char *path, struct error *error) {
    _cleanup_close_ int fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                                    : open(path, O_RDONLY | O_CLOEXEC);
    _cleanup_free_ char *xml = NULL;
    size_t length = 0;
    int r = fd < 0 ? -errno : file_read_all(fd, DOMAIN_XML_MAX, &xml, &length);

    if (r < 0)
        return error_set(error, -r, "%s cannot be read: %s", path, strerror(-r));
    return check_all(report, xml, length, 0, error);
}
