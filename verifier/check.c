/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/check.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/arena.h"
#include "lang/base/buf.h"
#include "lang/base/codes.h"
#include "lang/base/diag.h"
#include "lang/base/suggest.h"
#include "verifier/codes.h"
#include "verifier/smt/emit.h"
#include "verifier/sweep/sweep.h"

enum { DEFAULT_TIMEOUT_MS = 10000, MAX_TIMEOUT_MS = 3600000 };

static const struct check_info infos[] = {
#define X(id, name_, level_, text_) {.name = name_, .level = CHECK_##level_, .text = text_},
#include "verifier/checks.def"
#undef X
};

const struct check_info *check_get(enum check_id id)
{
	return &infos[id];
}

int check_find(const char *name)
{
	for (int i = 0; i < CHECK_N; i++) {
		if (strcmp(infos[i].name, name) == 0)
			return i;
	}
	return -1;
}

/* --- options ---------------------------------------------------------------------------------- */

void check_options_init(struct check_options *o)
{
	*o = (struct check_options){.timeout_ms = DEFAULT_TIMEOUT_MS};
	for (int i = 0; i < CHECK_N; i++)
		o->levels[i] = infos[i].level;
}

static int parse_level(const char *s)
{
	static const char *const names[] = {[CHECK_OFF] = "off",
					    [CHECK_INFO] = "info",
					    [CHECK_WARNING] = "warning",
					    [CHECK_ERROR] = "error"};

	for (int i = CHECK_OFF; i <= CHECK_ERROR; i++) {
		if (strcmp(s, names[i]) == 0)
			return i;
	}
	return -1;
}

static int unknown_check(const char *name, struct diag *diag)
{
	_cleanup_buf_ struct buf all = {0};
	struct suggest s;

	suggest_init(&s, name);
	for (int i = 0; i < CHECK_N; i++) {
		suggest_offer(&s, infos[i].name);
		buf_printf(&all, "%s%s", i ? ", " : "", infos[i].name);
	}
	if (s.best)
		diag_error(diag, LOC_NONE, CODE_UNDEFINED, "-W: no check '%s'; did you mean '%s'?",
			   name, s.best);
	else
		diag_error(diag, LOC_NONE, CODE_UNDEFINED, "-W: no check '%s'; there are %s", name,
			   buf_str(&all));
	return -EINVAL;
}

int check_options_set(struct check_options *o, const char *arg, struct diag *diag)
{
	bool off = strncmp(arg, "no-", 3) == 0 && check_find(arg) < 0;
	const char *name = off ? arg + 3 : arg, *equals = strchr(name, '=');
	char bare[64];
	int id, level;

	snprintf(bare, sizeof(bare), "%.*s", equals ? (int)(equals - name) : 63, name);
	id = check_find(bare);
	if (id < 0)
		return unknown_check(bare, diag);
	if (equals) {
		level = parse_level(equals + 1);
		if (level < 0 || off) {
			diag_error(diag, LOC_NONE, CODE_BAD_VALUE,
				   "-W: '%s' sets no level; write %s=off, info, warning or error",
				   arg, bare);
			return -EINVAL;
		}
	} else {
		level = off                             ? CHECK_OFF
			: o->levels[id] > CHECK_WARNING ? o->levels[id]
							: CHECK_WARNING;
	}
	o->levels[id] = (enum check_level)level;
	return 0;
}

int check_options_set_timeout(struct check_options *o, const char *arg, struct diag *diag)
{
	char *end;
	unsigned long ms = strtoul(arg, &end, 10);

	if (*arg < '1' || *arg > '9' || *end || ms > MAX_TIMEOUT_MS) {
		diag_error(diag, LOC_NONE, CODE_BAD_VALUE,
			   "--solver-timeout: '%s' is no number of milliseconds between 1 and %d",
			   arg, (int)MAX_TIMEOUT_MS);
		return -EINVAL;
	}
	o->timeout_ms = (unsigned)ms;
	return 0;
}

void check_options_werror(struct check_options *o)
{
	for (int i = 0; i < CHECK_N; i++) {
		if (o->levels[i] == CHECK_WARNING)
			o->levels[i] = CHECK_ERROR;
	}
}

/* --- the run ---------------------------------------------------------------------------------- */

static bool any_on(const struct check_options *o)
{
	for (int i = 0; i < CHECK_N; i++) {
		if (o->levels[i] != CHECK_OFF && i != CHECK_ID_UNDECIDED)
			return true;
	}
	return false;
}

static int failed_to_start(struct diag *diag, int r)
{
	diag_error(diag, LOC_NONE, CHECK_CODE_INTERNAL, "the solver Z3 cannot be started");
	return r;
}

