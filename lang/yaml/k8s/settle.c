/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/yaml/k8s/settle.h"

#include <errno.h>

#include "lang/base/codes.h"
#include "lang/yaml/k8s/claim.h"

bool k8s_skip_kustomization(struct yaml_ctx *c, struct loc loc)
{
	if (!kustomization_is_file(sources_get(&c->l->sources, c->file->file)->name))
		return false;
	skipped_add_kind(&c->l->skipped, "Kustomization", "kustomize.config.k8s.io/v1beta1", 1,
			 loc);
	return true;
}

static int skip_broken(struct yaml_ctx *c, const struct diag_mark *mark,
		       const struct diag_item *why, bool counted)
{
	struct skipped_origin origin = {.named = !c->l->lenient,
					.inventory = c->role == LANG_INVENTORY,
					.counted = counted};

	if (k8s_skip_kustomization(c, why->loc)) {
		diag_take_back(&c->l->diag, mark);
		return 0;
	}
	skipped_add_broken(&c->l->skipped, &c->l->diag, mark, origin);
	return 0;
}

/* A template: it is a policy that is not read. */
static int count_template(struct yaml_ctx *c, const struct k8s_claimed *claimed,
			  const struct diag_item *why, struct loc whole)
{
	struct lang *l = c->l;
	const char *how = claimed->renders ? claimed->renders : "", *alike;
	struct diag_item *item;

	if (c->role == LANG_INVENTORY)
		return 0;
	unread_add(&l->unread, UNREAD_POLICY, claimed->kind, claimed->api, 1, why->loc, whole);
	alike = yaml_tell_once(c, arena_printf(c->scratch, "template %s %s", claimed->kind, how));
	if (!alike)
		return 0;
	item = diag_warning(&l->diag, why->loc, CODE_SKIPPED,
			    "this %s cannot be read as it is: what it allows and denies does not "
			    "count",
			    claimed->kind);
	item->alike = alike;
	diag_note(&l->diag, item, LOC_NONE, "%s", why->text);
	if (claimed->renders)
		diag_note(&l->diag, item, LOC_NONE, "a template is read when it is rendered: %s",
			  how);
	else
		vec_each (const struct diag_fix, fix, &why->fixes)
			vec_push(l->diag.arena, &item->fixes, *fix);
	return 0;
}

static void add_object(struct yaml_ctx *c, const struct k8s_claimed *claimed,
		       const struct diag_item *why, struct loc whole)
{
	unread_add(&c->l->unread, UNREAD_OBJECT, claimed->kind, claimed->api, 1, why->loc, whole);
}

int k8s_settle(struct yaml_ctx *c, struct yaml_stream *s, const struct diag_mark *mark)
{
	struct diag *d = &c->l->diag;
	const struct diag_item *first = diag_first_error(d, mark);
	struct k8s_claimed claimed;
	struct loc whole;
	size_t len;
	const char *text = yaml_stream_text(s, &len, &whole);

	if (!first)
		return -EINVAL;
	claimed = k8s_claim_of(text, len, c->scratch);
	/* Of what stands behind a limit nobody knows more than the words. */
	if (yaml_stream_limited(s) && (claimed.claim != K8S_CLAIM_NOTHING || claimed.renders))
		return -EINVAL;
	switch (claimed.claim) {
	case K8S_CLAIM_POLICY:
		return -EINVAL;
	case K8S_CLAIM_ENDPOINT:
		if (!c->l->lenient)
			return -EINVAL;
		diag_demote(d, mark);
		add_object(c, &claimed, first, whole);
		return 0;
	case K8S_CLAIM_TEMPLATE:
		add_object(c, &claimed, first, whole);
		return skip_broken(c, mark, first, true);
	case K8S_CLAIM_UNREAD:
		diag_take_back(d, mark);
		return count_template(c, &claimed, first, whole);
	case K8S_CLAIM_NOTHING:
		break;
	}
	return skip_broken(c, mark, first, false);
}
