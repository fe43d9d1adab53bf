/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/project.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lang/base/codes.h"
#include "lang/base/path.h"
#include "lang/base/suggest.h"
#include "lang/lang_internal.h"
#include "lang/yaml/decode.h"
#include "lang/yaml/problem.h"

enum { MAX_FILE_BYTES = 1 << 20, VERSION = 1 };

/* --- finding it ------------------------------------------------------------------------ */

const char *project_find(struct arena *a)
{
	const char *here = path_real(a, "."), *root;

	if (!here)
		return NULL;
	root = path_repository(a, here);
	for (const char *dir = here; dir; dir = path_parent(a, dir)) {
		const char *path = path_join(a, dir, PROJECT_FILE);

		if (access(path, F_OK) == 0)
			return path_from(a, here, path);
		if (!root || strcmp(dir, root) == 0)
			break;
	}
	return NULL;
}

/* --- values ---------------------------------------------------------------------------- */

/* One of the words, which end in NULL. */
static int read_word(struct yaml_ctx *c, const struct yaml_node *n, const char *const *words,
		     struct ast_name *out)
{
	const char *near = NULL, *all = "";
	struct suggest suggest;
	struct diag_item *item;

	suggest_init(&suggest, n->text);
	for (size_t i = 0; words[i]; i++) {
		if (strcmp(n->text, words[i]) == 0) {
			*out = yaml_keep(c, n->loc, n->text);
			return 0;
		}
		suggest_offer(&suggest, words[i]);
		all = arena_printf(c->scratch, "%s%s%s", all,
				   !i             ? ""
				   : words[i + 1] ? ", "
						  : " or ",
				   words[i]);
	}
	near = suggest.best;
	item = diag_error(&c->l->diag, n->loc, CODE_BAD_VALUE, "'%s' is %s, not '%s'%s%s%s",
			  c->field, all, yaml_show(c->scratch, n->text),
			  near ? ": did you mean '" : "", near ? near : "", near ? "'?" : "");
	if (near)
		diag_fix(&c->l->diag, item, n->loc, near, "write '%s'", near);
	return -EINVAL;
}

static int read_ipblock(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	static const char *const words[] = {"pods", "external", NULL};

	if (!yaml_text(c, n))
		return -EINVAL;
	return read_word(c, n, words, out);
}

static int read_version(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	(void)out;
	if (n->kind != YAML_INT)
		return yaml_wrong_type(c, n, "a number");
	if (n->number == VERSION)
		return 0;
	diag_error(&c->l->diag, n->loc, CODE_BAD_VALUE,
		   "this polc reads configurations of version %d, not of version %s", VERSION,
		   yaml_show(c->scratch, n->text));
	return -EINVAL;
}

static int read_text(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	const char *text = yaml_text(c, n);

	if (!text)
		return -EINVAL;
	if (!*text) {
		diag_error(&c->l->diag, n->loc, CODE_BAD_VALUE, "'%s' is empty", c->field);
		return -EINVAL;
	}
	*(struct ast_name *)out = yaml_keep(c, n->loc, text);
	return 0;
}

static int read_item(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	struct project_names *names = out;
	struct ast_name name;

	if (read_text(c, n, &name) < 0)
		return -EINVAL;
	vec_push(&c->l->arena, &names->list, name);
	return 0;
}

static int read_prefix(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	struct net_prefix prefix;

	if (n->kind == YAML_STR && net_prefix_parse(n->text, &prefix) < 0) {
		diag_error(&c->l->diag, n->loc, CODE_BAD_ADDRESS,
			   "'%s' holds prefixes such as 10.244.0.0/16, not '%s'%s", c->field,
			   yaml_show(c->scratch, n->text), net_mapped_hint(n->text));
		return -EINVAL;
	}
	return read_item(c, n, out);
}

/* YAML 1.1 reads `off` as a boolean, which nobody means here. */
static int read_level(struct yaml_ctx *c, const struct yaml_node *n, struct ast_name *out)
{
	static const char *const words[] = {"error", "warning", "note", "info", "off", NULL};

	if (n->kind == YAML_BOOL && !n->number) {
		*out = yaml_keep(c, n->loc, "off");
		return 0;
	}
	if (n->kind != YAML_BOOL && !yaml_text(c, n))
		return -EINVAL;
	return read_word(c, n, words, out);
}

/* Which checks there are is not known here. */
static int read_levels(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	struct project_levels *levels = out;
	int r = 0;

	if (n->kind != YAML_MAP)
		return yaml_wrong_type(c, n, "an object");
	vec_each (const struct yaml_pair, p, &n->pairs) {
		struct project_level level = {.check = yaml_keep(c, p->key_loc, p->key)};
		struct ast_name word;

		c->field = p->key;
		if (read_level(c, p->value, &word) < 0) {
			r = -EINVAL;
			continue;
		}
		level.level = word.s;
		vec_push(&c->l->arena, &levels->list, level);
	}
	return r;
}

