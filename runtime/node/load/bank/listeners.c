/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/node/load/bank/listeners.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "codegen/hash.h"
#include "lang/base/buf.h"
#include "runtime/codes.h"
#include "runtime/node/kernel/fail.h"
#include "runtime/node/state/session.h"

_Static_assert(sizeof(((struct rt_listener *)0)->key) >= GEN_HASH_STRLEN,
	       "a key has no room for its hash");
_Static_assert((int)POLC_DIRS == (int)POLC_BANKS, "the map of listeners has other halves");

struct assigning {
	struct rt_session *s;
	const struct bundle *bundle;
	struct rt_listener *known[IR_N_DIRS]; /* by number: the halves of the map */
	uint32_t next[IR_N_DIRS];             /* the first number that nobody ever had */
};

/* The how manieth a rule is of those of its policy that are about the same connections. */
static size_t place_among_alike(const struct bundle *b, const struct bundle_rule *rule)
{
	size_t n = 0;

	for (const struct bundle_rule *r = b->rules.v; r < rule; r++)
		n += r->policy == rule->policy && r->dir == rule->dir && r->about &&
		     strcmp(r->about, rule->about) == 0;
	return n;
}

/* All that tells the connections of these rules from those of others. */
static void make_key(const struct assigning *a, const struct bundle_decision *d,
		     char out[static GEN_HASH_STRLEN])
{
	_cleanup_buf_ struct buf text = {0};

	vec_each (const struct bundle_rule *, rule, &d->asked)
		buf_printf(&text, "%s %s %s %zu\n", (*rule)->policy->kind, (*rule)->policy->name,
			   (*rule)->about, place_among_alike(a->bundle, *rule));
	gen_hash(buf_str(&text), text.n, out);
}

static int no_room(struct assigning *a, const struct bundle_decision *d)
{
	diag_error(a->s->diag, LOC_NONE, RT_CODE_CAPACITY,
		   "the proxy of %s has had %d listeners for rules that look at requests, which is "
		   "all that there are: unload the endpoints of the node and load again",
		   d->dir == IR_INGRESS ? "ingress" : "egress", POLC_LISTENERS - 1);
	return -ENOSPC;
}

/* The number of its rules, or the next one. */
static int number_of(struct assigning *a, const struct bundle_decision *d)
{
	struct rt_listener *of_dir = a->known[d->dir];
	uint32_t next = a->next[d->dir];
	char key[GEN_HASH_STRLEN];

	make_key(a, d, key);
	for (uint32_t i = 1; i < next; i++)
		if (strcmp(of_dir[i].key, key) == 0)
			return (int)i;
	if (next == POLC_LISTENERS)
		return no_room(a, d);
	memcpy(of_dir[next].key, key, sizeof(key));
	a->next[d->dir]++;
	return (int)next;
}

static void find_next(struct assigning *a)
{
	for (int d = 0; d < IR_N_DIRS; d++) {
		a->next[d] = 1;
		while (a->next[d] < POLC_LISTENERS && a->known[d][a->next[d]].key[0])
			a->next[d]++;
	}
}

static int assign(struct assigning *a, struct rt_listeners *out)
{
	const struct bundle *b = a->bundle;

	find_next(a);
	out->of_decision = arena_array(&a->s->arena, uint16_t, b->decisions.n);
	out->n = b->decisions.n;
	for (size_t i = 0; i < b->decisions.n; i++) {
		int number = b->decisions.v[i].outcome == IR_OUTCOME_REDIRECT
				     ? number_of(a, &b->decisions.v[i])
				     : 0;

		if (number < 0)
			return number;
		out->of_decision[i] = (uint16_t)number;
	}
	return 0;
}

static bool has_redirects(const struct bundle *bundle)
{
	vec_each (const struct bundle_decision, d, &bundle->decisions) {
		if (d->outcome == IR_OUTCOME_REDIRECT)
			return true;
	}
	return false;
}

int rt_listeners_assign(struct rt_session *s, const struct bundle *bundle, struct rt_listeners *out)
{
	struct assigning a = {.s = s, .bundle = bundle};
	size_t sizes[IR_N_DIRS];
	int r = 0;

	*out = (struct rt_listeners){0};
	if (!has_redirects(bundle))
		return 0;
	for (int d = 0; d < IR_N_DIRS; d++) {
		a.known[d] = rt_node_map_bank(&s->node, RT_MAP_LISTENERS, (uint32_t)d,
					      POLC_LISTENERS, &sizes[d]);
		if (!a.known[d] && !r)
			r = rt_fail(s->diag, -errno, RT_CODE_MAP, "cannot map %s into memory",
				    rt_map_name(RT_MAP_LISTENERS));
	}
	if (!r)
		r = assign(&a, out);
	for (int d = 0; d < IR_N_DIRS; d++)
		if (a.known[d])
			munmap(a.known[d], sizes[d]);
	return r;
}
