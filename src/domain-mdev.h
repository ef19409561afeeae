/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The mediated devices of a domain: <hostdev type='mdev'>, and what the VM's <metadata> says of
 * them, which whoever may edit the VM can write without being root:
 *
 *     <metadata>
 *       <hostdevctl:domain xmlns:hostdevctl='urn:hostdevctl:domain:1.0'>
 *         <hostdevctl:mdev uuid='…' type='i915-GVTg_V5_4' parent='0000:00:02.0'/>
 *       </hostdevctl:domain>
 *     </metadata>
 *
 * An <mdev> without uuid is about all that have none of their own. Nothing but type and parent is
 * ever taken from there.
 */

#include "domain.h"
#include "xml.h"

/* Fills the mdevs of `domain`. -EINVAL with a sentence: no UUID, or a name that can be none. */
int domain_mdev_parse(const struct xml *xml, struct domain *domain,
                      struct error *error) _must_check_;

void domain_mdev_done(struct domain_mdev *mdev);
