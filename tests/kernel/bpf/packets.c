/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the datapath does with particular packets, and the reason that it counts. One policy
 * set for all: `server` opens nothing and lets some in, `client` is let in by nothing and
 * may open some.
 */
#include "tests/unit/unit.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "runtime/runtime.h"
#include "tests/lib/enforce.h"
#include "tests/lib/tap.h"

static const char policy[] =
	"endpoint shop/server {\n"
	"  labels { app = server }\n"
	"  address 10.0.0.1\n"
	"  address fd00::1\n"
	"}\n"
	"endpoint shop/client {\n"
	"  labels { app = client }\n"
	"  address 10.0.0.2\n"
	"  address fd00::2\n"
	"}\n"
	"endpoint shop/free {\n"
	"  labels { app = free }\n"
	"  address 10.0.0.3\n"
	"}\n"
	"endpoint shop/peer {\n"
	"  labels { app = peer }\n"
	"  address 10.0.0.4\n"
	"  address fd00::4\n"
	"}\n"
	"policy for-peer for { app = peer } {\n"
	"  ingress {\n"
	"  }\n"
	"  egress {\n"
	"    allow to { app = client } on udp/51820\n"
	"  }\n"
	"}\n"
	"policy for-server for { app = server } {\n"
	"  ingress {\n"
	"    allow from { app = client } on tcp/80, udp/53, sctp/9, icmp/8, icmp6/128\n"
	"  }\n"
	"  egress {\n"
	"  }\n"
	"}\n"
	"policy for-client for { app = client } {\n"
	"  ingress {\n"
	"  }\n"
	"  egress {\n"
	"    allow to { app = server }, { app = peer }\n"
	"    allow to cidr 203.0.113.0/24 on tcp/443, udp/53, icmp/8\n"
	"    allow to cidr 2001:db8::/32 on tcp/443, udp/53, icmp6/128\n"
	"  }\n"
	"}\n";

static struct enforce_env env;
static struct enforced set;

/* --- sending ---------------------------------------------------------------------------- */

static struct net_addr addr(const char *text)
{
	struct net_addr a;

	assert_int_equal(net_addr_parse(text, &a), 0);
	return a;
}

static struct packet_spec spec(uint8_t proto, const char *src, const char *dst)
{
	return (struct packet_spec){.src = addr(src),
				    .dst = addr(dst),
				    .proto = proto,
				    .sport = 40000,
				    .dport = 80,
				    .payload = 16};
}

/* The usual packet: the client opens a connection to the server. */
static struct packet_spec spec4(uint8_t proto)
{
	return spec(proto, "10.0.0.2", "10.0.0.1");
}

static struct packet_spec spec6(uint8_t proto)
{
	return spec(proto, "fd00::2", "fd00::1");
}

static void expect_bytes(const char *endpoint, enum ir_dir dir, const struct packet *p,
			 enum polc_reason want)
{
	struct enforce_result got = {.reason = -1};

	assert_int_equal(enforced_run(&set, &env, ir_find_endpoint(set.ir, endpoint), dir, p, &got),
			 0);
	if (got.reason < 0)
		fail_msg("not exactly one reason was counted");
	assert_string_equal(rt_reason_name(got.reason), rt_reason_name(want));
	assert_int_equal(got.passed, want < POLC_FIRST_DROP);
}

static void expect(const char *endpoint, enum ir_dir dir, const struct packet_spec *s,
		   enum polc_reason want)
{
	struct packet p;

	packet_build(&p, s);
	expect_bytes(endpoint, dir, &p, want);
}

static void to_server(const struct packet_spec *s, enum polc_reason want)
{
	expect("shop/server", IR_INGRESS, s, want);
}

static void from_server(const struct packet_spec *s, enum polc_reason want)
{
	expect("shop/server", IR_EGRESS, s, want);
}

static void to_client(const struct packet_spec *s, enum polc_reason want)
{
	expect("shop/client", IR_INGRESS, s, want);
}

static void from_client(const struct packet_spec *s, enum polc_reason want)
{
	expect("shop/client", IR_EGRESS, s, want);
}

