/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conntrack's table: how long a flow is remembered, what happens when there is no room, and what
 * two processors make of it. Programs of the real datapath judge packets; storms fill its table.
 */
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/kernel/bpf/storm.h"
#include "tests/kernel/bpf/world.h"
#include "tests/lib/tap.h"

enum {
	CAPACITY4 = POLC_CT4_BUCKETS * POLC_CT4_SLOTS,
	CAPACITY6 = POLC_CT6_BUCKETS * POLC_CT6_SLOTS
};

static const struct family {
	enum net_family family;
	const char *web, *peer;
	uint32_t capacity;
} families[] = {
	{NET_V4, WEB, OFFICE, CAPACITY4},
	{NET_V6, WEB6, PEER6, CAPACITY6},
};

#define each_family(f) for (const struct family *f = families; f < families + 2; f++)

struct scene {
	struct world w;
	struct storm storm;
};

static void open_scene(struct scene *s)
{
	struct polc_node node;
	uint32_t zero = 0;
	int map;

	open_world(&s->w, IN_CELLS, EG_CELLS);
	storm_open(&s->storm, &s->w.dp);
	map = bpf_object__find_map_fd_by_name(s->w.dp.obj, POLC_MAP_NODE);
	assert_int_equal(bpf_map_lookup_elem(map, &zero, &node), 0);
	node.seed[0] = 0x3c6ef372fe94f82b;
	node.seed[1] = 0xa54ff53a5f1d36f1;
	assert_int_equal(bpf_map_update_elem(map, &zero, &node, BPF_ANY), 0);
}

static void close_scene(struct scene *s)
{
	storm_close(&s->storm);
	close_world(&s->w);
}

static void forget(const struct dp_flow *flow, void *ctx)
{
	(void)ctx;
	*flow->meta = 0;
}

/* --- time ----------------------------------------------------------------------------- */

/* Time is counted in units of 4.3 s, and a flow may be forgotten one unit early. */
enum { UNIT = 5 };

/* What a packet of the endpoint opens, with what it is answered, how it ends. */
struct life {
	const char *what;
	struct packet_spec open, answer, end;
	bool answered;
	uint32_t seconds;
};

static void live(struct scene *s, const struct life *l)
{
	assert_packet(&s->w, IR_EGRESS, l->open, PASS_POLICY);
	if (l->answered)
		assert_packet(&s->w, IR_INGRESS, l->answer, PASS_REPLY);
	if (l->end.src.family)
		assert_packet(&s->w, IR_INGRESS, l->end, PASS_REPLY);
}

static void assert_remembered(struct scene *s, const struct life *l, uint32_t seconds, bool want)
{
	enum polc_reason reason;

	dp_each_flow(&s->w.dp, forget, NULL);
	live(s, l);
	dp_age_flows(&s->w.dp, seconds);
	reason = run_spec(&s->w, IR_INGRESS, &l->answer);
	if (reason != (want ? POLC_PASS_REPLY : POLC_DROP_POLICY))
		fail_msg("%s after %u s: %s", l->what, seconds, dp_reason_name(reason));
}

TEST(each_state_of_a_flow_has_its_time)
{
	each_family (f) {
		struct packet_spec syn = tcp(f->web, 4000, f->peer, 8080, 0);
		struct packet_spec ack = tcp(f->peer, 8080, f->web, 4000, PACKET_ACK);
		struct packet_spec fin = tcp(f->peer, 8080, f->web, 4000, PACKET_FIN | PACKET_ACK);
		struct packet_spec rst = tcp(f->peer, 8080, f->web, 4000, PACKET_RST | PACKET_ACK);
		struct packet_spec ask = udp(f->web, 4000, f->peer, 53);
		struct packet_spec say = udp(f->peer, 53, f->web, 4000);
		const struct life lives[] = {
			{"tcp, not answered", syn, ack, .seconds = 60},
			{"tcp, answered", syn, ack, .answered = true, .seconds = 21600},
			{"tcp, closing", syn, ack, fin, true, 120},
			{"tcp, reset", syn, ack, rst, true, 10},
			{"tcp, refused", syn, ack, rst, false, 10},
			{"udp, not answered", ask, say, .seconds = 30},
			{"udp, answered", ask, say, .answered = true, .seconds = 180},
		};
		struct scene s;

		open_scene(&s);
		for (size_t i = 0; i < sizeof(lives) / sizeof(*lives); i++) {
			assert_remembered(&s, &lives[i], lives[i].seconds - 2 * UNIT, true);
			assert_remembered(&s, &lives[i], lives[i].seconds + UNIT, false);
		}
		close_scene(&s);
	}
}

