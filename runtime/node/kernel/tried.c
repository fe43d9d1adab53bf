/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/node/kernel/tried.h"

#include <stdio.h>
#include <sys/utsname.h>

#define NAME(s) s,
static const char *const kernels[] = {RT_TRIED_KERNELS(NAME)};
static const char *const clangs[] = {RT_TRIED_CLANGS(NAME)};
#undef NAME

const char *rt_kernel_name(char out[static RT_KERNEL_SIZE])
{
	struct utsname u;

	if (uname(&u))
		snprintf(out, RT_KERNEL_SIZE, "an unknown kernel");
	else
		snprintf(out, RT_KERNEL_SIZE, "%s %s", u.sysname, u.release);
	return out;
}

/* "a, b and c" */
static void put_list(const char *const *names, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s%s", i == 0 ? "" : i + 1 < n ? ", " : " and ", names[i]);
}

void rt_tried_note(const char *compiler, struct diag *diag, struct diag_item *item)
{
	_cleanup_buf_ struct buf text = {0};
	char kernel[RT_KERNEL_SIZE];

	buf_printf(&text, "this is %s and the programs come from %s; tried are Linux ",
		   rt_kernel_name(kernel), compiler);
	put_list(kernels, sizeof(kernels) / sizeof(*kernels), &text);
	buf_puts(&text, " with clang ");
	put_list(clangs, sizeof(clangs) / sizeof(*clangs), &text);
	diag_note(diag, item, LOC_NONE, "%s", buf_str(&text));
}
