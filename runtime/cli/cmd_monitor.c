/* SPDX-License-Identifier: Apache-2.0 */
/* polc monitor: dropped packets and judged requests, as the node tells of them. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lang/base/diag_value.h"
#include "runtime/cli/event.h"
#include "runtime/cli/node.h"
#include "runtime/cli/told.h"

enum { STEP_MS = 200 }; /* how soon an interrupt is seen */

struct monitor {
	struct cli *cli;
	struct cli_events known;
	uint64_t count, told;     /* events, at most and so far */
	uint32_t looked_for;      /* the newest generation asked for; 0: none yet */
	struct rt_told *requests; /* NULL: no proxy tells of any */
	struct cli_telling judging;
	uint32_t judging_generation; /* that `judging` is of; 0: nobody has looked */
	bool judging_seen;           /* it was looked for since requests were last taken */
	int status;                  /* of the exit, where one event could not be printed */
};

/* --- one event after the other -------------------------------------------------------------- */

static bool is_json(const struct monitor *m)
{
	return strcmp(m->cli->format, "json") == 0;
}

/* One line, at once: somebody waits for it. */
static int print_json_line(json_t *value)
{
	_cleanup_buf_ struct buf out = {0};

	diag_value_dump(value, JSON_COMPACT, &out);
	buf_putc(&out, '\n');
	json_decref(value);
	return cli_print(&out);
}

static int print_event(struct monitor *m, const struct polc_event *e)
{
	_cleanup_buf_ struct buf out = {0};

	if (is_json(m))
		return print_json_line(cli_event_json(&m->known, e));
	cli_event_text(&m->known, e, &out);
	return cli_print(&out);
}

static int look(struct monitor *m)
{
	const struct rt_options opts = cli_node_options(m->cli);
	struct rt_generations seen;
	int err = rt_generations_get(&opts, &m->cli->lang.arena, &m->cli->lang.diag, &seen);

	if (err)
		return cli_fail(m->cli, err);
	cli_events_learn(&m->known, &seen);
	return CLI_OK;
}

/* A policy that nobody has seen: look again, but not for each of its packets if it has gone. */
static int look_again(struct monitor *m, const struct polc_event *e)
{
	if (cli_events_knows(&m->known, e) || e->generation <= m->looked_for)
		return CLI_OK;
	m->looked_for = e->generation;
	return look(m);
}

static int on_event(void *ctx, const struct polc_event *e)
{
	struct monitor *m = ctx;

	if (e->dir >= IR_N_DIRS || !rt_reason_name(e->reason))
		return 0;
	m->status = look_again(m, e);
	if (!m->status)
		m->status = print_event(m, e);
	m->told++;
	return m->status || (m->count && m->told == m->count);
}

/* --- requests ------------------------------------------------------------------------------- */

/* The bundle of the policy in force, if the user named it. */
static int find_judging(struct monitor *m)
{
	const struct rt_options opts = cli_node_options(m->cli);
	struct rt_generations seen;
	int err = rt_generations_get(&opts, &m->cli->lang.arena, &m->cli->lang.diag, &seen);

	if (err || !seen.list.n || seen.list.v[0].generation == m->judging_generation)
		return err ? cli_fail(m->cli, err) : CLI_OK;
	m->judging_generation = seen.list.v[0].generation;
	m->judging.bundle = NULL;
	vec_each (struct bundle *const, b, &m->known.bundles)
		if (strcmp((*b)->hash, seen.list.v[0].bundle_hash) == 0)
			m->judging.bundle = *b;
	if (!m->judging.bundle)
		return CLI_OK;
	err = rt_listeners_get(m->judging.bundle, &opts, &m->cli->lang.arena, &m->cli->lang.diag,
			       m->judging.by_listener);
	return err ? cli_fail(m->cli, err) : CLI_OK;
}

static int on_request(void *ctx, const struct proxy_told *told)
{
	_cleanup_buf_ struct buf out = {0};
	struct monitor *m = ctx;

	if (!m->judging_seen)
		m->status = find_judging(m);
	if (m->status)
		return m->status;
	m->judging_seen = true;
	if (is_json(m)) {
		m->status = print_json_line(cli_told_json(&m->judging, told));
	} else {
		cli_told_text(&m->judging, told, &out);
		m->status = cli_print(&out);
	}
	m->told++;
	return m->status || (m->count && m->told == m->count);
}

