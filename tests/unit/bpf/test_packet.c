/* SPDX-License-Identifier: Apache-2.0 */
/* The packet builder of the kernel tests: what it builds is what the RFCs say. */
#include "tests/unit/unit.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/packet.h"

static struct net_addr addr(const char *text)
{
	struct net_addr a;

	assert_int_equal(net_addr_parse(text, &a), 0);
	return a;
}

static struct packet_spec spec4(uint8_t proto)
{
	return (struct packet_spec){.src = addr("10.0.0.1"),
				    .dst = addr("10.0.0.2"),
				    .proto = proto,
				    .sport = 40000,
				    .dport = 80,
				    .payload = 5};
}

static struct packet_spec spec6(uint8_t proto)
{
	struct packet_spec s = spec4(proto);

	s.src = addr("2001:db8::1");
	s.dst = addr("2001:db8::2");
	return s;
}

static uint16_t at16(const struct packet *p, size_t at)
{
	return p->data[at] << 8 | p->data[at + 1];
}

TEST(checksums_and_lengths_of_every_protocol_are_right)
{
	static const uint8_t protos[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_ICMPV6};
	struct packet p;

	for (size_t i = 0; i < sizeof(protos); i++) {
		struct packet_spec s4 = spec4(protos[i]), s6 = spec6(protos[i]);

		packet_build(&p, &s4);
		assert_int_equal(packet_sum(p.data + p.ip, 20, 0), 0xffff);
		assert_int_equal(at16(&p, p.ip + 2), p.len - p.ip);
		assert_int_equal(packet_l4_sum(&p), 0xffff);
		packet_build(&p, &s6);
		assert_int_equal(at16(&p, p.ip + 4), p.len - p.ip - 40);
		assert_int_equal(packet_l4_sum(&p), 0xffff);
	}
}

TEST(a_known_checksum_comes_out)
{
	/* The example of RFC 1071, section 3. */
	static const uint8_t data[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};

	assert_int_equal(packet_sum(data, sizeof(data), 0), 0xddf2);
	/* The check value of CRC-32C (RFC 3720, appendix B.4: 32 bytes of zeros). */
	assert_int_equal(packet_crc32c((uint8_t[32]){0}, 32), 0x8a9136aa);
}

TEST(vlan_tags_and_options_move_the_headers)
{
	struct packet_spec s = spec4(IPPROTO_UDP);
	struct packet p;

	s.vlans = 2;
	s.ip_options = 12;
	packet_build(&p, &s);
	assert_int_equal(p.ip, 14 + 2 * 4);
	assert_int_equal(at16(&p, 12), 0x88a8);
	assert_int_equal(at16(&p, 16), 0x8100);
	assert_int_equal(at16(&p, 20), 0x0800);
	assert_int_equal(p.l4, p.ip + 32);
	assert_int_equal(p.data[p.ip] & 15, 8);
	assert_int_equal(packet_sum(p.data + p.ip, 32, 0), 0xffff);
	assert_int_equal(at16(&p, p.l4 + 2), 80);
}

TEST(an_extension_chain_leads_to_the_transport_header)
{
	struct packet_spec s = spec6(IPPROTO_TCP);
	struct packet p;
	size_t at;

	s.exts[s.n_exts++] = IPPROTO_HOPOPTS;
	s.exts[s.n_exts++] = IPPROTO_DSTOPTS;
	s.exts[s.n_exts++] = IPPROTO_AH;
	s.fragment = s.more = true;
	packet_build(&p, &s);
	assert_int_equal(p.data[p.ip + 6], IPPROTO_HOPOPTS);
	at = p.ip + 40;
	assert_int_equal(p.data[at], IPPROTO_DSTOPTS);
	at += (p.data[at + 1] + 1) * 8;
	assert_int_equal(p.data[at], IPPROTO_AH);
	at += (p.data[at + 1] + 1) * 8;
	assert_int_equal(p.data[at], IPPROTO_FRAGMENT);
	at += (p.data[at + 1] + 2) * 4;
	assert_int_equal(p.data[at], IPPROTO_TCP);
	assert_int_equal(at16(&p, at + 2), 1);
	assert_int_equal(p.l4, at + 8);
	assert_int_equal(p.data[p.l4 + 12] >> 4, 5);
}

TEST(a_later_fragment_has_no_transport_header)
{
	struct packet_spec s = spec4(IPPROTO_UDP);
	struct packet p;

	s.fragment = true;
	s.frag_offset = 185;
	s.frag_id = 0x1234;
	packet_build(&p, &s);
	assert_int_equal(p.len, p.l4 + s.payload);
	assert_int_equal(at16(&p, p.ip + 4), 0x1234);
	assert_int_equal(at16(&p, p.ip + 6), 185);
}

TEST(an_icmp_error_quotes_a_packet_from_its_ip_header)
{
	struct packet_spec inner = spec4(IPPROTO_TCP), s = spec4(IPPROTO_ICMP);
	struct packet quoted, p;

	packet_build(&quoted, &inner);
	s.type = 3;
	s.quote = &quoted;
	s.payload = 28;
	packet_build(&p, &s);
	assert_int_equal(p.len, p.l4 + 8 + 28);
	assert_memory_equal(p.data + p.l4 + 8, quoted.data + quoted.ip, 28);
	assert_int_equal(packet_l4_sum(&p), 0xffff);
}

TEST(a_harm_is_done_only_where_it_applies)
{
	struct packet_spec s4 = spec4(IPPROTO_UDP), s6 = spec6(IPPROTO_TCP);
	struct packet p;

	packet_build(&p, &s4);
	assert_false(packet_do_harm(&p, PACKET_HARM_TCP_HEADER_SHORT));
	assert_true(packet_do_harm(&p, PACKET_HARM_LENGTH_LONG));
	assert_int_equal(at16(&p, p.ip + 2), p.len - p.ip + 1);
	packet_build(&p, &s6);
	assert_false(packet_do_harm(&p, PACKET_HARM_HEADER_SHORT));
	assert_true(packet_do_harm(&p, PACKET_HARM_LENGTH_SHORT));
	assert_int_equal(at16(&p, p.ip + 4), 3);
	assert_true(packet_do_harm(&p, PACKET_HARM_VERSION));
	assert_int_equal(p.data[p.ip] >> 4, 5);
}

TEST(hexadecimal_shows_every_byte)
{
	struct packet p;
	char *hex;

	packet_build_raw(&p, 0x0806, 28);
	packet_cut(&p, 16);
	hex = packet_hex(&p);
	assert_string_equal(hex, "02000000000102000000000208060000");
	free(hex);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checksums_and_lengths_of_every_protocol_are_right),
		cmocka_unit_test(a_known_checksum_comes_out),
		cmocka_unit_test(vlan_tags_and_options_move_the_headers),
		cmocka_unit_test(an_extension_chain_leads_to_the_transport_header),
		cmocka_unit_test(a_later_fragment_has_no_transport_header),
		cmocka_unit_test(an_icmp_error_quotes_a_packet_from_its_ip_header),
		cmocka_unit_test(a_harm_is_done_only_where_it_applies),
		cmocka_unit_test(hexadecimal_shows_every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
