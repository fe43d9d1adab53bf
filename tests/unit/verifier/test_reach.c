/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "compiler/classes/classes.h"
#include "lang/base/outlet.h"
#include "tests/unit/irb.h"
#include "verifier/reach/connections/connections.h"
#include "verifier/reach/packed.h"
#include "verifier/reach/reach.h"
#include "verifier/why/why.h"

static struct irb b;
static struct reach r;

/* Three pods. shop/db takes tcp/5432 and its port `metrics` from app=web; shop/web sends only
 * to app=db, to 203.0.113.0/24 and ICMP echo to everybody. */
static int setup(void **state)
{
	struct ir_policy *db, *web;

	(void)state;
	irb_init(&b);
	irb_endpoint(&b, "shop/db", "app=db", "10.0.0.1,2001:db8::1", "metrics=tcp/9100");
	irb_endpoint(&b, "shop/job", "app=job", "10.0.0.2", "");
	irb_endpoint(&b, "shop/web", "app=web", "10.0.0.3,2001:db8::3", "");
	db = irb_policy(&b, b.tier, "db", "app=db");
	irb_rule(&b, db, IR_INGRESS, IR_ALLOW, 0, "sel:app=web", "tcp/5432|tcp/metrics");
	web = irb_policy(&b, b.tier, "web", "app=web");
	irb_rule(&b, web, IR_EGRESS, IR_ALLOW, 0, "sel:app=db|cidr:203.0.113.0/24", "");
	irb_rule(&b, web, IR_EGRESS, IR_ALLOW, 0, "all", "icmp/8");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	irb_fini(&b);
	return 0;
}

static const char *diagnostics(struct buf *out)
{
	diag_render_text(&b.diag, &(struct diag_style){0}, out);
	return buf_str(out);
}

static void expect_complaint(const char *part)
{
	_cleanup_buf_ struct buf out = {0};

	if (!strstr(diagnostics(&out), part))
		fail_msg("'%s' is not in:\n%s", part, buf_str(&out));
}

static int probe(const char *json)
{
	return reach_probes(&b.ir, NULL, "probes.json", json, strlen(json), NULL, &b.arena, &b.diag,
			    &r);
}

/* The signs of one probe: ingress, egress, verdict; "ada" is allow, deny, allow. */
static char letter(uint8_t verdict)
{
	return verdict == FLOW_ALLOW ? 'a' : verdict == FLOW_NONE ? 'n' : 'd';
}

static const char *ask(const char *from, const char *to, const char *port)
{
	static char out[4];
	const struct reach_row *row;

	if (probe(arena_printf(&b.arena, "[{\"from\":\"%s\",\"to\":\"%s\",\"port\":\"%s\"}]", from,
			       to, port)) < 0)
		return "err";
	row = &r.rows.v[0];
	out[0] = letter(row->verdicts.dirs[IR_INGRESS]);
	out[1] = letter(row->verdicts.dirs[IR_EGRESS]);
	out[2] = letter(row->verdicts.all);
	return out;
}

static void render(enum reach_format format, struct buf *out)
{
	struct outlet outlet = {.buf = *out};

	reach_render(&r, format, &outlet);
	*out = outlet.buf;
}

static void matrix(const char *from, const char *to, const char *port)
{
	struct reach_query q = {.from = &from,
				.to = &to,
				.ports = &port,
				.n_from = from ? 1 : 0,
				.n_to = to ? 1 : 0,
				.n_ports = port ? 1 : 0};

	assert_int_equal(reach_matrix(&b.ir, NULL, &q, &b.arena, &b.diag, &r), 0);
}

/* --- names of flows ------------------------------------------------------------------------- */

TEST(both_directions_are_answered_and_the_verdict_is_the_worse)
{
	assert_string_equal(ask("shop/web", "shop/db", "tcp/5432"), "aaa");
	assert_string_equal(ask("shop/web", "shop/db", "tcp/80"), "dad");
	assert_string_equal(ask("shop/web", "shop/job", "tcp/80"), "add");
	assert_string_equal(ask("shop/job", "shop/db", "tcp/5432"), "dad");
}

TEST(a_flow_to_oneself_is_always_allowed)
{
	assert_string_equal(ask("shop/db", "shop/db", "tcp/80"), "aaa");
	assert_string_equal(ask("shop/db", "cidr:10.0.0.1", "tcp/nothing"), "aaa");
}

