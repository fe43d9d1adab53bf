/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The witness of an assertion, put to `polc why`: random policy sets and assertions over an
 * inventory whose endpoints have one address, several or none, where pods are somewhere or
 * anywhere. The words of the note are the question; the answer must be what broke the assertion,
 * for every address that the words leave open.
 */
#include <stdio.h>
#include <string.h>

#include "compiler/space/fold.h"
#include "compiler/space/nodes.h"
#include "compiler/space/suppose.h"
#include "lang/lang.h"
#include "tests/lib/campaign.h"
#include "tests/lib/random.h"
#include "tests/lib/random_policy.h"
#include "tests/unit/unit.h"
#include "verifier/check/check.h"
#include "verifier/why/why.h"

enum { ROUNDS = 250, MAX_WORD = 128 };

/* What the witnesses were, so that none of the kinds goes untested. */
struct seen {
	unsigned passes, denied;                           /* what broke the assertion */
	unsigned outside, at_address, node, host, replica; /* what the words were */
};

struct round {
	struct lang lang;
	struct ir *ir;
	uint64_t seed;
	struct seen *seen;
};

/* --- random assertions over a random inventory ------------------------------------------------ */

static const char *const peers[] = {
	"world",
	"all",
	"host",
	"cluster",
	"endpoints",
	"{ app = web }",
	"{ !env }",
	"{ legacy }",
	"namespace red all",
	"namespace green { app != db }",
	"cidr { 10.0.0.0/30 } including endpoints",
	"cidr { 203.0.113.0/25 }",
	"cidr { fd00::/126 } including endpoints",
	"cidr { 2001:db8::/32 }",
	"cidr { 192.168.0.1/32 }",
	"cidr { 192.168.0.0/24 }",
	"cidr { 0.0.0.0/0 }",
	"cidr { fd00:1::/112 }",
};
static const char *const on[] = {"",
				 "",
				 " on tcp/80",
				 " on tcp/http",
				 " on udp/53",
				 " on icmp/8, icmp6/128",
				 " on sctp/1-80"};
static const char *const kinds[] = {"never", "always", "only"};

static void put_asserts(struct random *dice, struct buf *pol)
{
	for (unsigned i = 0; i < 6; i++) {
		const char *kind = random_pick(dice, kinds), *from = random_pick(dice, peers),
			   *to = random_pick(dice, peers), *ports = random_pick(dice, on);

		buf_printf(pol, "assert \"a%u\" { %s %s -> %s%s }\n", i, kind, from, to, ports);
	}
}

/* One that has no address yet, with pods that it may own. */
static void put_workload(struct random *dice, struct buf *yaml)
{
	static const char *const apps[] = {"web", "db", "cache"};
	const char *app = random_pick(dice, apps);

	buf_printf(yaml,
		   "---\napiVersion: apps/v1\nkind: Deployment\n"
		   "metadata: {name: load, namespace: red}\nspec:\n  replicas: 2\n"
		   "  selector: {matchLabels: {app: %s}}\n  template:\n"
		   "    metadata: {labels: {app: %s}}\n"
		   "    spec: {%scontainers: [{name: c, image: i, ports: "
		   "[{name: http, containerPort: 8080}]}]}\n",
		   app, app, random_chance(dice, 20) ? "hostNetwork: true, " : "");
}

static void read_round(struct round *r, struct random *dice)
{
	static const char *const pods[] = {"10.0.0.0/28", "10.0.0.0/8", "fd00::/16", "0.0.0.0/0"};
	struct random_policy p;
	struct net_prefix prefix;

	random_policy_init(&p, r->seed, r->seed);
	put_workload(dice, &p.yaml);
	put_asserts(dice, &p.pol);
	if (random_chance(dice, 40))
		buf_puts(&p.pol, "endpoint node { labels { app = web } }\n");
	lang_init(&r->lang);
	if (random_chance(dice, 30)) {
		net_prefix_parse(random_pick(dice, pods), &prefix);
		lang_add_pod_prefix(&r->lang, &prefix);
	}
	assert_int_equal(
		lang_read_text(&r->lang, "yaml", buf_str(&p.yaml), p.yaml.n, LANG_YAML, LANG_INPUT),
		0);
	assert_int_equal(
		lang_read_text(&r->lang, "pol", buf_str(&p.pol), p.pol.n, LANG_POL, LANG_INPUT), 0);
	assert_int_equal(ir_resolve(&r->lang, &r->ir), 0);
	vec_each (struct ir_endpoint *, ep, &r->ir->endpoints)
		if (random_chance(dice, 30))
			(*ep)->addrs.n = 0;
	space_fold(&r->ir, 1, space_claims_name_nodes(r->ir));
	space_suppose(&r->ir, 1);
	random_policy_fini(&p);
}

