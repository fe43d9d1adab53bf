/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a source of a GitOps object is the repository that the object stands in. What is known of
 * that are its remotes, the URL that Flux itself was given for it, and the name of its directory.
 */
#pragma once

#include <stdbool.h>

#include "lang/base/arena.h"

/* Without what differs between addresses of one repository: scheme, user, port, `.git`, case. */
struct git_url {
	const char *host, *path;
};

/* False: it says nothing, as a file, or as something else fills it in. */
bool git_url_read(struct arena *a, const char *url, struct git_url *out);
/* Are these known to be two? */
bool git_url_differs(const struct git_url *a, const struct git_url *b);
/* The last part. */
const char *git_url_name(const struct git_url *url);

struct git_remotes {
	VEC(struct git_url) list;
	bool partial; /* there may be others */
};

/* Adds those of the repository with this root, without a word. */
void git_remotes_read(struct git_remotes *r, struct arena *a, const char *root);
void git_remotes_add(struct git_remotes *r, struct arena *a, const char *url);

struct gitops_source;
struct lang;

enum repository_is { REPOSITORY_SAME, REPOSITORY_OTHER, REPOSITORY_UNKNOWN };

/* What is known of a root. */
struct repository {
	struct lang *l; /* borrowed, as is its arena */
	const char *root, *name;
	struct git_remotes remotes;
};

void repository_init(struct repository *r, struct lang *l, const char *root);
enum repository_is repository_compare(const struct repository *r, const struct gitops_source *s);
