/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/diff/ports.h"

#include <assert.h>
#include <stdlib.h>

#include "compiler/ir/port.h"
#include "lang/base/buf.h"

enum { FIRST_NARROW = SPACE_N_WIDE * SPACE_N_PORTS };

/* How many of the protocols below this one are wide? */
static uint32_t wide_below(uint16_t proto)
{
	uint32_t n = 0;

	for (int i = 0; i < SPACE_N_WIDE; i++)
		n += space_protos[i] < proto;
	return n;
}

uint32_t diff_port_number(uint16_t proto, uint16_t port)
{
	int i = space_wide_index(proto);

	if (i >= 0)
		return (uint32_t)i * SPACE_N_PORTS + port;
	return FIRST_NARROW + proto - wide_below(proto);
}

void diff_port_of(uint32_t number, uint16_t *proto, uint16_t *port)
{
	if (number < FIRST_NARROW) {
		*proto = space_protos[number / SPACE_N_PORTS];
		*port = (uint16_t)(number % SPACE_N_PORTS);
		return;
	}
	*port = 0;
	for (*proto = 0; space_wide_index(*proto) >= 0 || diff_port_number(*proto, 0) != number;)
		++*proto;
}

struct region_span diff_port_proto(uint16_t proto)
{
	int i = space_wide_index(proto);
	uint32_t first;

	if (proto == IR_PROTO_ANY)
		return (struct region_span){0, DIFF_N_PORTS - 1};
	first = diff_port_number(proto, 0);
	return (struct region_span){first, i < 0 ? first : first + SPACE_N_PORTS - 1};
}

static void add_range(struct region_space *s, uint16_t proto, uint16_t lo, uint16_t hi,
		      struct region_spans *out)
{
	if (space_wide_index(proto) < 0 && lo > 0)
		return;
	if (space_wide_index(proto) < 0)
		hi = 0;
	vec_push(s->arena, &out->list,
		 (struct region_span){diff_port_number(proto, lo), diff_port_number(proto, hi)});
}

void diff_port_add(struct region_space *s, const struct ir_port *port, struct region_spans *out)
{
	struct ir_port_aspects a = ir_port_aspects(port);

	assert(a.name == INTERN_NONE);
	if (ir_port_is_whole(&a)) {
		vec_push(s->arena, &out->list, diff_port_proto(a.proto));
		return;
	}
	for (uint16_t proto = 0; proto < DIFF_N_PROTOS; proto++) {
		if (ir_port_takes(&a, proto))
			add_range(s, proto, a.lo, a.hi, out);
	}
}

/* --- words ----------------------------------------------------------------------------------- */

static const char *range_word(struct arena *arena, uint16_t proto, uint32_t lo, uint32_t hi)
{
	const char *name = ir_proto_name(proto);

	if (lo == 0 && hi == SPACE_N_PORTS - 1)
		return name;
	return lo == hi ? arena_printf(arena, "%s/%u", name, lo)
			: arena_printf(arena, "%s/%u-%u", name, lo, hi);
}

/* Codes lo..hi of one type. */
static const char *codes_word(struct arena *arena, const char *name, uint32_t type, uint32_t lo,
			      uint32_t hi)
{
	return lo == hi ? arena_printf(arena, "%s/%u/%u", name, type, lo)
			: arena_printf(arena, "%s/%u/%u-%u", name, type, lo, hi);
}

/* Whole types are `icmp/8` and `icmp/0-7`, parts of one `icmp/3/1` and `icmp/3/0-4`. */
static void icmp_words(uint16_t proto, uint32_t lo, uint32_t hi, struct arena *arena,
		       struct diff_words *out)
{
	const char *name = ir_proto_name(proto);
	uint32_t last;

