/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reference interpreter's part about requests: does an entry of a rule match a request? As
 * plain as eval.c, and as much the specification.
 *
 * Values are compared as they were sent: nothing is decoded or normalised.
 */
#include <string.h>
#include <strings.h>

#include "compiler/eval.h"

/* Whoever cannot tell whether a value matches must not let it pass: `unsure` is what a match that
 * was given up counts as. */
static bool value_has(const struct ir_l7_value *v, const char *s, size_t n, bool unsure)
{
	if (!v->regex)
		return strlen(v->text) == n && memcmp(v->text, s, n) == 0;
	switch (regex_match(v->regex, s, n)) {
	case REGEX_NO:
		return false;
	case REGEX_YES:
		return true;
	case REGEX_UNSURE:
		break;
	}
	return unsure;
}

/* --- HTTP -------------------------------------------------------------------------------- */

/* The case of a host does not matter; its expression was compiled so. */
static bool host_has(const struct ir_l7_value *v, const char *host, bool unsure)
{
	size_t n;

	if (!host)
		return false;
	n = ir_host_len(host, strlen(host));
	if (!v->regex)
		return strlen(v->text) == n && strncasecmp(v->text, host, n) == 0;
	return value_has(v, host, n, unsure);
}

/* A header that was sent more than once has every one of its values. */
static bool header_has(const struct ir_l7_cond *cond, const struct ir_request *req, bool unsure)
{
	const struct ir_l7_value *v = &cond->value;

	if (strcasecmp(cond->name, "host") == 0)
		return req->host && value_has(v, req->host, strlen(req->host), unsure);
	vec_each (const struct ir_header, h, &req->headers) {
		if (strcasecmp(h->name, cond->name) == 0 &&
		    value_has(v, h->value, strlen(h->value), unsure))
			return true;
	}
	return false;
}

/* The query is no part of the path. */
static bool path_has(const struct ir_l7_value *v, const char *path, bool unsure)
{
	return value_has(v, path, strcspn(path, "?"), unsure);
}

static bool http_matches(const struct ir_l7_entry *e, const struct ir_request *req)
{
	bool method = strcmp(e->verb, "any") == 0 || strcmp(e->verb, req->method) == 0;

	return method && path_has(&e->object, req->path, e->deny);
}

static bool grpc_matches(const struct ir_l7_entry *e, const struct ir_request *req)
{
	return strcmp(req->method, "POST") == 0 && req->path[0] == '/' &&
	       path_has(&e->object, req->path + 1, e->deny);
}

/* --- Kafka ------------------------------------------------------------------------------- */

/* A consumer's request for records is called Fetch on the wire. */
static bool verb_has_api(const char *verb, const char *api)
{
	static const struct {
		const char *verb, *api;
	} apis[] = {{"produce", "produce"}, {"consume", "consume"}, {"consume", "fetch"}};

	if (strcmp(verb, "any") == 0)
		return true;
	for (size_t i = 0; i < sizeof(apis) / sizeof(*apis); i++)
		if (api && strcmp(apis[i].verb, verb) == 0 && strcasecmp(apis[i].api, api) == 0)
			return true;
	return false;
}

static bool kafka_matches(const struct ir_l7_entry *e, const struct ir_request *req)
{
	return verb_has_api(e->verb, req->api) && req->topic &&
	       value_has(&e->object, req->topic, strlen(req->topic), e->deny);
}

/* ----------------------------------------------------------------------------------------- */

static bool cond_holds(const struct ir_l7_cond *cond, const struct ir_request *req, bool unsure)
{
	switch (cond->what) {
	case IR_L7_HEADER:
		return header_has(cond, req, unsure);
	case IR_L7_HOST:
		return host_has(&cond->value, req->host, unsure);
	case IR_L7_CLIENT:
		return req->client &&
		       value_has(&cond->value, req->client, strlen(req->client), unsure);
	}
	return false;
}

bool ir_entry_matches(enum ir_l7_kind kind, const struct ir_l7_entry *e,
		      const struct ir_request *req)
{
	static const struct {
		enum ir_request_kind kind;
		bool (*matches)(const struct ir_l7_entry *, const struct ir_request *);
	} kinds[] = {
		[IR_L7_HTTP] = {IR_REQUEST_HTTP, http_matches},
		[IR_L7_GRPC] = {IR_REQUEST_HTTP, grpc_matches},
		[IR_L7_KAFKA] = {IR_REQUEST_KAFKA, kafka_matches},
	};

	if (kinds[kind].kind != req->kind || !kinds[kind].matches(e, req))
		return false;
	vec_each (const struct ir_l7_cond, cond, &e->conds)
		if (!cond_holds(cond, req, e->deny))
			return false;
	return true;
}

void ir_judge(struct ir_judgement *j, const struct ir_rule *rule, const struct ir_request *request)
{
	vec_each (const struct ir_l7_entry, e, &rule->l7.entries) {
		bool first = !j->entry || (e->deny && !j->entry->deny);

		if (!first || !ir_entry_matches(rule->l7.kind, e, request))
			continue;
		*j = (struct ir_judgement){.passes = !e->deny, .rule = rule, .entry = e};
	}
}
