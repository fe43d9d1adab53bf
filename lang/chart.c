/* SPDX-License-Identifier: Apache-2.0 */
/* Helm charts: the templates of a chart are texts that become objects. */
#include <assert.h>
#include <string.h>
#include <unistd.h>

#include "lang/base/codes.h"
#include "lang/lang.h"
#include "lang/rendered.h"
#include "lang/yaml/k8s/claim.h"

bool chart_is_at(struct arena *a, const char *dir)
{
	return access(arena_printf(a, "%s/Chart.yaml", dir), F_OK) == 0;
}

bool chart_templates(struct arena *a, const char *dir, const char **chart)
{
	static const char name[] = "templates";
	size_t n = strlen(dir), m = strlen(name);

	while (n > 1 && dir[n - 1] == '/')
		n--;
	if (n < m || memcmp(dir + n - m, name, m) != 0 || (n > m && dir[n - m - 1] != '/'))
		return false;
	*chart = n > m + 1 ? arena_strndup(a, dir, n - m - 1) : n > m ? "/" : ".";
	return chart_is_at(a, *chart);
}

void chart_read(struct lang *l, uint32_t file, enum lang_role role)
{
	struct rendered *templates = &l->chart->templates;
	struct k8s_documents docs;
	struct k8s_claimed claimed;

	assert(l->chart);
	templates->files++;
	k8s_documents_init(&docs, &l->sources, file, &l->arena);
	while (k8s_documents_next(&docs, &claimed)) {
		bool policy = k8s_claims_policy(&claimed);

		if (policy && role == LANG_INVENTORY)
			continue;
		rendered_add(templates, &claimed, docs.loc);
		if (role == LANG_INPUT &&
		    gitops_note_template(l, docs.text, (size_t)(docs.at - docs.text), docs.loc,
					 docs.whole))
			rendered_add_gitops(templates, docs.loc);
		if (policy || claimed.claim == K8S_CLAIM_ENDPOINT)
			unread_add(&l->unread, policy ? UNREAD_POLICY : UNREAD_OBJECT, claimed.kind,
				   claimed.api, 1, docs.loc, docs.whole)
				->unseen = true;
	}
}

void chart_tell(struct lang *l, const struct chart *chart)
{
	const struct rendered *t = &chart->templates;
	_cleanup_buf_ struct buf what = {0};
	struct diag_item *item;

	if (!t->files)
		return;
	rendered_put(t, &what);
	item = (t->policies ? diag_warning : diag_info)(
		&l->diag, t->policies || t->gitops ? t->first : LOC_NONE, CODE_SKIPPED,
		"the templates of the Helm chart '%s' are not read: %s", chart->dir,
		buf_str(&what));
	diag_note(&l->diag, item, LOC_NONE,
		  "what comes of them is read with: helm template NAME %s | polc check -",
		  chart->dir);
}