	if (lo == 0 && hi == SPACE_N_PORTS - 1) {
		vec_push(arena, &out->list, name);
		return;
	}
	for (; lo <= hi; lo = last + 1) {
		last = lo | 255;
		if (lo % 256 || last > hi) {
			last = last < hi ? last : hi;
			vec_push(arena, &out->list,
				 codes_word(arena, name, lo >> 8, lo & 255, last & 255));
			continue;
		}
		last = (hi + 1) / 256 * 256 - 1;
		vec_push(arena, &out->list, range_word(arena, proto, lo >> 8, last >> 8));
	}
}

static void narrow_words(uint32_t lo, uint32_t hi, struct arena *arena, struct diff_words *out)
{
	if (lo == FIRST_NARROW && hi == DIFF_N_PORTS - 1) {
		vec_push(arena, &out->list, "other");
		return;
	}
	for (uint32_t n = lo; n <= hi; n++) {
		uint16_t proto, port;

		diff_port_of(n, &proto, &port);
		vec_push(arena, &out->list, arena_printf(arena, "proto/%u", proto));
	}
}

static void span_words(struct region_span span, struct arena *arena, struct diff_words *out)
{
	for (uint32_t at = span.lo; at <= span.hi;) {
		uint32_t i = at / SPACE_N_PORTS, first = i * SPACE_N_PORTS;
		uint32_t end = first + SPACE_N_PORTS - 1;

		if (at >= FIRST_NARROW) {
			narrow_words(at, span.hi, arena, out);
			return;
		}
		end = end < span.hi ? end : span.hi;
		if (space_protos[i] == IR_PROTO_ICMP || space_protos[i] == IR_PROTO_ICMP6)
			icmp_words(space_protos[i], at - first, end - first, arena, out);
		else
			vec_push(arena, &out->list,
				 range_word(arena, space_protos[i], at - first, end - first));
		at = end + 1;
	}
}

void diff_port_words(const struct region_set *set, struct arena *arena, struct diff_words *out)
{
	if (region_set_size(set) == DIFF_N_PORTS) {
		vec_push(arena, &out->list, "any");
		return;
	}
	for (size_t i = 0; i < set->n; i++)
		span_words(set->v[i], arena, out);
}

static void put_words(struct buf *out, const struct diff_words *words)
{
	vec_each (const char *, word, &words->list)
		buf_printf(out, "%s%s", word == words->list.v ? "" : ", ", *word);
}

const char *diff_port_text(struct region_space *s, const struct region_set *set)
{
	struct region_span all = diff_port_proto(IR_PROTO_ANY);
	const struct region_set *outside =
		region_set_minus(s, region_set_of(s, all.lo, all.hi), set);
	struct diff_words words = {0}, missing = {0};
	_cleanup_buf_ struct buf b = {0};
	struct arena scratch;

	if (!outside->n)
		return "any port";
	arena_init(&scratch);
	diff_port_words(set, &scratch, &words);
	diff_port_words(outside, &scratch, &missing);
	if (missing.list.n < words.list.n) {
		buf_puts(&b, "any port except ");
		put_words(&b, &missing);
	} else {
		put_words(&b, &words);
	}
	arena_fini(&scratch);
	return arena_strdup(s->arena, buf_str(&b));
}

static bool is_zero(uint32_t number)
{
	uint16_t proto, port;

	diff_port_of(number, &proto, &port);
	return port == 0 &&
	       (proto == IR_PROTO_TCP || proto == IR_PROTO_UDP || proto == IR_PROTO_SCTP);
}

bool diff_ports_are_zero(const struct region_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->v[i].hi > set->v[i].lo || !is_zero(set->v[i].lo))
			return false;
	return true;
}

uint32_t diff_port_plain(const struct region_set *set)
{
	static const uint16_t plain[] = {80, 443, 8080};

	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++) {
		if (region_set_has(set, diff_port_number(IR_PROTO_TCP, plain[i])))
			return diff_port_number(IR_PROTO_TCP, plain[i]);
	}
	/* Nothing listens on port 0. */
	for (size_t i = 0; i < set->n; i++) {
		struct region_span span = set->v[i];

		if (!is_zero(span.lo))
			return span.lo;
		if (span.hi > span.lo)
			return span.lo + 1;
	}
	return set->v[0].lo;
}
