/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/smt/smt.h"

#include <stdlib.h>
#include <time.h>

#include "lang/base/work.h"
#include "verifier/smt/emit.h"

/* Errors are polled with Z3_get_error_code(); the default handler would end the process. */
static void on_error(Z3_context ctx, Z3_error_code code)
{
	(void)ctx;
	(void)code;
}

/* Terms live as long as the context, which frees them all. */
static Z3_ast keep(struct smt *s, Z3_ast a)
{
	if (a)
		Z3_inc_ref(s->ctx, a);
	else
		s->failed = true;
	return a;
}

/* The time a question may take; and Ctrl-C ends polc, not the question. */
static void set_params(struct smt *s, unsigned timeout_ms)
{
	Z3_params params = Z3_mk_params(s->ctx);

	Z3_params_inc_ref(s->ctx, params);
	Z3_params_set_uint(s->ctx, params, Z3_mk_string_symbol(s->ctx, "timeout"), timeout_ms);
	Z3_params_set_bool(s->ctx, params, Z3_mk_string_symbol(s->ctx, "ctrl_c"), false);
	Z3_solver_set_params(s->ctx, s->solver, params);
	Z3_params_dec_ref(s->ctx, params);
}

void smt_init(struct smt *s, struct arena *arena, unsigned timeout_ms)
{
	Z3_config config = Z3_mk_config();

	*s = (struct smt){.arena = arena, .timeout_ms = timeout_ms};
	s->ctx = Z3_mk_context_rc(config);
	Z3_del_config(config);
	if (!s->ctx)
		abort();
	Z3_set_error_handler(s->ctx, on_error);
	/* Booleans and bit vectors only: the logic whose solver works on plain clauses. */
	s->solver = Z3_mk_solver_for_logic(s->ctx, Z3_mk_string_symbol(s->ctx, "QF_BV"));
	if (!s->solver)
		abort();
	Z3_solver_inc_ref(s->ctx, s->solver);
	set_params(s, timeout_ms);
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void smt_fini(struct smt *s)
{
	Z3_solver_dec_ref(s->ctx, s->solver);
	Z3_del_context(s->ctx);
	s->ctx = NULL;
}

/* --- terms --------------------------------------------------------------------------- */

Z3_ast smt_bool(struct smt *s, const char *name)
{
	return keep(
		s, Z3_mk_const(s->ctx, Z3_mk_string_symbol(s->ctx, name), Z3_mk_bool_sort(s->ctx)));
}

Z3_ast smt_bits(struct smt *s, const char *name, unsigned width)
{
	return keep(s, Z3_mk_const(s->ctx, Z3_mk_string_symbol(s->ctx, name),
				   Z3_mk_bv_sort(s->ctx, width)));
}

Z3_ast smt_number(struct smt *s, unsigned width, uint64_t value)
{
	return keep(s, Z3_mk_unsigned_int64(s->ctx, value, Z3_mk_bv_sort(s->ctx, width)));
}

Z3_ast smt_const(struct smt *s, bool value)
{
	return keep(s, value ? Z3_mk_true(s->ctx) : Z3_mk_false(s->ctx));
}

Z3_ast smt_not(struct smt *s, Z3_ast a)
{
	return keep(s, Z3_mk_not(s->ctx, a));
}

Z3_ast smt_and(struct smt *s, const struct terms *t)
{
	if (t->n == 1)
		return t->v[0];
	return t->n ? keep(s, Z3_mk_and(s->ctx, (unsigned)t->n, t->v)) : smt_const(s, true);
}

Z3_ast smt_or(struct smt *s, const struct terms *t)
{
	if (t->n == 1)
		return t->v[0];
	return t->n ? keep(s, Z3_mk_or(s->ctx, (unsigned)t->n, t->v)) : smt_const(s, false);
}

Z3_ast smt_both(struct smt *s, Z3_ast a, Z3_ast b)
{
	return smt_and(s, &(struct terms){.v = (Z3_ast[]){a, b}, .n = 2});
}

Z3_ast smt_either(struct smt *s, Z3_ast a, Z3_ast b)
{
	return smt_or(s, &(struct terms){.v = (Z3_ast[]){a, b}, .n = 2});
}

Z3_ast smt_if(struct smt *s, Z3_ast cond, Z3_ast then, Z3_ast otherwise)
{
	return keep(s, Z3_mk_ite(s->ctx, cond, then, otherwise));
}

Z3_ast smt_implies(struct smt *s, Z3_ast a, Z3_ast b)
{
	return keep(s, Z3_mk_implies(s->ctx, a, b));
}

Z3_ast smt_eq(struct smt *s, Z3_ast a, Z3_ast b)
{
	return keep(s, Z3_mk_eq(s->ctx, a, b));
}

Z3_ast smt_in_range(struct smt *s, Z3_ast a, unsigned width, uint64_t lo, uint64_t hi)
{
	if (lo == hi)
		return smt_eq(s, a, smt_number(s, width, lo));
	return smt_both(s, keep(s, Z3_mk_bvule(s->ctx, smt_number(s, width, lo), a)),
			keep(s, Z3_mk_bvule(s->ctx, a, smt_number(s, width, hi))));
}

Z3_ast smt_has_prefix(struct smt *s, Z3_ast a, unsigned width, const uint8_t *bytes, unsigned len)
{
	struct terms parts = {0};

	for (unsigned done = 0; done < len; done += 8) {
		unsigned n = len - done < 8 ? len - done : 8;
		unsigned high = width - 1 - done;
		Z3_ast bits = keep(s, Z3_mk_extract(s->ctx, high, high + 1 - n, a));

		vec_push(s->arena, &parts,
			 smt_eq(s, bits, smt_number(s, n, bytes[done / 8] >> (8 - n))));
	}
	return smt_and(s, &parts);
}

/* --- questions ----------------------------------------------------------------------- */

void smt_push(struct smt *s)
{
	Z3_solver_push(s->ctx, s->solver);
}

void smt_pop(struct smt *s, unsigned n)
{
	Z3_solver_pop(s->ctx, s->solver, n);
}

/* The solver takes its time for large terms, and of one that is not asked again it would be lost.
 */
void smt_assert(struct smt *s, Z3_ast a)
{
	if (!work_is_over(s->work))
		Z3_solver_assert(s->ctx, s->solver, a);
}

/* Lets the next question take no more than is left for all. False: nothing is. */
static bool share_budget(struct smt *s)
{
	unsigned left = work_left_ms(s->work);

	if (left && left < s->timeout_ms) {
		s->timeout_ms = left;
		s->last = true;
		set_params(s, left);
	}
	return left;
}

/* Time that runs out while the solver writes its answer down leaves a model that is none. */
static enum smt_answer in_time(const struct smt *s, Z3_lbool r, uint64_t began)
{
	if (r == Z3_L_UNDEF || now_ms() - began >= s->timeout_ms)
		return SMT_UNKNOWN;
	return r == Z3_L_TRUE ? SMT_YES : SMT_NO;
}

/* Where the end of the time meets the solver at work on its terms, it comes as an exception. */
static bool was_interrupted(const struct smt *s, uint64_t began)
{
	return Z3_get_error_code(s->ctx) == Z3_EXCEPTION && now_ms() - began >= s->timeout_ms;
}

/* Nothing is left behind a question that had all of it. */
static enum smt_answer give_up(struct smt *s)
{
	if (s->last)
		work_give_up(s->work);
	return SMT_UNKNOWN;
}

static enum smt_answer ask(struct smt *s, const struct terms *assumptions)
{
	enum smt_answer answer;
	Z3_lbool r;
	uint64_t began = now_ms();

	work_tell(s->work, s->questions++);
	s->failed |= Z3_get_error_code(s->ctx) != Z3_OK;
	if (s->failed)
		return SMT_ERROR;
	if (!share_budget(s))
		return SMT_UNKNOWN;
	r = Z3_solver_check_assumptions(s->ctx, s->solver,
					assumptions ? (unsigned)assumptions->n : 0,
					assumptions ? assumptions->v : NULL);
	if (was_interrupted(s, began))
		return give_up(s);
	s->failed |= Z3_get_error_code(s->ctx) != Z3_OK;
	if (s->failed)
		return SMT_ERROR;
	answer = in_time(s, r, began);
	return answer == SMT_UNKNOWN ? give_up(s) : answer;
}

enum smt_answer smt_check(struct smt *s, const struct terms *assumptions)
{
	enum smt_answer r = ask(s, assumptions);

	if (s->emit)
		smt_emit_question(s->emit, s, assumptions, r);
	return r;
}

static bool is_in(struct smt *s, Z3_ast_vector v, Z3_ast a)
{
	for (unsigned i = 0; i < Z3_ast_vector_size(s->ctx, v); i++)
		if (Z3_is_eq_ast(s->ctx, Z3_ast_vector_get(s->ctx, v, i), a))
			return true;
	return false;
}

/* In the order of the assumptions: the solver's own differs from run to run. */
static void get_core(struct smt *s, const struct terms *assumptions, struct terms *core)
{
	Z3_ast_vector v = Z3_solver_get_unsat_core(s->ctx, s->solver);

	Z3_ast_vector_inc_ref(s->ctx, v);
	core->n = 0;
	for (size_t i = 0; i < assumptions->n; i++)
		if (is_in(s, v, assumptions->v[i]))
			vec_push(s->arena, core, assumptions->v[i]);
	Z3_ast_vector_dec_ref(s->ctx, v);
}

/* Leaves one assumption out after the other and keeps it out if the answer stays no. */
enum smt_answer smt_minimal_core(struct smt *s, const struct terms *assumptions, struct terms *core)
{
	enum smt_answer r = smt_check(s, assumptions);
	size_t i = 0;

	if (r != SMT_NO)
		return r;
	get_core(s, assumptions, core);
	while (i < core->n) {
		struct terms rest = {0};

		for (size_t k = 0; k < core->n; k++) {
			if (k != i)
				vec_push(s->arena, &rest, core->v[k]);
		}
		r = smt_check(s, &rest);
		if (r == SMT_ERROR)
			return r;
		if (r == SMT_NO)
			*core = rest;
		else
			i++;
	}
	return SMT_NO;
}

/* --- models -------------------------------------------------------------------------- */

Z3_model smt_model(struct smt *s)
{
	Z3_model m = Z3_solver_get_model(s->ctx, s->solver);

	if (m)
		Z3_model_inc_ref(s->ctx, m);
	else
		s->failed = true;
	return m;
}

void smt_model_free(struct smt *s, Z3_model m)
{
	if (m)
		Z3_model_dec_ref(s->ctx, m);
}

static Z3_ast value_of(struct smt *s, Z3_model m, Z3_ast a, bool complete)
{
	Z3_ast value;

	return Z3_model_eval(s->ctx, m, a, complete, &value) ? keep(s, value) : NULL;
}

bool smt_model_bool(struct smt *s, Z3_model m, Z3_ast a, bool *out)
{
	Z3_ast value = value_of(s, m, a, false);
	Z3_lbool b = value ? Z3_get_bool_value(s->ctx, value) : Z3_L_UNDEF;

	*out = b == Z3_L_TRUE;
	return b != Z3_L_UNDEF;
}

bool smt_model_number(struct smt *s, Z3_model m, Z3_ast a, uint64_t *out)
{
	Z3_ast value = value_of(s, m, a, false);

	*out = 0;
	return value && Z3_is_numeral_ast(s->ctx, value) &&
	       Z3_get_numeral_uint64(s->ctx, value, out);
}

void smt_model_bytes(struct smt *s, Z3_model m, Z3_ast a, unsigned n, uint8_t *out)
{
	for (unsigned i = 0; i < n; i++) {
		unsigned high = 8 * (n - i) - 1;
		Z3_ast byte = keep(s, Z3_mk_extract(s->ctx, high, high - 7, a));
		Z3_ast value = byte ? value_of(s, m, byte, true) : NULL;
		uint64_t number = 0;

		if (value)
			Z3_get_numeral_uint64(s->ctx, value, &number);
		out[i] = (uint8_t)number;
	}
}
