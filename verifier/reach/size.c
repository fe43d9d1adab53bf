/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/reach/size.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lang/base/codes.h"
#include "lang/base/diag.h"

/* Of 64 bits: 20 digits, and a space after every third. */
enum { NUMBER_STRLEN = 20 + 6 + 1 };

/* `25 000 000`, so that nobody counts zeros. */
static const char *number_text(size_t n, char out[static NUMBER_STRLEN])
{
	char *s = out + NUMBER_STRLEN;
	int digits = 0;

	*--s = '\0';
	do {
		if (digits && digits % 3 == 0)
			*--s = ' ';
		*--s = (char)('0' + n % 10);
		n /= 10;
		digits++;
	} while (n);
	return s;
}

size_t reach_product(size_t a, size_t b)
{
	size_t product;

	return __builtin_mul_overflow(a, b, &product) ? SIZE_MAX : product;
}

int reach_limit(size_t n, size_t limit, const char *what, const char *advice, struct diag *diag)
{
	char n_text[NUMBER_STRLEN], limit_text[NUMBER_STRLEN];

	if (n <= limit)
		return 0;
	diag_error(diag, LOC_NONE, CODE_LIMIT, "%s %s, more than %s: %s", number_text(n, n_text),
		   what, number_text(limit, limit_text), advice);
	return -E2BIG;
}
