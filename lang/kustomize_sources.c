/* SPDX-License-Identifier: Apache-2.0 */
/* What a kustomization brings that lies in none of its files: of other hosts, of charts, of
 * programs that make objects. There may be policies in it. */
#include <string.h>

#include "lang/base/buf.h"
#include "lang/base/path.h"
#include "lang/confine.h"
#include "lang/rendered.h"
#include "lang/yaml/node.h"

struct seek {
	struct lang *l;
	const char *dir;
};

/* --- other hosts ----------------------------------------------------------------------------- */

static bool is_in_git(const char *name)
{
	static const char suffix[] = ".git";
	const char *p = strstr(name, suffix), *behind = p ? p + strlen(suffix) : NULL;

	return p > name && p[-1] != '/' && (!*behind || *behind == '/');
}

/* `https://...`, `git@...`, `github.com/o/r//dir?ref=v1`. */
bool kustomize_is_remote(const char *name)
{
	static const char *const hosts[] = {"github.com/", "gitlab.com/", "bitbucket.org/"};

	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++)
		if (strncmp(name, hosts[i], strlen(hosts[i])) == 0)
			return true;
	return strstr(name, "//") || strchr(name, '@') || strchr(name, '?') || is_in_git(name);
}

/* kustomize asks first what is there. */
static bool lies_elsewhere(const struct seek *s, const struct yaml_node *item)
{
	struct arena *a = &s->l->arena;

	return item->kind == YAML_STR && kustomize_is_remote(item->text) &&
	       !path_real(a, path_join(a, s->dir, item->text));
}

/* --- generators ------------------------------------------------------------------------------ */

static bool makes_only_data(const struct yaml_node *root)
{
	static const char *const kinds[] = {"ConfigMapGenerator", "SecretGenerator"};
	const struct yaml_node *kind = yaml_get(root, "kind");

	for (size_t i = 0; kind && kind->kind == YAML_STR && i < sizeof(kinds) / sizeof(*kinds);
	     i++)
		if (strcmp(kind->text, kinds[i]) == 0)
			return true;
	return false;
}

/* In a world of its own, as what is wrong with it is not polc's to say. */
static bool text_makes_only_data(const struct lang *l, const char *name, const char *text,
				 size_t len)
{
	struct lang own;
	struct yaml_stream *s;
	struct yaml_node *root;
	bool data = true;
	int got;

	lang_init(&own);
	own.limits = l->limits;
	sources_add(&own.sources, name, text, len);
	s = yaml_stream_new(&own, 0);
	while (data && (got = yaml_stream_next(s, &own.arena, &root)) != 0)
		data = got > 0 && makes_only_data(root);
	yaml_stream_free(&s);
	lang_fini(&own);
	return data;
}

static bool file_makes_only_data(const struct seek *s, const char *name)
{
	_cleanup_buf_ struct buf text = {0};
	const char *path = path_join(&s->l->arena, s->dir, name);
	int fd = confine_open_silently(s->l, path);

	return fd >= 0 && confine_read(s->l, fd, &text) == 0 &&
	       text_makes_only_data(s->l, path, buf_str(&text), text.n);
}

/* A file, or the text of one. */
static bool may_make_policies(const struct seek *s, const struct yaml_node *item)
{
	if (item->kind != YAML_STR)
		return false;
	if (strpbrk(item->text, "\n:") && !kustomize_is_remote(item->text))
		return !text_makes_only_data(s->l, s->dir, item->text, strlen(item->text));
	return !file_makes_only_data(s, item->text);
}

/* --- all of them ----------------------------------------------------------------------------- */

static bool is_chart(const struct seek *s, const struct yaml_node *item)
{
	(void)s;
	return item->kind == YAML_MAP;
}

static const struct {
	const char *field, *what;
	bool (*brings)(const struct seek *s, const struct yaml_node *item);
} fields[] = {
	{"resources", "remote resource", lies_elsewhere},
	{"bases", "remote base", lies_elsewhere},
	{"components", "remote component", lies_elsewhere},
	{"helmCharts", "Helm chart", is_chart},
	{"helmChartInflationGenerator", "Helm chart", is_chart},
	{"generators", "generator", may_make_policies},
};

void kustomize_add_sources(struct lang *l, struct kustomization *k, const struct yaml_node *root)
{
	struct seek s = {l, k->dir};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const struct yaml_node *list = yaml_get(root, fields[i].field);

		if (!list || list->kind != YAML_SEQ)
			continue;
		vec_each (struct yaml_node *, item, &list->items)
			if (fields[i].brings(&s, *item))
				vec_push(l->kustomizations.arena, &k->sources,
					 ((struct kustomize_change){fields[i].what, (*item)->loc,
								    (*item)->loc, LOC_NONE}));
	}
}
