/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The admin's tool. */

#include <sys/stat.h>

#include "early.h"
#include "verb.h"

static const struct verb items[] = {
    {"early", "list|add|remove|update|import", "devices that belong to VMs from boot on", NULL,
     early_main},
};

static const struct verbs verbs = {
    .command = "hostdevctl",
    .about = "Gives devices of this host to virtual machines, and takes them back. libvirt\n"
             "has that done whenever a VM starts or stops; this is for doing it by hand:\n",
    .notes = "hostdevctl VERB --help tells more of each.\n"
             "Exit codes: 0 done, 1 failed (standard error tells why), 2 wrong usage.\n",
    .items = items,
    .count = ELEMENTS(items),
};

int main(int argc, char **argv) {
    umask(022);
    return verbs_run(&verbs, argc, argv);
}
