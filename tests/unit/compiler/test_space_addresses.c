/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses are cut where prefixes begin and end, and nowhere else. */
#include "compiler/space/addresses.h"

#include "lang/base/arena.h"
#include "lang/base/buf.h"
#include "tests/lib/random.h"
#include "tests/unit/unit.h"

static struct net_prefix prefix(const char *text)
{
	struct net_prefix p;

	assert_int_equal(net_prefix_parse(text, &p), 0);
	return p;
}

static void cut(struct space_addresses *s, const char *text)
{
	struct net_prefix p = prefix(text);

	space_cut_prefix(s, &p);
}

/* "FIRST-LAST FIRST-LAST" of every piece, in order. */
static void assert_pieces(struct space_addresses *s, const char *wanted)
{
	char first[NET_ADDR_STRLEN], last[NET_ADDR_STRLEN];
	_cleanup_buf_ struct buf text = {0};

	space_addresses_seal(s);
	for (uint32_t i = 0; i < s->starts.n; i++) {
		struct net_addr a = space_piece_first(s, i), b = space_piece_last(s, i);

		buf_printf(&text, "%s%s-%s", i ? " " : "", net_addr_format(&a, first),
			   net_addr_format(&b, last));
	}
	assert_string_equal(buf_str(&text), wanted);
}

#define LAST6 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"

TEST(what_nobody_cuts_is_one_piece_of_either_family)
{
	struct arena arena;
	struct space_addresses s = {.arena = &arena};

	arena_init(&arena);
	assert_pieces(&s, "0.0.0.0-255.255.255.255 ::-" LAST6);
	assert_int_equal(s.n4, 1);
	arena_fini(&arena);
}

TEST(a_prefix_is_cut_from_what_is_before_and_behind_it)
{
	struct arena arena;
	struct space_addresses s = {.arena = &arena};

	arena_init(&arena);
	cut(&s, "10.0.0.0/8");
	cut(&s, "10.1.0.0/16");
	cut(&s, "10.0.0.0/8");
	assert_pieces(&s, "0.0.0.0-9.255.255.255 10.0.0.0-10.0.255.255 10.1.0.0-10.1.255.255 "
			  "10.2.0.0-10.255.255.255 11.0.0.0-255.255.255.255 ::-" LAST6);
	assert_int_equal(s.n4, 5);
	arena_fini(&arena);
}

TEST(nothing_lies_behind_the_last_prefix_of_a_family)
{
	struct arena arena;
	struct space_addresses s = {.arena = &arena};

	arena_init(&arena);
	cut(&s, "128.0.0.0/1");
	cut(&s, "::/0");
	cut(&s, LAST6 "/128");
	assert_pieces(&s, "0.0.0.0-127.255.255.255 128.0.0.0-255.255.255.255 "
			  "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe " LAST6 "-" LAST6);
	arena_fini(&arena);
}

TEST(exceptions_of_a_peer_cut_as_well)
{
	struct arena arena;
	struct space_addresses s = {.arena = &arena};
	struct ir_peer peer = {.kind = IR_PEER_CIDR};

	arena_init(&arena);
	vec_push(&arena, &peer.cidr.in, prefix("0.0.0.0/1"));
	vec_push(&arena, &peer.cidr.except, prefix("0.0.0.0/2"));
	space_cut_peer(&s, &peer);
	assert_pieces(&s, "0.0.0.0-63.255.255.255 64.0.0.0-127.255.255.255 "
			  "128.0.0.0-255.255.255.255 ::-" LAST6);
	arena_fini(&arena);
}

/* Prefixes that often lie in, beside or upon each other. */
static struct net_prefix random_prefix(struct random *r)
{
	static const uint8_t bytes[] = {0, 1, 127, 128, 255}, lens[] = {0, 1, 7, 8, 9, 16, 31, 32};
	struct net_prefix p = {.addr = {.family = random_chance(r, 50) ? NET_V4 : NET_V6}};
	struct net_prefix out;
	char text[NET_PREFIX_STRLEN];

	for (int i = 0; i < 4; i++)
		p.addr.bytes[i] = random_pick(r, bytes);
	p.len = random_pick(r, lens);
	/* Reading it clears the host bits. */
	net_prefix_parse(net_prefix_format(&p, text), &out);
	return out;
}

TEST(a_piece_lies_in_a_prefix_or_outside_as_a_whole)
{
	for (uint64_t seed = 1; seed <= 64; seed++) {
		struct random r = {seed};
		struct net_prefix prefixes[6];
		struct arena arena;
		struct space_addresses s = {.arena = &arena};

		arena_init(&arena);
		for (int i = 0; i < 6; i++) {
			prefixes[i] = random_prefix(&r);
			space_cut_prefix(&s, &prefixes[i]);
		}
		space_addresses_seal(&s);
		for (uint32_t piece = 0; piece < s.starts.n; piece++) {
			struct net_addr first = space_piece_first(&s, piece);
			struct net_addr last = space_piece_last(&s, piece);

			assert_int_equal(space_piece_of(&s, &first), piece);
			assert_int_equal(space_piece_of(&s, &last), piece);
			assert_true(net_addr_cmp(&first, &last) <= 0);
			for (int i = 0; i < 6; i++)
				assert_int_equal(net_prefix_has_addr(&prefixes[i], &first),
						 net_prefix_has_addr(&prefixes[i], &last));
		}
		arena_fini(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_nobody_cuts_is_one_piece_of_either_family),
		cmocka_unit_test(a_prefix_is_cut_from_what_is_before_and_behind_it),
		cmocka_unit_test(nothing_lies_behind_the_last_prefix_of_a_family),
		cmocka_unit_test(exceptions_of_a_peer_cut_as_well),
		cmocka_unit_test(a_piece_lies_in_a_prefix_or_outside_as_a_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