/* Those of a step meet one policy, so that a node that is asked a lot is not looked at for each. */
static int take_requests(struct monitor *m)
{
	m->judging_seen = false;
	return rt_told_take(m->requests, on_request, m);
}

/* --- both ----------------------------------------------------------------------------------- */

static int print_suppressed(struct monitor *m, const struct rt_events *events, uint64_t before)
{
	_cleanup_buf_ struct buf out = {0};
	uint64_t now;

	if (rt_events_suppressed(events, &now) || now <= before)
		return CLI_OK;
	if (is_json(m))
		return print_json_line(
			json_pack("{s:I}", "suppressed", (json_int_t)(now - before)));
	buf_printf(&out, "%llu more were dropped and not told\n",
		   (unsigned long long)(now - before));
	return cli_print(&out);
}

/* An interrupt ends the wait, and what was not told is still said. */
static void hold_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static bool is_interrupted(void)
{
	sigset_t set;

	sigpending(&set);
	return sigismember(&set, SIGINT) || sigismember(&set, SIGTERM);
}

/* Until nothing has come for so long (0: for ever), or somebody stops us. */
static int wait_for_events(struct monitor *m, struct rt_events *events, int timeout_ms)
{
	uint64_t last = 0;
	int idle = 0, r = 0;

	while (!r && !is_interrupted() && (!timeout_ms || idle < timeout_ms)) {
		if (events)
			r = rt_events_wait(events, STEP_MS, on_event, m);
		else
			nanosleep(&(struct timespec){.tv_nsec = STEP_MS * 1000000L}, NULL);
		if (!r)
			r = take_requests(m);
		idle = m->told == last ? idle + STEP_MS : 0;
		last = m->told;
	}
	return r;
}

static int follow(struct monitor *m, struct rt_events *events, int timeout_ms)
{
	uint64_t before = 0;
	int r;

	if (events)
		rt_events_suppressed(events, &before);
	hold_signals();
	r = wait_for_events(m, events, timeout_ms);
	if (m->status)
		return m->status;
	if (r < 0)
		return cli_fail(m->cli, r);
	return events ? print_suppressed(m, events, before) : CLI_OK;
}

/* --- the command ------------------------------------------------------------------------------ */

/* Each --rules. */
static int read_bundles(struct monitor *m)
{
	vec_each (const struct cli_value, value, &m->cli->values) {
		struct bundle *bundle;
		int err;

		if (value->id != CLI_OPT_monitor_RULES)
			continue;
		err = bundle_read(value->arg, &m->cli->lang.diag, &bundle);
		if (err)
			return err;
		vec_push(&m->cli->lang.arena, &m->known.bundles, bundle);
	}
	return 0;
}

/* Of dropped packets and of requests, whatever of the two there is. */
static int open_events(struct monitor *m, const struct rt_options *opts, struct rt_events **events)
{
	struct diag silent, *diag = &m->cli->lang.diag;
	int err = rt_told_open(opts, diag, &m->requests);

	*events = NULL;
	if (err)
		return err;
	if (!m->requests)
		return rt_events_open(opts, diag, events);
	diag_init(&silent, &m->cli->lang.arena, &m->cli->lang.sources);
	err = rt_events_open(opts, &silent, events);
	return err == -EINVAL ? 0 : err;
}

static int monitor(struct monitor *m, int timeout_ms)
{
	const struct rt_options opts = cli_node_options(m->cli);
	struct rt_events *events;
	int err = read_bundles(m), status;

	if (!err)
		err = open_events(m, &opts, &events);
	status = err ? cli_fail(m->cli, err) : look(m);
	if (!status)
		status = follow(m, events, timeout_ms);
	if (!err)
		rt_events_close(&events);
	rt_told_close(&m->requests);
	return status;
}

int cli_monitor(struct cli *cli)
{
	struct monitor m = {.cli = cli};
	long count = 0, timeout = 0;
	int status;

	if (cli->args.n)
		return cli_usage_error(cli, "monitor takes no argument");
	status = cli_number(cli, CLI_OPT_monitor_COUNT, 1, LONG_MAX, &count);
	if (!status)
		status = cli_number(cli, CLI_OPT_monitor_TIMEOUT, 1, INT_MAX / 1000, &timeout);
	if (status)
		return status;
	m.count = (uint64_t)count;
	cli_events_init(&m.known);
	status = monitor(&m, (int)timeout * 1000);
	vec_each (struct bundle *, bundle, &m.known.bundles)
		bundle_free(bundle);
	return status;
}
