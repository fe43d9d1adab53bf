/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/gitops/repository.h"

#include <string.h>

#include "lang/base/path.h"
#include "lang/gitops/gitops.h"
#include "lang/lang.h"

/* What is read of a revision lies elsewhere, and is of the repository that one stands in. */
static const char *where_it_is(struct lang *l, const char *root)
{
	const char *here = path_real(&l->arena, "."), *real = NULL;

	if (l->repository && strcmp(root, l->repository) == 0)
		real = here ? path_repository(&l->arena, here) : NULL;
	return real ? real : root;
}

void repository_init(struct repository *r, struct lang *l, const char *root)
{
	const char *real = where_it_is(l, root);

	*r = (struct repository){.l = l, .root = root, .name = path_base(real)};
	git_remotes_read(&r->remotes, &l->arena, real);
	vec_each (const char *, url, &l->gitops.own)
		git_remotes_add(&r->remotes, &l->arena, *url);
}

static bool has_name(const struct repository *r, const char *name)
{
	if (strcmp(r->name, name) == 0)
		return true;
	vec_each (const struct git_url, remote, &r->remotes.list)
		if (strcmp(git_url_name(remote), name) == 0)
			return true;
	return false;
}

static bool is_remote(const struct repository *r, const struct git_url *url)
{
	vec_each (const struct git_url, remote, &r->remotes.list)
		if (!git_url_differs(remote, url))
			return true;
	return false;
}

enum repository_is repository_compare(const struct repository *r, const struct gitops_source *s)
{
	struct git_url url;
	bool read = git_url_read(&r->l->arena, s->url, &url), named;

	if (s->own)
		return REPOSITORY_SAME;
	if (!s->artifact && read && is_remote(r, &url))
		return REPOSITORY_SAME;
	if (!s->artifact && read && r->remotes.list.n && !r->remotes.partial)
		return REPOSITORY_OTHER;
	named = read ? has_name(r, git_url_name(&url)) : s->name && has_name(r, s->name);
	if (named)
		return REPOSITORY_SAME;
	return s->artifact ? REPOSITORY_OTHER : REPOSITORY_UNKNOWN;
}
