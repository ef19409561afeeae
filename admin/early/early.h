/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* hostdevctl early: devices that belong to VMs from boot on. Each is a verb's run (verb.h). */

int early_main(int argc, char **argv);

int early_list_main(int argc, char **argv);
int early_add_main(int argc, char **argv);
int early_remove_main(int argc, char **argv);
int early_update_main(int argc, char **argv);
int early_import_main(int argc, char **argv);
