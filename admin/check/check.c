/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "check.h"

#include <errno.h>

#include "check-domain.h"
#include "check-host.h"
#include "options.h"
#include "say.h"
#include "verb.h"

/* In the order in which things have to be right for a device to reach a VM. */
static const struct {
    const char *point;
    int (*check)(struct check_report *report);
} host_points[] = {
    {"virtualization", check_virtualization},
    {"UEFI for VMs", check_firmware},
    {"IOMMU", check_iommu},
    {"kernel line", check_kernel_line},
    {"memory windows", check_resources},
    {"VFIO modules", check_modules},
    {"hook", check_hook},
    {"libvirt daemon", check_daemon},
    {"SELinux", check_selinux},
    {"AppArmor", check_apparmor},
    {"configuration", check_conf},
    {"ownership", check_ownership},
    {"initramfs", check_initramfs},
    {"reserved devices", check_reserved},
    {"vfio-pci.ids", check_ids},
    {"leftovers", check_leftovers},
};

static int check_host(struct check_report *report) {
    for (size_t i = 0; i < ELEMENTS(host_points); i++) {
        report->point = host_points[i].point;
        if (host_points[i].check(report) < 0)
            return -ENOMEM;
    }
    return 0;
}

struct request {
    const char *domain; /* its name or UUID; or */
    const char *file;   /* its XML; or neither: the host */
    bool json;
};

static int parse(int argc, char **argv, struct request *request) {
    const struct option_row rows[] = {
        {"xml", NULL, &request->file},
        {"json", &request->json, NULL},
    };
    int operands = options_parse("check", rows, ELEMENTS(rows), argc, argv);

    if (operands < 0)
        return operands;
    if (argc - operands > (request->file ? 0 : 1)) {
        say_error("check: of which VM? Expected one name or UUID, or --xml FILE, or nothing: the "
                  "host");
        return -EINVAL;
    }
    request->domain = argv[operands];
    return 0;
}

static int check(struct check_report *report, const struct request *request, struct error *error) {
    if (request->file)
        return check_domain_file(report, request->file, error);
    if (request->domain)
        return check_domain(report, request->domain, error);
    return check_host(report) < 0 ? error_oom(error) : 0;
}

int check_main(int argc, char **argv) {
    _cleanup_check_report_ struct check_report report = {0};
    _cleanup_error_ struct error error = {0};
    struct request request = {0};

    if (parse(argc, argv, &request) < 0)
        return EXIT_USAGE;
    if (check(&report, &request, &error) >= 0 &&
        (request.json ? check_report_print_json(&report) : check_report_print(&report)) < 0)
        error_oom(&error);
    if (error.code) {
        say_error("%s", error_text(&error));
        return EXIT_FAILURE;
    }
    return fflush(stdout) != 0 || check_report_count(&report, CHECK_FAIL) > 0 ? EXIT_FAILURE
                                                                              : EXIT_SUCCESS;
}
