/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the datapath does with single packets and short conversations. The endpoint is
 * shop/web (10.0.0.3, fd00::3) of tests/unit/cls_fixture.h.
 */
#include "tests/unit/unit.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "tests/kernel/bpf/world.h"
#include "tests/lib/shapes.h"
#include "tests/lib/tap.h"

/* --- loading -------------------------------------------------------------------------- */

TEST(every_shape_loads_in_the_kernel)
{
	for (size_t i = 0; i < TEST_N_SHAPES; i++) {
		struct datapath dp;

		dp_open_shape(&dp, (struct gen_shape){test_shapes[i].features});
		dp_close(&dp);
	}
}

TEST(a_program_stays_far_below_the_reach_of_a_jump)
{
	struct datapath dp;

	/* Jumps have 16 bits; clang 14 truncates longer ones without a word. */
	dp_open_shape(&dp, (struct gen_shape){GEN_GENERAL});
	assert_true(dp_program_size(&dp, IR_INGRESS) < 12288);
	assert_true(dp_program_size(&dp, IR_EGRESS) < 12288);
	dp_close(&dp);
}

/* --- policy --------------------------------------------------------------------------- */

TEST(policy_decides_by_peer_protocol_and_port)
{
	struct world w;

	open_world(&w, IN_CELLS, EG_CELLS);
	assert_packet(&w, IR_INGRESS, tcp(DB, 4000, WEB, 80, 0), PASS_POLICY);
	assert_packet(&w, IR_INGRESS, tcp(DB, 4000, WEB, 81, 0), DROP_POLICY);
	assert_packet(&w, IR_INGRESS, udp(DB, 4000, WEB, 80), DROP_POLICY);
	assert_packet(&w, IR_INGRESS, tcp(OFFICE, 4000, WEB, 80, 0), DROP_POLICY);
	assert_packet(&w, IR_INGRESS, tcp(WORLD, 4000, WEB, 80, 0), DROP_POLICY);
	assert_packet(&w, IR_INGRESS, tcp(PEER6, 4000, WEB6, 80, 0), PASS_POLICY);
	assert_packet(&w, IR_INGRESS, tcp(WORLD6, 4000, WEB6, 80, 0), DROP_POLICY);
	assert_packet(&w, IR_EGRESS, tcp(WEB, 4000, OFFICE, 8999, 0), PASS_POLICY);
	assert_packet(&w, IR_EGRESS, tcp(WEB, 4000, OFFICE, 9000, 0), DROP_POLICY);
	assert_packet(&w, IR_EGRESS, udp(WEB, 4000, OFFICE, 53), PASS_POLICY);
	assert_packet(&w, IR_EGRESS, tcp(WEB, 4000, DB, 8080, 0), DROP_POLICY);
	assert_packet(&w, IR_EGRESS, tcp(WEB6, 4000, PEER6, 8080, 0), PASS_POLICY);
	assert_packet(&w, IR_EGRESS, tcp(WEB6, 4000, WORLD6, 8080, 0), DROP_POLICY);
	close_world(&w);
}

TEST(a_class_without_a_row_is_an_internal_fault_and_drops)
{
	struct polc_page root;
	uint32_t page = 0;
	struct world w;
	int addrs;

	open_world(&w, IN_CELLS, EG_CELLS);
	addrs = bpf_object__find_map_fd_by_name(w.dp.obj, POLC_MAP_ADDRS);
	for (int i = 0; i < POLC_PAGE; i++)
		root.v[i] = POLC_TRIE_CHILD - 1;
	assert_int_equal(bpf_map_update_elem(addrs, &page, &root, BPF_ANY), 0);
	assert_packet(&w, IR_INGRESS, tcp(DB, 4000, WEB, 80, 0), DROP_INTERNAL);
	close_world(&w);
}

/* --- conntrack ------------------------------------------------------------------------ */

TEST(a_reply_passes_only_to_a_flow_that_the_endpoint_opened)
{
	struct packet_spec reply = tcp(OFFICE, 8080, WEB, 4000, PACKET_SYN | PACKET_ACK);
	struct packet_spec reply6 = tcp(PEER6, 8080, WEB6, 4000, PACKET_SYN | PACKET_ACK);
	struct world w;

	open_world(&w, IN_CELLS, EG_CELLS);
	assert_packet(&w, IR_INGRESS, reply, DROP_POLICY);
	assert_packet(&w, IR_EGRESS, tcp(WEB, 4000, OFFICE, 8080, 0), PASS_POLICY);
	assert_packet(&w, IR_INGRESS, reply, PASS_REPLY);
	assert_packet(&w, IR_INGRESS, tcp(OFFICE, 8081, WEB, 4000, PACKET_ACK), DROP_POLICY);
	assert_packet(&w, IR_INGRESS, tcp(OFFICE, 8080, WEB, 4001, PACKET_ACK), DROP_POLICY);
	assert_packet(&w, IR_INGRESS, tcp(OFFICE, 8080, WEB, 4000, PACKET_SYN), DROP_POLICY);
	assert_packet(&w, IR_INGRESS, udp(OFFICE, 8080, WEB, 4000), DROP_POLICY);
	assert_packet(&w, IR_INGRESS, reply6, DROP_POLICY);
	assert_packet(&w, IR_EGRESS, tcp(WEB6, 4000, PEER6, 8080, 0), PASS_POLICY);
	assert_packet(&w, IR_INGRESS, reply6, PASS_REPLY);
	assert_int_equal(dp_count_flows(&w.dp, POLC_CT_ACCEPTED), 2);
	assert_packet(&w, IR_INGRESS, tcp(DB, 5000, WEB, 80, 0), PASS_POLICY);
	assert_packet(&w, IR_EGRESS, tcp(WEB, 80, DB, 5000, PACKET_ACK), PASS_REPLY);
	assert_packet(&w, IR_EGRESS, tcp(WEB, 80, DB, 5001, PACKET_ACK), DROP_POLICY);
	close_world(&w);
}

