/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* hostdevctl plan DOMAIN|--xml FILE: what the start of a VM would do to the host. Returns an exit
 * code. */
int plan_main(int argc, char **argv);
