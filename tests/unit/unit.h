/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What every unit test needs: cmocka, whose headers it wants in this order. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A test whose name, as it is reported, is the sentence it proves. */
#define PROVES(sentence, function) ((const struct CMUnitTest){sentence, function, NULL, NULL, NULL})
