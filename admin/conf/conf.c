/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf.h"

#include "verb.h"

static const struct verb items[] = {
    {"check", "[--json]", "look for mistakes",
     "Reads all files below " SYSCONFDIR "/hostdevctl, and prints a line for each mistake:\n"
     "FILE:LINE: WHAT. A VM does not start as long as there is one in a file that\n"
     "concerns it. Warnings are of what does no harm, but may not be meant: a file\n"
     "that nobody reads, a section for a device or a VM that is not there.\n"
     "\n"
     "  --json  the same for scripts\n"
     "\n"
     "Exit code 1 if there is a mistake; warnings are none.\n",
     conf_check_main},
};

static const struct verbs verbs = {
    .command = "hostdevctl conf",
    .about = "The files below " SYSCONFDIR "/hostdevctl, by which VMs get what they need.\n",
    .notes = "hostdevctl conf VERB --help tells more of each.\n"
             "Exit codes: 0 done, 1 failed (standard error tells why), 2 wrong usage.\n",
    .items = items,
    .count = ELEMENTS(items),
};

int conf_main(int argc, char **argv) {
    return verbs_run(&verbs, argc, argv);
}
