/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The admin's tool. */

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "attach.h"
#include "check.h"
#include "conf.h"
#include "detach.h"
#include "early.h"
#include "list.h"
#include "mdev-types.h"
#include "plan-verb.h"
#include "recover-verb.h"
#include "rom.h"
#include "status.h"
#include "verb.h"
#include "version.h"
#include "xml-snippet-verb.h"

static const struct verb items[] = {
    {"check", "[DOMAIN | --xml FILE] [--json]", "is all ready, and if not, what to do",
     "One line for each point that has to be right before a VM can have devices of the\n"
     "host, and what to do where it is not:\n"
     "  OK    all is well\n"
     "  WARN  it works, but something is amiss, or only root can tell\n"
     "  FAIL  VMs will not get their devices, or the host will not get them back\n"
     "With DOMAIN, the name or UUID of a VM, whether that VM would start now, and what\n"
     "would be better in its XML, as far as it is about devices. Nothing is changed.\n"
     "\n"
     "  --xml FILE  the XML of a VM that libvirt need not know; - is standard input\n"
     "  --json      the same for scripts\n"
     "\n"
     "Exit code 1 if there is a FAIL.\n",
     check_main},
    {"list", "[OPTION...] [DEVICE...]", "PCI devices by IOMMU group, and who holds them",
     "A line for each device, or for those named (01:00.0): its IOMMU group (all in\n"
     "one go to a VM together), driver, and who holds it: a VM (gone: hostdevctl\n"
     "recover gives it back), the host, nobody (free), or \"?\" when that cannot be\n"
     "told. Flags: virtual functions, early (reserved from boot on), the ways to reset\n"
     "it (flr, bus, ...), what the host needs.\n"
     "\n"
     "  --group N     only devices of this group\n"
     "  --class WORD  only gpu, nvme, disk, net, usb, audio, accelerator, bridge or\n"
     "                other; or a PCI class such as 03 or 0300\n"
     "  --free        only what a VM could have now\n"
     "  --rom         read option ROMs, too: which can show a picture to a UEFI guest\n"
     "  --tree        each device below the bridge that it is behind\n"
     "  --svg FILE    draw it; - is standard output\n"
     "  --json        the same for scripts\n",
     list_main},
    {"plan", "DOMAIN | --xml FILE [--json]", "what the start of a VM would do to the host",
     "Says step by step what the next start of the VM would do to the host and what\n"
     "would be undone when it has ended, or the sentence it would be refused with\n"
     "(exit code 1). Nothing is touched: no module is loaded, and what VMs have left\n"
     "that are gone is not given back, but it is said that it would be. DOMAIN is the\n"
     "name or the UUID of a VM that libvirt knows. Others than root cannot see who\n"
     "has a device.\n"
     "\n"
     "  --xml FILE  the XML of a VM that libvirt need not know; - is standard input\n"
     "  --json      the same for scripts; a step is as it would stand in the journal\n",
     plan_main},
    {"status", "[--json] [--svg FILE]", "what VMs hold",
     "What each VM holds: devices, mediated devices and their types, the CPUs that its\n"
     "vCPUs run on, those that are isolated for it, huge pages; and what was detached\n"
     "by hand. Says so where VMs are gone and nobody has given back what they had, a\n"
     "journal is damaged, or a worker hangs in the kernel.\n"
     "\n"
     "  --svg FILE  draw who holds which device; - is standard output\n"
     "  --json      the same for scripts; steps are as they stand in the journals\n",
     status_main},
    {"detach", "[OPTION...] DEVICE...", "take devices from the host by hand",
     "Gives devices to a VFIO driver, so that any VM can have them, and leaves them\n"
     "there until 'hostdevctl attach', whatever VMs use them meanwhile; a boot ends\n"
     "that, too. All of them are taken, or none: one that the host or a VM uses is\n"
     "refused, and it is said who that is. For devices that are always for VMs see\n"
     "'hostdevctl early'.\n"
     "\n"
     "  --driver NAME  another driver than vfio-pci, or the one made for the device\n"
     "  --iommu-group  along with all that is in their IOMMU groups\n",
     detach_main},
    {"attach", "[OPTION...] DEVICE...", "give devices back to the host by hand",
     "Gives devices back that were taken with 'hostdevctl detach', exactly as they\n"
     "were: with the driver they had, or none. Any other device that is on a VFIO\n"
     "driver goes to the driver that the kernel chooses. One that a VM has is\n"
     "refused.\n"
     "\n"
     "  --iommu-group  along with all that is in their IOMMU groups\n",
     attach_main},
    {"xml", "[OPTION...] DEVICE...", "the <hostdev> elements for a VM's XML",
     "For virt-manager's XML tab, or for virsh attach-device, which take one element\n"
     "at a time. Bridges are refused, and devices without an IOMMU group.\n"
     "\n"
     "  --slot            also the other functions of its slot\n"
     "  --group           also the other devices of its IOMMU group, but no bridges\n"
     "  --managed yes|no  yes (default): libvirt, or the hook, takes it from its\n"
     "                    driver; no: the admin sees to that\n"
     "  --interface       a virtual function of a network card as an <interface>,\n"
     "                    which can have a MAC address and a VLAN\n",
     xml_main},
    {"rom", "[--save FILE] [--json] DEVICE", "what is in the option ROM of a device",
     "Reads the option ROM and lists its images: for which firmware and device each\n"
     "is, and whether that is this device. Says whether a guest with UEFI firmware\n"
     "can show a picture from it before its own driver is there; if not, a ROM that\n"
     "can has to come from the maker of the card. A ROM is not read while a VM or the\n"
     "host uses the device, which may not answer meanwhile. Needs root.\n"
     "\n"
     "  --save FILE  write it into a new file, and say what to put into the VM's XML\n"
     "  --in-use     read it even if the host is using the device\n"
     "  --json       the same for scripts\n",
     rom_main},
    {"mdev", "types [--json] [PARENT...]", "types of mediated devices, and who has them", NULL,
     mdev_main},
    {"early", "VERB", "devices that belong to VMs from boot on", NULL, early_main},
    {"recover", "[DOMAIN]", "finish what a crash has left",
     "Gives back what VMs had that are gone while nobody gave it back: libvirtd or\n"
     "QEMU was killed, a driver hung, /run was full. Without DOMAIN, the name of a VM,\n"
     "for all. What a VM has that runs is left alone. Says what is given back, and\n"
     "what is left; a driver that hangs can be waited for by doing it again.\n"
     "\n"
     "  --forget NAME  remove the damaged journal of a VM that was set aside, when you\n"
     "                 have looked at the devices it names\n",
     recover_main},
    {"conf", "VERB", "the files below /etc/hostdevctl", NULL, conf_main},
};

static const struct verbs verbs = {
    .command = "hostdevctl",
    .about = "Gives devices of this host to virtual machines, and takes them back. libvirt\n"
             "has that done whenever a VM starts or stops; this is for doing it by hand:\n",
    .notes = "hostdevctl VERB --help tells more of each, hostdevctl --version its version.\n"
             "Exit codes: 0 done, 1 failed (standard error tells why), 2 wrong usage.\n",
    .items = items,
    .count = ELEMENTS(items),
};

int main(int argc, char **argv) {
    umask(022);
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("hostdevctl " HOSTDEVCTL_VERSION);
        return EXIT_SUCCESS;
    }
    return verbs_run(&verbs, argc, argv);
}
