/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/cli/kustomize.h"

#include <errno.h>
#include <string.h>

#include "lang/base/codes.h"
#include "lang/base/spawn.h"

enum { MAX_WORDS = 4096 };

static const char *const tools[][2] = {{"kubectl", "kustomize"}, {"kustomize", "build"}};

/* Not there, as the system says it early or late. */
static bool is_missing(int status)
{
	return status == -ENOENT || status == 127;
}

/* Fills the buffers anew. The exit status, or a negative errno. */
static int run(const struct lang *l, const char *const tool[2], const char *dir, struct buf *out,
	       struct buf *words)
{
	const char *const argv[] = {tool[0], tool[1], "--", dir, NULL};
	/* One more byte than is read, which then says that it is too much. */
	const struct spawn spawn = {
		.argv = argv, .out = out, .err = words, .limit = l->limits.file_bytes + 1};

	out->n = words->n = 0;
	return spawn_run(&spawn);
}

static int report(struct lang *l, const char *dir, const char *const tool[2], int status,
		  struct buf *words)
{
	struct diag *d = &l->diag;
	struct diag_item *item;

	if (is_missing(status)) {
		diag_error(d, LOC_NONE, CODE_IO,
			   "--kustomize: there is neither 'kubectl' nor 'kustomize': install the "
			   "Debian package kubernetes-client");
		return -EINVAL;
	}
	if (status < 0) {
		diag_error(d, LOC_NONE, CODE_IO, "--kustomize: cannot run '%s': %s", tool[0],
			   strerror(-status));
		return -EINVAL;
	}
	item = diag_error(d, LOC_NONE, CODE_IO, "'%s %s %s' failed with exit status %d", tool[0],
			  tool[1], dir, status);
	while (words->n && words->s[words->n - 1] == '\n')
		words->n--;
	if (words->n)
		diag_note(d, item, LOC_NONE, "%.*s",
			  (int)(words->n < MAX_WORDS ? words->n : MAX_WORDS), words->s);
	return -EINVAL;
}

int kustomize_read(struct lang *l, const char *dir)
{
	_cleanup_buf_ struct buf out = {0}, words = {0};
	size_t used = 0;
	int status = run(l, tools[0], dir, &out, &words);

	if (is_missing(status))
		status = run(l, tools[used = 1], dir, &out, &words);
	if (status)
		return report(l, dir, tools[used], status, &words);
	return lang_read_text(l, arena_printf(&l->arena, "kustomize:%s", dir), buf_str(&out), out.n,
			      LANG_YAML, LANG_INPUT);
}
