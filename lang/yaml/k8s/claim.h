/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a document that cannot be read claims to be, by its bare text. A directory holds whatever a
 * team has in it, charts and patches and other people's files; only what is lost with a policy is
 * worth stopping for.
 */
#pragma once

#include "lang/base/buf.h"
#include "lang/lang.h"
#include "lang/rendered.h"

enum k8s_claim {
	K8S_CLAIM_NOTHING,  /* that policies or an inventory are made of */
	K8S_CLAIM_TEMPLATE, /* of what follows */
	K8S_CLAIM_ENDPOINT, /* a workload, a pod, a namespace */
	K8S_CLAIM_UNREAD,   /* a policy that is not read, as it is of another kind or a template */
	K8S_CLAIM_POLICY,   /* one that is */
};

struct k8s_claimed {
	enum k8s_claim claim;
	const char *kind, *api; /* of all but NOTHING */
	const char *renders;    /* the command that renders this template; NULL: it is none */
	bool bare;              /* of a template there are only statements */
};

static inline bool k8s_claims_policy(const struct k8s_claimed *c)
{
	return c->claim >= K8S_CLAIM_UNREAD;
}

/* As in `kubectl get -o yaml`: `CiliumNetworkPolicyList`. */
bool k8s_names_list(const char *kind);
/* What it is a list of, or the kind itself. */
const char *k8s_single_of(const char *kind, struct arena *arena);

/* A template claims what it is one of. Strings are copied to the arena. */
struct k8s_claimed k8s_claim_of(const char *text, size_t len, struct arena *arena);
/* It turned out to be a template, which this command renders. */
void k8s_claim_template(struct k8s_claimed *claimed, const char *command);
/* What the kind alone claims. */
struct k8s_claimed k8s_claim_of_kind(const char *kind);

/* The documents of a text, by its lines `---`, whatever else it is. */
struct k8s_documents {
	const struct source *src;
	struct arena *arena;
	const char *at;        /* the rest */
	const char *text;      /* of the last document, as far as that */
	struct loc loc, whole; /* of the last document: its first line, and all of it */
	uint32_t line;
};

void k8s_documents_init(struct k8s_documents *d, const struct sources *sources, uint32_t file,
			struct arena *arena);
/* False: there are no more. */
bool k8s_documents_next(struct k8s_documents *d, struct k8s_claimed *out);

/* Counts a document of a file that is rendered. */
void rendered_add(struct rendered *r, const struct k8s_claimed *claimed, struct loc loc);
/* The same of a GitOps object that is counted as not read. */
void rendered_add_gitops(struct rendered *r, struct loc loc);
/* `2 policies and 1 workload or namespace` */
void rendered_put(const struct rendered *r, struct buf *out);