TEST(a_flow_is_forgotten_when_its_time_is_over)
{
	struct packet_spec syn = tcp(WEB, 4000, OFFICE, 8080, 0);
	struct packet_spec reply = tcp(OFFICE, 8080, WEB, 4000, PACKET_ACK);
	struct packet_spec fin = tcp(OFFICE, 8080, WEB, 4000, PACKET_ACK | PACKET_FIN);
	struct world w;

	open_world(&w, IN_CELLS, EG_CELLS);
	assert_packet(&w, IR_EGRESS, syn, PASS_POLICY);
	dp_age_flows(&w.dp, 62);
	assert_packet(&w, IR_INGRESS, reply, DROP_POLICY);
	assert_packet(&w, IR_EGRESS, syn, PASS_POLICY);
	assert_packet(&w, IR_INGRESS, reply, PASS_REPLY);
	dp_age_flows(&w.dp, 20000);
	assert_packet(&w, IR_INGRESS, reply, PASS_REPLY);
	dp_age_flows(&w.dp, 21602);
	assert_packet(&w, IR_INGRESS, reply, DROP_POLICY);
	assert_packet(&w, IR_EGRESS, syn, PASS_POLICY);
	assert_packet(&w, IR_INGRESS, fin, PASS_REPLY);
	assert_int_equal(dp_count_flows(&w.dp, POLC_CT_CLOSING), 1);
	assert_packet(&w, IR_INGRESS, reply, PASS_REPLY);
	dp_age_flows(&w.dp, 122);
	assert_packet(&w, IR_INGRESS, reply, DROP_POLICY);
	close_world(&w);
}

TEST(a_new_connection_may_reuse_the_ports_of_a_closed_one)
{
	struct world w;

	open_world(&w, IN_CELLS, EG_CELLS);
	assert_packet(&w, IR_EGRESS, tcp(WEB, 4000, OFFICE, 8080, PACKET_RST), PASS_POLICY);
	assert_int_equal(dp_count_flows(&w.dp, POLC_CT_CLOSED), 1);
	assert_packet(&w, IR_EGRESS, tcp(WEB, 4000, OFFICE, 8080, PACKET_SYN), PASS_POLICY);
	assert_int_equal(dp_count_flows(&w.dp, POLC_CT_NEW), 1);
	close_world(&w);
}

TEST(tcp_in_midstream_is_recorded_when_it_asks_for_an_answer)
{
	struct packet_spec quiet = tcp(WEB, 4000, OFFICE, 8080, PACKET_ACK);
	struct packet_spec push = tcp(WEB, 4000, OFFICE, 8080, PACKET_ACK | PACKET_PSH);
	struct packet_spec reply = tcp(OFFICE, 8080, WEB, 4000, PACKET_ACK);
	struct world w;

	open_world(&w, IN_CELLS, EG_CELLS);
	assert_packet(&w, IR_EGRESS, quiet, PASS_POLICY);
	assert_packet(&w, IR_INGRESS, reply, DROP_POLICY);
	assert_packet(&w, IR_EGRESS, push, PASS_POLICY);
	assert_packet(&w, IR_INGRESS, reply, PASS_REPLY);
	close_world(&w);
}

TEST(a_revoked_flow_stops_at_its_next_packet_in_both_directions)
{
	struct packet_spec reply = tcp(OFFICE, 8080, WEB, 4000, PACKET_ACK);
	struct packet_spec more = tcp(WEB, 4000, OFFICE, 8080, PACKET_ACK | PACKET_PSH);
	struct world w;

	open_world(&w, IN_CELLS, EG_CELLS);
	assert_packet(&w, IR_EGRESS, more, PASS_POLICY);
	assert_packet(&w, IR_INGRESS, reply, PASS_REPLY);
	change_policy(&w, IN_CELLS, NONE_CELLS);
	assert_packet(&w, IR_INGRESS, reply, DROP_POLICY);
	assert_packet(&w, IR_EGRESS, more, DROP_POLICY);
	change_policy(&w, IN_CELLS, EG_CELLS);
	assert_packet(&w, IR_INGRESS, reply, PASS_REPLY);
	close_world(&w);
}

