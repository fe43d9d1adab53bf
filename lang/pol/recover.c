/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How one run finds every independent error. After an error the grammar falls back to the
 * list that it was reading (items, sections, rules, ...) and calls pol_resync(), which skips
 * to the next token that may stand there. Groups in brackets are skipped as one. Where the
 * indentation shows that a bracket was never closed, the missing ones are supplied.
 */
#include <string.h>

#include "lang/pol/parser.h"
#include "lang/pol/pol.h"

bool pol_is_first_on_line(const struct pol_token *tok)
{
	return tok->loc.col == tok->indent;
}

static bool begins_rule(int kind)
{
	return kind == POL_ALLOW || kind == POL_DENY || kind == POL_PASS;
}

bool pol_is_structural(int kind)
{
	return pol_keyword_begins_item(kind) || begins_rule(kind) || kind == POL_INGRESS ||
	       kind == POL_EGRESS;
}

/* --- the flow of tokens ---------------------------------------------------------------------- */

static void end_of_file(struct pol *p, struct pol_token *tok)
{
	struct loc at = {p->out->file, p->line, p->col, p->line, p->col};

	*tok = (struct pol_token){.kind = 0, .loc = at, .indent = p->indent};
}

void pol_next(struct pol *p, struct pol_token *tok)
{
	if (p->queue_at < p->n_queue) {
		*tok = p->queue[p->queue_at++];
		return;
	}
	p->n_queue = p->queue_at = 0;
	if (p->l->diag.unkept)
		p->stopped = true;
	if (!p->stopped)
		pol_scan(p, tok);
	if (p->stopped || !tok->kind) {
		end_of_file(p, tok);
		return;
	}
	if (tok->loc.line != p->token_line)
		p->indent = tok->loc.col;
	p->token_line = tok->loc.end_line;
	tok->indent = p->indent;
}

static bool open_bracket(struct pol *p, const struct pol_token *tok)
{
	if (p->n_open == POL_BRACKETS_MAX) {
		diag_error(&p->l->diag, tok->loc, CODE_LIMIT,
			   "brackets are nested more than %d deep", POL_BRACKETS_MAX);
		p->stopped = true;
		return false;
	}
	p->open[p->n_open++] = (struct pol_bracket){
		.loc = tok->loc, .close = tok->kind == '{' ? '}' : ')', .indent = tok->indent};
	return true;
}

/* The words that say what the list behind them holds; see expect.c. */
static bool begins_list(int kind)
{
	static const int kinds[] = {POL_FROM,  POL_TO,     POL_FOR,     POL_ON,    POL_PORTS,
				    POL_CIDR,  POL_EXCEPT, POL_ADDRESS, POL_ARROW, POL_LET,
				    POL_NEVER, POL_ALWAYS, POL_ONLY,    POL_LABELS};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (kinds[i] == kind)
			return true;
	return false;
}

void pol_give(struct pol *p, struct pol_token *tok)
{
	p->closed = LOC_NONE;
	if ((tok->kind == '{' || tok->kind == '(') && !open_bracket(p, tok))
		end_of_file(p, tok);
	if ((tok->kind == '}' || tok->kind == ')') && p->n_open)
		p->closed = p->open[--p->n_open].loc;
	if (begins_list(tok->kind))
		p->list = tok->kind;
	p->before = p->last;
	p->last = *tok;
}

/* --- recovery --------------------------------------------------------------------------------- */

struct skip {
	struct pol *p;
	enum pol_level level;
	unsigned braces, parens; /* open in what is skipped */
	uint32_t indent;         /* of the line where the skipped text begins */
	int previous;            /* kind of the token before the one at hand */
};

static bool is_before(struct loc a, struct loc b)
{
	return a.line != b.line ? a.line < b.line : a.col < b.col;
}

/* A line that is indented no deeper than the one where the trouble was: not its rest. */
static bool is_fresh_line(const struct skip *s, const struct pol_token *tok)
{
	return pol_is_first_on_line(tok) && tok->loc.col <= s->indent;
}

/* A token that can only be the beginning of an entry at this level. */
static bool begins_entry(const struct skip *s, const struct pol_token *tok)
{
	bool own = pol_is_first_on_line(tok) || s->previous == '}';

	switch (s->level) {
	case POL_LEVEL_ITEM:
		return own && pol_keyword_begins_item(tok->kind);
	case POL_LEVEL_POLICY:
		return own && tok->kind == POL_POLICY;
	case POL_LEVEL_SECTION:
		return tok->kind == POL_INGRESS || tok->kind == POL_EGRESS;
	case POL_LEVEL_RULE:
		return begins_rule(tok->kind);
	case POL_LEVEL_FIELD:
		return tok->kind == POL_LABELS || tok->kind == POL_ADDRESS || tok->kind == POL_PORT;
	case POL_LEVEL_CLAIM:
		return tok->kind == POL_NEVER || tok->kind == POL_ALWAYS || tok->kind == POL_ONLY;
	case POL_LEVEL_L7:
		return pol_is_first_on_line(tok) && tok->kind == POL_WORD;
	case POL_LEVEL_ENTRY:
		return tok->kind == ',';
	}
	return false;
}

