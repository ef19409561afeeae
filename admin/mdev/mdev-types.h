/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* hostdevctl mdev: mediated devices. */
int mdev_main(int argc, char **argv);
