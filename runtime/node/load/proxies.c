/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/node/load/proxies.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/l7/flat.h"
#include "runtime/codes.h"
#include "runtime/node/kernel/fail.h"
#include "runtime/node/load/mtu.h"
#include "runtime/node/state/records.h"
#include "runtime/proxy/control.h"
#include "runtime/proxy/hits.h"
#include "runtime/proxy/mtu.h"
#include "runtime/proxy/sets.h"
#include "runtime/runtime.h"

/* The highest of each direction; false: there are none. */
static bool highest(const struct bundle *b, const struct rt_listeners *l,
		    uint32_t out[static POLC_DIRS])
{
	bool any = false;

	for (size_t i = 0; i < l->n; i++) {
		uint32_t *at = &out[b->decisions.v[i].dir];

		if (l->of_decision[i] > *at)
			*at = l->of_decision[i];
		any |= l->of_decision[i] != 0;
	}
	return any;
}

int rt_proxies_need(struct rt_session *s, const struct bundle *bundle,
		    const struct rt_listeners *listeners)
{
	uint32_t need[POLC_DIRS] = {0};
	struct proxy_place place;

	if (!highest(bundle, listeners, need))
		return 0;
	proxy_place_find(s->pin_dir, &s->arena, &place);
	return proxy_need(&place, s->pin_dir, s->node.fd[RT_MAP_PROXY], need, s->diag);
}

/* The files of a direction. */
struct files {
	VEC(struct proxy_set_file) list;
};

static void find_files(struct rt_session *s, const struct bundle *bundle,
		       const struct rt_listeners *listeners, enum polc_dir d, struct files *out)
{
	*out = (struct files){0};
	for (size_t i = 0; i < listeners->n; i++) {
		const struct bundle_decision *decision = &bundle->decisions.v[i];
		char name[PROXY_LISTENER_NAME];

		if (!listeners->of_decision[i] || (int)decision->dir != (int)d)
			continue;
		proxy_listener_name(listeners->of_decision[i], name);
		vec_push(&s->arena, &out->list,
			 (struct proxy_set_file){.name = arena_strdup(&s->arena, name),
						 .data = decision->set,
						 .n = decision->set->size});
	}
}

int rt_proxies_publish(struct rt_session *s, const struct bundle *bundle,
		       const struct rt_listeners *listeners)
{
	struct proxy_place place;
	int r = 0;

	proxy_place_find(s->pin_dir, &s->arena, &place);
	for (enum polc_dir d = 0; d < POLC_DIRS && !r; d++) {
		struct files files;

		find_files(s, bundle, listeners, d, &files);
		if (files.list.n)
			r = proxy_sets_publish(place.of[d].sets, files.list.v, files.list.n);
		if (r)
			r = rt_fail(s->diag, r, RT_CODE_PROXY, "cannot write the rule sets in %s",
				    place.of[d].sets);
	}
	return r;
}

/* "12.l7" is the set of listener 12. */
static bool is_led_to(const char *file, const struct bundle *bundle,
		      const struct rt_listeners *listeners, enum polc_dir d)
{
	unsigned long number = strtoul(file, NULL, 10);

	for (size_t i = 0; i < listeners->n; i++)
		if (listeners->of_decision[i] == number &&
		    (int)bundle->decisions.v[i].dir == (int)d)
			return true;
	return false;
}

static void withdraw(struct rt_session *s, const char *sets, const struct bundle *bundle,
		     const struct rt_listeners *listeners, enum polc_dir d)
{
	struct files files = {0};
	const struct dirent *e;
	DIR *dir = opendir(sets);
	int r;

	while (dir && (e = readdir(dir))) {
		const char *dot = strstr(e->d_name, ".l7");

		if (!dot || dot[3] || is_led_to(e->d_name, bundle, listeners, d))
			continue;
		vec_push(&s->arena, &files.list,
			 (struct proxy_set_file){.name = arena_printf(&s->arena, "%.*s",
								      (int)(dot - e->d_name),
								      e->d_name)});
	}
	if (dir)
		closedir(dir);
	if (!files.list.n)
		return;
	r = proxy_sets_publish(sets, files.list.v, files.list.n);
	if (r)
		rt_fail(s->diag, r, RT_CODE_PROXY, "cannot withdraw rule sets in %s", sets);
}

