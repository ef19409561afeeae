/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* hostdevctl xml: devices as libvirt's domain XML has them. An exit code. */
int xml_main(int argc, char **argv);
