/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The threads of a QEMU, told apart by the names that libvirt has it give them. */

#include <sys/types.h>

#include "util.h"

enum thread_group {
    THREADS_VCPU,     /* "CPU 0/KVM", "CPU 0/TCG" */
    THREADS_IOTHREAD, /* "IO iothread1" */
    THREADS_EMULATOR, /* all others */
};

#define THREAD_GROUPS (THREADS_EMULATOR + 1)

struct qemu_thread {
    pid_t id;
    enum thread_group group;
    unsigned number; /* of the vCPU or iothread */
};

/* All threads of a process. *ret is owned by the caller (free). -ESRCH: it is gone. */
int qemu_threads(pid_t qemu, struct qemu_thread **ret, size_t *ret_count) _must_check_;