/* The packet that answers this one. */
static struct packet_spec reply_to(const struct packet_spec *s)
{
	struct packet_spec r = *s;

	r.src = s->dst;
	r.dst = s->src;
	r.sport = s->dport;
	r.dport = s->sport;
	r.tcp_flags = PACKET_SYN | PACKET_ACK;
	if (s->proto == IPPROTO_ICMP)
		r.type = 0;
	if (s->proto == IPPROTO_ICMPV6)
		r.type = 129;
	return r;
}

/* An ICMP error of `from` to the sender of `about`. */
static struct packet_spec error_about(const struct packet *about, const struct packet_spec *sent,
				      const char *from)
{
	bool v6 = sent->src.family == NET_V6;

	return (struct packet_spec){.src = addr(from),
				    .dst = sent->src,
				    .proto = v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP,
				    .type = v6 ? 1 : 3,
				    .code = 1,
				    .quote = about,
				    .payload = v6 ? 48 : 28};
}

/* --- protocols -------------------------------------------------------------------------- */

TEST(tcp_udp_and_sctp_are_judged_by_their_ports)
{
	static const struct {
		uint8_t proto;
		uint16_t port;
		enum polc_reason want;
	} cases[] = {{IPPROTO_TCP, 80, POLC_PASS_POLICY}, {IPPROTO_TCP, 81, POLC_DROP_POLICY},
		     {IPPROTO_UDP, 53, POLC_PASS_POLICY}, {IPPROTO_UDP, 80, POLC_DROP_POLICY},
		     {IPPROTO_SCTP, 9, POLC_PASS_POLICY}, {IPPROTO_SCTP, 80, POLC_DROP_POLICY},
		     {IPPROTO_TCP, 53, POLC_DROP_POLICY}, {IPPROTO_UDP, 9, POLC_DROP_POLICY}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct packet_spec s4 = spec4(cases[i].proto), s6 = spec6(cases[i].proto);

		s4.dport = s6.dport = cases[i].port;
		to_server(&s4, cases[i].want);
		to_server(&s6, cases[i].want);
	}
}

TEST(icmp_is_judged_by_its_type)
{
	struct packet_spec s4 = spec4(IPPROTO_ICMP), s6 = spec6(IPPROTO_ICMPV6);

	s4.type = 8;
	s6.type = 128;
	to_server(&s4, POLC_PASS_POLICY);
	to_server(&s6, POLC_PASS_POLICY);
	s4.type = 13;  /* timestamp */
	s6.type = 139; /* node information query */
	to_server(&s4, POLC_DROP_POLICY);
	to_server(&s6, POLC_DROP_POLICY);
}

TEST(other_ip_protocols_pass_only_where_every_protocol_may)
{
	static const uint8_t protos[] = {IPPROTO_GRE, IPPROTO_ESP, IPPROTO_UDPLITE, 253};

	for (size_t i = 0; i < sizeof(protos); i++) {
		struct packet_spec s4 = spec4(protos[i]), s6 = spec6(protos[i]);

		to_server(&s4, POLC_DROP_POLICY);
		to_server(&s6, POLC_DROP_POLICY);
		from_client(&s4, POLC_PASS_POLICY);
		from_client(&s6, POLC_PASS_POLICY);
	}
}

TEST(vlan_tags_are_looked_through)
{
	for (unsigned tags = 1; tags <= 2; tags++) {
		struct packet_spec s4 = spec4(IPPROTO_TCP), s6 = spec6(IPPROTO_TCP);

		s4.vlans = s6.vlans = tags;
		to_server(&s4, POLC_PASS_POLICY);
		to_server(&s6, POLC_PASS_POLICY);
		s4.dport = s6.dport = 81;
		to_server(&s4, POLC_DROP_POLICY);
		to_server(&s6, POLC_DROP_POLICY);
	}
}