TEST(every_packet_of_a_flow_makes_it_last)
{
	struct packet_spec say = udp(OFFICE, 53, WEB, 4000);
	struct scene s;

	open_scene(&s);
	assert_packet(&s.w, IR_EGRESS, udp(WEB, 4000, OFFICE, 53), PASS_POLICY);
	assert_packet(&s.w, IR_INGRESS, say, PASS_REPLY);
	for (int i = 0; i < 4; i++) {
		dp_age_flows(&s.w.dp, 170);
		assert_packet(&s.w, IR_INGRESS, say, PASS_REPLY);
		dp_age_flows(&s.w.dp, 170);
		assert_packet(&s.w, IR_EGRESS, udp(WEB, 4000, OFFICE, 53), PASS_POLICY);
	}
	close_scene(&s);
}

TEST(a_reset_connection_may_be_opened_again_and_lasts)
{
	struct packet_spec syn = tcp(WEB, 4000, OFFICE, 8080, 0);
	struct packet_spec ack = tcp(OFFICE, 8080, WEB, 4000, PACKET_ACK);
	struct scene s;

	open_scene(&s);
	assert_packet(&s.w, IR_EGRESS, syn, PASS_POLICY);
	assert_packet(&s.w, IR_INGRESS, tcp(OFFICE, 8080, WEB, 4000, PACKET_RST), PASS_REPLY);
	assert_packet(&s.w, IR_EGRESS, syn, PASS_POLICY);
	assert_packet(&s.w, IR_INGRESS, ack, PASS_REPLY);
	dp_age_flows(&s.w.dp, 3600);
	assert_packet(&s.w, IR_INGRESS, ack, PASS_REPLY);
	close_scene(&s);
}

TEST(a_flow_that_comes_back_is_found_beside_its_old_record)
{
	each_family (f) {
		struct storm_flows flows = {f->family, STORM_OPEN, 1, 3, 0};
		struct scene s;

		open_scene(&s);
		/* Three in a row in one bucket; the last comes back and may take the first
		 * place. */
		storm_run(&s.storm, &flows);
		dp_age_flows(&s.w.dp, 70);
		flows.first = 3;
		flows.n = 1;
		storm_run(&s.storm, &flows);
		flows.what = STORM_FIND;
		assert_int_equal(storm_run(&s.storm, &flows), 1);
		close_scene(&s);
	}
}

/* --- no room -------------------------------------------------------------------------- */

enum { N_ESTABLISHED = 200 };

static struct packet_spec established(const struct family *f, uint16_t i, enum ir_dir dir)
{
	return dir == IR_EGRESS ? tcp(f->web, 10000 + i, f->peer, 8080, 0)
				: tcp(f->peer, 8080, f->web, 10000 + i, PACKET_ACK);
}

static void establish(struct scene *s, const struct family *f)
{
	for (uint16_t i = 0; i < N_ESTABLISHED; i++) {
		assert_packet(&s->w, IR_EGRESS, established(f, i, IR_EGRESS), PASS_POLICY);
		assert_packet(&s->w, IR_INGRESS, established(f, i, IR_INGRESS), PASS_REPLY);
	}
}

static void assert_established(struct scene *s, const struct family *f)
{
	for (uint16_t i = 0; i < N_ESTABLISHED; i++)
		assert_packet(&s->w, IR_INGRESS, established(f, i, IR_INGRESS), PASS_REPLY);
}

static uint32_t storm(struct scene *s, const struct family *f, enum storm_what what, uint32_t first,
		      uint32_t n)
{
	struct storm_flows flows = {f->family, what, first, n, STORM_EVERYWHERE};

	return storm_run(&s->storm, &flows);
}

