/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* hostdevctl conf: the files below /etc/hostdevctl. Each is a verb's run (verb.h). */

int conf_main(int argc, char **argv);

int conf_check_main(int argc, char **argv);
