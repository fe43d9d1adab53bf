/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/node/load/bank/listeners.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "codegen/hash.h"
#include "lang/base/buf.h"
#include "runtime/codes.h"
#include "runtime/node/kernel/fail.h"
#include "runtime/node/load/bank/numbers.h"
#include "runtime/node/state/session.h"
#include "runtime/proxy/alive.h"

_Static_assert(sizeof(((struct rt_listener *)0)->key) >= GEN_HASH_STRLEN,
	       "a key has no room for its hash");
_Static_assert((int)POLC_DIRS == (int)POLC_BANKS, "the map of listeners has other halves");

struct assigning {
	struct rt_session *s;
	const struct bundle *bundle;
	struct rt_numbers of_dir[IR_N_DIRS]; /* in halves of the map */
	bool looked;                         /* what was in use before is known */
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

/* --- numbers that come again --------------------------------------------------------------------
 */

static void mark(struct assigning *a, uint32_t number)
{
	for (int d = 0; d < IR_N_DIRS; d++)
		if (number < POLC_LISTENERS)
			a->of_dir[d].in_use[number] = true;
}

/* A bank does not say of which direction a decision is. */
static int mark_led(struct assigning *a, uint32_t number)
{
	const struct polc_bank *bank = &a->s->node.node->banks[number];
	uint32_t first = bank->listeners - number * POLC_PAGES;
	struct polc_page *pages;
	size_t size;

	if (!bank->n_listeners)
		return 0;
	if (first >= POLC_PAGES || bank->n_listeners > (POLC_PAGES - first) * POLC_PAGE)
		return -EPROTO;
	pages = rt_node_map_bank(&a->s->node, RT_MAP_PAGES, number, POLC_PAGES, &size);
	if (!pages)
		return -errno;
	for (uint32_t i = 0; i < bank->n_listeners; i++)
		mark(a, pages[first + i / POLC_PAGE].v[i % POLC_PAGE]);
	munmap(pages, size);
	return 0;
}

/* Without a proxy there are no connections. */
static int mark_alive(struct assigning *a, uint32_t dir)
{
	struct polc_proxy proxy;

	if (bpf_map_lookup_elem(a->s->node.fd[RT_MAP_PROXY], &dir, &proxy))
		return -errno;
	return proxy.ifindex ? proxy_alive_find(proxy.netns, a->of_dir[dir].in_use) : 0;
}

/* What was led to by the policy in force, or by the one before, or has a connection. */
static int look(struct assigning *a)
{
	int r = 0;

	if (a->looked)
		return 0;
	for (uint32_t b = 0; b < POLC_BANKS && !r; b++)
		r = mark_led(a, b);
	for (uint32_t d = 0; d < POLC_DIRS && !r; d++)
		r = mark_alive(a, d);
	a->looked = !r;
	return r;
}

static int no_room(struct assigning *a, const struct bundle_decision *d, int err)
{
	struct diag_item *item = diag_error(
		a->s->diag, LOC_NONE, RT_CODE_CAPACITY,
		"all %d listeners that the proxy of %s has for rules about requests are in use",
		POLC_LISTENERS - 1, d->dir == IR_INGRESS ? "ingress" : "egress");

	if (err)
		diag_note(a->s->diag, item, LOC_NONE,
			  "which of them have no connection any more, nobody can tell: %s",
			  strerror(-err));
	else
		diag_note(a->s->diag, item, LOC_NONE,
			  "one is free again when its rules have not been those of two loads and "
			  "its connections have ended");
	return -ENOSPC;
}

/* --- all of them --------------------------------------------------------------------------------
 */

static int new_number(struct assigning *a, const struct bundle_decision *d, const char *key)
{
	struct rt_numbers *numbers = &a->of_dir[d->dir];
	uint32_t number = rt_numbers_fresh(numbers, key);
	int r = 0;

	if (number)
		return (int)number;
	r = a->s->mode == RT_SESSION_LOOK ? -EROFS : look(a);
	if (!r)
		number = rt_numbers_again(numbers, key);
	return number ? (int)number : no_room(a, d, r);
}

/* Those that rules have already, or new ones for the others. */
static int number_all(struct assigning *a, bool fresh, uint16_t *out)
{
	for (size_t i = 0; i < a->bundle->decisions.n; i++) {
		const struct bundle_decision *d = &a->bundle->decisions.v[i];
		char key[GEN_HASH_STRLEN];
		int number;

		if (d->outcome != IR_OUTCOME_REDIRECT || out[i])
			continue;
		make_key(a, d, key);
		number = (int)rt_numbers_find(&a->of_dir[d->dir], key);
		if (!number && fresh)
			number = new_number(a, d, key);
		if (number < 0)
			return number;
		out[i] = (uint16_t)number;
	}
	return 0;
}

static int assign(struct assigning *a, struct rt_listeners *out)
{
	const struct bundle *b = a->bundle;

	out->of_decision = arena_array(&a->s->arena, uint16_t, b->decisions.n);
	out->n = b->decisions.n;
	number_all(a, false, out->of_decision);
	return number_all(a, true, out->of_decision);
}

static bool has_redirects(const struct bundle *bundle)
{
	vec_each (const struct bundle_decision, d, &bundle->decisions) {
		if (d->outcome == IR_OUTCOME_REDIRECT)
			return true;
	}
	return false;
}

static int map_known(struct assigning *a, enum ir_dir d, size_t *size)
{
	struct rt_listener *known =
		rt_node_map_bank(&a->s->node, RT_MAP_LISTENERS, (uint32_t)d, POLC_LISTENERS, size);

	if (!known)
		return rt_fail(a->s->diag, -errno, RT_CODE_MAP, "cannot map %s into memory",
			       rt_map_name(RT_MAP_LISTENERS));
	rt_numbers_init(&a->of_dir[d], known, arena_array(&a->s->arena, bool, POLC_LISTENERS),
			POLC_LISTENERS);
	return 0;
}

int rt_listeners_assign(struct rt_session *s, const struct bundle *bundle, struct rt_listeners *out)
{
	struct assigning a = {.s = s, .bundle = bundle};
	size_t sizes[IR_N_DIRS];
	int r = 0;

	*out = (struct rt_listeners){0};
	if (!has_redirects(bundle))
		return 0;
	for (enum ir_dir d = 0; d < IR_N_DIRS && !r; d++)
		r = map_known(&a, d, &sizes[d]);
	if (!r)
		r = assign(&a, out);
	for (int d = 0; d < IR_N_DIRS; d++)
		if (a.of_dir[d].known)
			munmap(a.of_dir[d].known, sizes[d]);
	return r;
}
