/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <string.h>

#include "tests/unit/world.h"
#include "verifier/flow/flowspec.h"

static int read_texts(struct world *w, const char *pol, const char *yaml)
{
	int err = 0;

	*w = (struct world){0};
	lang_init(&w->lang);
	if (pol)
		err |= lang_read_text(&w->lang, "test.pol", pol, strlen(pol), LANG_POL, LANG_INPUT);
	if (yaml)
		err |= lang_read_text(&w->lang, "test.yaml", yaml, strlen(yaml), LANG_YAML,
				      LANG_INPUT);
	return err;
}

static const char *diagnostics(struct world *w)
{
	_cleanup_buf_ struct buf out = {0};

	diag_render_text(&w->lang.diag, &(struct diag_style){0}, &out);
	return arena_strdup(&w->lang.arena, buf_str(&out));
}

void world_init(struct world *w, const char *pol, const char *yaml)
{
	int err = read_texts(w, pol, yaml);

	if (!err)
		err = ir_resolve(&w->lang, &w->ir);
	if (!err)
		err = cls_build(w->ir, NULL, &w->lang.arena, &w->lang.diag, &w->cls);
	if (err)
		fail_msg("the input was refused:\n%s", diagnostics(w));
}

const char *world_refused(struct world *w, const char *pol, const char *yaml)
{
	int err = read_texts(w, pol, yaml);

	if (!err)
		err = ir_resolve(&w->lang, &w->ir);
	assert_int_not_equal(err, 0);
	return diagnostics(w);
}

void world_fini(struct world *w)
{
	lang_fini(&w->lang);
}

struct verdicts {
	enum ir_verdict dir[IR_N_DIRS];
};

/* A named port that the destination lacks makes no flow; these tests ask for both directions. */
static struct verdicts ask(struct world *w, const char *from, const char *to, const char *port)
{
	struct arena *a = &w->lang.arena;
	struct diag *d = &w->lang.diag;
	struct verdicts v = {{IR_VERDICT_DENY, IR_VERDICT_DENY}};
	struct flow_end src, dst;
	struct flow_port p;
	struct ir_flow flow;

	if (flow_end_parse(w->ir, from, "from", a, d, &src) ||
	    flow_end_parse(w->ir, to, "to", a, d, &dst) ||
	    flow_port_parse(w->ir, port, "port", a, d, &p))
		fail_msg("%s", diagnostics(w));
	if (!flow_make(&src, &dst, &p, &flow))
		return v;
	for (enum ir_dir dir = 0; dir < IR_N_DIRS; dir++) {
		v.dir[dir] = ir_eval_dir(w->ir, &flow, dir, NULL);
		if (v.dir[dir] != cls_verdict_dir(w->cls, &flow, dir))
			fail_msg("%s of %s -> %s on %s: the tables disagree with the interpreter",
				 ir_dir_name(dir), from, to, port);
	}
	return v;
}

static void expect(const char *from, const char *to, const char *port, enum ir_verdict got,
		   enum ir_verdict want)
{
	if (got != want)
		fail_msg("%s -> %s on %s: %s, but %s is right", from, to, port,
			 ir_verdict_name(got), ir_verdict_name(want));
}

static enum ir_verdict worse(struct verdicts v)
{
	return v.dir[IR_INGRESS] == IR_VERDICT_DENY ? IR_VERDICT_DENY : v.dir[IR_EGRESS];
}

void world_allows(struct world *w, const char *from, const char *to, const char *port)
{
	expect(from, to, port, worse(ask(w, from, to, port)), IR_VERDICT_ALLOW);
}

void world_denies(struct world *w, const char *from, const char *to, const char *port)
{
	expect(from, to, port, worse(ask(w, from, to, port)), IR_VERDICT_DENY);
}

void world_allows_dir(struct world *w, enum ir_dir dir, const char *from, const char *to,
		      const char *port)
{
	expect(from, to, port, ask(w, from, to, port).dir[dir], IR_VERDICT_ALLOW);
}

void world_denies_dir(struct world *w, enum ir_dir dir, const char *from, const char *to,
		      const char *port)
{
	expect(from, to, port, ask(w, from, to, port).dir[dir], IR_VERDICT_DENY);
}
