/* SPDX-License-Identifier: Apache-2.0 */
/* GitOps objects that are templates themselves, as in the chart of an app of apps: what they say
 * depends on values, so they are counted by their bare text. */
#define _GNU_SOURCE /* memmem() */
#include <string.h>

#include "lang/gitops/note.h"
#include "lang/yaml/k8s/outline.h"

static bool has(const char *text, size_t len, const char *word)
{
	return memmem(text, len, word, strlen(word));
}

/* As a release of Helm is, that is all there is to it. */
static bool brings_only_charts(const char *text, size_t len)
{
	return has(text, len, "chart:") && !has(text, len, "path:") &&
	       !has(text, len, "managedNamespaceMetadata");
}

const char *gitops_note_template(struct lang *l, const char *text, size_t len, struct loc loc,
				 struct loc whole)
{
	struct outline outline = {.arena = &l->arena};
	const char *found = NULL;

	if (brings_only_charts(text, len))
		return NULL;
	outline_read(&outline, text, len);
	vec_each (const struct outline_object, object, &outline.objects) {
		const char *kind = object->kind ? gitops_kind(object->kind, object->api) : NULL;

		if (!kind)
			continue;
		found = kind;
		unread_add(&l->unread, UNREAD_SOURCE_OF_GITOPS,
			   arena_printf(&l->arena, "template of %s", kind), object->api, 1, loc,
			   whole)
			->unseen = true;
	}
	return found;
}