TEST(the_answers_of_an_open_egress_do_not_keep_a_revoked_flow_alive)
{
	struct packet_spec in = tcp(DB, 5000, WEB, 80, PACKET_ACK | PACKET_PSH);
	struct packet_spec out = tcp(WEB, 80, DB, 5000, PACKET_ACK | PACKET_PSH);
	struct world w;

	open_world(&w, IN_CELLS, ALL);
	assert_packet(&w, IR_INGRESS, in, PASS_POLICY);
	assert_packet(&w, IR_EGRESS, out, PASS_POLICY);
	change_policy(&w, NONE_CELLS, ALL);
	assert_packet(&w, IR_INGRESS, in, DROP_POLICY);
	assert_packet(&w, IR_EGRESS, out, PASS_POLICY);
	assert_packet(&w, IR_INGRESS, in, DROP_POLICY);
	/* What the endpoint opens itself is another matter. */
	assert_packet(&w, IR_EGRESS, tcp(WEB, 81, DB, 5000, 0), PASS_POLICY);
	assert_packet(&w, IR_INGRESS, tcp(DB, 5000, WEB, 81, PACKET_ACK), PASS_REPLY);
	close_world(&w);
}

TEST(an_echo_reply_passes_but_an_echo_request_is_no_reply)
{
	struct world w;

	open_world(&w, IN_CELLS, ALL);
	assert_packet(&w, IR_INGRESS, icmp(WORLD, WEB, 0, 0, 7), DROP_POLICY);
	assert_packet(&w, IR_EGRESS, icmp(WEB, WORLD, 8, 0, 7), PASS_POLICY);
	assert_packet(&w, IR_INGRESS, icmp(WORLD, WEB, 0, 0, 7), PASS_REPLY);
	assert_packet(&w, IR_INGRESS, icmp(WORLD, WEB, 8, 0, 7), DROP_POLICY);
	assert_packet(&w, IR_INGRESS, icmp(WORLD, WEB, 0, 0, 8), DROP_POLICY);
	assert_packet(&w, IR_INGRESS, icmp(WORLD, WEB, 13, 0, 7), DROP_POLICY);
	assert_packet(&w, IR_EGRESS, icmp(WEB6, WORLD6, 128, 0, 7), PASS_POLICY);
	assert_packet(&w, IR_INGRESS, icmp(WORLD6, WEB6, 129, 0, 7), PASS_REPLY);
	assert_packet(&w, IR_INGRESS, icmp(WORLD6, WEB6, 128, 0, 7), DROP_POLICY);
	close_world(&w);
}

/* --- ICMP errors ---------------------------------------------------------------------- */

/* An error from `src` about a packet. */
static enum polc_reason run_error(struct world *w, enum ir_dir dir, const char *src,
				  const char *dst, uint8_t type, struct packet_spec about)
{
	struct packet_spec spec = icmp(src, dst, type, 0, 0);
	struct packet quote;

	packet_build(&quote, &about);
	spec.quote = &quote;
	return run_spec(w, dir, &spec);
}

TEST(an_icmp_error_passes_with_the_flow_that_it_is_about)
{
	struct packet_spec sent = tcp(WEB, 4000, OFFICE, 8080, PACKET_ACK | PACKET_PSH);
	struct packet_spec answer = tcp(WEB, 80, DB, 5000, PACKET_ACK);
	struct world w;

	open_world(&w, IN_CELLS, EG_CELLS);
	/* Nothing was sent: nothing can have gone wrong with it. */
	assert_reason(run_error(&w, IR_INGRESS, ROUTER, WEB, 3, sent), DROP_POLICY);
	assert_packet(&w, IR_EGRESS, sent, PASS_POLICY);
	assert_reason(run_error(&w, IR_INGRESS, ROUTER, WEB, 3, sent), PASS_RELATED);
	assert_reason(run_error(&w, IR_INGRESS, ROUTER, WEB, 11, sent), PASS_RELATED);
	assert_reason(run_error(&w, IR_INGRESS, ROUTER, WEB, 12, sent), PASS_RELATED);
	/* Redirects and source quench are no errors of a flow. */
	assert_reason(run_error(&w, IR_INGRESS, ROUTER, WEB, 5, sent), DROP_POLICY);
	/* About an answer of the endpoint to a flow that the other side opened. */
	assert_packet(&w, IR_INGRESS, tcp(DB, 5000, WEB, 80, 0), PASS_POLICY);
	assert_reason(run_error(&w, IR_INGRESS, ROUTER, WEB, 3, answer), PASS_RELATED);
	/* Not for this endpoint. */
	assert_reason(run_error(&w, IR_INGRESS, ROUTER, DB, 3, sent), DROP_POLICY);
	/* The flow was revoked. */
	change_policy(&w, IN_CELLS, NONE_CELLS);
	assert_reason(run_error(&w, IR_INGRESS, ROUTER, WEB, 3, sent), DROP_POLICY);
	assert_reason(run_error(&w, IR_INGRESS, ROUTER, WEB, 3, answer), PASS_RELATED);
	close_world(&w);
}

