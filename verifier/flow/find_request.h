/* SPDX-License-Identifier: Apache-2.0 */
/* A request that passes here and is stopped there. */
#pragma once

#include "compiler/l7/space.h"

/* Rules that judge requests together, each once: one passes if ir_judge() of them all says so. */
struct request_judge {
	VEC(const struct ir_rule *) rules;
};

/* What a request meets: it passes if every judge lets it. */
enum { REQUEST_MAX_JUDGES = 3 }; /* one of each end, and that of a claim */
struct request_passage {
	struct request_judge judges[REQUEST_MAX_JUDGES];
	size_t n;
	bool stops_all; /* whatever the judges say */
};

/* Begins one more judge, without rules. */
struct request_judge *request_add_judge(struct request_passage *p);

struct request_search {
	const struct request_passage *lets, *stops;
	/* Before each question, of which there may be as many as there are choices of entries. */
	bool (*may_ask)(void *arg);
	void *arg;
};

/*
 * Looks for a request that `lets` lets pass and `stops` does not. FOUND: `out` is one, in the
 * arena, and the interpreter agrees. Where `lets` has no judge, requests of the kinds that the
 * rules of `stops` are about are looked for. UNDECIDED: `why` is a part of a sentence.
 */
enum l7_answer request_find(struct arena *arena, const struct request_search *s,
			    const struct ir_request **out, const char **why);
