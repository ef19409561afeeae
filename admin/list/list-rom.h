/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the option ROMs of devices are good for, in a word each. */

#include "host-devices.h"

/* Reads those of the devices that nobody holds (inventory_ask came before): a device may not answer
 * while its ROM is read. One that does not answer at all costs a few seconds. Needs root. */
void list_read_roms(struct inventory *inventory);