TEST(an_endpoint_reports_errors_only_about_what_was_sent_to_it)
{
	struct packet_spec got = tcp(DB, 5000, WEB, 80, 0);
	struct packet_spec reply = udp(OFFICE, 53, WEB, 4000);
	struct world w;

	open_world(&w, IN_CELLS, EG_CELLS);
	assert_reason(run_error(&w, IR_EGRESS, WEB, DB, 3, got), DROP_POLICY);
	assert_packet(&w, IR_INGRESS, got, PASS_POLICY);
	assert_reason(run_error(&w, IR_EGRESS, WEB, DB, 3, got), PASS_RELATED);
	assert_reason(run_error(&w, IR_EGRESS, WEB, OFFICE, 3, got), DROP_POLICY);
	assert_packet(&w, IR_EGRESS, udp(WEB, 4000, OFFICE, 53), PASS_POLICY);
	assert_packet(&w, IR_INGRESS, reply, PASS_REPLY);
	assert_reason(run_error(&w, IR_EGRESS, WEB, OFFICE, 3, reply), PASS_RELATED);
	assert_reason(run_error(&w, IR_EGRESS, WEB, OFFICE, 3, udp(OFFICE, 53, DB, 4000)),
		      DROP_POLICY);
	close_world(&w);
}

TEST(packet_too_big_passes_over_ipv6)
{
	struct packet_spec sent = tcp(WEB6, 4000, PEER6, 8080, PACKET_ACK | PACKET_PSH);
	struct world w;

	open_world(&w, IN_CELLS, EG_CELLS);
	assert_reason(run_error(&w, IR_INGRESS, WORLD6, WEB6, 2, sent), DROP_POLICY);
	assert_packet(&w, IR_EGRESS, sent, PASS_POLICY);
	for (uint8_t type = 1; type <= 4; type++)
		assert_reason(run_error(&w, IR_INGRESS, WORLD6, WEB6, type, sent), PASS_RELATED);
	assert_reason(run_error(&w, IR_INGRESS, WORLD6, WEB6, 2,
				tcp(WEB6, 4001, PEER6, 8080, PACKET_ACK)),
		      DROP_POLICY);
	close_world(&w);
}

TEST(errors_reach_a_server_whose_egress_is_open)
{
	struct packet_spec answer = tcp(WEB, 80, DB, 5000, PACKET_ACK);
	struct world w;

	open_world(&w, IN_CELLS, ALL);
	assert_packet(&w, IR_INGRESS, tcp(DB, 5000, WEB, 80, 0), PASS_POLICY);
	assert_packet(&w, IR_EGRESS, answer, PASS_POLICY);
	assert_reason(run_error(&w, IR_INGRESS, ROUTER, WEB, 3, answer), PASS_RELATED);
	close_world(&w);
}

/* --- fragments ------------------------------------------------------------------------ */

static struct packet_spec fragment(struct packet_spec spec, uint32_t id, uint16_t offset, bool more)
{
	spec.fragment = true;
	spec.frag_id = id;
	spec.frag_offset = offset;
	spec.more = more;
	spec.payload = 64;
	return spec;
}

TEST(later_fragments_follow_the_first_one)
{
	struct packet_spec good4 = tcp(DB, 5000, WEB, 80, 0), bad4 = tcp(DB, 5000, WEB, 81, 0);
	struct packet_spec good6 = tcp(PEER6, 5000, WEB6, 80, 0);
	struct world w;

	open_world(&w, IN_CELLS, EG_CELLS);
	assert_packet(&w, IR_INGRESS, fragment(good4, 1, 11, false), DROP_FRAGMENT);
	assert_packet(&w, IR_INGRESS, fragment(good4, 1, 0, true), PASS_POLICY);
	assert_packet(&w, IR_INGRESS, fragment(good4, 1, 11, true), PASS_POLICY);
	assert_packet(&w, IR_INGRESS, fragment(good4, 1, 22, false), PASS_POLICY);
	assert_packet(&w, IR_INGRESS, fragment(good4, 2, 11, false), DROP_FRAGMENT);
	assert_packet(&w, IR_INGRESS, fragment(bad4, 3, 0, true), DROP_POLICY);
	assert_packet(&w, IR_INGRESS, fragment(bad4, 3, 11, false), DROP_POLICY);
	assert_packet(&w, IR_INGRESS, fragment(good6, 1, 11, false), DROP_FRAGMENT);
	assert_packet(&w, IR_INGRESS, fragment(good6, 1, 0, true), PASS_POLICY);
	assert_packet(&w, IR_INGRESS, fragment(good6, 1, 11, false), PASS_POLICY);
	close_world(&w);
}

TEST(fragments_of_a_reply_pass_with_the_reply)
{
	struct packet_spec reply = udp(OFFICE, 53, WEB, 4000);
	struct world w;

	open_world(&w, IN_CELLS, EG_CELLS);
	assert_packet(&w, IR_EGRESS, udp(WEB, 4000, OFFICE, 53), PASS_POLICY);
	assert_packet(&w, IR_INGRESS, fragment(reply, 9, 0, true), PASS_REPLY);
	assert_packet(&w, IR_INGRESS, fragment(reply, 9, 9, false), PASS_REPLY);
	change_policy(&w, IN_CELLS, NONE_CELLS);
	assert_packet(&w, IR_INGRESS, fragment(reply, 9, 18, false), DROP_POLICY);
	close_world(&w);
}

