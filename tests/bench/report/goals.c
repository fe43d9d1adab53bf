/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/report/goals.h"

#include <math.h>
#include <stdio.h>

#include "tests/bench/proxy/proxy.h"
#include "tests/bench/requests/requests.h"
#include "tests/bench/verifier/inventory.h"
#include "tests/bench/verifier/revisions.h"
#include "tests/bench/verifier/verify.h"

enum compared { AT_LEAST, AT_MOST };

/* Which number of two a goal is about. */
enum formula {
	RATIO,      /* that / this: how many times faster this is */
	DIFFERENCE, /* this - that */
	OVERHEAD,   /* this / that */
	ADDED,      /* (this - nothing) / (that - nothing) */
	VALUE,      /* this */
};

struct goal {
	const char *what;
	enum result_place place;
	unsigned size;
	const char *workload, *this, *that;
	enum formula formula;
	enum compared compared;
	double number;
};

#define WORKLOAD  "internal, random"
#define HOT       "internal, hot"
#define STACK     "internal"
#define POLC      "polc"
#define STATELESS "polc, stateless"
#define BOTH      "polc, both directions"
#define PARSE     "parse only"
#define CILIUM    "Cilium-shaped"
#define CILIUM_CT "Cilium-shaped, conntrack"
#define NOTHING   "nothing"
#define NFT       "nft, tracking"
#define FASTER(n, x)                                                                               \
	{                                                                                          \
		"times faster than Cilium-shaped, no conntrack", RESULT_TEST_RUN, n, WORKLOAD,     \
			STATELESS, CILIUM, RATIO, AT_LEAST, x                                      \
	}
#define FASTER_CT(n, x)                                                                            \
	{                                                                                          \
		"times faster than Cilium-shaped, conntrack", RESULT_TEST_RUN, n, WORKLOAD, BOTH,  \
			CILIUM_CT, RATIO, AT_LEAST, x                                              \
	}
#define ABOVE_FLOOR(n, x)                                                                          \
	{                                                                                          \
		"ns above parsing alone, random", RESULT_TEST_RUN, n, WORKLOAD, BOTH, PARSE,       \
			DIFFERENCE, AT_MOST, x                                                     \
	}
#define ABOVE_FLOOR_HOT(n, x)                                                                      \
	{                                                                                          \
		"ns above parsing alone, hot", RESULT_TEST_RUN, n, HOT, BOTH, PARSE, DIFFERENCE,   \
			AT_MOST, x                                                                 \
	}
#define IN_STACK(n, x)                                                                             \
	{                                                                                          \
		"in the stack, with policy / without", RESULT_STACK, n, STACK, BOTH, NOTHING,      \
			OVERHEAD, AT_MOST, x                                                       \
	}
#define NFT_SHARE(n, x)                                                                            \
	{                                                                                          \
		"added cost / that of nft, tracking", RESULT_STACK, n, STACK, BOTH, NFT, ADDED,    \
			AT_MOST, x                                                                 \
	}
#define CHANGE(n, x)                                                                               \
	{                                                                                          \
		"ms from change to enforced, by endpoints", RESULT_CHANGE, n, "change", POLC,      \
			NULL, VALUE, AT_MOST, x                                                    \
	}
#define VERIFY(n, x, what, workload)                                                               \
	{                                                                                          \
		what, RESULT_VERIFY, n, workload, VERIFY_POLC, NULL, VALUE, AT_MOST, x             \
	}
#define VERIFY_MEMORY(n, x)                                                                        \
	{                                                                                          \
		"MiB of polc check", RESULT_VERIFY_MEMORY, n, VERIFY_CHECK, VERIFY_POLC, NULL,     \
			VALUE, AT_MOST, x                                                          \
	}

#define WITH_INVENTORY(what, workload, command, x)                                                 \
	{                                                                                          \
		what, RESULT_VERIFY, INVENTORY_PODS, workload, command, INVENTORY_CHECK, OVERHEAD, \
			AT_MOST, x                                                                 \
	}