TEST(jumbo_packets_are_judged_like_small_ones)
{
	struct packet_spec s = spec4(IPPROTO_UDP);

	s.payload = 3000; /* what fits into the page that BPF_PROG_TEST_RUN has */
	to_server(&s, POLC_DROP_POLICY);
	s.dport = 53;
	to_server(&s, POLC_PASS_POLICY);
}

/* --- the link --------------------------------------------------------------------------- */

TEST(arp_passes_and_unknown_ethertypes_do_not)
{
	struct packet p;

	packet_build_raw(&p, ETH_P_ARP, 28);
	expect_bytes("shop/server", IR_INGRESS, &p, POLC_PASS_LINK);
	expect_bytes("shop/server", IR_EGRESS, &p, POLC_PASS_LINK);
	packet_build_raw(&p, ETH_P_MPLS_UC, 40);
	expect_bytes("shop/server", IR_INGRESS, &p, POLC_DROP_ETHERTYPE);
	expect_bytes("shop/server", IR_EGRESS, &p, POLC_DROP_ETHERTYPE);
}

TEST(neighbour_discovery_passes_only_with_hop_limit_255)
{
	for (uint8_t type = 133; type <= 136; type++) {
		struct packet_spec s = spec(IPPROTO_ICMPV6, "fe80::1", "fd00::1");

		s.type = type;
		s.hops = 255;
		to_server(&s, POLC_PASS_LINK);
		s.hops = 254;
		to_server(&s, POLC_DROP_POLICY);
	}
}

TEST(fragmented_neighbour_discovery_does_not_pass)
{
	struct packet_spec s = spec(IPPROTO_ICMPV6, "fe80::1", "fd00::1");

	s.type = 135;
	s.hops = 255;
	s.fragment = true;
	to_server(&s, POLC_DROP_POLICY);
}

TEST(multicast_listener_discovery_passes_only_link_local_with_hop_limit_1)
{
	static const uint8_t types[] = {130, 131, 132, 143};

	for (size_t i = 0; i < sizeof(types); i++) {
		struct packet_spec s = spec(IPPROTO_ICMPV6, "fe80::2", "ff02::16");

		s.type = types[i];
		s.hops = 1;
		s.exts[s.n_exts++] = IPPROTO_HOPOPTS;
		expect("shop/server", IR_EGRESS, &s, POLC_PASS_LINK);
		to_server(&s, POLC_PASS_LINK);
		s.hops = 2;
		to_server(&s, POLC_DROP_POLICY);
		s.hops = 1;
		s.src = addr("2001:db8::5");
		to_server(&s, POLC_DROP_POLICY);
	}
}

TEST(an_endpoint_sends_only_from_its_own_addresses)
{
	struct packet_spec s4 = spec(IPPROTO_TCP, "10.0.0.9", "10.0.0.1"),
			   s6 = spec(IPPROTO_TCP, "fd00::9", "fd00::1"),
			   local = spec(IPPROTO_UDP, "fe80::2", "fd00::1");

	from_client(&s4, POLC_DROP_SOURCE);
	from_client(&s6, POLC_DROP_SOURCE);
	from_client(&local, POLC_DROP_SOURCE);
	s4.src = addr("10.0.0.1"); /* another endpoint's */
	from_client(&s4, POLC_DROP_SOURCE);
	expect("shop/free", IR_EGRESS, &s4, POLC_DROP_SOURCE);
}

/* --- malformed and truncated ------------------------------------------------------------ */

TEST(a_packet_cut_anywhere_is_dropped_and_counted)
{
	struct packet_spec specs[] = {spec4(IPPROTO_TCP), spec6(IPPROTO_TCP)};

	specs[1].exts[specs[1].n_exts++] = IPPROTO_DSTOPTS;
	for (size_t i = 0; i < 2; i++) {
		struct packet whole;
		size_t ip_header = i ? 40 : 20;

		/* Tagged, as BPF_PROG_TEST_RUN refuses frames that end inside an IP header
		 * directly behind the Ethernet header. */
		specs[i].vlans = 1;
		packet_build(&whole, &specs[i]);
		for (size_t n = ETH_HLEN; n < whole.len; n++) {
			struct packet p = whole;

			packet_cut(&p, n);
			expect_bytes("shop/server", IR_INGRESS, &p,
				     n < whole.ip + ip_header ? POLC_DROP_TRUNCATED
							      : POLC_DROP_MALFORMED);
		}
	}
}