TEST(a_named_port_is_the_one_of_the_destination)
{
	assert_string_equal(ask("shop/web", "shop/db", "tcp/metrics"), "aaa");
	assert_string_equal(ask("shop/web", "shop/db", "tcp/9100"), "aaa");
}

TEST(a_port_name_that_the_destination_lacks_is_denied_there_alone)
{
	assert_string_equal(ask("shop/web", "shop/job", "tcp/metrics"), "ddd");
	assert_string_equal(ask("shop/db", "shop/job", "tcp/metrics"), "dad");
	assert_string_equal(ask("shop/db", "shop/job", "udp/nobody-knows"), "dad");
	assert_string_equal(ask("shop/db", "cidr:203.0.113.9", "tcp/metrics"), "dad");
}

TEST(external_addresses_take_part)
{
	assert_string_equal(ask("shop/web", "cidr:203.0.113.9", "tcp/443"), "aaa");
	assert_string_equal(ask("shop/web", "cidr:203.0.114.9", "tcp/443"), "add");
	assert_string_equal(ask("cidr:203.0.113.9", "shop/db", "tcp/5432"), "dad");
	assert_string_equal(ask("cidr:1.2.3.4", "cidr:5.6.7.8", "tcp/1"), "aaa");
}

TEST(an_address_of_an_endpoint_is_that_endpoint)
{
	assert_string_equal(ask("cidr:10.0.0.3", "shop/db", "tcp/5432"), "aaa");
	assert_string_equal(ask("cidr:2001:db8::3", "shop/db", "tcp/5432"), "aaa");
}

TEST(there_is_no_flow_between_ends_without_a_common_family)
{
	assert_string_equal(ask("cidr:10.0.0.3", "cidr:2001:db8::1", "tcp/5432"), "nnn");
	assert_string_equal(ask("cidr:10.0.0.3", "cidr:2001:db8::1", "tcp/nothing"), "nnn");
	assert_string_equal(ask("cidr:2001:db8::9", "shop/job", "tcp/80"), "nnn");
	assert_string_equal(ask("shop/web", "shop/job", "icmp6/128"), "nnn");
	assert_string_equal(ask("shop/web", "cidr:2001:db8::9", "icmp/8"), "nnn");
}

TEST(icmp_counts_type_and_code)
{
	assert_string_equal(ask("shop/web", "shop/job", "icmp/8"), "aaa");
	assert_string_equal(ask("shop/web", "shop/job", "icmp/8/7"), "aaa");
	assert_string_equal(ask("shop/web", "shop/job", "icmp/3/4"), "add");
	assert_string_equal(ask("shop/web", "shop/db", "icmp6/128"), "dad");
	assert_string_equal(ask("shop/web", "shop/db", "proto/47"), "dad");
}

TEST(texts_that_name_no_port_are_refused)
{
	static const char *const texts[] = {
		"",          "tcp",       "tcp/",   "tcp/65536", "tcp/-1",     "tcp/080",
		"tcp/80-90", "tcp/a b",   "icmp/x", "icmp/256",  "icmp/8/256", "icmp/8/",
		"proto/6",   "proto/256", "http",   "TCP/80",    "tcp/80 ",    "icmp/8/0/0"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct flow_port port;

		if (flow_port_parse(&b.ir, texts[i], NULL, &b.arena, &b.diag, &port) == 0)
			fail_msg("'%s' was taken", texts[i]);
	}
	assert_true(b.diag.errors == sizeof(texts) / sizeof(*texts));
}

TEST(an_unknown_endpoint_is_met_with_the_nearest_name)
{
	struct flow_end end;

	assert_int_equal(flow_end_parse(&b.ir, "shop/wbe", "--from", &b.arena, &b.diag, &end),
			 -EINVAL);
	expect_complaint("--from: no endpoint 'shop/wbe'; did you mean 'shop/web'?");
	assert_int_equal(flow_end_parse(&b.ir, "job", NULL, &b.arena, &b.diag, &end), -EINVAL);
	expect_complaint("did you mean 'shop/job'?");
	assert_int_equal(flow_end_parse(&b.ir, "cidr:10.0.0.0/8", NULL, &b.arena, &b.diag, &end),
			 -EINVAL);
	expect_complaint("'10.0.0.0/8' is no IP address");
	assert_int_equal(flow_end_parse(&b.ir, "", NULL, &b.arena, &b.diag, &end), -EINVAL);
}

