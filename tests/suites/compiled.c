/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the compiled form of a policy says of flows and requests, for tests that hold it against the
 * tables of others: the verdict tables say who decides, and the file of the rule set that they name
 * judges the request, as a proxy asks it.
 *
 *   compiled POLICY < PROBES   a probe a line: `FROM TO TCP-PORT [METHOD PATH [NAME: VALUE]...]`,
 * by tabs; allow, deny or l7 a line
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/classes/classes.h"
#include "compiler/eval.h"
#include "compiler/l7/flat.h"
#include "compiler/l7/ruleset.h"
#include "lang/base/buf.h"
#include "lang/lang.h"

struct policy {
	struct lang lang;
	struct ir *ir;
	struct cls *cls;
};

static void die(const char *what)
{
	fprintf(stderr, "compiled: %s\n", what);
	exit(2);
}

static void read_policy(const char *path, struct policy *out)
{
	const struct cls_options options = {.decisions = true};

	lang_init(&out->lang);
	if (lang_read_path(&out->lang, path, LANG_INPUT) || ir_resolve(&out->lang, &out->ir) ||
	    cls_build(out->ir, &options, &out->lang.arena, &out->lang.diag, &out->cls))
		die("the policy is not read");
}

static struct flat_text flat_text(const char *s)
{
	return (struct flat_text){s, s ? strlen(s) : 0};
}

/* Whole files lie at a multiple of 8: in the arena. */
static const struct flat_header *rule_set(struct arena *arena, const struct cls_decision *d)
{
	_cleanup_buf_ struct buf text = {0};
	struct l7_fault fault;
	const struct l7_ruleset *set = l7_ruleset_build(arena, d->asked.v, d->asked.n, &fault);
	void *file;

	if (!set || flat_write(set, &text))
		die("no rule set");
	file = arena_alloc(arena, text.n);
	memcpy(file, text.s, text.n);
	if (flat_check(file, text.n))
		die("no whole rule set");
	return file;
}

static enum ir_outcome judge_dir(struct policy *p, const struct ir_flow *flow, enum ir_dir dir,
				 const struct flat_request *request)
{
	enum ir_outcome outcome = cls_outcome_dir(p->cls, flow, dir);
	const struct flat_entry *entry;

	if (outcome != IR_OUTCOME_REDIRECT || !request)
		return outcome;
	entry = flat_judge(rule_set(&p->lang.arena, cls_decision_dir(p->cls, flow, dir)), request);
	return entry && !entry->deny ? IR_OUTCOME_ALLOW : IR_OUTCOME_DENY;
}

static char *next(char **at)
{
	return strtok_r(NULL, "\t\n", at);
}

/* Is there one? Without it the flow as such is asked about. */
static bool read_request(struct arena *arena, char **at, struct flat_request *out)
{
	VEC(struct flat_header_line) lines = {0};
	char *text;

	*out = (struct flat_request){.method = flat_text(next(at)), .path = flat_text(next(at))};
	while ((text = next(at))) {
		char *value = strstr(text, ": ");

		if (!value)
			die("no header");
		*value = '\0';
		vec_push(arena, &lines,
			 (struct flat_header_line){flat_text(text), flat_text(value + 2)});
	}
	out->headers = lines.v;
	out->n_headers = lines.n;
	return out->path.s;
}

static enum ir_outcome judge(struct policy *p, char *line)
{
	char *at, *from = strtok_r(line, "\t\n", &at), *to = next(&at), *port = next(&at);
	const struct ir_endpoint *src = from ? ir_find_endpoint(p->ir, from) : NULL;
	const struct ir_endpoint *dst = to ? ir_find_endpoint(p->ir, to) : NULL;
	struct flat_request request, *asked;
	struct ir_flow flow = {.proto = IR_PROTO_TCP};

	if (!src || !dst || !port)
		die("no probe");
	ir_flow_between(&flow, src, dst);
	flow.port = (uint16_t)strtoul(port, NULL, 10);
	asked = read_request(&p->lang.arena, &at, &request) ? &request : NULL;
	return ir_outcome_worse(judge_dir(p, &flow, IR_EGRESS, asked),
				judge_dir(p, &flow, IR_INGRESS, asked));
}

int main(int argc, char **argv)
{
	struct policy p = {0};
	char *line = NULL;
	size_t cap = 0;

	if (argc != 2)
		die("see the head of its source");
	read_policy(argv[1], &p);
	while (getline(&line, &cap, stdin) > 0)
		puts(ir_outcome_name(judge(&p, line)));
	free(line);
	lang_fini(&p.lang);
	return 0;
}