TEST(a_flood_of_new_flows_breaks_no_established_one)
{
	each_family (f) {
		uint32_t n = 10 * f->capacity;
		struct scene s;

		open_scene(&s);
		establish(&s, f);
		storm(&s, f, STORM_OPEN, 0, n);
		assert_established(&s, f);
		assert_int_equal(dp_count_flows(&s.w.dp, POLC_CT_REPLIED), N_ESTABLISHED);
		assert_true(dp_count_flows(&s.w.dp, POLC_CT_NEW) + N_ESTABLISHED <= f->capacity);
		/* What was recorded and is no longer there was displaced, and nothing else.
		 */
		assert_int_equal(storm_fates(&s.storm, POLC_CT_RECORDED) +
					 storm_fates(&s.storm, POLC_CT_DISPLACED) +
					 storm_fates(&s.storm, POLC_CT_NO_ROOM),
				 n + N_ESTABLISHED);
		assert_int_equal(storm_fates(&s.storm, POLC_CT_RECORDED),
				 dp_count_flows(&s.w.dp, POLC_CT_NEW) + N_ESTABLISHED);
		assert_true(storm_fates(&s.storm, POLC_CT_DISPLACED) > 8 * f->capacity);
		close_scene(&s);
	}
}

TEST(a_table_of_flows_in_use_takes_no_new_ones_and_counts_them)
{
	enum { STEP = 256 };

	each_family (f) {
		uint32_t n = 3 * f->capacity, refused, displaced;
		size_t replied;
		struct scene s;

		open_scene(&s);
		for (uint32_t at = 0; at < n; at += STEP) {
			storm(&s, f, STORM_OPEN, at, STEP);
			storm(&s, f, STORM_ANSWER, at, STEP);
		}
		replied = dp_count_flows(&s.w.dp, POLC_CT_REPLIED);
		refused = storm_fates(&s.storm, POLC_CT_NO_ROOM);
		/* Before they were answered, some of a step made room for others of it. */
		displaced = storm_fates(&s.storm, POLC_CT_DISPLACED);
		assert_true(displaced < f->capacity / 100);
		assert_true(replied > f->capacity / 100 * 99);
		assert_int_equal(replied + refused + displaced, n);
		assert_int_equal(storm(&s, f, STORM_FIND, 0, n), replied);
		/* Idle for long enough, they make room for new ones. */
		dp_age_flows(&s.w.dp, 600 + UNIT);
		storm(&s, f, STORM_OPEN, n, f->capacity / 2);
		assert_int_equal(storm_fates(&s.storm, POLC_CT_NO_ROOM), refused);
		close_scene(&s);
	}
}

TEST(what_is_forgotten_makes_room_before_anything_else)
{
	each_family (f) {
		struct scene s;

		open_scene(&s);
		storm(&s, f, STORM_OPEN, 0, 2 * f->capacity);
		dp_age_flows(&s.w.dp, 60 + UNIT);
		establish(&s, f);
		assert_established(&s, f);
		assert_int_equal(storm_fates(&s.storm, POLC_CT_NO_ROOM), 0);
		close_scene(&s);
	}
}

TEST(what_closes_makes_room_before_what_is_being_opened)
{
	each_family (f) {
		struct scene s;

		open_scene(&s);
		establish(&s, f);
		for (uint16_t i = 0; i < N_ESTABLISHED; i++) {
			struct packet_spec fin = established(f, i, IR_INGRESS);

			fin.tcp_flags |= PACKET_FIN;
			assert_packet(&s.w, IR_INGRESS, fin, PASS_REPLY);
		}
		storm(&s, f, STORM_OPEN, 0, 2 * f->capacity);
		assert_true(dp_count_flows(&s.w.dp, POLC_CT_CLOSING) < N_ESTABLISHED / 10);
		close_scene(&s);
	}
}

