/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* hostdevctl check: whether host, or VM, are ready for devices to be passed through. */

int check_main(int argc, char **argv);
