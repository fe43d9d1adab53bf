/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Assertions over namespaces of which no object says the labels, beside every choice of labels
 * that these could have: what holds, holds for each; what is undecided is broken by one.
 */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "compiler/eval.h"
#include "lang/base/buf.h"
#include "lang/lang.h"
#include "tests/lib/campaign.h"
#include "tests/lib/random.h"
#include "verifier/check/check.h"

/* That of n0 is said; "z" is named by nobody. */
#define INVENTORY                                                                                  \
	"namespace n0 {\n  labels { t = x }\n}\n"                                                  \
	"endpoint n0/a {\n  labels { app = a }\n  address 10.0.0.1\n}\n"                           \
	"endpoint n1/a {\n  labels { app = a }\n  address 10.0.0.2\n}\n"                           \
	"endpoint n1/b {\n  labels { app = b }\n  address 10.0.0.3\n}\n"                           \
	"endpoint n2/a {\n  labels { app = a }\n  address 10.0.0.4\n}\n"

static const char *const choices[] = {
	"",
	"t = x",
	"t = y",
	"t = z",
	"u = x",
	"u = z",
	"t = x, u = x",
	"t = y, u = x",
	"t = z, u = x",
	"t = x, u = z",
	"t = y, u = z",
	"t = z, u = z",
};

enum { N_CHOICES = sizeof(choices) / sizeof(*choices) };

static const char *const ends[] = {
	"namespace { t = x } all",
	"namespace { t != x } all",
	"namespace { t in (x, y) } { app = a }",
	"namespace { t } all",
	"namespace { !t } all",
	"namespace { u = x, t } all",
	"namespace { u } { app = b }",
	"namespace { u != x } all",
	"namespace n0 all",
	"namespace n1 all",
	"namespace n2 all",
	"namespace (n0, n2) all",
	"{ app = a }",
	"{ app = b }",
	"endpoints",
};

static const char *const ports[] = {"", " on tcp/80", " on udp"};

static void put_rule(struct random *r, struct buf *out)
{
	bool in = random_chance(r, 60);

	buf_printf(out, "  %s {\n    %s %s %s%s\n  }\n", in ? "ingress" : "egress",
		   random_chance(r, 75) ? "allow" : "deny", in ? "from" : "to",
		   random_pick(r, ends), random_pick(r, ports));
}

static void put_text(uint64_t seed, struct buf *out)
{
	static const char *const kinds[] = {"never", "always", "only"};
	struct random r = {.state = seed};
	unsigned n = 1 + random_below(&r, 3);

	for (unsigned i = 0; i < n; i++) {
		buf_printf(out, "policy p%u for %s {\n", i, random_pick(&r, ends));
		put_rule(&r, out);
		buf_puts(out, "}\n");
	}
	buf_printf(out, "assert \"it\" {\n  %s %s -> ", random_pick(&r, kinds),
		   random_chance(&r, 15) ? "world" : random_pick(&r, ends));
	buf_printf(out, "%s%s\n}\n", random_pick(&r, ends), random_pick(&r, ports));
}

static struct ir *read(struct lang *lang, const char *policies, const char *of_n1,
		       const char *of_n2)
{
	_cleanup_buf_ struct buf text = {0};
	struct ir *ir = NULL;

	buf_puts(&text, INVENTORY);
	buf_puts(&text, policies);
	if (of_n1)
		buf_printf(&text, "namespace n1 {\n  labels { %s }\n}\n", of_n1);
	if (of_n2)
		buf_printf(&text, "namespace n2 {\n  labels { %s }\n}\n", of_n2);
	lang_init(lang);
	if (lang_read_text(lang, "text", buf_str(&text), text.n, LANG_POL, LANG_INPUT) ||
	    ir_resolve(lang, &ir)) {
		_cleanup_buf_ struct buf b = {0};

		diag_render_text(&lang->diag, &(struct diag_style){0}, &b);
		fail_msg("%s\n%s", buf_str(&text), buf_str(&b));
	}
	return ir;
}

/* --- every flow ------------------------------------------------------------------------------ */