TEST(a_fragment_cannot_hide_or_rewrite_the_ports)
{
	struct packet_spec good = tcp(DB, 5000, WEB, 80, 0), tiny;
	struct packet p;
	struct world w;

	open_world(&w, IN_CELLS, EG_CELLS);
	assert_packet(&w, IR_INGRESS, fragment(good, 1, 0, true), PASS_POLICY);
	assert_packet(&w, IR_INGRESS, fragment(good, 1, 1, false), DROP_TINY_FRAGMENT);
	/* A first fragment of 8 bytes: no flags to judge. */
	tiny = fragment(good, 2, 0, true);
	packet_build(&p, &tiny);
	p.data[p.ip + 2] = 0;
	p.data[p.ip + 3] = 28;
	packet_cut(&p, p.ip + 28);
	assert_reason(dp_run(&w.dp, IR_INGRESS, &p), DROP_TINY_FRAGMENT);
	close_world(&w);
}

TEST(an_atomic_fragment_is_a_whole_packet)
{
	struct packet_spec spec = tcp(PEER6, 5000, WEB6, 80, 0);
	struct world w;

	open_world(&w, IN_CELLS, EG_CELLS);
	spec.fragment = true;
	spec.frag_id = 77;
	assert_packet(&w, IR_INGRESS, spec, PASS_POLICY);
	assert_packet(&w, IR_INGRESS, fragment(spec, 77, 8, false), DROP_FRAGMENT);
	close_world(&w);
}

/* --- the link ------------------------------------------------------------------------- */

TEST(arp_passes_and_other_ethertypes_do_not)
{
	struct packet p;
	struct world w;

	open_world(&w, NONE_CELLS, NONE_CELLS);
	packet_build_raw(&p, ETH_P_ARP, 46);
	assert_reason(dp_run(&w.dp, IR_INGRESS, &p), PASS_LINK);
	assert_reason(dp_run(&w.dp, IR_EGRESS, &p), PASS_LINK);
	packet_build_raw(&p, ETH_P_PPP_DISC, 46);
	assert_reason(dp_run(&w.dp, IR_INGRESS, &p), DROP_ETHERTYPE);
	packet_build_raw(&p, 46, 46); /* a length: 802.3 */
	assert_reason(dp_run(&w.dp, IR_EGRESS, &p), DROP_ETHERTYPE);
	close_world(&w);
}

TEST(neighbour_discovery_passes_only_from_the_link)
{
	struct world w;

	open_world(&w, NONE_CELLS, NONE_CELLS);
	for (uint8_t type = 133; type <= 136; type++) {
		struct packet_spec msg = icmp(LINK6, WEB6, type, 0, 0);

		msg.payload = 16;
		msg.hops = 255;
		assert_packet(&w, IR_INGRESS, msg, PASS_LINK);
		assert_packet(&w, IR_EGRESS, msg, PASS_LINK);
		msg.hops = 254;
		assert_packet(&w, IR_INGRESS, msg, DROP_POLICY);
		msg.hops = 255;
		msg.code = 1;
		assert_packet(&w, IR_INGRESS, msg, DROP_POLICY);
		msg.code = 0;
		msg.fragment = true;
		assert_packet(&w, IR_INGRESS, msg, DROP_POLICY);
	}
	assert_packet(&w, IR_INGRESS, icmp(LINK6, WEB6, 137, 0, 0), DROP_POLICY);
	close_world(&w);
}

TEST(multicast_listener_discovery_passes_only_from_the_link)
{
	struct packet_spec mld = icmp(LINK6, "ff02::16", 143, 0, 0);
	struct world w;

	open_world(&w, NONE_CELLS, NONE_CELLS);
	mld.payload = 16;
	mld.hops = 1;
	mld.exts[mld.n_exts++] = IPPROTO_HOPOPTS;
	assert_packet(&w, IR_EGRESS, mld, PASS_LINK);
	mld.src = addr("::");
	assert_packet(&w, IR_EGRESS, mld, PASS_LINK);
	mld.src = addr(WEB6);
	assert_packet(&w, IR_EGRESS, mld, DROP_POLICY);
	mld.src = addr(LINK6);
	mld.hops = 64;
	assert_packet(&w, IR_EGRESS, mld, DROP_SOURCE);
	close_world(&w);
}

TEST(an_endpoint_sends_only_from_its_own_addresses)
{
	struct world w;

	open_world(&w, ALL, ALL);
	assert_packet(&w, IR_EGRESS, tcp(WEB, 1, OFFICE, 8080, 0), PASS_POLICY);
	assert_packet(&w, IR_EGRESS, tcp(WEB6, 1, PEER6, 8080, 0), PASS_POLICY);
	assert_packet(&w, IR_EGRESS, tcp(DB, 1, OFFICE, 8080, 0), DROP_SOURCE);
	assert_packet(&w, IR_EGRESS, tcp(PEER6, 1, WORLD6, 8080, 0), DROP_SOURCE);
	assert_packet(&w, IR_EGRESS, tcp(LINK6, 1, PEER6, 8080, 0), DROP_SOURCE);
	assert_packet(&w, IR_EGRESS, udp("0.0.0.0", 68, "255.255.255.255", 67), DROP_SOURCE);
	/* What comes in is no business of this check. */
	assert_packet(&w, IR_INGRESS, tcp(DB, 1, WEB, 8080, 0), PASS_POLICY);
	close_world(&w);
}