void rt_proxies_withdraw(struct rt_session *s, const struct bundle *bundle,
			 const struct rt_listeners *listeners)
{
	uint32_t need[POLC_DIRS] = {0};
	struct proxy_place place;

	if (!highest(bundle, listeners, need)) {
		rt_proxies_end(s);
		return;
	}
	proxy_place_find(s->pin_dir, &s->arena, &place);
	for (enum polc_dir d = 0; d < POLC_DIRS; d++)
		withdraw(s, place.of[d].sets, bundle, listeners, d);
}

static bool any_runs(struct rt_session *s)
{
	struct polc_proxy proxy;

	for (uint32_t d = 0; d < POLC_DIRS; d++)
		if (bpf_map_lookup_elem(s->node.fd[RT_MAP_PROXY], &d, &proxy) == 0 && proxy.ifindex)
			return true;
	return false;
}

int rt_proxies_fit(struct rt_session *s)
{
	uint32_t mtu = any_runs(s) ? rt_mtu_find(s) : 0;
	struct proxy_place place;

	if (!mtu)
		return 0;
	if (mtu < PROXY_MTU_MIN)
		mtu = PROXY_MTU_MIN;
	if (mtu > PROXY_MTU_MAX)
		mtu = PROXY_MTU_MAX;
	proxy_place_find(s->pin_dir, &s->arena, &place);
	return proxy_mtu_say(&place, s->node.fd[RT_MAP_PROXY], mtu, s->diag);
}

void rt_proxies_stop(struct rt_session *s)
{
	struct proxy_place place;

	proxy_place_find(s->pin_dir, &s->arena, &place);
	proxy_stop(&place);
}

void rt_proxies_end(struct rt_session *s)
{
	struct proxy_place place;

	proxy_place_find(s->pin_dir, &s->arena, &place);
	proxy_end(&place);
}

/* --- what was counted --------------------------------------------------------------------------
 */

static int read_hits(const struct proxy_place *place, const struct bundle_decision *d,
		     uint32_t listener, struct arena *arena, struct rt_requests *out)
{
	uint64_t *hits = arena_array(arena, uint64_t, proxy_hits_count(d->set));
	char name[PROXY_LISTENER_NAME];
	int r;

	proxy_listener_name(listener, name);
	r = proxy_hits_read(place->of[d->dir].hits, name, d->set, hits);
	*out = (struct rt_requests){.none = hits[0], .entries = hits + 1};
	return r;
}

/* Begins a session that looks, at the policy in force; it is to be closed in any case. */
static int look_at_listeners(struct rt_session *s, const struct bundle *bundle,
			     const struct rt_options *opts, struct diag *diag,
			     struct rt_listeners *out)
{
	struct rt_entries entries;
	int r = rt_session_open(s, opts, RT_SESSION_LOOK, diag);

	*out = (struct rt_listeners){0};
	if (!r)
		r = rt_records_in_force(s, bundle, &entries);
	return r ? r : rt_listeners_assign(s, bundle, out);
}

int rt_requests_get(const struct bundle *bundle, const struct rt_options *opts, struct arena *arena,
		    struct diag *diag, struct rt_requests **out)
{
	struct rt_listeners listeners;
	struct proxy_place place;
	struct rt_session s;
	int r = look_at_listeners(&s, bundle, opts, diag, &listeners);

	*out = arena_array(arena, struct rt_requests, bundle->decisions.n);
	if (!r)
		proxy_place_find(s.pin_dir, &s.arena, &place);
	for (size_t i = 0; i < listeners.n && !r; i++) {
		const struct bundle_decision *d = &bundle->decisions.v[i];

		if (!listeners.of_decision[i])
			continue;
		r = read_hits(&place, d, listeners.of_decision[i], arena, &(*out)[i]);
		if (r)
			r = rt_fail(diag, r, RT_CODE_PROXY, "cannot read what is counted in %s",
				    place.of[d->dir].hits);
	}
	rt_session_close(&s);
	return r;
}

int rt_listeners_get(const struct bundle *bundle, const struct rt_options *opts,
		     struct arena *arena, struct diag *diag, uint32_t *out[static POLC_DIRS])
{
	struct rt_listeners listeners;
	struct rt_session s;
	int r = look_at_listeners(&s, bundle, opts, diag, &listeners);

	for (enum polc_dir d = 0; d < POLC_DIRS; d++) {
		out[d] = arena_array(arena, uint32_t, POLC_LISTENERS);
		memset(out[d], 0xff, POLC_LISTENERS * sizeof(*out[d]));
	}
	for (size_t i = 0; i < listeners.n && !r; i++)
		if (listeners.of_decision[i])
			out[bundle->decisions.v[i].dir][listeners.of_decision[i]] = (uint32_t)i;
	rt_session_close(&s);
	return r;
}
