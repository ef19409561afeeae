/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* hostdevctl list: the PCI devices of the host, and who holds them. An exit code. */
int list_main(int argc, char **argv);
