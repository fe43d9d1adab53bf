/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of metadata that the API server writes: uid, owners, finalizers and the like. It stands
 * in what was exported from a cluster, and nothing of it touches the network; but a policy with a
 * wrong one is refused as a whole. Of the inventory it may be anything; who owns a pod tells which
 * workload it is of.
 */
#include <errno.h>
#include <string.h>

#include "lang/base/codes.h"
#include "lang/names.h"
#include "lang/yaml/k8s/meta.h"

int k8s_read_record_text(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	(void)out;
	return c->strict && !yaml_text(c, n) ? -EINVAL : 0;
}

int k8s_read_record_number(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	(void)out;
	return c->strict && n->kind != YAML_INT ? yaml_wrong_type(c, n, "a number") : 0;
}

/* --- finalizers ---------------------------------------------------------------------- */

/* What becomes of dependents can be decided one way only. */
struct finalizers {
	bool orphan, foreground;
};

static int read_finalizer(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	struct finalizers *f = out;
	const char *text = yaml_text(c, n);

	if (!text ||
	    k8s_check_text(c, n->loc, text, k8s_label_key_fault, CODE_BAD_VALUE, "finalizer") < 0)
		return -EINVAL;
	f->orphan |= strcmp(text, "orphan") == 0;
	f->foreground |= strcmp(text, "foregroundDeletion") == 0;
	return 0;
}

int k8s_read_finalizers(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	struct finalizers f = {0};

	(void)out;
	if (!c->strict)
		return 0;
	if (yaml_each(c, n, read_finalizer, &f) < 0)
		return -EINVAL;
	if (!f.orphan || !f.foreground)
		return 0;
	diag_error(
		&c->l->diag, n->loc, CODE_BAD_VALUE,
		"the finalizers 'orphan' and 'foregroundDeletion' exclude each other: remove one");
	return -EINVAL;
}

/* --- owners -------------------------------------------------------------------------- */

struct owner {
	bool controller;
};

static int read_part(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	const char *text = yaml_text(c, n);

	(void)out;
	if (!text)
		return -EINVAL;
	if (*text)
		return 0;
	diag_error(&c->l->diag, n->loc, CODE_BAD_VALUE,
		   "'%s' of an owner is empty: write it, or remove the owner", c->field);
	return -EINVAL;
}

static int read_flag(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	bool flag;

	(void)out;
	return yaml_read_bool(c, n, &flag);
}

static const struct yaml_object owner_object = {
	.what = "an ownerReferences item",
	.fields =
		(const struct yaml_field[]){
			{"apiVersion", .read = read_part, .flags = YF_REQUIRED},
			{"kind", .read = read_part, .flags = YF_REQUIRED},
			{"name", .read = read_part, .flags = YF_REQUIRED},
			{"uid", .read = read_part, .flags = YF_REQUIRED},
			{"controller", .read = yaml_read_bool,
			 .at = offsetof(struct owner, controller)},
			{"blockOwnerDeletion", .read = read_flag},
			{0},
		},
};

static int read_owner(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	unsigned *controllers = out;
	struct owner o = {0};

	if (yaml_decode(c, n, &owner_object, &o) < 0)
		return -EINVAL;
	*controllers += o.controller;
	if (!o.controller || *controllers == 1)
		return 0;
	diag_error(&c->l->diag, yaml_start(n), CODE_BAD_VALUE,
		   "a second owner with 'controller: true': an object has one controller");
	return -EINVAL;
}

static const char *keep_text(struct yaml_ctx *c, const struct yaml_node *n)
{
	return n && n->kind == YAML_STR && *n->text ? arena_strdup(&c->l->arena, n->text) : NULL;
}

static bool is_controller(const struct yaml_node *owner)
{
	const struct yaml_node *flag = yaml_get(owner, "controller");

	return flag && flag->kind == YAML_BOOL && flag->number;
}

static void keep_controller(struct yaml_ctx *c, const struct yaml_node *n, struct ast_owner *out)
{
	if (n->kind != YAML_SEQ)
		return;
	vec_each (struct yaml_node *, item, &n->items) {
		if (!is_controller(*item))
			continue;
		out->kind = keep_text(c, yaml_get(*item, "kind"));
		out->name = keep_text(c, yaml_get(*item, "name"));
		out->uid = keep_text(c, yaml_get(*item, "uid"));
		return;
	}
}

int k8s_read_owners(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	unsigned controllers = 0;

	if (c->strict)
		return yaml_each(c, n, read_owner, &controllers);
	keep_controller(c, n, out);
	return 0;
}

int k8s_read_uid(struct yaml_ctx *c, const struct yaml_node *n, void *out)
{
	if (c->strict)
		return k8s_read_record_text(c, n, out);
	*(const char **)out = keep_text(c, n);
	return 0;
}