/* --- probes ---------------------------------------------------------------------------------- */

TEST(probes_are_answered_in_their_order)
{
	assert_int_equal(probe("[{\"to\":\"shop/db\",\"from\":\"shop/web\",\"port\":\"tcp/80\"},"
			       " {\"from\":\"shop/db\",\"to\":\"shop/web\",\"port\":\"udp/53\"},"
			       " {\"from\":\"shop/web\",\"to\":\"shop/db\",\"port\":\"tcp/80\"}]"),
			 0);
	assert_int_equal(r.rows.n, 3);
	assert_string_equal(r.ends.v[r.rows.v[1].from].text, "shop/db");
	assert_int_equal(r.rows.v[0].from, r.rows.v[2].from);
	assert_int_equal(r.ports.v[r.rows.v[1].port].port, 53);
}

TEST(a_bad_probe_is_named_by_its_index_and_the_rest_is_read_too)
{
	assert_int_equal(probe("[{\"from\":\"shop/db\",\"to\":\"shop/web\",\"prot\":\"tcp/80\"},"
			       " {\"from\":1,\"to\":\"shop/web\",\"port\":\"tcp/80\"}, 7,"
			       " {\"from\":\"shop/db\",\"to\":\"shop/web\"},"
			       " {\"from\":\"shop/dbb\",\"to\":\"shop/web\",\"port\":\"tcp\"}]"),
			 -EINVAL);
	expect_complaint("probes.json: probes[0]: no member 'prot'; did you mean 'port'?");
	expect_complaint("probes[1]: 'from' must be a string");
	expect_complaint("probes[2]: a probe is an object");
	expect_complaint("probes[3]: 'port' is missing");
	expect_complaint("probes[4]: no endpoint 'shop/dbb'; did you mean 'shop/db'?");
	expect_complaint("probes[4]: 'tcp' names no port");
	assert_int_equal(b.diag.errors, 6);
}

TEST(what_a_probe_expects_is_met_or_not)
{
	_cleanup_buf_ struct buf unmet = {0};

	assert_int_equal(probe("[{\"from\":\"shop/web\",\"to\":\"shop/db\",\"port\":\"tcp/5432\"},"
			       "{\"from\":\"shop/web\",\"to\":\"shop/db\",\"port\":\"tcp/5432\","
			       "\"expect\":\"allow\"},"
			       "{\"from\":\"shop/web\",\"to\":\"shop/db\",\"port\":\"tcp/5432\","
			       "\"expect\":\"deny\"}]"),
			 0);
	assert_null(r.rows.v[0].expected);
	assert_int_equal(*r.rows.v[1].expected, FLOW_ALLOW);
	assert_true(reach_row_is_met(&r.rows.v[0]) && reach_row_is_met(&r.rows.v[1]));
	assert_false(reach_row_is_met(&r.rows.v[2]));
	assert_int_equal(reach_put_unmet(&r, &unmet), 1);
	assert_string_equal(buf_str(&unmet), "probes[2]: shop/web -> shop/db on tcp/5432: deny was "
					     "expected, but the verdict is allow\n");
	assert_int_equal(probe("[{\"from\":\"shop/web\",\"to\":\"shop/db\",\"port\":\"tcp/1\","
			       "\"expect\":\"l7\"}]"),
			 -EINVAL);
	expect_complaint("probes[0]: 'expect' takes \"allow\" or \"deny\", not \"l7\"");
}

TEST(json_that_is_no_list_of_probes_is_refused)
{
	assert_int_equal(probe("{\"from\":\"a\"}"), -EINVAL);
	assert_int_equal(probe("[{\"from\":"), -EINVAL);
	expect_complaint("probes.json:1:");
	assert_int_equal(probe(""), -EINVAL);
	assert_int_equal(probe("[{\"from\":\"shop/db\",\"from\":\"shop/db\"}]"), -EINVAL);
	assert_int_equal(probe("[]"), 0);
	assert_int_equal(r.rows.n, 0);
}

/* --- formats --------------------------------------------------------------------------------- */

