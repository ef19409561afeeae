/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* hostdevctl recover: a verb's run (verb.h). */

int recover_main(int argc, char **argv);