static void begin(struct sweep *s, enum check_id id)
{
	if (!s->smt.emit)
		return;
	s->smt.emit->check = check_get(id)->name;
	s->smt.emit->subject = NULL;
}

static void sweep(struct sweep *s)
{
	/* A check runs if one of the two is on. */
	static const struct {
		enum check_id id, other;
		void (*run)(struct sweep *s);
	} checks[] = {
		{CHECK_ID_CONFLICT, CHECK_ID_CONFLICT, sweep_conflicts},
		{CHECK_ID_AMBIGUOUS_ORDER, CHECK_ID_AMBIGUOUS_ORDER, sweep_open_orders},
		{CHECK_ID_SHADOWED, CHECK_ID_REDUNDANT, sweep_shadows},
		{CHECK_ID_PASS_WITHOUT_EFFECT, CHECK_ID_PASS_WITHOUT_EFFECT, sweep_passes},
		{CHECK_ID_NAMED_PORT_UNRESOLVED, CHECK_ID_NAMED_PORT_UNRESOLVED, sweep_named_ports},
		{CHECK_ID_DNS_EGRESS_MISSING, CHECK_ID_DNS_EGRESS_MISSING, sweep_dns},
		{CHECK_ID_REDUNDANT_POLICY, CHECK_ID_REDUNDANT_POLICY, sweep_spare_policies},
		{CHECK_ID_BROAD_ALLOW, CHECK_ID_BROAD_ALLOW, sweep_broad},
		{CHECK_ID_CIDR_COVERS_PODS, CHECK_ID_CIDR_COVERS_PODS, sweep_cidr_pods},
		{CHECK_ID_PORTABILITY, CHECK_ID_PORTABILITY, sweep_portability},
		{CHECK_ID_UNKNOWN_NAMESPACE, CHECK_ID_UNKNOWN_NAMESPACE, sweep_unknown_namespaces},
		{CHECK_ID_EMPTY_SELECTOR_MATCH, CHECK_ID_EMPTY_SELECTOR_MATCH, sweep_unmatched},
		{CHECK_ID_ONE_SIDED, CHECK_ID_ONE_SIDED, sweep_one_sided},
		{CHECK_ID_NO_DEFAULT_DENY, CHECK_ID_NO_DEFAULT_DENY, sweep_default_deny},
		{CHECK_ID_ASSERT_FAILED, CHECK_ID_ASSERT_VACUOUS, sweep_asserts},
	};
	const enum check_level *levels = s->options->levels;

	/* What can match nothing is left out by the other checks, so this one always runs. */
	begin(s, CHECK_ID_EMPTY_RULE);
	sweep_empty(s);
	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
		if (levels[checks[i].id] == CHECK_OFF && levels[checks[i].other] == CHECK_OFF)
			continue;
		begin(s, checks[i].id);
		checks[i].run(s);
	}
}

static int cannot_emit(struct diag *diag, const char *dir, int err)
{
	if (err == -EEXIST)
		diag_error(diag, LOC_NONE, CODE_BAD_VALUE,
			   "--emit-smt2: %s is not empty; name an empty or a new directory", dir);
	else
		diag_error(diag, LOC_NONE, CODE_IO, "--emit-smt2: cannot write to %s: %s", dir,
			   strerror(-err));
	return err;
}

int check_run(const struct ir *ir, const struct check_options *o, struct diag *diag,
	      struct check_result *result)
{
	struct arena arena;
	struct sweep s = {.ir = ir, .options = o, .diag = diag, .arena = &arena, .result = result};
	size_t before = diag->items.n;
	struct smt_emit emit;
	int r;

	/* To the solver and to the sweeps, a rule passes a flow or it does not. */
	assert(!ir_has_l7(ir));
	*result = (struct check_result){0};
	r = o->emit_dir ? smt_emit_init(&emit, o->emit_dir) : 0;
	if (r < 0)
		return cannot_emit(diag, o->emit_dir, r);
	if (!any_on(o))
		return 0;
	arena_init(&arena);
	r = smt_init(&s.smt, &arena, o->timeout_ms);
	if (r < 0) {
		arena_fini(&arena);
		return failed_to_start(diag, r);
	}
	s.smt.emit = o->emit_dir ? &emit : NULL;
	s.states = arena_array(&arena, uint8_t, ir->rules.n + 1);
	s.vain = arena_array(&arena, bool, ir->policies.n + 1);
	world_init(&s.world, ir, &s.smt);
	sweep_index_init(&s.index, ir, &arena);
	sweep(&s);
	result->questions = s.smt.questions;
	smt_fini(&s.smt);
	arena_fini(&arena);
	/* The checks go through the rules in orders of their own; a reader from top to bottom. */
	diag_sort(diag, before);
	if (s.smt.emit && emit.err)
		return cannot_emit(diag, o->emit_dir, emit.err);
	return s.err;
}