TEST(json_has_exactly_the_members_of_the_contract)
{
	_cleanup_buf_ struct buf out = {0};
	json_t *root, *flow;
	json_error_t err;

	matrix(NULL, NULL, "tcp/5432");
	render(REACH_JSON, &out);
	root = json_loads(buf_str(&out), 0, &err);
	assert_non_null(root);
	assert_int_equal(json_object_size(root), 1);
	assert_int_equal(json_array_size(json_object_get(root, "flows")), 9);
	flow = json_array_get(json_object_get(root, "flows"), 6);
	assert_int_equal(json_object_size(flow), 6);
	assert_string_equal(json_string_value(json_object_get(flow, "from")), "shop/web");
	assert_string_equal(json_string_value(json_object_get(flow, "to")), "shop/db");
	assert_string_equal(json_string_value(json_object_get(flow, "port")), "tcp/5432");
	assert_string_equal(json_string_value(json_object_get(flow, "ingress")), "allow");
	assert_string_equal(json_string_value(json_object_get(flow, "egress")), "allow");
	assert_string_equal(json_string_value(json_object_get(flow, "verdict")), "allow");
	json_decref(root);
}

TEST(the_table_is_a_matrix_that_says_who_denies)
{
	_cleanup_buf_ struct buf out = {0};

	matrix(NULL, NULL, "tcp/80");
	render(REACH_TABLE, &out);
	assert_string_equal(buf_str(&out),
			    "tcp/80: 3 of 6 flows allowed\n"
			    "    from \\ to 1 2 3\n"
			    "  1 shop/db   = + +\n"
			    "  2 shop/job  i = +\n"
			    "  3 shop/web  i e =\n"
			    "\n"
			    "+ allowed   = itself, always allowed   denied by: i ingress of 'to', "
			    "e egress of 'from', x both\n");
}

TEST(a_workload_has_a_flow_to_itself_which_is_counted)
{
	_cleanup_buf_ struct buf out = {0};

	irb_endpoint(&b, "shop/workers", "app=job", "", "")->workload = true;
	matrix("shop/workers", "shop/workers", "tcp/80");
	render(REACH_TABLE, &out);
	assert_int_equal(strncmp(buf_str(&out), "tcp/80: 1 of 1 flows allowed\n", 29), 0);
}

/* 4097 squared is beyond, of endpoints, and of endpoints with the world and the host. */
TEST(too_large_a_question_is_refused_before_there_are_classes)
{
	const char *from = "shop/web", *port = "tcp/80";
	struct reach_query q = {.ports = &port, .n_ports = 1};
	char name[16];

	for (int i = 0; b.ir.endpoints.n < 4094; i++) {
		snprintf(name, sizeof(name), "t%04d", i);
		irb_endpoint(&b, name, "", "", "");
	}
	assert_int_equal(connections_check(&b.ir, false, &b.diag), 0);
	irb_endpoint(&b, "u", "", "", "");
	assert_int_equal(connections_check(&b.ir, true, &b.diag), 0);
	assert_int_equal(connections_check(&b.ir, false, &b.diag), -E2BIG);
	expect_complaint("16 785 409 pairs of ends would be asked about, more than 16 777 216: "
			 "group with --group, or");
	irb_endpoint(&b, "v", "", "", "");
	assert_int_equal(reach_matrix_check(&b.ir, &q, &b.arena, &b.diag), 0);
	irb_endpoint(&b, "w", "", "", "");
	assert_int_equal(reach_matrix_check(&b.ir, &q, &b.arena, &b.diag), -E2BIG);
	expect_complaint("16 785 409 flows would be listed, more than 16 777 216: narrow the "
			 "question with --from, --to and --port, or group with --group");
	q.group = true;
	assert_int_equal(reach_matrix_check(&b.ir, &q, &b.arena, &b.diag), 0);
	q = (struct reach_query){.from = &from, .n_from = 1, .ports = &port, .n_ports = 1};
	assert_int_equal(reach_matrix_check(&b.ir, &q, &b.arena, &b.diag), 0);
}

TEST(a_table_with_other_columns_than_rows_lists_them)
{
	_cleanup_buf_ struct buf out = {0};

	matrix("shop/web", "cidr:203.0.113.7", "tcp/80");
	render(REACH_TABLE, &out);
	assert_non_null(strstr(buf_str(&out), "to:\n  1 cidr:203.0.113.7\n"));
}

