/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two editions of a policy, which differ in the port of one rule, take turns on the endpoints of a
 * node. What is timed is rt_load() of a bundle that was read: from there on the policy may bite.
 * After each load the last endpoint's program is asked for both ports.
 */
#include "config.h"

#include "tests/bench/datapath/change.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/bench/measure.h"
#include "tests/bench/policy.h"
#include "tests/bench/tool.h"

enum { RULES = 100, EDITIONS = 2, CHANGES = 11, QUICK_CHANGES = 3, ENOUGH_SECONDS = 30 };

struct change {
	struct bench *bench;
	unsigned endpoints;
	struct ours editions[EDITIONS];
	struct rt_attach *attach;
	char (*names)[2][32]; /* endpoint, device */
};

/* --- a node with many devices ------------------------------------------------------------- */

static void device_name(unsigned i, char out[static 32])
{
	snprintf(out, 32, "many%u", i);
}

/* Both ends of a veth serve: nothing is sent. */
static bool add_devices(unsigned from, unsigned to)
{
	_cleanup_buf_ struct buf commands = {0};
	char a[32], b[32];

	for (unsigned i = from; i < to; i += 2) {
		device_name(i, a);
		device_name(i + 1, b);
		buf_printf(&commands, "link add %s type veth peer name %s\n", a, b);
	}
	return tool_ip("%s", buf_str(&commands));
}

static bool name_endpoints(struct change *c)
{
	c->attach = calloc(c->endpoints, sizeof(*c->attach));
	c->names = calloc(c->endpoints, sizeof(*c->names));
	if (!c->attach || !c->names)
		return false;
	for (unsigned i = 0; i < c->endpoints; i++) {
		policy_subject(i, c->names[i][0]);
		device_name(i, c->names[i][1]);
		c->attach[i] = (struct rt_attach){c->names[i][0], c->names[i][1]};
	}
	return true;
}

/* --- changes ------------------------------------------------------------------------------- */

static bool build_editions(struct change *c)
{
	for (unsigned i = 0; i < EDITIONS; i++) {
		_cleanup_buf_ struct buf text = {0};

		policy_write_many(RULES, c->endpoints, i, &text);
		if (!ours_build(&c->editions[i], &c->bench->env, buf_str(&text)))
			return false;
	}
	return true;
}

/* Does the last endpoint follow this edition, and no longer the other? */
static void check(struct change *c, unsigned edition)
{
	char name[32], addr[32];
	struct wrap_target target;
	struct traffic *t = calloc(1, sizeof(*t));
	int wrong = -1;

	policy_subject(c->endpoints - 1, name);
	policy_subject_addr(c->endpoints - 1, addr);
	if (t &&
	    ours_target(&c->editions[edition], &c->bench->env, name, IR_INGRESS, addr, &target)) {
		for (unsigned i = 0; i < EDITIONS; i++) {
			t->packets[i] =
				(struct bench_packet){.saddr_be = htonl(0xc6336401),
						      .sport_be = htons(40000),
						      .dport_be = htons(policy_edition_port(i)),
						      .proto = IPPROTO_TCP};
			t->allowed[i] = i == edition;
		}
		wrap_use(&c->bench->wrap, t);
		wrong = wrap_check(&c->bench->wrap, &target, t, EDITIONS);
		close(target.fd);
	}
	if (wrong < 0)
		c->bench->refused++;
	else
		c->bench->disagreements += (unsigned)wrong;
	if (wrong)
		printf("  with %u endpoints the change was not in force\n", c->endpoints);
	free(t);
}

static void take_turns(struct change *c)
{
	unsigned n = 0, wanted = c->bench->quick ? QUICK_CHANGES : CHANGES;
	double samples[CHANGES], start = measure_now();

	for (unsigned i = 1; n < wanted && measure_now() - start < ENOUGH_SECONDS; i++) {
		if (!ours_load(&c->editions[i % EDITIONS], &c->bench->env, NULL, 0)) {
			c->bench->refused++;
			return;
		}
		samples[n++] = c->editions[i % EDITIONS].enforced_s * 1000;
		check(c, i % EDITIONS);
	}
	results_add(&c->bench->results, RESULT_CHANGE, c->endpoints, "change", "polc", samples, n);
}

static void bench_endpoints(struct bench *b, unsigned endpoints)
{
	struct change c = {.bench = b, .endpoints = endpoints};
	double first;

	if (!name_endpoints(&c) || !build_editions(&c) ||
	    !ours_load(&c.editions[0], &b->env, c.attach, endpoints)) {
		b->refused++;
	} else {
		first = c.editions[0].load_s * 1000;
		results_add(&b->results, RESULT_CHANGE, endpoints, "first load", "polc", &first, 1);
		take_turns(&c);
		results_print(&b->results, RESULT_CHANGE, endpoints, NULL);
	}
	ours_unload(&b->env);
	for (unsigned i = 0; i < EDITIONS; i++)
		ours_fini(&c.editions[i]);
	free(c.attach);
	free(c.names);
}

void change_bench(struct bench *b)
{
	static const unsigned counts[] = {1, 100, 1000};
	unsigned made = 0, n = b->quick ? 2 : 3;
	int node = lane_node_new();

	if (node < 0 || !lane_enter(node)) {
		b->refused++;
		return;
	}
	for (unsigned i = 0; i < n; i++) {
		printf("\na change of %d rules, %u endpoints\n", RULES, counts[i]);
		if (!add_devices(made, counts[i])) {
			b->refused++;
			break;
		}
		made = counts[i] + counts[i] % 2;
		bench_endpoints(b, counts[i]);
	}
	lane_enter(b->lanes[0].node);
	close(node);
}
