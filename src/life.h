/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The life of a VM as libvirt tells it to its hook (https://libvirt.org/hooks.html): what is done
 * to the host at each of its events.
 */

#include "error.h"
#include "process.h"

struct life {
    const char *domain;    /* the VM's name, as the hook's argument has it */
    struct process daemon; /* the libvirtd that calls */
    uint64_t begun;        /* when the hook was started, on CLOCK_MONOTONIC in microseconds */
};

/* prepare: reads the domain XML from descriptor `xml` and takes what the VM needs from the host.
 * On failure, told in one sentence, the host is as before. */
int life_prepare(const struct life *life, int xml, struct error *error) _must_check_;

/* started: the VM's threads are there; they are pinned as was decided at prepare. An error only
 * where the configuration says pin-strict: libvirt then stops the VM. */
int life_started(const struct life *life, struct error *error) _must_check_;

/* release: gives everything back that the journal tells of, whatever the XML says by now. What
 * cannot be given back stays in the journal, and the error tells what it is. */
int life_release(const struct life *life, struct error *error) _must_check_;

/* reconnect: the daemon was restarted and now answers for this VM. */
int life_reconnect(const struct life *life, struct error *error) _must_check_;