/* All ends, two ports, one of them by its name. */
static void ask_all_flows(bool once, enum reach_format format, struct buf *out)
{
	static const char *const ports[] = {"tcp/metrics", "tcp/5432"};
	const struct reach_query q = {.ports = ports, .n_ports = 2, .once = once};

	assert_int_equal(reach_matrix(&b.ir, NULL, &q, &b.arena, &b.diag, &r), 0);
	assert_int_equal(reach_n_rows(&r), 18);
	assert_true(once == !r.answers);
	render(format, out);
}

TEST(rows_that_are_read_once_are_those_that_stay)
{
	static const enum reach_format formats[] = {REACH_CSV, REACH_JSON, REACH_DOT, REACH_TABLE,
						    REACH_HTML};

	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		_cleanup_buf_ struct buf once = {0}, all = {0};

		ask_all_flows(true, formats[i], &once);
		ask_all_flows(false, formats[i], &all);
		assert_string_equal(buf_str(&once), buf_str(&all));
	}
}

TEST(verdicts_are_unpacked_as_they_were)
{
	for (uint32_t i = 0; i < 1000; i++) {
		struct reach_verdicts v, again;
		uint32_t packed = i * 2654435761u % (1u << REACH_PACKED_BITS);

		reach_unpack(packed, &v);
		assert_int_equal(reach_pack(&v), packed);
		reach_unpack(reach_pack(&v), &again);
		assert_memory_equal(&v, &again, sizeof(v));
	}
}

TEST(a_graph_draws_an_end_that_was_named_twice_once)
{
	static const char *const from[] = {"shop/web", "shop/web"}, *const to[] = {"shop/db"},
				 *const ports[] = {"tcp/5432"};
	const struct reach_query q = {
		.from = from, .n_from = 2, .to = to, .n_to = 1, .ports = ports, .n_ports = 1};
	_cleanup_buf_ struct buf dot = {0};

	assert_int_equal(reach_matrix(&b.ir, NULL, &q, &b.arena, &b.diag, &r), 0);
	render(REACH_DOT, &dot);
	assert_non_null(strstr(buf_str(&dot), "n0 -> n1 [label=\"tcp/5432\"];"));
}

TEST(csv_and_dot_list_the_flows)
{
	_cleanup_buf_ struct buf csv = {0}, dot = {0};

	matrix(NULL, "shop/db", "tcp/5432");
	render(REACH_CSV, &csv);
	assert_string_equal(buf_str(&csv),
			    "from,to,port,ingress,egress,verdict,ipv4,ipv6,condition\n"
			    "shop/db,shop/db,tcp/5432,allow,allow,allow,,,\n"
			    "shop/job,shop/db,tcp/5432,deny,allow,deny,,,\n"
			    "shop/web,shop/db,tcp/5432,allow,allow,allow,,,\n");
	render(REACH_DOT, &dot);
	assert_non_null(strstr(buf_str(&dot), "n2 -> n0 [label=\"tcp/5432\"];"));
	assert_null(strstr(buf_str(&dot), "n1 -> n0"));
}

static size_t times(const char *text, const char *word)
{
	size_t n = 0;

	for (const char *s = strstr(text, word); s; s = strstr(s + 1, word))
		n++;
	return n;
}

/* The elements are those of the page itself: its facts, and its script. */
TEST(the_page_may_connect_to_nothing_and_a_name_in_it_is_no_element)
{
	_cleanup_buf_ struct buf plain = {0}, out = {0};

	matrix(NULL, NULL, "tcp/80");
	render(REACH_HTML, &plain);
	irb_endpoint(&b, "x/<!--<script>", "", "", "");
	irb_endpoint(&b, "x/</script><script>alert(1)</script>", "", "", "");
	matrix(NULL, NULL, "tcp/80");
	render(REACH_HTML, &out);
	assert_non_null(strstr(buf_str(&out), "content=\"default-src 'none'; "));
	assert_non_null(strstr(buf_str(&out), "x/\\u003c/script>\\u003cscript>alert(1)"));
	assert_int_equal(times(buf_str(&out), "<script"), times(buf_str(&plain), "<script"));
	assert_int_equal(times(buf_str(&out), "</script"), times(buf_str(&plain), "</script"));
	assert_int_equal(times(buf_str(&out), "<!--"), times(buf_str(&plain), "<!--"));
}

