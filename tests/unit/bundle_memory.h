/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle in memory, to be tampered with: for the tests of what the reader refuses. */
#pragma once

#include <dirent.h>
#include <errno.h>

#include "codegen/bundle_json.h"
#include "tests/unit/cls_fixture.h"
#include "tests/unit/unit.h"

enum { MEM_FILES = 32, MEM_TEXT = 1 << 20 };

struct memory {
	struct fixture f;
	struct {
		const char *name;
		struct buf data;
	} files[MEM_FILES];
	size_t n;
	gen_shape_list shapes; /* in the order of the manifest */
};

static inline int mem_read(void *ctx, const char *name, size_t limit, char **data, size_t *size)
{
	const struct memory *m = ctx;

	for (size_t i = 0; i < m->n; i++) {
		if (strcmp(m->files[i].name, name) != 0)
			continue;
		if (m->files[i].data.n > limit)
			return -EFBIG;
		*size = m->files[i].data.n;
		*data = malloc(*size + 1);
		memcpy(*data, buf_str(&m->files[i].data), *size);
		return 0;
	}
	return -ENOENT;
}

static inline int mem_shape_cmp(const void *a, const void *b)
{
	const struct gen_shape *s = a, *t = b;

	return (s->features > t->features) - (s->features < t->features);
}

static inline void mem_add(struct memory *m, const char *bundle, const char *name)
{
	const char *path = arena_printf(&m->f.arena, "%s/%s", bundle, name);

	m->files[m->n].name = name;
	assert_int_equal(buf_read_file(&m->files[m->n++].data, path, MEM_TEXT), 0);
}

/* Reads a good bundle into memory, in the order of its manifest, which comes last. */
static inline void mem_open(struct memory *m, const char *bundle)
{
	struct bundle_source src = {.read = mem_read, .ctx = m};
	struct bundle *b;

	*m = (struct memory){0};
	fix_init(&m->f);
	for (const char *const *sub = (const char *const[]){"l7", "maps", "shapes", "", NULL}; *sub;
	     sub++) {
		struct dirent **names = NULL;
		int n = scandir(arena_printf(&m->f.arena, "%s/%s", bundle, *sub), &names, NULL,
				alphasort);

		for (int i = 0; i < n; i++) {
			const char *name = arena_printf(&m->f.arena, "%s%s%s", *sub,
							**sub ? "/" : "", names[i]->d_name);

			if (strchr(names[i]->d_name, '.') > names[i]->d_name)
				mem_add(m, bundle, name);
			free(names[i]);
		}
		free(names);
	}
	assert_int_equal(bundle_read_from(&src, &m->f.diag, &b), 0);
	vec_each (struct bundle_shape *, s, &b->shapes)
		vec_push(&m->f.arena, &m->shapes, (struct gen_shape){(*s)->features});
	qsort(m->shapes.v, m->shapes.n, sizeof(*m->shapes.v), mem_shape_cmp);
	bundle_free(&b);
}

static inline void mem_close(struct memory *m)
{
	for (size_t i = 0; i < m->n; i++)
		buf_fini(&m->files[i].data);
	fix_fini(&m->f);
}

static inline struct buf *mem_file(struct memory *m, const char *name)
{
	for (size_t i = 0; i < m->n; i++) {
		if (!strcmp(m->files[i].name, name))
			return &m->files[i].data;
	}
	fail_msg("no file %s", name);
	return NULL;
}

static inline int mem_file_cmp(const void *a, const void *b)
{
	const struct bundle_file *f = a, *g = b;

	return strcmp(f->name, g->name);
}

/* A manifest with the right hashes of what the files hold now. */
static inline void mem_rehash(struct memory *m)
{
	struct buf *manifest = mem_file(m, BUNDLE_MANIFEST);
	bundle_files files = {0};

	for (size_t i = 0; i < m->n; i++) {
		if (&m->files[i].data != manifest)
			vec_push(&m->f.arena, &files,
				 (struct bundle_file){m->files[i].name, buf_str(&m->files[i].data),
						      m->files[i].data.n});
	}
	qsort(files.v, files.n, sizeof(*files.v), mem_file_cmp);
	buf_fini(manifest);
	*manifest = (struct buf){0};
	bundle_json_manifest(&files, &m->shapes, &m->f.sources, "clang 14.0.6", manifest);
}

static inline void mem_replace(struct memory *m, const char *name, const char *from, const char *to)
{
	struct buf *file = mem_file(m, name), next = {0};
	char *at = strstr(file->s, from);

	if (!at)
		fail_msg("%s holds no %s", name, from);
	buf_add(&next, file->s, at - file->s);
	buf_puts(&next, to);
	buf_puts(&next, at + strlen(from));
	buf_fini(file);
	*file = next;
}

/* Reading it must fail with one error that holds this text. */
static inline void mem_refused(struct memory *m, const char *text)
{
	struct bundle_source src = {.read = mem_read, .ctx = m};
	struct bundle *b;

	assert_int_equal(bundle_read_from(&src, &m->f.diag, &b), -EINVAL);
	assert_null(b);
	assert_int_equal(m->f.diag.errors, 1);
	if (!strstr(m->f.diag.items.v[0]->text, text))
		fail_msg("expected '%s' in '%s'", text, m->f.diag.items.v[0]->text);
}
