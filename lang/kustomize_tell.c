/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of kustomizations, as they are not carried out. */
#include "lang/base/buf.h"
#include "lang/base/codes.h"
#include "lang/lang.h"
#include "lang/rendered.h"
#include "lang/yaml/k8s/claim.h"

static bool is_worth_telling(const struct kustomization *k)
{
	return k->patches.policies || k->patches.endpoints;
}

/* Policies are looked for where they are; of a workload the patch says little. */
static void tell_one(struct lang *l, const struct kustomization *k)
{
	const struct rendered *p = &k->patches;
	_cleanup_buf_ struct buf what = {0};
	struct diag_item *item;

	rendered_put(p, &what);
	item = (p->policies ? diag_warning : diag_info)(
		&l->diag, p->policies ? p->first : LOC_NONE, CODE_SKIPPED,
		"the kustomize patches in '%s' are not applied: %s", k->dir, buf_str(&what));
	diag_note(&l->diag, item, LOC_NONE,
		  "what comes of them is read with: polc check --kustomize %s",
		  k->there ? k->dir : "DIRECTORY");
}

enum { MAX_TOLD = 3 };

static void tell_together(struct lang *l, size_t n, size_t endpoints)
{
	struct diag_item *item;

	item = diag_info(&l->diag, LOC_NONE, CODE_SKIPPED,
			 "the kustomize patches in %zu directories are not applied: %zu workloads "
			 "and namespaces; -v lists them",
			 n, endpoints);
	diag_note(&l->diag, item, LOC_NONE,
		  "what comes of them is read with: polc check --kustomize DIRECTORY");
}

/* Those that patch no policy are told together where they are many. */
static void tell_patches(struct lang *l)
{
	const struct kustomizations *ks = &l->kustomizations;
	size_t n = 0, endpoints = 0;
	bool many;

	vec_each (const struct kustomization, k, &ks->list) {
		if (!is_worth_telling(k) || k->patches.policies)
			continue;
		n++;
		endpoints += k->patches.endpoints;
	}
	many = n > MAX_TOLD && !l->list_skipped;
	if (many)
		tell_together(l, n, endpoints);
	vec_each (const struct kustomization, k, &ks->list)
		if (is_worth_telling(k) && (k->patches.policies || !many))
			tell_one(l, k);
}

static void tell_change(struct lang *l, const struct kustomization *k)
{
	_cleanup_buf_ struct buf what = {0};
	struct diag_item *item;

	vec_each (const struct kustomize_change, change, &k->changes)
		buf_printf(&what, "%s%s", what.n ? ", " : "", change->what);
	item = diag_info(&l->diag, k->changes.v[0].loc, CODE_SKIPPED,
			 "what the kustomization in '%s' changes of policies is not applied: %s",
			 k->dir, buf_str(&what));
	diag_note(&l->diag, item, LOC_NONE,
		  "what comes of it is read with: polc check --kustomize %s", k->dir);
}

static void tell_changes(struct lang *l)
{
	const struct kustomizations *ks = &l->kustomizations;
	size_t n = 0;
	bool many;

	vec_each (const struct kustomization, k, &ks->list)
		n += k->applies;
	many = n > MAX_TOLD && !l->list_skipped;
	if (many)
		diag_info(&l->diag, LOC_NONE, CODE_SKIPPED,
			  "what the kustomizations in %zu directories change of policies is not "
			  "applied; -v lists them",
			  n);
	vec_each (const struct kustomization, k, &ks->list)
		if (k->applies && !many)
			tell_change(l, k);
}

void kustomizations_tell(struct lang *l)
{
	tell_patches(l);
	tell_changes(l);
}
