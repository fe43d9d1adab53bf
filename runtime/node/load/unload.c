/* SPDX-License-Identifier: Apache-2.0 */
/* rt_unload(): some endpoints, or all of them and everything with them. */
#include <errno.h>
#include <string.h>

#include "lang/base/suggest.h"
#include "runtime/codes.h"
#include "runtime/node/load/attach.h"
#include "runtime/node/load/proxies.h"
#include "runtime/node/state/records.h"
#include "runtime/runtime.h"

static struct rt_entry *find(const struct rt_entries *entries, const char *name)
{
	vec_each (struct rt_entry, e, entries)
		if (strcmp(e->rec.name, name) == 0)
			return e;
	return NULL;
}

static int not_attached(struct rt_session *s, const struct rt_entries *entries, const char *name)
{
	struct diag_item *item = diag_error(s->diag, LOC_NONE, RT_CODE_NOT_ATTACHED,
					    "no policy is loaded on an endpoint %s", name);
	struct suggest near;

	suggest_init(&near, name);
	vec_each (struct rt_entry, e, entries)
		suggest_offer(&near, e->rec.name);
	if (near.best)
		diag_note(s->diag, item, LOC_NONE, "did you mean %s?", near.best);
	return -EINVAL;
}

static int unload_named(struct rt_session *s, const char *const *names, size_t n,
			struct rt_unload_result *out)
{
	struct rt_entries entries;
	int r = rt_recover(s, &out->gone), failed = 0;

	if (r)
		return r;
	rt_records_read(s, false, &entries);
	for (size_t i = 0; i < n; i++) {
		struct rt_entry *e = find(&entries, names[i]);

		r = e ? rt_check_reach(s, e, "unload") : not_attached(s, &entries, names[i]);
		failed = r ? r : failed;
	}
	for (size_t i = 0; i < n && !failed; i++) {
		struct rt_entry *e = find(&entries, names[i]);

		if (!e) /* named twice */
			continue;
		failed = rt_slot_leave(s, e);
		e->rec.name[0] = '\0';
		out->detached += !failed;
	}
	out->empty = !failed && entries.n == out->detached;
	/* A slot that is free must not be in a packet's hands when it is given away. */
	return failed || out->empty ? failed : rt_node_settle(s);
}

static int unload_all(struct rt_session *s, struct rt_unload_result *out)
{
	struct rt_entries entries, open;
	int r, failed = 0;

	rt_records_read(s, false, &entries);
	rt_records_read(s, true, &open);
	for (size_t i = 0; i < entries.n + open.n; i++) {
		r = rt_check_reach(s, i < entries.n ? &entries.v[i] : &open.v[i - entries.n],
				   "unload");
		failed = r ? r : failed;
	}
	vec_each (struct rt_entry, e, &open)
		failed = failed ? failed : rt_slot_leave(s, e);
	vec_each (struct rt_entry, e, &entries) {
		bool here = rt_entry_has_device(s, e);

		failed = failed ? failed : rt_slot_leave(s, e);
		out->detached += !failed && here;
		out->gone += !failed && !here;
	}
	out->empty = failed == 0;
	return failed;
}

int rt_unload(const char *const *names, size_t n_names, const struct rt_options *opts,
	      struct diag *diag, struct rt_unload_result *out)
{
	struct rt_session s;
	struct rt_unload_result result = {0};
	int r = rt_session_open(&s, opts, RT_SESSION_UNDO, diag);

	if (!r && !s.node.state && !n_names)
		result.empty = true;
	else if (!r)
		r = n_names ? unload_named(&s, names, n_names, &result) : unload_all(&s, &result);
	if (out)
		*out = result;
	if (!r && result.empty)
		rt_proxies_end(&s);
	if (!r)
		rt_session_tidy(&s);
	rt_session_close(&s);
	return r;
}