TEST(a_packet_without_its_transport_header_is_truncated)
{
	static const uint8_t protos[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP, IPPROTO_ICMP,
					 IPPROTO_ICMPV6};

	for (size_t i = 0; i < sizeof(protos); i++) {
		struct packet_spec s4 = spec4(protos[i]), s6 = spec6(protos[i]);
		struct packet p;

		packet_build(&p, &s4);
		assert_true(packet_do_harm(&p, PACKET_HARM_LENGTH_SHORT));
		expect_bytes("shop/server", IR_INGRESS, &p, POLC_DROP_TRUNCATED);
		packet_build(&p, &s6);
		assert_true(packet_do_harm(&p, PACKET_HARM_LENGTH_SHORT));
		expect_bytes("shop/server", IR_INGRESS, &p, POLC_DROP_TRUNCATED);
	}
}

TEST(a_packet_that_contradicts_itself_is_malformed)
{
	static const enum packet_harm harms[] = {PACKET_HARM_VERSION, PACKET_HARM_HEADER_SHORT,
						 PACKET_HARM_HEADER_LONG, PACKET_HARM_LENGTH_LONG,
						 PACKET_HARM_TCP_HEADER_SHORT};

	for (size_t i = 0; i < sizeof(harms) / sizeof(*harms); i++) {
		struct packet_spec specs[] = {spec4(IPPROTO_TCP), spec6(IPPROTO_TCP)};

		for (size_t f = 0; f < 2; f++) {
			struct packet p;

			specs[f].payload = 0;
			packet_build(&p, &specs[f]);
			if (packet_do_harm(&p, harms[i]))
				expect_bytes("shop/server", IR_INGRESS, &p, POLC_DROP_MALFORMED);
		}
	}
}

TEST(padding_behind_the_ip_packet_is_no_part_of_it)
{
	struct packet_spec s = spec4(IPPROTO_TCP);
	struct packet p;

	packet_build(&p, &s);
	p.len += 10;
	expect_bytes("shop/server", IR_INGRESS, &p, POLC_PASS_POLICY);
	/* A transport header that stands in the padding is none. */
	assert_true(packet_do_harm(&p, PACKET_HARM_LENGTH_SHORT));
	expect_bytes("shop/server", IR_INGRESS, &p, POLC_DROP_TRUNCATED);
}

TEST(a_long_extension_chain_and_a_routing_header_that_goes_on_are_dropped)
{
	struct packet_spec s = spec6(IPPROTO_TCP);

	while (s.n_exts < 7)
		s.exts[s.n_exts++] = IPPROTO_DSTOPTS;
	to_server(&s, POLC_PASS_POLICY);
	while (s.n_exts < PACKET_MAX_EXTS)
		s.exts[s.n_exts++] = IPPROTO_DSTOPTS;
	to_server(&s, POLC_DROP_HEADER_CHAIN);
	s.n_exts = 0;
	s.exts[s.n_exts++] = IPPROTO_ROUTING;
	to_server(&s, POLC_PASS_POLICY);
	s.segments_left = 1;
	to_server(&s, POLC_DROP_HEADER_CHAIN);
}

TEST(a_second_fragment_header_is_dropped)
{
	struct packet_spec s = spec6(IPPROTO_TCP);

	s.exts[s.n_exts++] = IPPROTO_FRAGMENT;
	s.exts[s.n_exts++] = IPPROTO_FRAGMENT;
	to_server(&s, POLC_DROP_HEADER_CHAIN);
}

/* --- fragments -------------------------------------------------------------------------- */

/* A first fragment and, with `offset`, a later one of the same packet. */
static struct packet_spec fragment(struct packet_spec s, uint32_t id, uint16_t offset)
{
	s.fragment = true;
	s.more = !offset;
	s.frag_id = id;
	s.frag_offset = offset;
	s.payload = 64;
	return s;
}

