/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* hostdevctl rom: reads a device's option ROM, and tells what is in it. */
int rom_main(int argc, char **argv);
