/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "codegen/bundle_install.h"
#include "codegen/bundle_json.h"
#include "codegen/clang.h"
#include "codegen/emit.h"
#include "codegen/resources.h"
#include "codegen/source_names.h"
#include "compiler/classes/classifier_json.h"
#include "compiler/ir_json.h"
#include "lang/base/work.h"

/* What is being written. Everything is made in memory first: nothing is on disk before all of
 * it is known to be good. */
struct writer {
	const struct cls *cls;
	struct sources sources; /* by the names that they have in a bundle */
	const struct gen_shape *shapes;
	gen_shape_list programs; /* each of these shapes once */
	struct diag *diag;
	struct arena arena; /* names and contents of the files */
	bundle_files files;
	const char *compiler;
	struct gen_resources resources;
};

/* Takes over the contents of `text`. */
static void add_file(struct writer *w, const char *name, struct buf *text)
{
	char *data = arena_alloc(&w->arena, text->n + 1);

	if (text->n)
		memcpy(data, text->s, text->n);
	vec_push(&w->arena, &w->files,
		 (struct bundle_file){.name = name, .data = data, .size = text->n});
	buf_fini(text);
	*text = (struct buf){0};
}

static uint32_t count_users(const struct writer *w, struct gen_shape shape)
{
	uint32_t n = 0;

	vec_each (struct cls_subject *, s, &w->cls->subjects)
		if (w->shapes[(*s)->id].features == shape.features)
			n += (uint32_t)(*s)->endpoints.n;
	return n;
}

static int add_shape(struct writer *w, const struct gen_clang *clang, struct gen_shape shape)
{
	_cleanup_buf_ struct buf name = {0}, title = {0};
	_cleanup_buf_ struct buf program = {0}, source = {0}, object = {0};
	int err;

	gen_shape_name(shape, &name);
	gen_shape_title(shape, &title);
	gen_emit_program(shape, &program);
	gen_emit_provenance(shape, w->shapes, w->cls, &w->sources, &source);
	buf_add(&source, program.s, program.n);
	err = gen_clang_compile(clang, buf_str(&title), &program, &object, w->diag);
	if (!err)
		err = gen_resources_add_shape(&w->resources, shape, count_users(w, shape), object.s,
					      object.n, w->cls->ir->arena, w->diag);
	if (err)
		return err;
	add_file(w, arena_printf(&w->arena, BUNDLE_SHAPES "%s" BUNDLE_SOURCE, buf_str(&name)),
		 &source);
	add_file(w, arena_printf(&w->arena, BUNDLE_SHAPES "%s" BUNDLE_OBJECT, buf_str(&name)),
		 &object);
	return 0;
}

static int add_shapes(struct writer *w, const struct bundle_options *opts)
{
	struct gen_clang clang;
	int err = gen_clang_init(&clang, opts, w->diag);

	w->compiler = arena_printf(&w->arena, "clang %s", clang.version);
	work_step(opts->work, "programs compiled", 0);
	for (size_t i = 0; !err && i < w->cls->subjects.n; i++) {
		bool known = false;

		work_tell(opts->work, w->programs.n);
		vec_each (struct gen_shape, shape, &w->programs)
			known |= shape->features == w->shapes[i].features;
		if (known)
			continue;
		vec_push(&w->arena, &w->programs, w->shapes[i]);
		err = add_shape(w, &clang, w->shapes[i]);
	}
	work_step_end(opts->work);
	return err;
}

static int add_set(struct writer *w, size_t number, const struct cls_decision *d)
{
	_cleanup_buf_ struct buf file = {0};
	int err;

	if (d->outcome != IR_OUTCOME_REDIRECT)
		return 0;
	err = bundle_put_set(d, w->diag, &file);
	add_file(w, bundle_set_name(&w->arena, number), &file);
	return err;
}