/* Beside the same proxy without rules. */
#define THROUGH_PROXY(n, protocol)                                                                 \
	{protocol ", CPU a request / without rules",                                               \
	 RESULT_PROXY_CPU,                                                                         \
	 n,                                                                                        \
	 protocol,                                                                                 \
	 PROXY_POLC,                                                                               \
	 PROXY_PLAIN,                                                                              \
	 OVERHEAD,                                                                                 \
	 AT_MOST,                                                                                  \
	 1.1},                                                                                     \
	{                                                                                          \
		protocol ", requests a second / without rules", RESULT_PROXY_RATE, n, protocol,    \
			PROXY_POLC, PROXY_PLAIN, OVERHEAD, AT_LEAST, 0.9                           \
	}
#define BESIDE_OTHERS(n, protocol)                                                                 \
	{protocol ", times less CPU than HAProxy's ACLs",                                          \
	 RESULT_PROXY_CPU,                                                                         \
	 n,                                                                                        \
	 protocol,                                                                                 \
	 PROXY_POLC,                                                                               \
	 PROXY_ACL,                                                                                \
	 RATIO,                                                                                    \
	 AT_LEAST,                                                                                 \
	 2.5},                                                                                     \
		{protocol ", p50 alone / without a proxy",                                         \
		 RESULT_PROXY_ALONE,                                                               \
		 n,                                                                                \
		 protocol,                                                                         \
		 PROXY_POLC,                                                                       \
		 PROXY_DIRECT,                                                                     \
		 OVERHEAD,                                                                         \
		 AT_MOST,                                                                          \
		 2.5},                                                                             \
	{                                                                                          \
		protocol ", requests a second / without a proxy", RESULT_PROXY_RATE, n, protocol,  \
			PROXY_POLC, PROXY_DIRECT, OVERHEAD, AT_LEAST, 0.4                          \
	}

static const struct goal goals[] = {
	FASTER(10, 5),
	FASTER(1000, 8),
	FASTER(10000, 12),
	FASTER_CT(10, 7),
	FASTER_CT(1000, 9),
	FASTER_CT(10000, 18),
	ABOVE_FLOOR_HOT(10, 16),
	ABOVE_FLOOR_HOT(1000, 16),
	ABOVE_FLOOR_HOT(10000, 16),
	ABOVE_FLOOR(10, 25),
	ABOVE_FLOOR(100, 38),
	ABOVE_FLOOR(1000, 35),
	ABOVE_FLOOR(10000, 35),
	IN_STACK(1000, 1.12),
	IN_STACK(10000, 1.18),
	NFT_SHARE(10, 0.25),
	NFT_SHARE(100, 0.25),
	NFT_SHARE(1000, 0.25),
	NFT_SHARE(10000, 0.1),
	CHANGE(1, 2),
	CHANGE(1000, 35),
	VERIFY(10000, 1, "s of polc check", VERIFY_CHECK),
	VERIFY(10000, 5, "s of polc check, NetworkPolicies", VERIFY_CHECK_K8S),
	VERIFY_MEMORY(10000, 1024),
	VERIFY(10000, 3, "s of polc diff, ten edits", VERIFY_DIFF),
	VERIFY(1000, 3, "s of polc reach, 5 000 pods", VERIFY_REACH),
	{"ns a request, by expressions", RESULT_REQUESTS, 1000, REQUESTS, REQUESTS_POLC, NULL,
	 VALUE, AT_MOST, 150},
	{"times faster than Hyperscan, by expressions", RESULT_REQUESTS, 1000, REQUESTS,
	 REQUESTS_POLC, REQUESTS_HYPERSCAN, RATIO, AT_LEAST, 4},
	{"times faster than RE2::Set, by expressions", RESULT_REQUESTS, 1000, REQUESTS,
	 REQUESTS_POLC, REQUESTS_RE2, RATIO, AT_LEAST, 4},
	THROUGH_PROXY(10, PROXY_H1),
	THROUGH_PROXY(100, PROXY_H1),
	THROUGH_PROXY(1000, PROXY_H1),
	THROUGH_PROXY(10, PROXY_H2),
	THROUGH_PROXY(100, PROXY_H2),
	THROUGH_PROXY(1000, PROXY_H2),
	BESIDE_OTHERS(1000, PROXY_H1),
	BESIDE_OTHERS(1000, PROXY_H2),
	{"polc diff --git of one file / polc check of it", RESULT_VERIFY, 20000, REVISIONS,
	 REVISIONS_DIFF, REVISIONS_CHECK, OVERHEAD, AT_MOST, 2},
	WITH_INVENTORY("polc diff -i / polc check -i", INVENTORY, INVENTORY_DIFF, 3),
	WITH_INVENTORY("the same, named ports", INVENTORY_NAMED, INVENTORY_DIFF, 3),
	WITH_INVENTORY("polc diff --closed / polc check -i", INVENTORY, INVENTORY_DIFF_POD, 3),
	WITH_INVENTORY("the same, named ports", INVENTORY_NAMED, INVENTORY_DIFF_POD, 3),
	WITH_INVENTORY("polc reach --group -i / polc check -i", INVENTORY, INVENTORY_REACH, 2),
	WITH_INVENTORY("the same, named ports", INVENTORY_NAMED, INVENTORY_REACH, 2),
};

