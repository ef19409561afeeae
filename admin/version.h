/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Of this program. packaging/ and debian/ name it as well. */
#define HOSTDEVCTL_VERSION "0.1.0"