/* Any token on a fresh line may be the beginning of one, if only of a misspelt one. */
static bool may_begin(const struct skip *s, const struct pol_token *tok)
{
	bool lines = s->level != POL_LEVEL_ITEM && s->level != POL_LEVEL_POLICY &&
		     s->level != POL_LEVEL_ENTRY;

	return begins_entry(s, tok) || (lines && is_fresh_line(s, tok));
}

/* Takes one token of the skipped text into account; true if it ends the skipping. */
static bool step(struct skip *s, const struct pol_token *tok)
{
	switch (tok->kind) {
	case '{':
		s->braces++;
		return false;
	case '(':
		s->parens++;
		return false;
	case ')':
		if (s->parens) {
			s->parens--;
			return false;
		}
		return !s->braces && s->level == POL_LEVEL_ENTRY;
	case '}':
		s->parens = 0;
		if (s->braces) {
			s->braces--;
			return false;
		}
		return s->level != POL_LEVEL_ITEM;
	default:
		return !s->braces && !s->parens && may_begin(s, tok);
	}
}

/* How many brackets must be closed before `tok` may stand where it does. */
static unsigned missing_closers(const struct pol *p, const struct pol_token *tok)
{
	unsigned n = 0;

	if (!pol_is_structural(tok->kind) || !pol_is_first_on_line(tok))
		return 0;
	while (n < p->n_open && p->open[p->n_open - 1 - n].indent >= tok->loc.col)
		n++;
	return n;
}

/* Makes `tok` come after `n` closing brackets. */
static void supply_closers(struct pol *p, unsigned n, struct pol_token *tok)
{
	struct pol_token rest[POL_BRACKETS_MAX + 1];
	unsigned n_rest = 0;

	for (unsigned i = 0; i < n; i++)
		rest[n_rest++] = (struct pol_token){.kind = p->open[p->n_open - 1 - i].close,
						    .loc = tok->loc};
	rest[n_rest++] = *tok;
	while (p->queue_at < p->n_queue && n_rest < POL_BRACKETS_MAX + 1)
		rest[n_rest++] = p->queue[p->queue_at++];
	memcpy(p->queue, rest, n_rest * sizeof(*rest));
	p->n_queue = n_rest;
	p->queue_at = 0;
	pol_next(p, tok);
	pol_give(p, tok);
}

/* Forgets the brackets in the skipped text and counts them for the skipping. */
static void drop_brackets(struct skip *s, struct loc skipped)
{
	struct pol *p = s->p;

	while (p->n_open && !is_before(p->open[p->n_open - 1].loc, skipped)) {
		p->n_open--;
		s->braces += p->open[p->n_open].close == '}';
		s->parens += p->open[p->n_open].close == ')';
	}
}

/* Is the token that did not fit itself a place to go on? Not if it is where the last recovery
 * ended, if it opens a group or closes one in the skipped text, or if it begins what went
 * wrong. */
static bool may_go_on_at(const struct skip *s, struct loc skipped, const struct pol_token *tok)
{
	const struct pol *p = s->p;
	bool closer = tok->kind == '}' || tok->kind == ')' || tok->kind == ',';

	if (memcmp(&p->resynced, &tok->loc, sizeof(tok->loc)) == 0)
		return false;
	if (tok->kind == '{' || tok->kind == '(')
		return false;
	if (p->closed.line && !is_before(p->closed, skipped))
		return false;
	return closer || (begins_entry(s, tok) && is_before(skipped, tok->loc));
}

/* Skips from `tok` on to a token at which the parser can go on; the number of brackets to
 * close before it. */
static unsigned skip(struct skip *s, bool skip_first, struct pol_token *tok)
{
	struct pol *p = s->p;

	for (;; s->previous = tok->kind, pol_next(p, tok)) {
		unsigned missing = missing_closers(p, tok);

		if (!tok->kind || missing)
			return missing;
		if (skip_first) {
			skip_first = false;
			continue;
		}
		if (pol_is_structural(tok->kind) && is_fresh_line(s, tok))
			s->braces = s->parens = 0;
		if (step(s, tok))
			return 0;
	}
}

void pol_resync(struct pol *p, enum pol_level level, struct loc skipped, bool have,
		struct pol_token *tok)
{
	struct skip s = {
		.p = p, .level = level, .indent = p->last.indent, .previous = p->before.kind};
	bool skip_first = false;
	unsigned missing;

	drop_brackets(&s, skipped);
	p->skipping = true;
	if (have) {
		*tok = p->last;
		skip_first = !may_go_on_at(&s, skipped, tok);
	} else {
		pol_next(p, tok);
	}
	missing = skip(&s, skip_first, tok);
	p->skipping = false;
	p->resynced = tok->loc;
	if (missing)
		supply_closers(p, missing, tok);
	else if (!have || p->last.kind != tok->kind ||
		 memcmp(&p->last.loc, &tok->loc, sizeof(tok->loc)) != 0)
		pol_give(p, tok);
}