#define AT(member) offsetof(struct project, member)
static const struct yaml_field fields[] = {
	{"version", read_version, NULL, 0, YF_REQUIRED, NULL},
	{"include", read_item, NULL, AT(include), YF_EACH, NULL},
	{"exclude", read_item, NULL, AT(exclude), YF_EACH, NULL},
	{"inventories", read_item, NULL, AT(inventories), YF_EACH, NULL},
	{"pod-cidrs", read_prefix, NULL, AT(pod_cidrs), YF_EACH, NULL},
	{"ipblock", read_ipblock, NULL, AT(ipblock), 0, NULL},
	{"levels", read_levels, NULL, AT(levels), 0, NULL},
	{"baseline", read_text, NULL, AT(baseline), 0, NULL},
	{0},
};
#undef AT
static const struct yaml_object configuration = {"the configuration", fields};

/* --- where names lead ------------------------------------------------------------------ */

static bool climbs(const char *path)
{
	for (const char *p = path; p; p = strchr(p, '/')) {
		p += *p == '/';
		if (strncmp(p, "..", 2) == 0 && (!p[2] || p[2] == '/'))
			return true;
	}
	return false;
}

static int refuse(struct lang *l, const struct ast_name *name, const char *why)
{
	struct diag_item *item =
		diag_error(&l->diag, name->loc, CODE_BAD_VALUE, "'%s' %s", name->s, why);

	diag_note(
		&l->diag, item, LOC_NONE,
		"a configuration names what lies in its own directory; what lies elsewhere can be "
		"named on the command line");
	return -EINVAL;
}

/* Makes a name that is relative to the file one that is relative to the current directory. */
static int place(struct lang *l, const struct project *p, const char *dir, struct ast_name *name)
{
	struct arena *a = &l->arena;
	const char *path = strcmp(dir, ".") == 0 && strcmp(name->s, "-") != 0
				   ? name->s
				   : path_join(a, dir, name->s);
	const char *real = path_real(a, path);

	if (name->s[0] == '/')
		return refuse(l, name, "is an absolute path");
	if (climbs(name->s))
		return refuse(l, name, "has '..' in it");
	if (real && !path_below(p->dir, real))
		return refuse(l, name, "leads out of the directory by a symbolic link");
	if (real && path_is_of_git(path_below(p->dir, real)))
		return refuse(l, name, "is of git's own");
	name->s = path;
	return 0;
}

static int place_all(struct lang *l, struct project *p, const char *dir)
{
	struct project_names *lists[] = {&p->include, &p->inventories};
	int r = 0;

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		vec_each (struct ast_name, name, &lists[i]->list)
			r |= place(l, p, dir, name);
	if (p->baseline.s)
		r |= place(l, p, dir, &p->baseline);
	return r ? -EINVAL : 0;
}

/* --- the file -------------------------------------------------------------------------- */

static int read_documents(struct lang *l, uint32_t file, struct arena *scratch, struct project *out)
{
	struct yaml_ctx c = {
		.l = l, .scratch = scratch, .strict = true, .field = "a configuration"};
	const struct loc start = {.file = file, .line = 1, .col = 1, .end_line = 1, .end_col = 1};
	struct yaml_stream *s = yaml_stream_new(l, file);
	struct yaml_node *root, *more;
	int r = yaml_stream_next(s, scratch, &root);

	if (r == 0) {
		diag_error(&l->diag, start, CODE_MISSING_FIELD,
			   "the configuration is empty: it needs 'version: %d' at least", VERSION);
		r = -EINVAL;
	} else if (r > 0) {
		r = yaml_decode(&c, root, &configuration, out);
	}
	if (r == 0) {
		r = yaml_stream_next(s, scratch, &more);
		if (r > 0)
			diag_error(&l->diag, yaml_start(more), CODE_SYNTAX,
				   "a configuration is one document");
		r = r ? -EINVAL : 0;
	}
	yaml_stream_free(&s);
	return r;
}

int project_parse(struct lang *l, const char *path, const char *text, size_t n, struct project *out)
{
	const char *dir = path_dir(&l->arena, path);
	struct arena scratch;
	int r;

	*out = (struct project){.path = path, .dir = path_real(&l->arena, dir)};
	if (!out->dir)
		return lang_fail_io(l, LOC_NONE, path, strerror(ENOENT));
	arena_init(&scratch);
	r = read_documents(l, sources_add(&l->sources, path, text, n), &scratch, out);
	arena_fini(&scratch);
	return r < 0 ? r : place_all(l, out, dir);
}

/* The text of a file elsewhere has no business in the messages of this repository's runs. */
static bool leads_out(struct arena *a, const char *path)
{
	const char *dir = path_real(a, path_dir(a, path)), *real = path_real(a, path);

	return dir && real && !path_below(dir, real);
}

int project_read(struct lang *l, const char *path, struct project *out)
{
	_cleanup_buf_ struct buf text = {0};
	int r;

	if (leads_out(&l->arena, path))
		return lang_fail_io(l, LOC_NONE, path,
				    "it is a symbolic link that leads out of its directory");
	r = buf_read_file(&text, path, MAX_FILE_BYTES);
	if (r < 0)
		return lang_fail_io(l, LOC_NONE, path, strerror(-r));
	return project_parse(l, path, buf_str(&text), text.n, out);
}