TEST(later_fragments_follow_the_first_one)
{
	struct packet_spec bases[] = {spec4(IPPROTO_UDP), spec6(IPPROTO_UDP)};

	for (size_t i = 0; i < 2; i++) {
		struct packet_spec first, later;

		bases[i].dport = 53;
		first = fragment(bases[i], 1, 0);
		later = fragment(bases[i], 1, 9);
		to_server(&first, POLC_PASS_POLICY);
		to_server(&later, POLC_PASS_POLICY);
		bases[i].dport = 54;
		first = fragment(bases[i], 2, 0);
		later = fragment(bases[i], 2, 9);
		to_server(&first, POLC_DROP_POLICY);
		to_server(&later, POLC_DROP_POLICY);
	}
}

TEST(a_later_fragment_that_comes_first_is_dropped)
{
	struct packet_spec s4 = fragment(spec4(IPPROTO_UDP), 77, 9),
			   s6 = fragment(spec6(IPPROTO_UDP), 77, 9);

	to_server(&s4, POLC_DROP_FRAGMENT);
	to_server(&s6, POLC_DROP_FRAGMENT);
}

TEST(fragments_of_another_packet_do_not_follow)
{
	struct packet_spec first = fragment(spec4(IPPROTO_TCP), 5, 0),
			   other = fragment(spec4(IPPROTO_TCP), 6, 11),
			   peer = fragment(spec4(IPPROTO_TCP), 5, 11);

	to_server(&first, POLC_PASS_POLICY);
	to_server(&other, POLC_DROP_FRAGMENT);
	peer.src = addr("10.0.0.3");
	to_server(&peer, POLC_DROP_FRAGMENT);
}

TEST(a_first_fragment_without_a_whole_transport_header_is_dropped)
{
	struct packet_spec specs[] = {fragment(spec4(IPPROTO_TCP), 8, 0),
				      fragment(spec6(IPPROTO_TCP), 8, 0)};

	for (size_t i = 0; i < 2; i++) {
		struct packet p;

		packet_build(&p, &specs[i]);
		assert_true(packet_do_harm(&p, PACKET_HARM_LENGTH_SHORT));
		/* IPv6: the length counts the fragment header, not yet the TCP header. */
		expect_bytes("shop/server", IR_INGRESS, &p, POLC_DROP_TINY_FRAGMENT);
	}
}

TEST(a_fragment_that_would_rewrite_the_tcp_header_is_dropped)
{
	struct packet_spec specs[] = {spec4(IPPROTO_TCP), spec6(IPPROTO_TCP)};

	for (size_t i = 0; i < 2; i++) {
		struct packet_spec first = fragment(specs[i], 9, 0),
				   rewrite = fragment(specs[i], 9, 1);

		to_server(&first, POLC_PASS_POLICY);
		to_server(&rewrite, POLC_DROP_TINY_FRAGMENT);
	}
}

TEST(an_atomic_fragment_is_a_whole_packet)
{
	struct packet_spec s = spec6(IPPROTO_TCP);

	s.fragment = true;
	to_server(&s, POLC_PASS_POLICY);
	s.dport = 81;
	to_server(&s, POLC_DROP_POLICY);
}

/* --- connections ------------------------------------------------------------------------ */

TEST(replies_pass_where_the_policy_has_no_rule_for_them)
{
	static const uint8_t protos4[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP, IPPROTO_ICMP};

	for (size_t i = 0; i < sizeof(protos4); i++) {
		struct packet_spec s4 = spec4(protos4[i]), r4;

		s4.dport = protos4[i] == IPPROTO_UDP ? 53 : protos4[i] == IPPROTO_SCTP ? 9 : 80;
		s4.type = 8;
		s4.id = 7;
		r4 = reply_to(&s4);
		from_server(&r4, POLC_DROP_POLICY);
		from_client(&s4, POLC_PASS_POLICY);
		to_server(&s4, POLC_PASS_POLICY);
		from_server(&r4, POLC_PASS_REPLY);
		to_client(&r4, POLC_PASS_REPLY);
	}
}