TEST(a_connection_that_was_only_accepted_makes_room_for_new_ones)
{
	each_family (f) {
		struct scene s;

		open_scene(&s);
		for (uint16_t i = 0; i < N_ESTABLISHED; i++) {
			struct packet_spec accept = established(f, i, IR_INGRESS);

			accept.tcp_flags = PACKET_SYN | PACKET_ACK;
			assert_packet(&s.w, IR_EGRESS, established(f, i, IR_EGRESS), PASS_POLICY);
			assert_packet(&s.w, IR_INGRESS, accept, PASS_REPLY);
		}
		assert_int_equal(dp_count_flows(&s.w.dp, POLC_CT_ACCEPTED), N_ESTABLISHED);
		storm(&s, f, STORM_OPEN, 0, 10 * f->capacity);
		assert_true(dp_count_flows(&s.w.dp, POLC_CT_ACCEPTED) < N_ESTABLISHED / 10);
		close_scene(&s);
	}
}

/* --- two processors ------------------------------------------------------------------- */

struct strangers {
	size_t flows, unknown, touched;
};

/* Storms reset flows with even numbers alone. */
static void look(const struct dp_flow *flow, void *ctx)
{
	struct strangers *s = ctx;
	uint32_t number = ntohl((uint32_t)(flow->addr[0] >> (flow->family == NET_V4 ? 0 : 32)));

	s->flows++;
	s->unknown += !storm_knows(flow);
	s->touched += number % 2 && dp_flow_state(flow) != POLC_CT_NEW;
}

static void hammer(const struct family *f, uint32_t crowd, uint32_t n)
{
	struct storm_flows flows[2] = {{f->family, STORM_HAMMER, 0, n, crowd},
				       {f->family, STORM_HAMMER, 0, n, crowd}};
	struct strangers strangers = {0};
	struct scene s;

	open_scene(&s);
	for (int i = 0; i < 4; i++)
		assert_int_equal(storm_run_two(&s.storm, flows), 0);
	dp_each_flow(&s.w.dp, look, &strangers);
	assert_true(strangers.flows > 0);
	assert_int_equal(strangers.unknown, 0);
	assert_int_equal(strangers.touched, 0);
	close_scene(&s);
}

TEST(two_processors_record_no_flow_that_nobody_opened)
{
	each_family (f) {
		hammer(f, 0, 1 << 17);
		hammer(f, 3, 1 << 17);
	}
}

/* Both buckets of a crowd. */
static void empty_buckets(struct scene *s)
{
	const struct polc_ct4_bucket none = {0};
	int map = bpf_object__find_map_fd_by_name(s->w.dp.obj, POLC_MAP_CT4);

	for (uint32_t i = 0; i < 2; i++)
		assert_int_equal(bpf_map_update_elem(map, &i, &none, BPF_ANY), 0);
}

TEST(two_processors_lose_no_flow_while_there_is_room)
{
	enum { ROUNDS = 2000 };
	const struct family *f = families;
	struct scene s;

	open_scene(&s);
	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct storm_flows flows[2] = {{f->family, STORM_OPEN, 4 * i, 2, 0},
					       {f->family, STORM_OPEN, 4 * i + 2, 2, 0}};
		struct storm_flows all = {f->family, STORM_FIND, 4 * i, 4, 0};

		storm_run_two(&s.storm, flows);
		assert_int_equal(storm_run(&s.storm, &all), 4);
		empty_buckets(&s);
	}
	close_scene(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_state_of_a_flow_has_its_time),
		cmocka_unit_test(every_packet_of_a_flow_makes_it_last),
		cmocka_unit_test(a_reset_connection_may_be_opened_again_and_lasts),
		cmocka_unit_test(a_flow_that_comes_back_is_found_beside_its_old_record),
		cmocka_unit_test(a_flood_of_new_flows_breaks_no_established_one),
		cmocka_unit_test(a_table_of_flows_in_use_takes_no_new_ones_and_counts_them),
		cmocka_unit_test(what_is_forgotten_makes_room_before_anything_else),
		cmocka_unit_test(what_closes_makes_room_before_what_is_being_opened),
		cmocka_unit_test(a_connection_that_was_only_accepted_makes_room_for_new_ones),
		cmocka_unit_test(two_processors_record_no_flow_that_nobody_opened),
		cmocka_unit_test(two_processors_lose_no_flow_while_there_is_room),
	};

	if (geteuid() != 0)
		return tap_skip_all("loading programs into the kernel needs root");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