static bool breaks(const struct ir *ir, const struct ir_end *from, const struct ir_end *to)
{
	static const struct ir_flow kinds[] = {{.proto = IR_PROTO_TCP, .port = 80},
					       {.proto = IR_PROTO_TCP, .port = 81},
					       {.proto = IR_PROTO_UDP, .port = 80},
					       {.proto = 47}};
	const struct ir_claim *claim = &ir->asserts.v[0]->claims.v[0];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct ir_flow flow = kinds[i];

		flow.src = *from;
		flow.dst = *to;
		if (ir_claim_covers(claim, &flow) && ir_eval(ir, &flow) != ir_claim_wants(claim))
			return true;
	}
	return false;
}

/* The i-th end: the endpoints, and one address outside. */
static struct ir_end end_at(const struct ir *ir, size_t i)
{
	struct ir_end out = {0};

	if (i < ir->endpoints.n)
		return ir_end_of(ir->endpoints.v[i], NET_V4);
	assert_int_equal(net_addr_parse("203.0.113.7", &out.addr), 0);
	return out;
}

static bool is_broken(const struct ir *ir)
{
	for (size_t i = 0; i <= ir->endpoints.n; i++) {
		for (size_t k = 0; k <= ir->endpoints.n; k++) {
			struct ir_end from = end_at(ir, i), to = end_at(ir, k);

			if (i != k && breaks(ir, &from, &to))
				return true;
		}
	}
	return false;
}

/* By some labels of the namespaces of which nothing is said. */
static bool may_break(const char *policies)
{
	bool broken = false;

	for (size_t i = 0; !broken && i < (size_t)N_CHOICES * N_CHOICES; i++) {
		struct lang lang;

		broken = is_broken(
			read(&lang, policies, choices[i / N_CHOICES], choices[i % N_CHOICES]));
		lang_fini(&lang);
	}
	return broken;
}

/* --- what is said ---------------------------------------------------------------------------- */

enum answer { HOLDS, FAILS, UNDECIDED, N_ANSWERS };

static const char *const answers[] = {"holds", "fails", "is undecided"};

static enum answer ask(struct lang *lang, const struct ir *ir)
{
	struct check_result result;
	struct check_options o;

	check_options_init(&o);
	for (int id = 0; id < CHECK_N; id++)
		if (id != CHECK_ID_ASSERT_FAILED && id != CHECK_ID_UNDECIDED)
			o.levels[id] = CHECK_OFF;
	assert_int_equal(check_run(ir, &o, &lang->diag, &result), 0);
	if (result.findings[CHECK_ID_ASSERT_FAILED])
		return FAILS;
	return result.findings[CHECK_ID_UNDECIDED] ? UNDECIDED : HOLDS;
}

static enum answer check_seed(uint64_t seed)
{
	_cleanup_buf_ struct buf policies = {0};
	enum answer said, is;
	struct lang lang;
	struct ir *ir;

	put_text(seed, &policies);
	ir = read(&lang, buf_str(&policies), NULL, NULL);
	is = is_broken(ir) ? FAILS : may_break(buf_str(&policies)) ? UNDECIDED : HOLDS;
	said = ask(&lang, ir);
	lang_fini(&lang);
	if (said != is)
		fail_msg("POLC_SEED=%llu: it %s, and is said that it %s\n%s",
			 (unsigned long long)seed, answers[is], answers[said], buf_str(&policies));
	return said;
}

TEST(what_holds_does_so_whatever_labels_namespaces_have)
{
	struct campaign c = campaign_begin(150, 1);
	size_t n[N_ANSWERS] = {0};
	uint64_t seed;

	while (campaign_next(&c, &seed))
		n[check_seed(seed)]++;
	print_message("# %llu assertions: %zu hold, %zu fail, %zu are undecided\n",
		      (unsigned long long)c.done, n[HOLDS], n[FAILS], n[UNDECIDED]);
	assert_true(c.done < 50 || (n[HOLDS] && n[FAILS] && n[UNDECIDED]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_holds_does_so_whatever_labels_namespaces_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