static double get(const struct results *r, const struct goal *g, const char *variant)
{
	return variant ? results_get(r, g->place, g->size, g->workload, variant) : NAN;
}

static double compute(const struct results *r, const struct goal *g)
{
	double this = get(r, g, g->this), that = get(r, g, g->that), none = get(r, g, NOTHING);

	switch (g->formula) {
	case RATIO:
		return that / this;
	case DIFFERENCE:
		return this - that;
	case OVERHEAD:
		return this / that;
	case ADDED:
		return (this - none) / (that - none);
	default:
		return this;
	}
}

static void print_goal(const char *what, unsigned size, enum compared compared, double wanted,
		       double measured, json_t *out)
{
	bool met = compared == AT_LEAST ? measured >= wanted : measured <= wanted;

	if (isnan(measured))
		return;
	printf("  %-48s %6u   %s %-8g %10.2f   %s\n", what, size,
	       compared == AT_LEAST ? ">=" : "<=", wanted, measured, met ? "met" : "MISSED");
	json_array_append_new(out, json_pack("{s:s, s:i, s:s, s:f, s:f, s:b}", "goal", what, "size",
					     (int)size, "compared",
					     compared == AT_LEAST ? ">=" : "<=", "wanted", wanted,
					     "measured", measured, "met", (int)met));
}

/* The only goal about two sizes. */
static void print_flatness(const struct results *r, json_t *out)
{
	double small = results_get(r, RESULT_TEST_RUN, 10, WORKLOAD, BOTH);
	double large = results_get(r, RESULT_TEST_RUN, 10000, WORKLOAD, BOTH);

	print_goal("cost at this size / cost at 10 rules", 10000, AT_MOST, 1.25, large / small,
		   out);
}

/* Close to linear: the power of the size that time grows with. */
static void print_growth(const struct results *r, const char *what, const char *workload,
			 json_t *out)
{
	double small = results_get(r, RESULT_VERIFY, 1000, workload, VERIFY_POLC);
	double large = results_get(r, RESULT_VERIFY, 10000, workload, VERIFY_POLC);

	print_goal(what, 10000, AT_MOST, 1.25, log10(large / small), out);
}

static void print_inventory_growth(const struct results *r, const char *what, const char *command,
				   json_t *out)
{
	static const char *const workloads[] = {INVENTORY, INVENTORY_NAMED};

	for (size_t i = 0; i < 2; i++) {
		double half =
			results_get(r, RESULT_VERIFY, INVENTORY_PODS / 2, workloads[i], command);
		double all = results_get(r, RESULT_VERIFY, INVENTORY_PODS, workloads[i], command);

		print_goal(i ? "the same, named ports" : what, INVENTORY_PODS, AT_MOST, 1.25,
			   log2(all / half), out);
	}
}

json_t *goals_print(const struct results *r)
{
	json_t *out = json_array();

	printf("\n%-50s %6s   %-11s %10s\n", "goal", "size", "wanted", "measured");
	for (size_t i = 0; i < sizeof(goals) / sizeof(*goals); i++)
		print_goal(goals[i].what, goals[i].size, goals[i].compared, goals[i].number,
			   compute(r, &goals[i]), out);
	print_flatness(r, out);
	print_growth(r, "power of growth from 1 000 NetworkPolicies, check", VERIFY_CHECK_K8S, out);
	print_growth(r, "power of growth from 1 000 rules, polc check", VERIFY_CHECK, out);
	print_growth(r, "power of growth from 1 000 rules, polc diff", VERIFY_DIFF, out);
	print_inventory_growth(r, "power of growth from half as many pods, diff -i", INVENTORY_DIFF,
			       out);
	print_inventory_growth(r, "power of growth from half as many pods, --closed",
			       INVENTORY_DIFF_POD, out);
	return out;
}
