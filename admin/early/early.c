/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "early.h"

#include "early-conf.h"
#include "verb.h"

static const struct verb items[] = {
    {"list", "[--json]", "what is reserved, and what the next boot will do",
     "One line for each device that a section of a file in " EARLY_DIRECTORY "\n"
     "names: its driver now, and what becomes of it at the next boot:\n"
     "  reserved  no driver of the host gets it\n"
     "  left      it stays with the host, for the reason given\n"
     "  missing   there is no such device\n"
     "  4 VFs     it stays with the host, which makes virtual functions of it\n"
     "\n"
     "  --json    the same for scripts\n",
     early_list_main},
    {"add", "[OPTION...] DEVICE...", "reserve devices for VMs",
     "DEVICE is a PCI address as lspci prints it: 05:00.0 or 0000:05:00.0. For each a\n"
     "file is written into " EARLY_DIRECTORY "; for none if one of them cannot\n"
     "be reserved.\n"
     "\n"
     "  --by address        (default) the device there, if it is still of that make\n"
     "  --by serial         wherever it is plugged in, by its PCI serial number\n"
     "  --by path           in the same place, even if a new card renumbers buses\n"
     "  --by id             all devices that are alike, as vfio-pci.ids= does\n"
     "  --with slot         also the other functions of the card\n"
     "  --with iommu-group  also the other devices of its IOMMU group\n"
     "  --boot-display      even if it is the display that the host boots with\n",
     early_add_main},
    {"remove", "DEVICE...", "give devices back to the host",
     "Takes the section that reserves the device out of its file in\n" EARLY_DIRECTORY
     "; all else in the file stays.\n",
     early_remove_main},
    {"update", "", "check the files, and make the initramfs anew",
     "Devices are reserved before any driver is loaded, so the initramfs has to know\n"
     "them. It is made by the distribution's own tool, unless there is a mistake in a\n"
     "file.\n",
     early_update_main},
    {"import", "[--dry-run]", "take over vfio-pci.ids= and driverctl's overrides",
     "Reads the kernel line, modprobe.d, and what driverctl has saved; writes files\n"
     "that do the same, and tells what to take away from where.\n"
     "\n"
     "  --dry-run  only tell\n",
     early_import_main},
};

static const struct verbs verbs = {
    .command = "hostdevctl early",
    .about = "Devices that belong to VMs from boot on: no driver of the host ever gets them.\n"
             "Files in " EARLY_DIRECTORY " name them; they can be written by hand, too.\n",
    .notes = "hostdevctl early VERB --help tells more of each.\n"
             "If too much is reserved to boot: add hostdevctl.early=off to the kernel line.\n"
             "Exit codes: 0 done, 1 failed (standard error tells why), 2 wrong usage.\n",
    .items = items,
    .count = ELEMENTS(items),
};

int early_main(int argc, char **argv) {
    return verbs_run(&verbs, argc, argv);
}
