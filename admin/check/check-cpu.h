/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What /proc/cpuinfo says of the processor, as far as it matters for virtualization. */

#include <stdbool.h>

enum check_cpu_maker {
    CHECK_CPU_OTHER, /* or not told */
    CHECK_CPU_INTEL,
    CHECK_CPU_AMD, /* or Hygon, whose are alike */
};

struct check_cpu {
    enum check_cpu_maker maker;
    bool virtualizes; /* VT-x or AMD-V: vmx or svm is among its flags */
};

struct check_cpu check_cpu_read(void);
