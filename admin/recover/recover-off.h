/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* VMs that are off although the daemon lives that started them: nobody called release when they
 * ended, for the hook was not installed then, or libvirtd had not noticed it. */

#include <stdbool.h>

#include "holdings.h"
#include "libvirt-domains.h"

struct off_domains {
    bool known; /* libvirt has answered */
    struct libvirt_domains domains;
};

/* Asks libvirt, if there is anything to be asked about `holdings`. `ret` starts zeroed. */
void off_domains_read(const struct holdings *holdings, struct off_domains *ret);

/* Whether `journal`, which is loaded and locked now, is that of a VM that was off when libvirt was
 * asked, and was there as `holding` before that: a start that came later has a new one. */
bool off_domains_has(const struct off_domains *off, const struct holding *holding,
                     const struct journal *journal);

void off_domains_done(struct off_domains *off);

#define _cleanup_off_domains_ _cleanup_(off_domains_done)
