/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/policy.h"

#include <stdio.h>
#include <stdlib.h>

#include "lang/base/net.h"
#include "tests/lib/random.h"

enum { PODS_A_NODE = 50, MAX_POOL = 512, MAX_APPS = 12 };

/* How rich a cluster with so many rules is: kinds of pods, and ports in use. */
static const struct richness {
	unsigned rules, apps, ports;
} richnesses[] = {{10, 20, 8}, {100, 100, 32}, {1000, 500, 128}, {10000, 2000, MAX_POOL}};

struct prefix {
	uint32_t base;
	unsigned len;
};

struct model {
	struct random r;
	struct buf *out;
	unsigned rules, apps, n_ports, n_prefixes;
	uint16_t ports[MAX_POOL];
	struct prefix *prefixes;
};

#define put(m, ...) buf_printf((m)->out, __VA_ARGS__)

static unsigned below(struct model *m, unsigned n)
{
	return random_below(&m->r, n);
}

static uint32_t mask(unsigned len)
{
	return len ? ~0u << (32 - len) : 0;
}

/* --- what rules are made of ------------------------------------------------------------ */

static void draw_ports(struct model *m)
{
	for (unsigned i = 0; i < m->n_ports; i++)
		m->ports[i] = 1 + below(m, 49150);
}

/* An address that may come in over a wire: not from 127.0.0.0/8, which the kernel drops. */
static uint32_t draw_address(struct model *m)
{
	uint32_t addr = (20u << 24) + below(m, 200u << 24);

	return addr >> 24 == 127 ? addr + (1u << 24) : addr;
}

/* A network of its own, or one inside another. */
static struct prefix draw_prefix(struct model *m, unsigned drawn)
{
	static const unsigned lengths[] = {12, 14, 16, 16, 20, 24, 24, 24, 26, 28};
	struct prefix p = {.len = random_pick(&m->r, lengths)};

	p.base = draw_address(m);
	if (drawn && random_chance(&m->r, 30)) {
		const struct prefix *outer = &m->prefixes[below(m, drawn)];

		if (outer->len < 28) {
			p.len = outer->len + 1 + below(m, 8);
			if (p.len > 28)
				p.len = 28;
			p.base = outer->base | (below(m, ~0u) & ~mask(outer->len));
		}
	}
	p.base &= mask(p.len);
	return p;
}

static void model_init(struct model *m, unsigned rules, struct buf *out)
{
	const struct richness *rich = richnesses;

	for (size_t i = 0; i < sizeof(richnesses) / sizeof(*richnesses); i++) {
		if (richnesses[i].rules <= rules)
			rich = &richnesses[i];
	}
	*m = (struct model){.r = {.state = rules},
			    .out = out,
			    .rules = rules,
			    .apps = rich->apps,
			    .n_ports = rich->ports,
			    .n_prefixes = rules * 75 / 1000 + 2};
	m->prefixes = calloc(m->n_prefixes, sizeof(*m->prefixes));
	if (!m->prefixes)
		abort();
	draw_ports(m);
	for (unsigned i = 0; i < m->n_prefixes; i++)
		m->prefixes[i] = draw_prefix(m, i);
}

/* --- rules ------------------------------------------------------------------------------ */

/* One kind of pod, or a few: four of ten rules name one, the rest five on average. */
static void put_labels(struct model *m)
{
	unsigned apps[MAX_APPS], n = 0, more = below(m, 100) >= 40 ? 80 : 0;

	do {
		unsigned app = below(m, m->apps), i = 0;

		while (i < n && apps[i] != app)
			i++;
		if (i < n)
			continue;
		put(m, n ? ", a%u" : "{ app in (a%u", app);
		apps[n++] = app;
	} while (n < MAX_APPS && random_chance(&m->r, more));
	put(m, ") }");
}

