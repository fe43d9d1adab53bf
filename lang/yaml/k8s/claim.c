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
	const char *seen; /* comments were looked for up to here */
	bool comment;     /* it stands in one */
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

/* Behind a '#' of the same line nothing is said. `at` lies behind those asked about before. */
static bool is_comment(struct cursor *c, const char *at)
{
	for (; c->seen < at; c->seen++)
		c->comment = *c->seen != '\n' && (c->comment || *c->seen == '#');
	return c->comment;
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
		if ((found > begin && is_word(found[-1])) || is_comment(c, found))
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

#define RENDER_FLUX                                                                                \
	"flux build kustomization NAME --path DIRECTORY | polc check -, or "                       \
	"envsubst < FILE | polc check -"

/* Placeholders of what is rendered before it is applied, and by what. */
static const char *renderer_of(const char *text, size_t len)
{
	static const struct {
		const char *placeholder, *command;
	} renderers[] = {
		{"{{", "helm template NAME CHART | polc check -"},
		{"${", RENDER_FLUX},
		{"$(", "polc check --kustomize DIRECTORY"},
	};

	for (size_t i = 0; i < sizeof(renderers) / sizeof(*renderers); i++)
		if (memmem(text, len, renderers[i].placeholder, 2))
			return renderers[i].command;
	return NULL;
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

struct k8s_claimed k8s_claim_of_kind(const char *kind)
{
	return (struct k8s_claimed){.claim = claim_of_kind(kind, NULL), .kind = kind, .api = ""};
}

/* The field was forgotten. */
static bool is_policy_without_kind(const char *api, const char *text, size_t len)
{
	static const char field[] = "podSelector";

	return strncmp(api, "networking.k8s.io/", strlen("networking.k8s.io/")) == 0 &&
	       memmem(text, len, field, strlen(field));
}

static struct k8s_claimed claim_as_it_is(const char *text, size_t len, struct arena *arena)
{
	const struct cursor whole = {.at = text, .end = text + len, .seen = text};
	struct cursor kinds = whole, apis = whole;
	const char *api = next_value(&apis, text, "apiVersion", arena), *kind;
	struct k8s_claimed out = {.api = api ? api : ""};
	bool any = false;

	while ((kind = next_value(&kinds, text, "kind", arena))) {
		enum k8s_claim claim = claim_of_kind(kind, api);

		any = true;
		if (claim <= out.claim)
			continue;
		out.claim = claim;
		out.kind = kind;
	}
	if (!any && is_policy_without_kind(out.api, text, len))
		out = (struct k8s_claimed){
			.claim = K8S_CLAIM_POLICY, .kind = "NetworkPolicy", .api = out.api};
	return out;
}

struct k8s_claimed k8s_claim_of(const char *text, size_t len, struct arena *arena)
{
	struct k8s_claimed out = claim_as_it_is(text, len, arena);

	out.renders = renderer_of(text, len);
	if (!out.renders)
		return out;
	if (out.claim == K8S_CLAIM_POLICY)
		out.claim = K8S_CLAIM_UNREAD;
	else if (out.claim == K8S_CLAIM_ENDPOINT)
		out.claim = K8S_CLAIM_NOTHING;
	return out;
}

/* --- document by document ----------------------------------------------------------------------
 */

void k8s_documents_init(struct k8s_documents *d, const struct sources *sources, uint32_t file,
			struct arena *arena)
{
	*d = (struct k8s_documents){.src = sources_get(sources, file), .arena = arena};
	d->at = d->src->text;
	d->loc.file = d->whole.file = file;
}

/* Behind the line at `p`. */
static const char *next_line(const char *p, const char *end)
{
	const char *nl = memchr(p, '\n', (size_t)(end - p));

	return nl ? nl + 1 : end;
}

static bool is_separator(const char *p, const char *end)
{
	return end - p >= 3 && memcmp(p, "---", 3) == 0;
}

/* The first line counts as one of the document, be it a separator. */
static const char *end_of_document(struct k8s_documents *d, const char *end)
{
	const char *p = d->at;

	do {
		p = next_line(p, end);
		d->line++;
	} while (p < end && !is_separator(p, end));
	return p;
}

bool k8s_documents_next(struct k8s_documents *d, struct k8s_claimed *out)
{
	const char *begin = d->at, *end = d->src->text + d->src->len;

	if (begin == end)
		return false;
	d->loc.line = d->whole.line = d->whole.end_line = d->loc.end_line = d->line + 1;
	d->loc.col = d->whole.col = 1;
	d->loc.end_col = (uint32_t)(next_line(begin, end) - begin) + 1;
	d->at = end_of_document(d, end);
	d->whole.end_line = d->line + 1;
	d->whole.end_col = 1;
	*out = claim_as_it_is(begin, (size_t)(d->at - begin), d->arena);
	return true;
}

/* --- what is rendered --------------------------------------------------------------------------
 */

void rendered_add(struct rendered *r, const struct k8s_claimed *claimed, struct loc loc)
{
	bool policy = claimed->claim == K8S_CLAIM_POLICY || claimed->claim == K8S_CLAIM_UNREAD;

	if (policy ? !r->policies || !r->first.line
		   : claimed->claim == K8S_CLAIM_ENDPOINT && !r->first.line)
		r->first = loc;
	r->policies += policy;
	r->endpoints += claimed->claim == K8S_CLAIM_ENDPOINT;
}

static void put_count(struct buf *out, size_t n, const char *one, const char *many)
{
	buf_printf(out, "%zu %s", n, n == 1 ? one : many);
}

void rendered_put(const struct rendered *r, struct buf *out)
{
	if (r->policies)
		put_count(out, r->policies, "policy", "policies");
	if (r->policies && r->endpoints)
		buf_puts(out, " and ");
	if (r->endpoints)
		put_count(out, r->endpoints, "workload or namespace", "workloads and namespaces");
	if (!r->policies && !r->endpoints)
		buf_puts(out, "no policy and no workload among them");
}
