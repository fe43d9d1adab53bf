/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of kustomizations, as they are not carried out. */
#include <string.h>

#include "lang/base/buf.h"
#include "lang/base/codes.h"
#include "lang/lang.h"
#include "lang/rendered.h"
#include "lang/yaml/k8s/claim.h"

static bool is_worth_telling(const struct kustomization *k)
{
	return k->patches.policies || k->patches.endpoints || k->patches.gitops;
}

static bool counts(const struct rendered *p)
{
	return p->policies || p->gitops;
}

/* Policies are looked for where they are; of a workload the patch says little. */
static void tell_one(struct lang *l, const struct kustomization *k)
{
	const struct rendered *p = &k->patches;
	_cleanup_buf_ struct buf what = {0};
	struct diag_item *item;

	rendered_put(p, &what);
	item = (p->policies ? diag_warning : diag_info)(
		&l->diag, counts(p) ? p->first : LOC_NONE, CODE_SKIPPED,
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
		if (!is_worth_telling(k) || counts(&k->patches))
			continue;
		n++;
		endpoints += k->patches.endpoints;
	}
	many = n > MAX_TOLD && !l->list_skipped;
	if (many)
		tell_together(l, n, endpoints);
	vec_each (const struct kustomization, k, &ks->list)
		if (is_worth_telling(k) && (counts(&k->patches) || !many))
			tell_one(l, k);
}

/* What goes past polc in a kustomization, one at least. */
struct gone {
	const struct kustomize_change *v;
	size_t n;
};

static struct gone changes_of(const struct kustomization *k)
{
	return (struct gone){k->changes.v, k->applies ? k->changes.n : 0};
}

static struct gone sources_of(const struct kustomization *k)
{
	return (struct gone){k->sources.v, k->sources.n};
}

/* What is said of it: of one kustomization, and of many. */
static const struct telling {
	struct gone (*of)(const struct kustomization *k);
	const char *one, *does, *many, *is_not;
} tellings[] = {
	{changes_of, "changes of policies is not applied", "changes", "change of policies",
	 "applied"},
	{sources_of, "brings from elsewhere is not read", "brings", "bring from elsewhere", "read"},
};

static size_t count_alike(const struct gone *gone, size_t from, size_t to, const char *what)
{
	size_t n = 0;

	for (size_t i = from; i < to; i++)
		n += strcmp(gone->v[i].what, what) == 0;
	return n;
}

/* `remote resource 3, Helm chart`: in the order of the first of each. */
static void put_gone(const struct gone *gone, struct buf *out)
{
	for (size_t i = 0; i < gone->n; i++) {
		const char *what = gone->v[i].what;
		size_t n = count_alike(gone, i, gone->n, what);

		if (count_alike(gone, 0, i, what))
			continue;
		buf_printf(out, "%s%s", i ? ", " : "", what);
		if (n > 1)
			buf_printf(out, " %zu", n);
	}
}

/* The first of those that lie beside the input, or each. */
static void tell_outside(struct lang *l, struct diag_item *item, const struct gone *gone)
{
	for (size_t i = 0; i < gone->n; i++) {
		if (!gone->v[i].path)
			continue;
		diag_note(&l->diag, item, LOC_NONE,
			  "'%s' lies outside of what is named: name it, too", gone->v[i].path);
		if (!l->list_skipped)
			break;
	}
}

static void tell_gone(struct lang *l, const struct kustomization *k, const struct telling *t)
{
	struct gone gone = t->of(k);
	_cleanup_buf_ struct buf what = {0};
	struct diag_item *item;

	put_gone(&gone, &what);
	item = diag_info(&l->diag, gone.v[0].loc, CODE_SKIPPED,
			 "what the kustomization in '%s' %s: %s", k->dir, t->one, buf_str(&what));
	for (size_t i = 1; l->list_skipped && i < gone.n; i++)
		diag_note(&l->diag, item, gone.v[i].loc, "it %s this, too: %s", t->does,
			  gone.v[i].what);
	tell_outside(l, item, &gone);
	diag_note(&l->diag, item, LOC_NONE,
		  "what comes of it is read with: polc check --kustomize %s", k->dir);
}

static void tell_all_gone(struct lang *l, const struct telling *t)
{
	const struct kustomizations *ks = &l->kustomizations;
	size_t n = 0;
	bool many;

	vec_each (const struct kustomization, k, &ks->list)
		n += t->of(k).n > 0;
	many = n > MAX_TOLD && !l->list_skipped;
	if (many)
		diag_info(&l->diag, LOC_NONE, CODE_SKIPPED,
			  "what the kustomizations in %zu directories %s is not %s; -v lists them",
			  n, t->many, t->is_not);
	vec_each (const struct kustomization, k, &ks->list)
		if (t->of(k).n && !many)
			tell_gone(l, k, t);
}

void kustomizations_tell(struct lang *l)
{
	tell_patches(l);
	for (size_t i = 0; i < sizeof(tellings) / sizeof(*tellings); i++)
		tell_all_gone(l, &tellings[i]);
}
