/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The VMs that libvirt's system daemon knows (qemu:///system, whatever the environment says), read
 * only. Which daemon that is, libvirtd or virtqemud, is libvirt's business. None of this hangs on a
 * daemon that does not answer, for each question is asked in a worker process with a deadline.
 */

#include <stdbool.h>

#include "domain.h"
#include "error.h"

struct libvirt;

/* Looks whether a daemon answers. *ret is owned by the caller. -ENOTCONN with a sentence when none
 * does. */
int libvirt_open(struct libvirt **ret, struct error *error) _must_check_;

/* The version of the daemon, as host_read takes it: 11003 for 11.3. */
unsigned libvirt_version(const struct libvirt *libvirt);

/* The XML of a domain, by its name or else its UUID: with `live` as it runs, if it runs; otherwise
 * as it is configured, for its next start. *ret is owned by the caller. -ENOENT with a sentence
 * when there is no such domain. */
int libvirt_domain_xml(struct libvirt *libvirt, const char *name_or_uuid, bool live, char **ret,
                       struct error *error) _must_check_;

struct libvirt_domain {
    char *name;
    char uuid[UUID_TEXT_MAX];
    bool running;
};

struct libvirt_domains {
    struct libvirt_domain *items; /* ordered by name */
    size_t count;
};

/* All domains there are, running or not. `ret` starts zeroed, and is the caller's to clean up in
 * any case. */
int libvirt_domains(struct libvirt *libvirt, struct libvirt_domains *ret,
                    struct error *error) _must_check_;

void libvirt_domains_done(struct libvirt_domains *domains);

void libvirt_close(struct libvirt *libvirt);

static inline void libvirt_closep(struct libvirt **libvirt) {
    libvirt_close(*libvirt);
}

#define _cleanup_libvirt_ _cleanup_(libvirt_closep)
#define _cleanup_libvirt_domains_ _cleanup_(libvirt_domains_done)