TEST(replies_pass_over_ipv6_too)
{
	static const uint8_t protos[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP, IPPROTO_ICMPV6};

	for (size_t i = 0; i < sizeof(protos); i++) {
		struct packet_spec s = spec6(protos[i]), r;

		s.dport = protos[i] == IPPROTO_UDP ? 53 : protos[i] == IPPROTO_SCTP ? 9 : 80;
		s.type = 128;
		s.id = 7;
		r = reply_to(&s);
		from_server(&r, POLC_DROP_POLICY);
		to_server(&s, POLC_PASS_POLICY);
		from_server(&r, POLC_PASS_REPLY);
	}
}

TEST(a_syn_is_never_a_reply)
{
	struct packet_spec s = spec4(IPPROTO_TCP), r = reply_to(&s);

	to_server(&s, POLC_PASS_POLICY);
	r.tcp_flags = PACKET_SYN;
	from_server(&r, POLC_DROP_POLICY);
	r.tcp_flags = PACKET_ACK;
	from_server(&r, POLC_PASS_REPLY);
}

TEST(an_echo_reply_needs_its_request)
{
	struct packet_spec s = spec4(IPPROTO_ICMP), r;

	s.type = 8;
	s.id = 1000;
	to_server(&s, POLC_PASS_POLICY);
	r = reply_to(&s);
	from_server(&r, POLC_PASS_REPLY);
	r.id = 1001;
	from_server(&r, POLC_DROP_POLICY);
	s = reply_to(&s);
	s.type = 8; /* a request back with the same identifier */
	from_server(&s, POLC_DROP_POLICY);
}

TEST(a_denied_attempt_does_not_open_a_way_back)
{
	struct packet_spec s = spec4(IPPROTO_UDP), r;

	s.dport = 5000;
	r = reply_to(&s);
	from_client(&s, POLC_PASS_POLICY); /* the client may; the server lets nobody in */
	to_server(&s, POLC_DROP_POLICY);
	from_server(&r, POLC_DROP_POLICY);
}

/* Two local endpoints share the table of flows, but each end has a record of its own. */
TEST(what_one_end_has_on_record_lets_nothing_past_the_other)
{
	struct packet_spec opened[] = {spec(IPPROTO_UDP, "10.0.0.2", "10.0.0.4"),
				       spec(IPPROTO_UDP, "fd00::2", "fd00::4")};

	for (size_t i = 0; i < 2; i++) {
		struct packet_spec back = reply_to(&opened[i]);

		for (int times = 0; times < 2; times++) {
			from_client(&opened[i], POLC_PASS_POLICY);
			expect("shop/peer", IR_INGRESS, &opened[i], POLC_DROP_POLICY);
			expect("shop/peer", IR_EGRESS, &back, POLC_DROP_POLICY);
		}
		to_client(&back, POLC_PASS_REPLY); /* the client did open it */
		expect("shop/peer", IR_EGRESS, &back, POLC_DROP_POLICY);
	}
}

/* Both sides of a tunnel use one port, so the packets of an attempt look like answers. */
TEST(an_attempt_that_was_not_let_in_does_not_hide_a_flow_the_other_way)
{
	struct packet_spec attempts[] = {spec(IPPROTO_UDP, "10.0.0.2", "10.0.0.4"),
					 spec(IPPROTO_UDP, "fd00::2", "fd00::4")};

	for (size_t i = 0; i < 2; i++) {
		struct packet_spec attempt = attempts[i], own;

		attempt.sport = attempt.dport = 51820;
		own = reply_to(&attempt);
		from_client(&attempt, POLC_PASS_POLICY);
		expect("shop/peer", IR_INGRESS, &attempt, POLC_DROP_POLICY);
		expect("shop/peer", IR_EGRESS, &own, POLC_PASS_POLICY);
		expect("shop/peer", IR_INGRESS, &attempt, POLC_PASS_REPLY);
	}
}

/* --- ICMP errors ------------------------------------------------------------------------ */

