/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/base/outlet.h"

enum { MANY_BYTES = 64 * 1024 };

static void drain(struct outlet *out)
{
	if (!out->err)
		out->err = out->write(&out->buf);
	out->buf.n = 0;
}

bool outlet_pass(struct outlet *out)
{
	if (out->write && out->buf.n >= MANY_BYTES)
		drain(out);
	return !out->err;
}

int outlet_close(struct outlet *out)
{
	if (out->write && out->buf.n)
		drain(out);
	buf_fini(&out->buf);
	return out->err;
}
