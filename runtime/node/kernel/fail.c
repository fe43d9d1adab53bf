/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/node/kernel/fail.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "runtime/codes.h"
#include "runtime/node/kernel/log.h"

int rt_fault(int err)
{
	switch (err) {
	case -EINVAL:
	case -ENOENT:
	case -EEXIST:
	case -E2BIG:
		return -EIO;
	default:
		return err;
	}
}

int rt_fail(struct diag *diag, int err, const char *code, const char *fmt, ...)
{
	_cleanup_buf_ struct buf text = {0};
	struct diag_item *item;
	bool denied;
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	/* The verifier says EACCES for a bad program. */
	denied = err == -EPERM || (err == -EACCES && strcmp(code, RT_CODE_VERIFIER) != 0);
	item = diag_error(diag, LOC_NONE, denied ? RT_CODE_PERMISSION : code, "%s: %s",
			  buf_str(&text), strerror(-err));
	if (denied)
		diag_note(diag, item, LOC_NONE,
			  "loading policy needs root, or CAP_BPF and CAP_NET_ADMIN");
	rt_log_notes(diag, item);
	return rt_fault(err);
}
