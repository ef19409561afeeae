/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether VMs run on the processor itself (Linux Documentation/virt/kvm/api.rst). */

#include "check-host.h"

#include <errno.h>
#include <string.h>

#include "check-cpu.h"
#include "text.h"

static const char *module_of(enum check_cpu_maker maker) {
    return maker == CHECK_CPU_AMD ? "kvm_amd" : "kvm_intel";
}

int check_virtualization(struct check_report *report) {
    struct check_cpu cpu = check_cpu_read();

    if (access("/dev/kvm", F_OK) == 0)
        return check_ok(report, text_format("KVM is there"));
    if (cpu.maker == CHECK_CPU_OTHER)
        return check_warn(report, text_format("there is no /dev/kvm, so VMs run slowly"),
                          text_format("see what the kernel says of it: dmesg | grep -i kvm"));
    if (!cpu.virtualizes)
        return check_warn(
            report, text_format("the processor does not offer virtualization, so VMs run slowly"),
            text_format("switch %s on in the firmware's settings",
                        cpu.maker == CHECK_CPU_AMD ? "SVM (AMD-V)" : "VT-x"));
    return check_warn(report, text_format("there is no /dev/kvm, so VMs run slowly"),
                      text_format("modprobe %s", module_of(cpu.maker)));
}