TEST(the_page_names_the_rule_that_decides_and_who_isolates)
{
	const struct cls_options opts = {.decisions = true};
	_cleanup_buf_ struct buf out = {0};
	struct cls *cls;

	assert_int_equal(cls_build(&b.ir, &opts, &b.arena, &b.diag, &cls), 0);
	matrix("shop/web", "shop/db", "tcp/5432");
	r.decisions = cls;
	render(REACH_HTML, &out);
	assert_non_null(strstr(buf_str(&out), "\"why\":\"rule\""));
	assert_non_null(strstr(buf_str(&out), "\"policy\":\""));
	matrix("shop/job", "shop/db", "tcp/5432");
	r.decisions = cls;
	render(REACH_HTML, &out);
	assert_non_null(strstr(buf_str(&out), "\"isolated\":[{\"policy\":\""));
}

TEST(without_ports_a_matrix_covers_what_the_policies_mention)
{
	matrix(NULL, NULL, NULL);
	assert_int_equal(r.ports.n, 3);
	assert_int_equal(reach_n_rows(&r), 27);
	assert_string_equal(r.ports.v[0].text, "icmp/8");
}

TEST(an_empty_inventory_has_no_flows)
{
	_cleanup_buf_ struct buf out = {0};

	b.ir.endpoints.n = 0;
	matrix(NULL, NULL, "tcp/80");
	for (int f = REACH_TABLE; f < REACH_N_FORMATS; f++)
		render((enum reach_format)f, &out);
	assert_int_equal(reach_n_rows(&r), 0);
}

TEST(the_compiled_classes_give_the_interpreters_answers)
{
	struct reach_query q = {.ports = (const char *const[]){"tcp/5432", "tcp/metrics", "icmp/8",
							       "icmp6/128", "proto/47", "udp/53"},
				.n_ports = 6};
	static const char *const ends[] = {
		"shop/db",          "shop/job",          "shop/web",         "shop/zhost",
		"cidr:203.0.113.9", "cidr:198.51.100.1", "cidr:2001:db8::1", "cidr:2001:db8::99"};
	struct reach compiled;
	struct cls *cls;

	irb_endpoint(&b, "shop/zhost", "app=web", "10.0.0.9", "")->host = true;
	q.from = q.to = ends;
	q.n_from = q.n_to = sizeof(ends) / sizeof(*ends);
	assert_int_equal(cls_build(&b.ir, NULL, &b.arena, &b.diag, &cls), 0);
	assert_int_equal(reach_matrix(&b.ir, cls, &q, &b.arena, &b.diag, &compiled), 0);
	assert_int_equal(reach_matrix(&b.ir, NULL, &q, &b.arena, &b.diag, &r), 0);
	assert_int_equal(reach_n_rows(&r), reach_n_rows(&compiled));
	for (size_t i = 0; i < reach_n_rows(&r); i++) {
		struct reach_row interpreted, looked_up;

		reach_row(&r, i, &interpreted);
		reach_row(&compiled, i, &looked_up);
		assert_memory_equal(&interpreted.verdicts, &looked_up.verdicts,
				    sizeof(interpreted.verdicts));
	}
}

/* --- why ------------------------------------------------------------------------------------- */

static int ask_why(const char *from, const char *to, const char *port, struct why *w)
{
	struct why_query q = {.from = from, .to = to, .port = port};

	return why_explain(&b.ir, &q, &b.arena, &b.diag, w);
}

static void explain(const char *from, const char *to, const char *port, struct buf *out)
{
	struct why w;

	assert_int_equal(ask_why(from, to, port, &w), 0);
	why_render_text(&w, &b.sources, false, out);
}

TEST(why_tells_the_rule_and_its_source_line)
{
	_cleanup_buf_ struct buf out = {0};

	explain("shop/web", "shop/db", "tcp/metrics", &out);
	assert_string_equal(buf_str(&out), "shop/web -> shop/db on tcp/metrics (tcp/9100): allow\n"
					   "\n"
					   "egress of shop/web: allow (a rule decides)\n"
					   "  tier default: allow\n"
					   "    decides: allow by policy web\n"
					   "      test.pol:8:1\n"
					   "          8 | line 8 of the policy\n"
					   "    isolated by policy web\n"
					   "      test.pol:7:1\n"
					   "          7 | line 7 of the policy\n"
					   "\n"
					   "ingress of shop/db: allow (a rule decides)\n"
					   "  tier default: allow\n"
					   "    decides: allow by policy db\n"
					   "      test.pol:6:1\n"
					   "          6 | line 6 of the policy\n"
					   "    isolated by policy db\n"
					   "      test.pol:5:1\n"
					   "          5 | line 5 of the policy\n");
}

