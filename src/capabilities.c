/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "capabilities.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/syscall.h>

/* By what each one is for. What is in /sys, /proc/irq and /run belongs to root, and asks for
 * none. */
static const unsigned needed[] = {
    CAP_DAC_OVERRIDE, /* the descriptors of other users' processes */
    CAP_SYS_PTRACE,   /* those of a QEMU, and what program it is */
    CAP_SYS_NICE,     /* the CPUs and the policy of its threads */
    CAP_SYS_MODULE,   /* drivers */
    CAP_SYS_ADMIN,    /* systemd asks for it before it changes a unit; all of PCI config space */
};

static uint32_t needed_mask(void) {
    uint32_t mask = 0;

    for (size_t i = 0; i < ELEMENTS(needed); i++)
        mask |= UINT32_C(1) << needed[i];
    return mask;
}

/* Only what is in effect is dropped, not what is permitted: a program that root starts has all of
 * it again in any case; but one that gains by that would outlive this process, because the kernel
 * then forgets the signal that it is to get with its parent's death. */
int capabilities_limit(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

    if (syscall(SYS_capget, &header, data) < 0)
        return -errno;
    data[0].effective &= needed_mask();
    data[1].effective = 0;
    return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}
