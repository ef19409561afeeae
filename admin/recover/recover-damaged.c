/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recover-damaged.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "device-text.h"
#include "holdings.h"
#include "say.h"
#include "shell-quote.h"
#include "sysfs.h"
#include "text.h"

/* The file that is set aside, or the journal itself while its VM runs. Owned by the caller. */
static char *find_file(int directory, const char *domain, bool *ret_aside) {
    _cleanup_free_ char *file = text_escape_file_name(domain);
    _cleanup_free_ char *aside = file ? text_format(".damaged-%s", file) : NULL;

    *ret_aside = aside && faccessat(directory, aside, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    return *ret_aside ? take_pointer(aside) : take_pointer(file);
}

static void print_device(struct pci_address address) {
    _cleanup_free_ char *text = device_text(address);
    _cleanup_close_ int device = sysfs_open_device(address);
    char driver[DRIVER_NAME_MAX];

    if (device < 0)
        printf("  %s: is not there\n", text ? text : "?");
    else if (sysfs_read_driver(device, driver) < 0)
        printf("  %s: its driver cannot be read\n", text ? text : "?");
    else
        printf("  %s: %s%s now\n", text ? text : "?", *driver ? "on " : "without driver", driver);
}

static void print_mdev(const char *uuid) {
    _cleanup_free_ char *path = text_format("/sys/bus/mdev/devices/%s", uuid);

    printf("  mediated device %s: %s\n", uuid,
           path && access(path, F_OK) == 0 ? "is there" : "is not there");
}

static void print_name(const char *name) {
    struct pci_address address;

    if (pci_address_parse(name, &address) == 0)
        print_device(address);
    else
        print_mdev(name);
}

void damaged_describe(int directory, const char *domain) {
    bool aside;
    _cleanup_free_ char *file = find_file(directory, domain, &aside);
    _cleanup_free_ char *name = shell_quote(domain);
    char **names = file ? holding_find_names(directory, file) : NULL;

    if (names && names[0])
        puts("It names, as far as it can be read:");
    else
        puts("No device can be read out of it.");
    for (size_t i = 0; names && names[i]; i++)
        print_name(names[i]);
    holding_names_free(names);
    if (aside)
        printf("When all of these are as they should be: hostdevctl recover --forget %s\n",
               name ? name : "?");
    fflush(stdout);
}

int damaged_forget(int directory, const char *domain) {
    _cleanup_free_ char *file = text_escape_file_name(domain);
    _cleanup_free_ char *aside = file ? text_format(".damaged-%s", file) : NULL;
    _cleanup_free_ char *name = text_printable(domain);

    if (!aside || !name) {
        say_error("out of memory");
        return EXIT_FAILURE;
    }
    if (directory >= 0 && unlinkat(directory, aside, 0) == 0) {
        printf("The damaged journal of VM %s is removed.\n", name);
        return EXIT_SUCCESS;
    }
    if (directory < 0 || errno == ENOENT)
        say_error("no damaged journal of VM %s is set aside: hostdevctl recover lists what there "
                  "is",
                  name);
    else
        say_error("/run/hostdevctl/%s cannot be removed: %s", aside, strerror(errno));
    return EXIT_FAILURE;
}