static void put_prefix(struct model *m)
{
	const struct prefix *p = &m->prefixes[below(m, m->n_prefixes)];

	put(m, "cidr %u.%u.%u.%u/%u", p->base >> 24, p->base >> 16 & 255, p->base >> 8 & 255,
	    p->base & 255, p->len);
}

/* Everybody; true if so. */
static bool put_peer(struct model *m)
{
	unsigned kind = below(m, 100);

	if (kind < 80)
		put_labels(m);
	else if (kind < 95)
		put_prefix(m);
	else
		put(m, "all");
	return kind >= 95;
}

static void put_port(struct model *m, bool everybody)
{
	static const unsigned widths[] = {3, 7, 15, 50, 99, 1000};
	const char *proto = random_chance(&m->r, 80) ? "tcp" : "udp";
	unsigned kind = below(m, 100), port = m->ports[below(m, m->n_ports)];

	put(m, " on %s", proto);
	if (kind >= 85 && kind < 95)
		put(m, "/%u-%u", port, port + random_pick(&m->r, widths));
	else if (kind < 85 || everybody) /* a rule for everything would end all others */
		put(m, "/%u", port);
}

static void put_rule(struct model *m, unsigned i, unsigned rank)
{
	bool everybody;

	put(m, "policy r%u rank %u for { role = subject } {\n  ingress {\n    %s from ", i, rank,
	    random_chance(&m->r, 15) ? "deny" : "allow");
	everybody = put_peer(m);
	put_port(m, everybody);
	put(m, "\n  }\n}\n\n");
}

static void put_rules(struct model *m, unsigned first_rank)
{
	for (unsigned i = 0; i < m->rules; i++)
		put_rule(m, i, first_rank + i);
}

/* --- the inventory ---------------------------------------------------------------------- */

static void put_pods(struct model *m)
{
	for (unsigned i = 0; i < POLICY_PODS; i++)
		put(m, "endpoint p%u {\n  labels { app = a%u }\n  address 10.0.%u.%u\n}\n\n", i,
		    i < m->apps ? i : below(m, m->apps), i / PODS_A_NODE, i % PODS_A_NODE + 2);
}

void policy_write(unsigned rules, struct buf *out)
{
	struct model m;

	model_init(&m, rules, out);
	put_rules(&m, 0);
	put(&m, "policy sends for { strict = yes } {\n  egress {\n"
		"    allow to { app = a0 } on tcp/443\n    allow to cidr 20.0.0.0/8 on udp/53\n"
		"  }\n}\n\n");
	put_pods(&m);
	put(&m, "endpoint " POLICY_OPEN " {\n  labels { role = subject }\n"
		"  address " POLICY_OPEN_ADDR "\n}\n\n"
		"endpoint " POLICY_STRICT " {\n  labels { role = subject, strict = yes }\n"
		"  address " POLICY_STRICT_ADDR "\n}\n");
	free(m.prefixes);
}

const char *policy_subject(unsigned i, char out[static 32])
{
	snprintf(out, 32, "pod-%u", i);
	return out;
}

const char *policy_subject_addr(unsigned i, char out[static 32])
{
	snprintf(out, 32, "10.200.%u.%u", 1 + i / 250, 1 + i % 250);
	return out;
}

uint16_t policy_edition_port(unsigned edition)
{
	return 50000 + edition;
}

void policy_write_many(unsigned rules, unsigned subjects, unsigned edition, struct buf *out)
{
	char name[32], addr[32];
	struct model m;

	model_init(&m, rules, out);
	put(&m,
	    "policy edition for { role = subject } {\n  ingress {\n    allow from all on tcp/%u\n"
	    "  }\n}\n\n",
	    policy_edition_port(edition));
	put_rules(&m, 1);
	put_pods(&m);
	for (unsigned i = 0; i < subjects; i++)
		put(&m, "endpoint %s {\n  labels { role = subject }\n  address %s\n}\n\n",
		    policy_subject(i, name), policy_subject_addr(i, addr));
	free(m.prefixes);
}