TEST(an_error_about_an_allowed_flow_is_related)
{
	struct packet_spec sent[] = {spec(IPPROTO_UDP, "10.0.0.2", "203.0.113.5"),
				     spec(IPPROTO_UDP, "fd00::2", "2001:db8::5")};
	static const char *const routers[] = {"198.51.100.1", "2001:db8:ffff::1"};

	for (size_t i = 0; i < 2; i++) {
		struct packet_spec error;
		struct packet about;

		sent[i].dport = 53;
		packet_build(&about, &sent[i]);
		error = error_about(&about, &sent[i], routers[i]);
		to_client(&error, POLC_DROP_POLICY); /* nothing was sent yet */
		from_client(&sent[i], POLC_PASS_POLICY);
		to_client(&error, POLC_PASS_RELATED);
	}
}

TEST(an_endpoint_may_send_an_error_about_a_flow_that_it_lets_in)
{
	struct packet_spec sent[] = {spec4(IPPROTO_UDP), spec6(IPPROTO_UDP)};
	static const char *const own[] = {"10.0.0.1", "fd00::1"};

	for (size_t i = 0; i < 2; i++) {
		struct packet_spec error;
		struct packet about;

		sent[i].dport = 53;
		packet_build(&about, &sent[i]);
		error = error_about(&about, &sent[i], own[i]);
		to_server(&sent[i], POLC_PASS_POLICY);
		from_server(&error, POLC_PASS_RELATED);
	}
}

TEST(a_forged_error_does_not_pass)
{
	struct packet_spec sent[] = {spec(IPPROTO_TCP, "10.0.0.2", "203.0.113.5"),
				     spec(IPPROTO_TCP, "fd00::2", "2001:db8::5")};
	static const char *const routers[] = {"198.51.100.1", "2001:db8:ffff::1"},
				 *const strangers[] = {"10.0.0.1", "fd00::1"};

	for (size_t i = 0; i < 2; i++) {
		struct packet_spec error, forged = sent[i];
		struct packet about;

		sent[i].dport = forged.dport = 443;
		from_client(&sent[i], POLC_PASS_POLICY);
		/* The right quote, to someone who did not send it. */
		packet_build(&about, &sent[i]);
		error = error_about(&about, &sent[i], routers[i]);
		error.dst = addr(strangers[i]);
		to_server(&error, POLC_DROP_POLICY);
		/* A quote of a flow that nobody opened. */
		forged.sport = 40001;
		packet_build(&about, &forged);
		error = error_about(&about, &forged, routers[i]);
		to_client(&error, POLC_DROP_POLICY);
		/* A quote that ends before the ports. */
		packet_build(&about, &sent[i]);
		error = error_about(&about, &sent[i], routers[i]);
		error.payload = i ? 43 : 23;
		to_client(&error, POLC_DROP_POLICY);
		error.payload = i ? 48 : 28;
		to_client(&error, POLC_PASS_RELATED);
	}
}

TEST(an_endpoint_may_not_send_errors_about_packets_to_others)
{
	struct packet_spec sent = spec(IPPROTO_UDP, "10.0.0.2", "203.0.113.5"), error;
	struct packet about;

	sent.dport = 53;
	from_client(&sent, POLC_PASS_POLICY);
	packet_build(&about, &sent);
	error = error_about(&about, &sent, "10.0.0.1");
	from_server(&error, POLC_DROP_POLICY);
}

/* --- limits ----------------------------------------------------------------------------- */

