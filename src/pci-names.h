/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Names of PCI devices, from udev's hardware database. */

#include "util.h"

/* "NVIDIA GM204 High Definition Audio Controller" for a modalias (pci:v000010DEd...), or NULL when
 * the database has no name, or is not there. Owned by the caller. Loads libudev: for messages. */
char *pci_name(const char *modalias) _must_check_;