/* The policy for people, the tables for the kernel. */
static int add_data(struct writer *w)
{
	_cleanup_buf_ struct buf text = {0};
	struct gen_decisions decisions;
	int err = bundle_json_peers(w->cls, w->diag, &text);

	add_file(w, BUNDLE_PEERS, &text);
	if (!err)
		err = bundle_json_endpoints(w->cls, w->shapes, w->diag, &text);
	add_file(w, BUNDLE_ENDPOINTS, &text);
	gen_decisions_number(w->cls, &w->arena, &decisions);
	if (decisions.list.n) {
		bundle_json_decisions(&decisions, &text);
		add_file(w, BUNDLE_DECISIONS, &text);
	}
	for (size_t i = 0; i < decisions.list.n && !err; i++)
		err = add_set(w, i, decisions.list.v[i]);
	vec_each (struct cls_table *, t, &w->cls->tables) {
		bundle_json_table(*t, w->cls->n_classes, decisions.numbers[(*t)->id], &text);
		add_file(w, arena_printf(&w->arena, BUNDLE_TABLE, (*t)->id), &text);
	}
	if (w->cls->classifier) {
		cls_classifier_json(w->cls->classifier, &text);
		add_file(w, BUNDLE_CLASSIFIER, &text);
	}
	ir_json(w->cls->ir, &w->sources, &text);
	add_file(w, BUNDLE_IR, &text);
	return err;
}

static int file_cmp(const void *a, const void *b)
{
	const struct bundle_file *f = a, *g = b;

	return strcmp(f->name, g->name);
}

static int add_resources(struct writer *w, const struct bundle_options *opts)
{
	_cleanup_buf_ struct buf text = {0};
	int err = gen_resources_prove(&w->resources, w->cls, opts, w->cls->ir->arena, w->diag);

	bundle_json_resources(&w->resources, &text);
	add_file(w, BUNDLE_RESOURCES, &text);
	if (opts->resources)
		*opts->resources = w->resources;
	return err;
}

static int shape_cmp(const void *a, const void *b)
{
	const struct gen_shape *s = a, *t = b;

	return (s->features > t->features) - (s->features < t->features);
}

/* The manifest lists every other file and comes last. */
static void add_manifest(struct writer *w)
{
	_cleanup_buf_ struct buf text = {0};

	qsort(w->files.v, w->files.n, sizeof(*w->files.v), file_cmp);
	if (w->programs.n)
		qsort(w->programs.v, w->programs.n, sizeof(*w->programs.v), shape_cmp);
	bundle_json_manifest(&w->files, &w->programs, &w->sources, w->compiler, &text);
	add_file(w, BUNDLE_MANIFEST, &text);
}

static uint32_t wishes_of(const struct bundle_options *opts)
{
	return (opts->uncounted ? GEN_UNCOUNTED : 0) | (opts->rules ? GEN_RULES : 0) |
	       (opts->events ? GEN_EVENTS : 0) | (opts->general ? GEN_GENERAL : 0);
}

/* In a directory that is no more, relative names still have it in common. */
static void name_sources(struct writer *w, const struct sources *sources)
{
	char cwd[PATH_MAX];

	gen_source_names(sources, getcwd(cwd, sizeof(cwd)) ? cwd : "", &w->arena, &w->sources);
}

int bundle_write(const struct cls *cls, const struct sources *sources, const char *dir,
		 const struct bundle_options *opts, struct diag *diag)
{
	struct writer w = {.cls = cls, .diag = diag};
	int err;

	arena_init(&w.arena);
	name_sources(&w, sources);
	w.shapes = gen_shapes_of(cls, wishes_of(opts), &w.arena);
	err = add_data(&w);
	if (!err)
		err = add_shapes(&w, opts);
	if (!err)
		err = add_resources(&w, opts);
	if (!err) {
		add_manifest(&w);
		err = bundle_install(&w.files, dir, diag);
	}
	arena_fini(&w.arena);
	return err;
}
