/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* memmem() */
#include "lang/yaml/k8s/claim.h"

#include <string.h>
#include <strings.h>

#include "lang/yaml/k8s/outline.h"
#include "lang/yaml/k8s/policies.h"
#include "lang/yaml/k8s/readers.h"

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
static bool is_policy_without_kind(const struct outline_object *object, bool selects)
{
	return selects && !object->kind &&
	       strncmp(object->api, "networking.k8s.io/", strlen("networking.k8s.io/")) == 0;
}

bool k8s_names_list(const char *kind)
{
	size_t n = strlen(kind);

	return n > 4 && strcasecmp(kind + n - 4, "List") == 0;
}

const char *k8s_single_of(const char *kind, struct arena *arena)
{
	return k8s_names_list(kind) ? arena_strndup(arena, kind, strlen(kind) - 4) : kind;
}

static struct k8s_claimed claim_of_object(const struct outline_object *object, bool selects,
					  struct arena *arena)
{
	struct k8s_claimed out = {.api = object->api};

	if (object->kind) {
		out.kind = k8s_single_of(object->kind, arena);
		out.claim = claim_of_kind(out.kind, object->api);
	} else if (is_policy_without_kind(object, selects)) {
		out.kind = "NetworkPolicy";
		out.claim = K8S_CLAIM_POLICY;
	}
	return out;
}

/* Of a list, the weightiest claim. */
struct k8s_claimed k8s_claim_of(const char *text, size_t len, struct arena *arena)
{
	static const char selector[] = "podSelector";
	bool selects = memmem(text, len, selector, strlen(selector)) != NULL;
	struct outline outline = {.arena = arena};
	struct k8s_claimed best = {.api = ""};

	outline_read(&outline, text, len);
	vec_each (const struct outline_object, object, &outline.objects) {
		struct k8s_claimed claimed = claim_of_object(object, selects, arena);

		if (claimed.claim > best.claim)
			best = claimed;
	}
	best.bare = outline.bare;
	return best;
}

void k8s_claim_template(struct k8s_claimed *claimed, const char *command)
{
	claimed->renders = command;
	if (claimed->claim == K8S_CLAIM_POLICY)
		claimed->claim = K8S_CLAIM_UNREAD;
	else if (claimed->claim == K8S_CLAIM_ENDPOINT)
		claimed->claim = K8S_CLAIM_TEMPLATE;
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
	d->text = begin;
	d->at = end_of_document(d, end);
	d->whole.end_line = d->line + 1;
	d->whole.end_col = 1;
	*out = k8s_claim_of(begin, (size_t)(d->at - begin), d->arena);
	return true;
}

/* --- what is rendered --------------------------------------------------------------------------
 */

void rendered_add(struct rendered *r, const struct k8s_claimed *claimed, struct loc loc)
{
	bool policy = k8s_claims_policy(claimed);
	bool endpoint =
		claimed->claim == K8S_CLAIM_ENDPOINT || claimed->claim == K8S_CLAIM_TEMPLATE;

	if (policy ? !r->policies || !r->first.line : endpoint && !r->first.line)
		r->first = loc;
	r->policies += policy;
	r->endpoints += endpoint;
}

void rendered_add_gitops(struct rendered *r, struct loc loc)
{
	if (!r->first.line)
		r->first = loc;
	r->gitops++;
}

static void put_count(struct buf *out, size_t n, const char *one, const char *many)
{
	buf_printf(out, "%zu %s", n, n == 1 ? one : many);
}

void rendered_put(const struct rendered *r, struct buf *out)
{
	const struct {
		size_t n;
		const char *one, *many;
	} parts[] = {
		{r->policies, "policy", "policies"},
		{r->endpoints, "workload or namespace", "workloads and namespaces"},
		{r->gitops, "object of Flux or Argo CD", "objects of Flux or Argo CD"},
	};
	bool some = false;

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		if (!parts[i].n)
			continue;
		buf_puts(out, some ? " and " : "");
		put_count(out, parts[i].n, parts[i].one, parts[i].many);
		some = true;
	}
	if (!some)
		buf_puts(out, "no policy and no workload among them");
}
