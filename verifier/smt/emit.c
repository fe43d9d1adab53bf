/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/smt/emit.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lang/base/buf.h"

static bool is_empty(DIR *d)
{
	const struct dirent *entry;

	while ((entry = readdir(d))) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			return false;
	}
	return true;
}

int smt_emit_init(struct smt_emit *e, const char *dir)
{
	bool empty;
	DIR *d;

	*e = (struct smt_emit){.dir = dir, .check = "check"};
	if (mkdir(dir, 0777) < 0 && errno != EEXIST)
		return -errno;
	d = opendir(dir);
	if (!d)
		return -errno;
	empty = is_empty(d);
	closedir(d);
	return empty ? 0 : -EEXIST;
}

static void write_file(struct smt_emit *e, const struct buf *text)
{
	_cleanup_buf_ struct buf path = {0};
	FILE *f;

	buf_printf(&path, "%s/%06zu-%s.smt2", e->dir, e->n + 1, e->check);
	f = fopen(buf_str(&path), "wx");
	if (!f) {
		e->err = -errno;
		return;
	}
	if (fwrite(buf_str(text), 1, text->n, f) != text->n)
		e->err = -EIO;
	if (fclose(f) != 0 && !e->err)
		e->err = -errno;
	e->n++;
}

static void put_head(const struct smt_emit *e, const char *status, struct buf *out)
{
	buf_printf(out, "; polc check, question %zu, of the check '%s'\n", e->n + 1, e->check);
	if (e->subject) {
		buf_puts(out, "; about ");
		buf_add_shown(out, e->subject, strlen(e->subject));
		buf_putc(out, '\n');
	}
	buf_printf(out, "; Is there such a flow? polc's solver answered: %s\n", status);
}

void smt_emit_question(struct smt_emit *e, struct smt *s, const struct terms *assumptions,
		       enum smt_answer answer)
{
	static const char *const statuses[] = {
		[SMT_NO] = "unsat", [SMT_YES] = "sat", [SMT_UNKNOWN] = "unknown"};
	_cleanup_buf_ struct buf text = {0};
	struct terms all = {0};
	Z3_ast_vector held;
	const char *body;

	if (e->err || answer == SMT_ERROR)
		return;
	held = Z3_solver_get_assertions(s->ctx, s->solver);
	Z3_ast_vector_inc_ref(s->ctx, held);
	for (unsigned i = 0; i < Z3_ast_vector_size(s->ctx, held); i++)
		vec_push(s->arena, &all, Z3_ast_vector_get(s->ctx, held, i));
	for (size_t i = 0; assumptions && i < assumptions->n; i++)
		vec_push(s->arena, &all, assumptions->v[i]);
	put_head(e, statuses[answer], &text);
	/* The text lives until the context's next. */
	body = Z3_benchmark_to_smtlib_string(s->ctx, "polc", "QF_BV", statuses[answer], "",
					     (unsigned)all.n, all.v, smt_const(s, true));
	Z3_ast_vector_dec_ref(s->ctx, held);
	buf_puts(&text, body ? body : "");
	e->err = body ? 0 : -EIO;
	if (body)
		write_file(e, &text);
}