TEST(a_source_check_that_is_off_checks_nothing)
{
	struct world w;

	open_world(&w, ALL, ALL);
	dp_close(&w.dp);
	dp_open(&w.dp, &w.f.cls, w.web, false);
	assert_packet(&w, IR_EGRESS, tcp(DB, 1, OFFICE, 8080, 0), PASS_POLICY);
	assert_packet(&w, IR_EGRESS, tcp(LINK6, 1, PEER6, 8080, 0), PASS_POLICY);
	close_world(&w);
}

/* --- an endpoint to itself ------------------------------------------------------------ */

enum { LOOPBACK = 1, UPLINK = 7 }; /* a test run is on the first */

TEST(what_an_endpoint_sends_to_itself_always_passes)
{
	struct packet_spec later = udp(WEB, 4000, WEB, 81);
	struct world w;

	open_world(&w, IN_CELLS, EG_CELLS);
	change_policy(&w, NONE_CELLS, NONE_CELLS);
	later.fragment = true;
	later.frag_offset = 20;
	w.dp.skb.ingress_ifindex = w.dp.skb.ifindex = LOOPBACK;
	for (enum ir_dir d = 0; d < IR_N_DIRS; d++) {
		assert_packet(&w, d, tcp(WEB, 4000, WEB, 81, 0), PASS_SELF);
		assert_packet(&w, d, tcp(WEB6, 4000, WEB6, 81, 0), PASS_SELF);
		assert_packet(&w, d, later, PASS_SELF);
	}
	close_world(&w);
}

TEST(what_may_send_nothing_at_all_still_reaches_itself)
{
	struct world w;

	open_world(&w, NONE_CELLS, NONE_CELLS);
	w.dp.skb.ingress_ifindex = w.dp.skb.ifindex = LOOPBACK;
	assert_packet(&w, IR_EGRESS, tcp(WEB, 4000, WEB, 81, 0), PASS_SELF);
	assert_packet(&w, IR_EGRESS, tcp(WEB, 4000, OFFICE, 8080, 0), DROP_POLICY);
	assert_packet(&w, IR_INGRESS, tcp(WEB, 4000, WEB, 81, 0), PASS_SELF);
	assert_packet(&w, IR_INGRESS, tcp(WEB6, 4000, WEB6, 81, 0), PASS_SELF);
	w.dp.skb.ingress_ifindex = UPLINK;
	assert_packet(&w, IR_INGRESS, tcp(WEB, 4000, WEB, 81, 0), DROP_POLICY);
	assert_packet(&w, IR_INGRESS, tcp(WEB6, 4000, WEB6, 81, 0), DROP_POLICY);
	close_world(&w);
}

TEST(a_packet_from_elsewhere_that_claims_to_be_from_its_receiver_is_judged)
{
	struct world w;

	open_world(&w, IN_CELLS, EG_CELLS);
	w.dp.skb.ifindex = LOOPBACK;
	w.dp.skb.ingress_ifindex = UPLINK;
	assert_packet(&w, IR_INGRESS, tcp(WEB, 4000, WEB, 80, 0), DROP_POLICY);
	assert_packet(&w, IR_INGRESS, tcp(WEB6, 4000, WEB6, 80, 0), DROP_POLICY);
	/* The node sends: there is no device that it came from. */
	w.dp.skb.ingress_ifindex = 0;
	assert_packet(&w, IR_INGRESS, tcp(WEB, 4000, WEB, 80, 0), DROP_POLICY);
	assert_packet(&w, IR_INGRESS, tcp(WEB6, 4000, WEB6, 80, 0), DROP_POLICY);
	close_world(&w);
}

TEST(nobody_sends_to_another_in_its_own_name)
{
	struct world w;

	open_world(&w, ALL, ALL);
	for (int check = 1; check >= 0; check--) {
		dp_close(&w.dp);
		dp_open(&w.dp, &w.f.cls, w.web, check);
		assert_packet(&w, IR_EGRESS, tcp(DB, 4000, DB, 80, 0), DROP_SOURCE);
		assert_packet(&w, IR_EGRESS, tcp(PEER6, 4000, PEER6, 80, 0), DROP_SOURCE);
		assert_packet(&w, IR_EGRESS, tcp(LINK6, 4000, LINK6, 80, 0), DROP_SOURCE);
		assert_packet(&w, IR_EGRESS, tcp(WEB, 4000, WEB, 80, 0), PASS_SELF);
		assert_packet(&w, IR_EGRESS, tcp(WEB6, 4000, WEB6, 80, 0), PASS_SELF);
	}
	close_world(&w);
}

TEST(what_comes_back_from_another_address_is_judged)
{
	struct world w;

	open_world(&w, IN_CELLS, EG_CELLS);
	w.dp.skb.ingress_ifindex = w.dp.skb.ifindex = LOOPBACK;
	assert_packet(&w, IR_INGRESS, tcp(OFFICE, 4000, WEB, 80, 0), DROP_POLICY);
	assert_packet(&w, IR_INGRESS, tcp(DB, 4000, WEB, 80, 0), PASS_POLICY);
	close_world(&w);
}

