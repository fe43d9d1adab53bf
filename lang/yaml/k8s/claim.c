/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* memmem() */
#include "lang/yaml/k8s/claim.h"

#include <ctype.h>
#include <string.h>

#include "lang/yaml/k8s/policies.h"
#include "lang/yaml/k8s/readers.h"

/* The rest of a text. */
struct cursor {
	const char *at, *end;
};

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || strchr("._/-", c) != NULL;
}

static void skip(struct cursor *c, const char *chars)
{
	while (c->at < c->end && strchr(chars, *c->at))
		c->at++;
}

/* Behind a '#' of the same line nothing is said. */
static bool is_comment(const char *begin, const char *at)
{
	while (at > begin && at[-1] != '\n')
		if (*--at == '#')
			return true;
	return false;
}

/* Over space, tags, anchors and an opening quote. */
static void skip_to_scalar(struct cursor *c)
{
	skip(c, " \t\r\n");
	while (c->at < c->end && strchr("!&", *c->at)) {
		while (c->at < c->end && !isspace((unsigned char)*c->at))
			c->at++;
		skip(c, " \t\r\n");
	}
	skip(c, "\"'");
}

/* The next value of this key, wherever it stands and however it is quoted; NULL: no more. */
static const char *next_value(struct cursor *c, const char *begin, const char *key,
			      struct arena *arena)
{
	size_t n = strlen(key);

	for (;;) {
		const char *found = memmem(c->at, (size_t)(c->end - c->at), key, n), *from;

		if (!found)
			return NULL;
		c->at = found + n;
		if ((found > begin && is_word(found[-1])) || is_comment(begin, found))
			continue;
		skip(c, "\"' \t");
		if (c->at == c->end || *c->at != ':')
			continue;
		c->at++;
		skip_to_scalar(c);
		for (from = c->at; c->at < c->end && is_word(*c->at);)
			c->at++;
		if (c->at > from)
			return arena_strndup(arena, from, (size_t)(c->at - from));
	}
}

/* Placeholders of what is rendered before it is applied. */
static bool is_template(const char *text, size_t len)
{
	return memmem(text, len, "{{", 2) || memmem(text, len, "${", 2) ||
	       memmem(text, len, "$(", 2);
}

static enum k8s_claim claim_of_kind(const char *kind, const char *api)
{
	const char *meant;

	switch (k8s_reads(kind)) {
	case K8S_READS_POLICY:
		return K8S_CLAIM_POLICY;
	case K8S_READS_ENDPOINT:
		return K8S_CLAIM_ENDPOINT;
	case K8S_READS_NOTHING:
		break;
	}
	return k8s_is_unread_policy(kind, api ? api : "", &meant) ? K8S_CLAIM_UNREAD
								  : K8S_CLAIM_NOTHING;
}

struct k8s_claimed k8s_claim_of(const char *text, size_t len, struct arena *arena)
{
	struct cursor kinds = {text, text + len}, apis = {text, text + len};
	const char *api = next_value(&apis, text, "apiVersion", arena), *kind;
	struct k8s_claimed out = {.api = api ? api : ""};

	while ((kind = next_value(&kinds, text, "kind", arena))) {
		enum k8s_claim claim = claim_of_kind(kind, api);

		if (claim <= out.claim)
			continue;
		out.claim = claim;
		out.kind = kind;
	}
	if (!is_template(text, len))
		return out;
	if (out.claim == K8S_CLAIM_POLICY)
		out.claim = K8S_CLAIM_UNREAD;
	else if (out.claim == K8S_CLAIM_ENDPOINT)
		out.claim = K8S_CLAIM_NOTHING;
	return out;
}
