/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* hostdevctl attach DEVICE...: gives devices back to the host. Returns an exit code. */
int attach_main(int argc, char **argv);
