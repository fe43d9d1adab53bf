/* SPDX-License-Identifier: Apache-2.0 */
/* What every unit test includes. */
#pragma once

/* cmocka needs these before its own header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* A number of the environment, as POLC_ROUNDS, how many rounds a random test goes. */
static inline uint64_t test_number(const char *name, uint64_t otherwise)
{
	const char *s = getenv(name);

	return s ? strtoull(s, NULL, 0) : otherwise;
}

#define TEST(name) static void name(void **state __attribute__((unused)))
