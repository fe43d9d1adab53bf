/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "tests/kernel/bpf/world.h"

#define IN_ROWS "001010"
#define EG_ROWS "011000"

static const struct cls_table *table(struct world *w, const char *cells, const char *rows)
{
	return fix_table(&w->f, cells, rows);
}

void open_world(struct world *w, const char *in, const char *eg)
{
	const struct cls_table *t_in, *t_eg;

	fix_init(&w->f);
	t_in = table(w, in, IN_ROWS);
	t_eg = table(w, eg, EG_ROWS);
	fix_subject(&w->f, t_in, t_eg);
	fix_subject(&w->f, t_in, t_eg);
	w->web = fix_subject(&w->f, t_in, t_eg);
	dp_open(&w->dp, &w->f.cls, w->web, true);
}

void close_world(struct world *w)
{
	dp_close(&w->dp);
	fix_fini(&w->f);
}

void change_policy(struct world *w, const char *in, const char *eg)
{
	w->web->tables[IR_INGRESS] = table(w, in, IN_ROWS);
	w->web->tables[IR_EGRESS] = table(w, eg, EG_ROWS);
	dp_set_tables(&w->dp, &w->f.cls, w->web);
}

struct net_addr addr(const char *text)
{
	struct net_addr a;

	assert_int_equal(net_addr_parse(text, &a), 0);
	return a;
}

enum polc_reason run_spec(struct world *w, enum ir_dir dir, const struct packet_spec *spec)
{
	struct packet p;

	packet_build(&p, spec);
	return dp_run(&w->dp, dir, &p);
}

struct packet_spec tcp(const char *src, uint16_t sport, const char *dst, uint16_t dport,
		       uint8_t flags)
{
	return (struct packet_spec){
		.src = addr(src),
		.dst = addr(dst),
		.proto = IPPROTO_TCP,
		.sport = sport,
		.dport = dport,
		.tcp_flags = flags,
	};
}

struct packet_spec udp(const char *src, uint16_t sport, const char *dst, uint16_t dport)
{
	struct packet_spec spec = tcp(src, sport, dst, dport, 0);

	spec.proto = IPPROTO_UDP;
	return spec;
}

struct packet_spec icmp(const char *src, const char *dst, uint8_t type, uint8_t code, uint16_t id)
{
	struct packet_spec spec = {.src = addr(src), .dst = addr(dst), .type = type, .code = code};

	spec.id = id;
	spec.proto = spec.src.family == NET_V4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	return spec;
}
