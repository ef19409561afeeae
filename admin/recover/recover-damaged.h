/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Journals that were damaged, and are set aside until an admin has looked at what they name. */

/* Prints what the damaged journal of a domain names, as far as it can be read, how that is now, and
 * what to do. */
void damaged_describe(int directory, const char *domain);

/* Removes the one that is set aside. An exit code. */
int damaged_forget(int directory, const char *domain);