/* Every place is taken by a flow that was not answered, seen just now. */
static void fill_connections(void)
{
	size_t size;
	uint64_t *table = enforce_map_memory(&env, POLC_MAP_CT4, &size);
	struct timespec now;
	uint64_t ticks;

	assert_non_null(table);
	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	ticks = ((uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec) >> 32;
	for (size_t i = 0; i < size / sizeof(*table); i += POLC_CT4_WORDS + 1) {
		table[i] = i + 1;
		table[i + POLC_CT4_WORDS] = (uint64_t)IPPROTO_TCP << POLC_CT_PROTO_SHIFT |
					    (uint64_t)POLC_CT_NEW << POLC_CT_STATE_SHIFT |
					    (ticks & POLC_CT_TIME_MASK) << POLC_CT_TIME_SHIFT;
	}
	munmap(table, size);
}

TEST(a_full_connection_table_breaks_neither_verdicts_nor_new_replies)
{
	struct packet_spec s = spec4(IPPROTO_TCP), r;

	fill_connections();
	for (uint16_t port = 1; port < 200; port++) {
		s.sport = 10000 + port;
		to_server(&s, POLC_PASS_POLICY);
		r = reply_to(&s);
		from_server(&r, POLC_PASS_REPLY);
	}
	s.dport = 81;
	to_server(&s, POLC_DROP_POLICY);
}

/* --- main ------------------------------------------------------------------------------- */

static int forget(void **state)
{
	(void)state;
	enforce_forget(&env);
	return 0;
}

static int load(void)
{
	int err = enforced_compile(&set, NULL, policy);

	if (!err)
		err = enforced_load(&set, &env);
	if (err)
		enforced_note(&set, err);
	return err;
}

#define FRESH(name) cmocka_unit_test_setup(name, forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(tcp_udp_and_sctp_are_judged_by_their_ports),
		FRESH(icmp_is_judged_by_its_type),
		FRESH(other_ip_protocols_pass_only_where_every_protocol_may),
		FRESH(vlan_tags_are_looked_through),
		FRESH(jumbo_packets_are_judged_like_small_ones),
		FRESH(arp_passes_and_unknown_ethertypes_do_not),
		FRESH(neighbour_discovery_passes_only_with_hop_limit_255),
		FRESH(fragmented_neighbour_discovery_does_not_pass),
		FRESH(multicast_listener_discovery_passes_only_link_local_with_hop_limit_1),
		FRESH(an_endpoint_sends_only_from_its_own_addresses),
		FRESH(a_packet_cut_anywhere_is_dropped_and_counted),
		FRESH(a_packet_without_its_transport_header_is_truncated),
		FRESH(a_packet_that_contradicts_itself_is_malformed),
		FRESH(padding_behind_the_ip_packet_is_no_part_of_it),
		FRESH(a_long_extension_chain_and_a_routing_header_that_goes_on_are_dropped),
		FRESH(a_second_fragment_header_is_dropped),
		FRESH(later_fragments_follow_the_first_one),
		FRESH(a_later_fragment_that_comes_first_is_dropped),
		FRESH(fragments_of_another_packet_do_not_follow),
		FRESH(a_first_fragment_without_a_whole_transport_header_is_dropped),
		FRESH(a_fragment_that_would_rewrite_the_tcp_header_is_dropped),
		FRESH(an_atomic_fragment_is_a_whole_packet),
		FRESH(replies_pass_where_the_policy_has_no_rule_for_them),
		FRESH(replies_pass_over_ipv6_too),
		FRESH(a_syn_is_never_a_reply),
		FRESH(an_echo_reply_needs_its_request),
		FRESH(a_denied_attempt_does_not_open_a_way_back),
		FRESH(what_one_end_has_on_record_lets_nothing_past_the_other),
		FRESH(an_attempt_that_was_not_let_in_does_not_hide_a_flow_the_other_way),
		FRESH(an_error_about_an_allowed_flow_is_related),
		FRESH(an_endpoint_may_send_an_error_about_a_flow_that_it_lets_in),
		FRESH(a_forged_error_does_not_pass),
		FRESH(an_endpoint_may_not_send_errors_about_packets_to_others),
		FRESH(a_full_connection_table_breaks_neither_verdicts_nor_new_replies),
	};
	int err = enforce_env_init(&env), failed = 1;

	if (err == -EPERM)
		return tap_skip_all("needs root: BPF and a mount namespace");
	if (!err && !load())
		failed = cmocka_run_group_tests(tests, NULL, NULL);
	enforced_fini(&set);
	if (!err)
		enforce_env_fini(&env);
	return failed;
}
