/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the kernel line says about the IOMMU. */

#include "check-cpu.h"
#include "check-words.h"

struct check_iommu_words {
    const char *off; /* the word that turns it off; NULL: none does. Owned by the words */
    bool on;         /* it is turned on, where the kernel does not do that by itself */
};

/* As the kernel understands the words on a processor of that maker; what is for another maker's
 * says nothing. Pure. */
struct check_iommu_words check_iommu_words(const struct check_words *words,
                                           enum check_cpu_maker maker);