TEST(why_tells_default_deny_from_no_policy)
{
	_cleanup_buf_ struct buf out = {0};

	explain("shop/job", "shop/db", "tcp/80", &out);
	assert_non_null(strstr(buf_str(&out), "egress of shop/job: allow (no policy concerns it)"));
	assert_non_null(strstr(buf_str(&out),
			       "ingress of shop/db: deny (isolated, and no rule matches)\n"
			       "  tier default: deny, as no rule matches and it isolates\n"
			       "    isolated by policy db\n"));
}

TEST(why_knows_ends_that_no_policy_can_concern)
{
	_cleanup_buf_ struct buf out = {0};

	explain("cidr:198.51.100.1", "shop/job", "tcp/80", &out);
	explain("shop/job", "cidr:10.0.0.2", "tcp/80", &out);
	explain("shop/job", "shop/web", "tcp/nope", &out);
	assert_non_null(strstr(buf_str(&out), "egress of cidr:198.51.100.1: allow (no endpoint"));
	assert_non_null(strstr(buf_str(&out), "cidr:10.0.0.2 (shop/job) on tcp/80: allow"));
	assert_non_null(strstr(buf_str(&out), "allow (a flow to oneself never leaves"));
	assert_non_null(strstr(buf_str(&out), "deny (the destination has no port of this name)"));
}

TEST(why_names_the_rules_that_matched_without_deciding)
{
	_cleanup_buf_ struct buf out = {0};
	struct ir_tier *first = irb_tier_before(&b, "guardrails", IR_PASS);
	struct ir_policy *g = irb_policy(&b, first, "g", "");

	irb_rule(&b, g, IR_INGRESS, IR_PASS, 1, "all", "");
	irb_rule(&b, g, IR_INGRESS, IR_DENY, 2, "sel:app=web", "");
	explain("shop/web", "shop/db", "tcp/5432", &out);
	assert_non_null(strstr(buf_str(&out), "  tier guardrails: pass on\n"
					      "    decides: pass at rank 1 by policy g\n"));
	assert_non_null(strstr(buf_str(&out), "    matches too: deny at rank 2 by policy g\n"));
	assert_non_null(strstr(buf_str(&out), "  tier default: allow\n"));
}

TEST(why_as_json_has_both_directions_with_places)
{
	_cleanup_buf_ struct buf out = {0};
	json_t *root, *dir, *rule;
	json_error_t err;
	struct why w;

	assert_int_equal(ask_why("shop/web", "shop/db", "tcp/5432", &w), 0);
	why_render_json(&w, &b.sources, &out);
	root = json_loads(buf_str(&out), 0, &err);
	assert_non_null(root);
	assert_string_equal(json_string_value(json_object_get(root, "verdict")), "allow");
	dir = json_array_get(json_object_get(root, "directions"), 1);
	assert_string_equal(json_string_value(json_object_get(dir, "direction")), "ingress");
	assert_string_equal(json_string_value(json_object_get(dir, "reason")), "rule");
	rule = json_array_get(
		json_object_get(json_array_get(json_object_get(dir, "steps"), 0), "rules"), 0);
	assert_string_equal(json_string_value(json_object_get(rule, "file")), "test.pol");
	assert_int_equal(json_integer_value(json_object_get(rule, "line")), 6);
	assert_string_equal(json_string_value(json_object_get(rule, "source")),
			    "line 6 of the policy");
	assert_true(json_is_true(json_object_get(rule, "decides")));
	json_decref(root);
}

TEST(why_reports_every_wrong_name_at_once)
{
	struct why w;

	assert_int_equal(ask_why("shop/wb", "nope", "tcp/", &w), -EINVAL);
	assert_int_equal(b.diag.errors, 3);
}

static void nearest_is(const char *from, const char *to, const char *port, enum ir_dir dir,
		       enum why_change_kind kind, const char *policy)
{
	struct why w;

	assert_int_equal(ask_why(from, to, port, &w), 0);
	assert_int_equal(w.nearest[dir].kind, kind);
	assert_int_equal(w.nearest[dir].policy != NULL, policy != NULL);
	if (policy)
		assert_string_equal(w.nearest[dir].policy->name, policy);
}