/* --- the question -------------------------------------------------------------------------------
 */

static void count(struct seen *seen, const char *from, const char *to, bool passes)
{
	seen->passes += passes;
	seen->denied += !passes;
	seen->outside += strncmp(from, "cidr:", 5) == 0 || strncmp(to, "cidr:", 5) == 0;
	seen->at_address += strchr(from, '@') || strchr(to, '@');
	seen->node += strncmp(from, "node", 4) == 0 || strncmp(to, "node", 4) == 0;
	seen->host += strncmp(from, "host", 4) == 0 || strncmp(to, "host", 4) == 0;
}

static void put_question(const struct round *r, const char *witness, bool passes)
{
	static const char replica[] = "another replica of ";
	char from[MAX_WORD], to[MAX_WORD], port[MAX_WORD];
	const char *rest = strstr(witness, " to ") + 4;
	struct why_query q = {.from = from, .to = to, .port = port};
	struct diag diag;
	struct why why;

	assert_int_equal(sscanf(witness, "for example from %127s to ", from), 1);
	if (strncmp(rest, replica, strlen(replica)) == 0) {
		rest += strlen(replica);
		r->seen->replica++;
	}
	assert_int_equal(sscanf(rest, "%127s on %127s", to, port), 2);
	count(r->seen, from, to, passes);
	diag_init(&diag, r->ir->arena, NULL);
	if (why_explain(r->ir, &q, r->ir->arena, &diag, &why))
		fail_msg("POLC_SEED=%llu: '%s': %s", (unsigned long long)r->seed, witness,
			 diag.items.v[0]->text);
	if (why_verdict(&why) != (passes ? FLOW_ALLOW : FLOW_DENY))
		fail_msg("POLC_SEED=%llu: '%s' was broken by %s, but why says %s",
			 (unsigned long long)r->seed, witness, passes ? "passing" : "denial",
			 flow_verdict_name(why_verdict(&why)));
}

static void check_finding(const struct round *r, const struct diag_item *item)
{
	if (strcmp(item->code, "assert-failed") != 0)
		return;
	assert_true(item->notes.n > 0);
	put_question(r, item->notes.v[item->notes.n - 1].text,
		     strstr(item->text, "a flow passes") != NULL);
}

static void run_round(uint64_t seed, struct seen *seen)
{
	struct random dice = {.state = seed ^ 0x7769746e657373};
	struct round r = {.seed = seed, .seen = seen};
	struct check_result result;
	struct check_options o;

	read_round(&r, &dice);
	check_options_init(&o);
	for (int id = 0; id < CHECK_N; id++)
		o.levels[id] = id == CHECK_ID_ASSERT_FAILED ? o.levels[id] : CHECK_OFF;
	r.lang.diag.items.n = 0;
	assert_int_equal(check_run(r.ir, &o, &r.lang.diag, &result), 0);
	vec_each (struct diag_item *, item, &r.lang.diag.items)
		check_finding(&r, *item);
	lang_fini(&r.lang);
}

TEST(why_says_of_a_witness_what_broke_the_assertion)
{
	struct campaign c = campaign_begin(ROUNDS, 1);
	struct seen seen = {0};
	uint64_t seed;

	while (campaign_next(&c, &seed))
		run_round(seed, &seen);
	print_message("# %u pass, %u are denied; %u outside, %u at an address, %u node, %u host, "
		      "%u replicas\n",
		      seen.passes, seen.denied, seen.outside, seen.at_address, seen.node, seen.host,
		      seen.replica);
	if (c.done < ROUNDS)
		return;
	assert_true(seen.passes && seen.denied && seen.outside && seen.at_address);
	assert_true(seen.node && seen.host && seen.replica);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(why_says_of_a_witness_what_broke_the_assertion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
