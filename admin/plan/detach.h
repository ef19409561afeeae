/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* hostdevctl detach DEVICE...: takes devices from the host until they are given back by hand.
 * Returns an exit code. */
int detach_main(int argc, char **argv);