/* --- headers -------------------------------------------------------------------------- */

TEST(vlan_tags_options_and_extension_headers_hide_nothing)
{
	struct packet_spec good4 = tcp(DB, 5000, WEB, 80, 0), bad4 = tcp(DB, 5000, WEB, 81, 0);
	struct packet_spec good6 = tcp(PEER6, 5000, WEB6, 80, 0);
	static const uint8_t chain[] = {IPPROTO_HOPOPTS, IPPROTO_DSTOPTS, IPPROTO_ROUTING,
					IPPROTO_AH};
	struct world w;

	open_world(&w, IN_CELLS, EG_CELLS);
	for (unsigned vlans = 0; vlans <= 2; vlans++) {
		good4.vlans = bad4.vlans = good6.vlans = vlans;
		assert_packet(&w, IR_INGRESS, good4, PASS_POLICY);
		assert_packet(&w, IR_INGRESS, bad4, DROP_POLICY);
		assert_packet(&w, IR_INGRESS, good6, PASS_POLICY);
	}
	for (unsigned n = 0; n <= 40; n += 4) {
		good4.ip_options = bad4.ip_options = n;
		assert_packet(&w, IR_INGRESS, good4, PASS_POLICY);
		assert_packet(&w, IR_INGRESS, bad4, DROP_POLICY);
	}
	memcpy(good6.exts, chain, sizeof(chain));
	good6.n_exts = sizeof(chain);
	assert_packet(&w, IR_INGRESS, good6, PASS_POLICY);
	good6.dport = 81;
	assert_packet(&w, IR_INGRESS, good6, DROP_POLICY);
	close_world(&w);
}

TEST(a_header_chain_may_not_be_too_long_or_route_past_the_endpoint)
{
	struct packet_spec spec = tcp(PEER6, 5000, WEB6, 80, 0);
	struct world w;

	open_world(&w, IN_CELLS, EG_CELLS);
	for (unsigned n = 0; n < PACKET_MAX_EXTS; n++)
		spec.exts[n] = IPPROTO_DSTOPTS;
	spec.n_exts = 7;
	assert_packet(&w, IR_INGRESS, spec, PASS_POLICY);
	spec.n_exts = PACKET_MAX_EXTS;
	assert_packet(&w, IR_INGRESS, spec, DROP_HEADER_CHAIN);
	spec.n_exts = 1;
	spec.exts[0] = IPPROTO_ROUTING;
	spec.segments_left = 1;
	assert_packet(&w, IR_INGRESS, spec, DROP_HEADER_CHAIN);
	close_world(&w);
}

TEST(a_source_route_is_dropped)
{
	static const struct {
		uint8_t bytes[8];
		enum polc_reason reason;
	} cases[] = {
		{{131, 8, 4, 1, 2, 3, 4, 0}, POLC_DROP_HEADER_CHAIN},
		{{1, 137, 7, 4, 1, 2, 3, 4}, POLC_DROP_HEADER_CHAIN},
		{{7, 4, 4, 0, 131, 3, 4, 0}, POLC_DROP_HEADER_CHAIN},
		{{0, 131, 7, 4, 1, 2, 3, 4}, POLC_PASS_POLICY},  /* behind the end */
		{{7, 8, 4, 131, 0, 0, 0, 0}, POLC_PASS_POLICY},  /* inside another option */
		{{7, 0, 4, 0, 0, 0, 0, 0}, POLC_DROP_MALFORMED}, /* no length */
		{{1, 1, 1, 1, 7, 5, 0, 0}, POLC_DROP_MALFORMED}, /* beyond the header */
	};
	struct packet_spec spec = tcp(DB, 5000, WEB, 80, 0);
	struct world w;

	open_world(&w, IN_CELLS, EG_CELLS);
	spec.ip_options = 8;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct packet p;

		packet_build(&p, &spec);
		memcpy(p.data + p.ip + 20, cases[i].bytes, 8);
		assert_string_equal(dp_reason_name(dp_run(&w.dp, IR_INGRESS, &p)),
				    dp_reason_name(cases[i].reason));
	}
	close_world(&w);
}

/* The largest GSO packets (BIG TCP) say 0 where their length has no room. */
TEST(a_length_of_zero_is_believed_only_of_a_packet_to_be_segmented)
{
	struct packet_spec specs[] = {tcp(DB, 5000, WEB, 80, 0), tcp(PEER6, 5000, WEB6, 80, 0)};
	struct world w;

	open_world(&w, IN_CELLS, EG_CELLS);
	for (size_t i = 0; i < 2; i++) {
		for (uint16_t port = 80; port <= 81; port++) {
			struct packet p;

			specs[i].payload = 3000;
			specs[i].dport = port;
			packet_build(&p, &specs[i]);
			memset(p.data + p.ip + (i ? 4 : 2), 0, 2);
			w.dp.skb.gso_size = 1400;
			assert_string_equal(dp_reason_name(dp_run(&w.dp, IR_INGRESS, &p)),
					    port == 80 ? "policy" : "policy-denied");
			w.dp.skb.gso_size = 0;
			assert_string_equal(dp_reason_name(dp_run(&w.dp, IR_INGRESS, &p)),
					    i ? "truncated" : "malformed");
		}
	}
	close_world(&w);
}

