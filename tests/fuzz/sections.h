/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Reads a configuration file, and requires of conf-file.h that a section is told before its
 * settings, and that a setting is never told of another section than the one it stands in. */

#include "conf-file.h"

/* As conf_file_read; the file holds the bytes. */
int sections_read(const uint8_t *data, size_t size, conf_setting setting, void *data_of_setting,
                  struct error *error) _must_check_;