TEST(the_nearest_change_is_the_smallest_that_helps)
{
	struct ir_tier *guard = irb_tier_before(&b, "guard", IR_PASS);
	struct ir_policy *everybody = irb_policy(&b, b.tier, "everybody", ""), *p;

	everybody->governs[IR_INGRESS] = true;
	/* Allowed already: nothing to change. */
	nearest_is("shop/web", "shop/db", "tcp/5432", IR_INGRESS, WHY_CHANGE_NONE, NULL);
	nearest_is("shop/web", "shop/db", "tcp/80", IR_INGRESS, WHY_CHANGE_ADD_PORT, "db");
	nearest_is("shop/job", "shop/db", "tcp/5432", IR_INGRESS, WHY_CHANGE_ADD_PEER, "db");
	/* Into the policy about the database, not into the one for everybody. */
	nearest_is("shop/job", "shop/db", "tcp/80", IR_INGRESS, WHY_CHANGE_ADD_RULE, "db");
	nearest_is("shop/web", "shop/job", "tcp/80", IR_INGRESS, WHY_CHANGE_ADD_RULE, "everybody");
	/* A deny that nobody else repeats; with a second one no single edit helps. */
	p = irb_policy(&b, guard, "guard", "app=db");
	irb_rule(&b, p, IR_INGRESS, IR_DENY, 0, "sel:app=web", "tcp/5432");
	nearest_is("shop/web", "shop/db", "tcp/5432", IR_INGRESS, WHY_CHANGE_DROP_RULE, "guard");
	irb_rule(&b, p, IR_INGRESS, IR_DENY, 1, "all", "tcp/5432");
	nearest_is("shop/web", "shop/db", "tcp/5432", IR_INGRESS, WHY_CHANGE_NONE, NULL);
}

#define REACH_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		REACH_TEST(both_directions_are_answered_and_the_verdict_is_the_worse),
		REACH_TEST(a_flow_to_oneself_is_always_allowed),
		REACH_TEST(a_named_port_is_the_one_of_the_destination),
		REACH_TEST(a_port_name_that_the_destination_lacks_is_denied_there_alone),
		REACH_TEST(external_addresses_take_part),
		REACH_TEST(an_address_of_an_endpoint_is_that_endpoint),
		REACH_TEST(there_is_no_flow_between_ends_without_a_common_family),
		REACH_TEST(icmp_counts_type_and_code),
		REACH_TEST(texts_that_name_no_port_are_refused),
		REACH_TEST(an_unknown_endpoint_is_met_with_the_nearest_name),
		REACH_TEST(probes_are_answered_in_their_order),
		REACH_TEST(a_bad_probe_is_named_by_its_index_and_the_rest_is_read_too),
		REACH_TEST(what_a_probe_expects_is_met_or_not),
		REACH_TEST(json_that_is_no_list_of_probes_is_refused),
		REACH_TEST(json_has_exactly_the_members_of_the_contract),
		REACH_TEST(the_table_is_a_matrix_that_says_who_denies),
		REACH_TEST(a_workload_has_a_flow_to_itself_which_is_counted),
		REACH_TEST(too_large_a_question_is_refused_before_there_are_classes),
		REACH_TEST(a_table_with_other_columns_than_rows_lists_them),
		REACH_TEST(rows_that_are_read_once_are_those_that_stay),
		REACH_TEST(verdicts_are_unpacked_as_they_were),
		REACH_TEST(a_graph_draws_an_end_that_was_named_twice_once),
		REACH_TEST(csv_and_dot_list_the_flows),
		REACH_TEST(the_page_may_connect_to_nothing_and_a_name_in_it_is_no_element),
		REACH_TEST(the_page_names_the_rule_that_decides_and_who_isolates),
		REACH_TEST(without_ports_a_matrix_covers_what_the_policies_mention),
		REACH_TEST(an_empty_inventory_has_no_flows),
		REACH_TEST(the_compiled_classes_give_the_interpreters_answers),
		REACH_TEST(why_tells_the_rule_and_its_source_line),
		REACH_TEST(why_tells_default_deny_from_no_policy),
		REACH_TEST(why_knows_ends_that_no_policy_can_concern),
		REACH_TEST(why_names_the_rules_that_matched_without_deciding),
		REACH_TEST(why_as_json_has_both_directions_with_places),
		REACH_TEST(why_reports_every_wrong_name_at_once),
		REACH_TEST(the_nearest_change_is_the_smallest_that_helps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
