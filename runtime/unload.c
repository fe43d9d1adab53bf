/* SPDX-License-Identifier: Apache-2.0 */
/* rt_unload(): some endpoints, or all of them and everything with them. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lang/base/suggest.h"
#include "runtime/codes.h"
#include "runtime/fail.h"
#include "runtime/journal.h"
#include "runtime/runtime.h"

static int detach(struct rt_session *s, const struct rt_entry *e)
{
	int r = rt_entry_detach(s, e);

	return r ? r : rt_record_remove(s, s->state, &e->key);
}

/* An endpoint that we cannot reach from here is better left as it is than half forgotten. */
static int check_reach(struct rt_session *s, struct rt_entry *e)
{
	enum rt_endpoint_state state;
	int r = rt_entry_state(s, e, &state);

	if (r || state != RT_ELSEWHERE)
		return r;
	diag_error(s->diag, LOC_NONE, RT_CODE_OTHER_NETNS,
		   "endpoint %s is attached in another network namespace: unload there",
		   e->rec.name);
	return -EINVAL;
}

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
	struct rt_entries entries = {0};
	int r = rt_recover(s, &out->gone), failed = 0;

	if (!r)
		r = rt_records_read(s, s->state, &entries);
	if (r)
		return r;
	for (size_t i = 0; i < n; i++) {
		struct rt_entry *e = find(&entries, names[i]);

		r = e ? check_reach(s, e) : not_attached(s, &entries, names[i]);
		failed = r ? r : failed;
	}
	for (size_t i = 0; i < n && !failed; i++) {
		struct rt_entry *e = find(&entries, names[i]);

		if (!e) /* named twice */
			continue;
		failed = detach(s, e);
		e->rec.name[0] = '\0';
		out->detached += !failed;
	}
	out->empty = !failed && entries.n == out->detached;
	return failed;
}

/* What a killed load was about to attach goes the same way: no need to finish it first. */
static int unload_journal(struct rt_session *s)
{
	struct rt_entries next = {0};
	int fd = rt_pin_open(s, RT_PIN_NEXT), r;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	r = rt_records_read(s, fd, &next);
	close(fd);
	vec_each (struct rt_entry, e, &next)
		if (!r && rt_journal_is_complete(s))
			r = check_reach(s, e);
	vec_each (struct rt_entry, e, &next)
		if (!r)
			r = detach(s, e);
	return r;
}

static int unload_all(struct rt_session *s, struct rt_unload_result *out)
{
	struct rt_entries entries = {0};
	int r = rt_records_read(s, s->state, &entries), failed = 0;

	if (r)
		return r;
	vec_each (struct rt_entry, e, &entries) {
		r = check_reach(s, e);
		failed = r ? r : failed;
	}
	if (failed)
		return failed;
	r = unload_journal(s);
	vec_each (struct rt_entry, e, &entries) {
		char device[RT_DEVICE_SIZE];
		bool here = rt_entry_has_device(s, e, device);

		if (!r)
			r = detach(s, e);
		out->detached += !r && here;
		out->gone += !r && !here;
	}
	if (!r && rt_journal_erase(s))
		r = rt_fail(s->diag, -EIO, RT_CODE_PIN, "cannot remove the journal in %s",
			    s->pin_dir);
	out->empty = r == 0;
	return r;
}

int rt_unload(const char *const *names, size_t n_names, const struct rt_options *opts,
	      struct diag *diag, struct rt_unload_result *out)
{
	struct rt_session s;
	struct rt_unload_result result = {0};
	int r = rt_session_open(&s, opts, RT_SESSION_UNDO, diag);

	if (!r && s.dir_fd < 0 && !n_names)
		result.empty = true;
	else if (!r)
		r = n_names ? unload_named(&s, names, n_names, &result) : unload_all(&s, &result);
	if (out)
		*out = result;
	rt_session_close(&s);
	return r;
}
