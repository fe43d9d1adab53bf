/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of GitOps objects, as nobody carries them out here. */
#include <string.h>

#include "lang/base/buf.h"
#include "lang/base/codes.h"
#include "lang/base/path.h"
#include "lang/gitops/gitops.h"
#include "lang/lang.h"
#include "lang/yaml/problem.h"

/* What goes past polc in an object. */
struct gone {
	struct loc first;
	size_t n;
	struct buf what; /* `namespace, patch of NetworkPolicy` */
};

#define _cleanup_gone_ __attribute__((cleanup(gone_fini)))

static void gone_fini(struct gone *g)
{
	buf_fini(&g->what);
}

static void add(struct gone *g, struct loc loc, const char *what, const char *of)
{
	if (!g->n++)
		g->first = loc;
	buf_printf(&g->what, "%s%s", g->n > 1 ? ", " : "", what);
	if (!of)
		return;
	buf_puts(&g->what, " '");
	buf_add_shown(&g->what, of, strlen(of));
	buf_putc(&g->what, '\'');
}

static void find_changes(const struct gitops_object *o, struct gone *out)
{
	vec_each (const struct gitops_source, s, &o->sources)
		vec_each (const struct gitops_change, c, &s->changes)
			if (c->applies)
				add(out, c->loc, c->what, NULL);
	vec_each (const struct gitops_change, c, &o->changes)
		if (c->applies)
			add(out, c->loc, c->what, NULL);
}

static void find_sources(const struct gitops_object *o, struct gone *out)
{
	vec_each (const struct gitops_source, s, &o->sources)
		if (s->what)
			add(out, s->loc, s->what, s->text);
}

static const struct telling {
	void (*find)(const struct gitops_object *o, struct gone *out);
	const char *one, *many;
} tellings[] = {
	{find_changes, "changes on the way to the cluster is not applied",
	 "change on the way to the cluster is not applied"},
	{find_sources, "brings from elsewhere is not read", "bring from elsewhere is not read"},
};

/* --- how to see it -------------------------------------------------------------------------- */

static const struct {
	const char *kind, *command;
} renderers[] = {
	{"Kustomization",
	 "flux build kustomization NAME --path DIRECTORY --kustomization-file FILE "
	 "--dry-run | polc check -"},
	{"Application", "argocd app manifests NAME | polc check -"},
	{"ApplicationSet",
	 "argocd app manifests NAME | polc check -, for each of its applications"},
};

static const char *renderer_of(const char *kind)
{
	size_t i = 0;

	while (strcmp(renderers[i].kind, kind) != 0)
		i++;
	return renderers[i].command;
}

static void tell_outside(struct lang *l, struct diag_item *item, const struct gitops_object *o)
{
	const char *here = path_real(&l->arena, ".");

	vec_each (const struct gitops_source, s, &o->sources)
		if (s->what && s->outside)
			diag_note(&l->diag, item, LOC_NONE,
				  "'%s' lies outside of what is named: name it, too",
				  here ? path_from(&l->arena, here, s->outside) : s->outside);
}

/* The path may be here, too. */
static void tell_other(struct lang *l, struct diag_item *item, const struct gitops_object *o)
{
	vec_each (const struct gitops_source, s, &o->sources)
		if (s->what && s->other && s->url)
			diag_note(&l->diag, item, LOC_NONE,
				  "this repository is another one than %s",
				  yaml_show(&l->arena, s->url));
}

static void tell_one(struct lang *l, const struct gitops_object *o, const struct telling *t)
{
	_cleanup_gone_ struct gone gone = {0};
	struct diag_item *item;

	t->find(o, &gone);
	if (!gone.n)
		return;
	item = diag_info(&l->diag, gone.first, CODE_SKIPPED, "what the %s '%s/%s' %s: %s", o->kind,
			 o->ns, o->name, t->one, buf_str(&gone.what));
	if (t->find == find_sources) {
		tell_outside(l, item, o);
		tell_other(l, item, o);
	}
	diag_note(&l->diag, item, LOC_NONE, "what comes of it is read with: %s",
		  renderer_of(o->kind));
}

static size_t count(const struct lang *l, const struct telling *t)
{
	size_t n = 0;

	vec_each (const struct gitops_object, o, &l->gitops.list) {
		_cleanup_gone_ struct gone gone = {0};

		t->find(o, &gone);
		n += gone.n > 0;
	}
	return n;
}

/* More of them are told together. */
enum { MAX_TOLD = 3 };

void gitops_tell(struct lang *l)
{
	for (size_t i = 0; i < sizeof(tellings) / sizeof(*tellings); i++) {
		const struct telling *t = &tellings[i];
		size_t n = count(l, t);

		if (n > MAX_TOLD && !l->list_skipped)
			diag_info(&l->diag, LOC_NONE, CODE_SKIPPED,
				  "what %zu objects of Flux and Argo CD %s; -v lists them", n,
				  t->many);
		else
			vec_each (const struct gitops_object, o, &l->gitops.list)
				tell_one(l, o, t);
	}
}