TEST(no_packet_that_ends_too_early_passes)
{
	struct packet_spec specs[] = {tcp(DB, 5000, WEB, 80, 0), tcp(PEER6, 5000, WEB6, 80, 0)};
	struct world w;

	open_world(&w, IN_CELLS, EG_CELLS);
	for (size_t i = 0; i < 2; i++) {
		struct packet p;

		packet_build(&p, &specs[i]);
		/* The kernel refuses a test run on less than a whole IP header. */
		for (size_t len = p.len - 1; len >= p.l4; len--) {
			enum polc_reason r;

			packet_cut(&p, len);
			r = dp_run(&w.dp, IR_INGRESS, &p);
			if (r != POLC_DROP_MALFORMED)
				assert_reason(r, DROP_TRUNCATED);
		}
	}
	close_world(&w);
}

TEST(no_packet_that_contradicts_itself_passes)
{
	struct packet_spec specs[] = {tcp(DB, 5000, WEB, 80, 0), tcp(PEER6, 5000, WEB6, 80, 0)};
	struct world w;

	open_world(&w, IN_CELLS, EG_CELLS);
	for (size_t i = 0; i < 2; i++) {
		for (enum packet_harm harm = 0; harm < PACKET_N_HARMS; harm++) {
			enum polc_reason r;
			struct packet p;

			packet_build(&p, &specs[i]);
			if (!packet_do_harm(&p, harm))
				continue;
			r = dp_run(&w.dp, IR_INGRESS, &p);
			if (r != POLC_DROP_TRUNCATED && r != POLC_DROP_MALFORMED)
				fail_msg("%s: %s", packet_harm_name(harm), dp_reason_name(r));
		}
	}
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_shape_loads_in_the_kernel),
		cmocka_unit_test(a_program_stays_far_below_the_reach_of_a_jump),
		cmocka_unit_test(policy_decides_by_peer_protocol_and_port),
		cmocka_unit_test(a_class_without_a_row_is_an_internal_fault_and_drops),
		cmocka_unit_test(a_reply_passes_only_to_a_flow_that_the_endpoint_opened),
		cmocka_unit_test(a_flow_is_forgotten_when_its_time_is_over),
		cmocka_unit_test(a_new_connection_may_reuse_the_ports_of_a_closed_one),
		cmocka_unit_test(tcp_in_midstream_is_recorded_when_it_asks_for_an_answer),
		cmocka_unit_test(a_revoked_flow_stops_at_its_next_packet_in_both_directions),
		cmocka_unit_test(the_answers_of_an_open_egress_do_not_keep_a_revoked_flow_alive),
		cmocka_unit_test(an_echo_reply_passes_but_an_echo_request_is_no_reply),
		cmocka_unit_test(an_icmp_error_passes_with_the_flow_that_it_is_about),
		cmocka_unit_test(an_endpoint_reports_errors_only_about_what_was_sent_to_it),
		cmocka_unit_test(packet_too_big_passes_over_ipv6),
		cmocka_unit_test(errors_reach_a_server_whose_egress_is_open),
		cmocka_unit_test(later_fragments_follow_the_first_one),
		cmocka_unit_test(fragments_of_a_reply_pass_with_the_reply),
		cmocka_unit_test(a_fragment_cannot_hide_or_rewrite_the_ports),
		cmocka_unit_test(an_atomic_fragment_is_a_whole_packet),
		cmocka_unit_test(arp_passes_and_other_ethertypes_do_not),
		cmocka_unit_test(neighbour_discovery_passes_only_from_the_link),
		cmocka_unit_test(multicast_listener_discovery_passes_only_from_the_link),
		cmocka_unit_test(an_endpoint_sends_only_from_its_own_addresses),
		cmocka_unit_test(a_source_check_that_is_off_checks_nothing),
		cmocka_unit_test(what_an_endpoint_sends_to_itself_always_passes),
		cmocka_unit_test(what_may_send_nothing_at_all_still_reaches_itself),
		cmocka_unit_test(
			a_packet_from_elsewhere_that_claims_to_be_from_its_receiver_is_judged),
		cmocka_unit_test(nobody_sends_to_another_in_its_own_name),
		cmocka_unit_test(what_comes_back_from_another_address_is_judged),
		cmocka_unit_test(vlan_tags_options_and_extension_headers_hide_nothing),
		cmocka_unit_test(a_header_chain_may_not_be_too_long_or_route_past_the_endpoint),
		cmocka_unit_test(a_source_route_is_dropped),
		cmocka_unit_test(a_length_of_zero_is_believed_only_of_a_packet_to_be_segmented),
		cmocka_unit_test(no_packet_that_ends_too_early_passes),
		cmocka_unit_test(no_packet_that_contradicts_itself_passes),
	};

	if (geteuid() != 0)
		return tap_skip_all("loading programs into the kernel needs root");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
