/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* hostdevctl status: a verb's run (verb.h). */

int status_main(int argc, char **argv);
