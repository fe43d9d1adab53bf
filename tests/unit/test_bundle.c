/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codegen/bundle_json.h"
#include "codegen/clang.h"
#include "codegen/file.h"
#include "tests/unit/cls_fixture.h"

/* A directory for all of it, and a bundle in it that no test changes. */
static char dir[] = "/tmp/polc-test-bundle-XXXXXX";
static struct buf good, cache;

static void fill_world(struct fixture *f)
{
	const struct cls_table *t0, *t1, *t2;

	fix_init(f);
	t0 = fix_table(f, "000/010/011", "011220");
	t1 = fix_table(f, "1", "000000");
	t2 = fix_table(f, "01/11", "010011");
	fix_policy(f, fix_subject(f, t0, t1), "front");
	fix_subject(f, t1, t1);
	fix_policy(f, fix_subject(f, t2, t0), "back*/");
}

static int write_to(struct fixture *f, const char *path)
{
	struct bundle_options opts = {
		.bpf_dir = getenv("POLC_BPF_DIR"),
		.cache_dir = buf_str(&cache),
	};
	int err = bundle_write(&f->cls, &f->sources, path, &opts, &f->diag);

	return err;
}

static const char *path_of(struct fixture *f, const char *name)
{
	return arena_printf(&f->arena, "%s/%s", dir, name);
}

static int setup(void **state)
{
	struct fixture f;
	int err;

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	buf_printf(&good, "%s/good", dir);
	buf_printf(&cache, "%s/cache", dir);
	fill_world(&f);
	err = write_to(&f, buf_str(&good));
	fix_no_errors(&f);
	fix_fini(&f);
	return err;
}

static int teardown(void **state)
{
	(void)state;
	gen_dir_remove(dir);
	buf_fini(&good);
	buf_fini(&cache);
	return 0;
}

/* --- reading what was written -------------------------------------------------------- */

TEST(a_bundle_reads_back_as_it_was_written)
{
	const struct bundle_endpoint *ep;
	struct bundle *b;
	struct fixture f;

	fill_world(&f);
	assert_int_equal(bundle_read(buf_str(&good), &f.diag, &b), 0);
	assert_int_equal(b->n_classes, FIX_CLASSES);
	assert_int_equal(b->peers.n, 3);
	assert_int_equal(b->cidrs.n, 4);
	assert_int_equal(b->tables.n, 3);
	assert_int_equal(b->endpoints.n, 3);
	for (size_t i = 0; i < b->tables.n; i++) {
		const struct cls_table *t = f.cls.tables.v[i];

		assert_int_equal(b->tables.v[i]->n_rows, t->n_rows);
		assert_int_equal(b->tables.v[i]->n_cols, t->n_cols);
		assert_memory_equal(b->tables.v[i]->cells, t->cells, (size_t)t->n_rows * t->n_cols);
		assert_memory_equal(b->tables.v[i]->row_of_class, t->row_of_class,
				    FIX_CLASSES * sizeof(uint32_t));
		assert_int_equal(b->tables.v[i]->spans.n, t->spans.n);
		assert_memory_equal(b->tables.v[i]->spans.v, t->spans.v,
				    t->spans.n * sizeof(struct cls_span));
	}
	ep = bundle_find_endpoint(b, "shop/web");
	assert_non_null(ep);
	assert_int_equal(ep->addrs.n, 2);
	assert_ptr_equal(ep->tables[IR_INGRESS], b->tables.v[2]);
	assert_ptr_equal(ep->tables[IR_EGRESS], b->tables.v[0]);
	assert_true(ep->shape->object_size > 1000);
	assert_null(bundle_find_endpoint(b, "shop/none"));
	bundle_free(&b);
	assert_null(b);
	fix_fini(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bundle_reads_back_as_it_was_written),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
