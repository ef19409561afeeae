/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * mdevctl(8): what it has defined, in /etc/mdevctl.d/PARENT/UUID, as JSON; and mdevctl itself, for
 * definitions whose types have scripts of their own to be run.
 */

#include "domain.h"
#include "policy.h"

/* Adds mdevctl's definitions of the domain's mediated devices to the policy. -EINVAL, -EPERM with a
 * sentence: a file that is none, or is not root's alone to write. */
int mdevctl_read(const struct domain *domain, struct policy *policy,
                 struct error *error) _must_check_;

/* Start a defined device, and stop one; `lock` is held as long as mdevctl runs. -ENOENT: it is not
 * installed. Block: only to be called in a worker. */
int mdevctl_start(const char *uuid, const char *parent, int lock, struct error *error) _must_check_;
int mdevctl_stop(const char *uuid, int lock, struct error *error) _must_check_;
