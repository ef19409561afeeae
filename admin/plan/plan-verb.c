/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan-verb.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "libvirt-domains.h"
#include "options.h"
#include "plan-show.h"
#include "say.h"
#include "verb.h"

struct request {
    const char *domain; /* its name or UUID; or */
    const char *file;   /* its XML, "-": standard input */
    bool json;
};

static int parse(int argc, char **argv, struct request *request) {
    const struct option_row rows[] = {
        {"xml", NULL, &request->file},
        {"json", &request->json, NULL},
    };
    int operands = options_parse("plan", rows, ELEMENTS(rows), argc, argv);

    if (operands < 0)
        return operands;
    if (argc - operands != (request->file ? 0 : 1)) {
        say_error("plan: of which VM? Expected its name or UUID, or --xml FILE");
        return -EINVAL;
    }
    request->domain = request->file ? NULL : argv[operands];
    return 0;
}

static int read_file(const char *file, struct domain **ret, struct error *error) {
    _cleanup_close_ int fd = -1;

    if (strcmp(file, "-") == 0)
        return domain_read(STDIN_FILENO, ret, error);
    fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(error, errno, "%s cannot be read: %s", file, strerror(errno));
    return domain_read(fd, ret, error);
}

static int ask_libvirt(const char *name, struct domain **ret, unsigned *ret_version,
                       struct error *error) {
    _cleanup_libvirt_ struct libvirt *libvirt = NULL;
    _cleanup_free_ char *xml = NULL;
    int r = libvirt_open(&libvirt, error);

    if (r == 0)
        r = libvirt_domain_xml(libvirt, name, false, &xml, error);
    if (r != 0)
        return r;
    *ret_version = libvirt_version(libvirt);
    return domain_parse(xml, strlen(xml), ret, error);
}

static int show(const struct request *request, const struct domain *domain,
                const struct foreseen *foreseen, const char *refusal) {
    if (request->json)
        return plan_print_json(domain, foreseen, refusal);
    return refusal ? 0 : plan_print(domain, foreseen);
}

/* As the hook says it: some sentences are followed by a list, a line each. */
static void print_refusal(struct error *error) {
    for (char *c = error->text; c && *c; c++)
        if (iscntrl((unsigned char)*c) && *c != '\n')
            *c = '?';
    fflush(stdout);
    fprintf(stderr, "hostdevctl: %s\n", error_text(error));
}

int plan_main(int argc, char **argv) {
    _cleanup_domain_ struct domain *domain = NULL;
    _cleanup_foreseen_ struct foreseen foreseen = {0};
    _cleanup_error_ struct error error = {0};
    struct request request = {0};
    unsigned libvirt = 0;
    int r;

    if (parse(argc, argv, &request) < 0)
        return EXIT_USAGE;
    if ((request.file ? read_file(request.file, &domain, &error)
                      : ask_libvirt(request.domain, &domain, &libvirt, &error)) < 0) {
        say_error("%s", error_text(&error));
        return EXIT_FAILURE;
    }
    if (geteuid() != 0)
        say_warning("only root can see what VMs hold, and all that the host uses: this is told as "
                    "if nobody else had the devices");
    r = foresee(domain, libvirt, &foreseen, &error);
    if (show(&request, domain, &foreseen, r < 0 ? error_text(&error) : NULL) < 0)
        r = error_oom(&error);
    if (r < 0) {
        print_refusal(&error);
        return EXIT_FAILURE;
    }
    return fflush(stdout) != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
