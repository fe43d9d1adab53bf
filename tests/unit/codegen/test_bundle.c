/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codegen/bundle_json.h"
#include "codegen/clang.h"
#include "codegen/file.h"
#include "tests/lib/objects.h"
#include "tests/unit/bundle_memory.h"
#include "tests/unit/cls_fixture.h"

/* A directory for all of it, and a bundle in it that no test changes. */
static char dir[] = "/tmp/polc-test-bundle-XXXXXX";
static struct buf good;

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
	struct objects kept;
	struct bundle_options opts = {
		.bpf_dir = getenv("POLC_BPF_DIR"),
		.cache_dir = objects_dir(&kept, ""),
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
	assert_memory_equal(b->compiler, "clang ", 6);
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
		for (uint32_t cls = 0; cls < FIX_CLASSES; cls++)
			assert_int_equal(b->tables.v[i]->row_of_class[cls], cls_table_row(t, cls));
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

/* --- writing ------------------------------------------------------------------------- */

/* Names below a directory, one a line; for "nothing else is there". */
static void list_dir(const char *path, struct buf *out)
{
	struct dirent **names;
	int n = scandir(path, &names, NULL, alphasort);

	assert_true(n >= 0);
	for (int i = 0; i < n; i++) {
		buf_printf(out, "%s\n", names[i]->d_name);
		free(names[i]);
	}
	free(names);
}

static void assert_same_bundle(const char *a, const char *b)
{
	_cleanup_buf_ struct buf cmd = {0};

	buf_printf(&cmd, "diff -r '%s' '%s'", a, b);
	assert_int_equal(system(buf_str(&cmd)), 0);
}

TEST(the_same_input_gives_the_same_bytes_without_the_cache_too)
{
	struct bundle_options opts = {.bpf_dir = getenv("POLC_BPF_DIR")};
	struct fixture f;

	fill_world(&f);
	assert_int_equal(bundle_write(&f.cls, &f.sources, path_of(&f, "again"), &opts, &f.diag), 0);
	assert_same_bundle(buf_str(&good), path_of(&f, "again"));
	fix_fini(&f);
}

TEST(the_place_of_the_headers_does_not_show_in_the_object)
{
	struct bundle_options opts = {0};
	_cleanup_buf_ struct buf cmd = {0};
	struct fixture f;

	fill_world(&f);
	opts.bpf_dir = path_of(&f, "headers");
	buf_printf(&cmd, "cp -r '%s' '%s'", getenv("POLC_BPF_DIR"), opts.bpf_dir);
	assert_int_equal(system(buf_str(&cmd)), 0);
	assert_int_equal(bundle_write(&f.cls, &f.sources, path_of(&f, "moved"), &opts, &f.diag), 0);
	assert_same_bundle(buf_str(&good), path_of(&f, "moved"));
	fix_fini(&f);
}

TEST(an_old_bundle_is_replaced_and_an_empty_directory_filled)
{
	_cleanup_buf_ struct buf before = {0}, after = {0};
	const char *path;
	struct fixture f;

	fill_world(&f);
	path = path_of(&f, "twice");
	assert_int_equal(mkdir(path, 0755), 0);
	list_dir(dir, &before);
	assert_int_equal(write_to(&f, path), 0);
	assert_int_equal(write_to(&f, path), 0);
	assert_same_bundle(buf_str(&good), path);
	list_dir(dir, &after);
	assert_string_equal(buf_str(&before), buf_str(&after));
	fix_fini(&f);
}

TEST(a_directory_that_is_no_bundle_is_left_alone)
{
	_cleanup_buf_ struct buf text = {0};
	const char *path, *file;
	struct fixture f;

	fill_world(&f);
	path = path_of(&f, "homework");
	file = path_of(&f, "homework/manifest.json");
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(gen_file_write(AT_FDCWD, file, "{\"name\": \"mine\"}", 16, false), 0);
	assert_int_equal(write_to(&f, path), -EEXIST);
	assert_int_equal(write_to(&f, file), -EEXIST);
	assert_int_equal(buf_read_file(&text, file, 100), 0);
	assert_string_equal(buf_str(&text), "{\"name\": \"mine\"}");
	fix_fini(&f);
}

TEST(a_failed_write_leaves_the_old_bundle_and_nothing_else)
{
	_cleanup_buf_ struct buf before = {0}, after = {0};
	struct bundle_options opts = {.bpf_dir = getenv("POLC_BPF_DIR"), .clang = "/bin/false"};
	struct fixture f;

	fill_world(&f);
	list_dir(dir, &before);
	assert_int_equal(bundle_write(&f.cls, &f.sources, buf_str(&good), &opts, &f.diag), -EINVAL);
	opts.clang = "/nonexistent/clang";
	assert_int_equal(bundle_write(&f.cls, &f.sources, buf_str(&good), &opts, &f.diag), -EINVAL);
	opts.clang = NULL;
	opts.bpf_dir = "/nonexistent";
	assert_int_equal(bundle_write(&f.cls, &f.sources, buf_str(&good), &opts, &f.diag), -EINVAL);
	assert_int_equal(write_to(&f, path_of(&f, "no/such/place")), -EIO);
	assert_int_equal(f.diag.errors, 4);
	list_dir(dir, &after);
	assert_string_equal(buf_str(&before), buf_str(&after));
	fix_fini(&f);
}

TEST(two_endpoints_with_one_address_are_refused_if_policy_treats_them_differently)
{
	struct fixture f;

	fill_world(&f);
	f.cls.points.v[0].addr = f.cls.points.v[2].addr;
	assert_int_equal(write_to(&f, path_of(&f, "clash")), -EINVAL);
	assert_string_equal(f.diag.items.v[0]->code, "address-clash");
	f.cls.points.v[0].cls = f.cls.points.v[2].cls;
	assert_int_equal(write_to(&f, path_of(&f, "clash")), 0);
	fix_fini(&f);
}

TEST(an_endpoint_name_that_no_path_can_hold_is_refused)
{
	static const char *const bad[] = {"", "..", "a/../b", "a//b", "/a", "a/", "a b", "a\nb"};
	static const char *const fine[] = {"a", "shop/web-1", "ns/x.y_z:9"};
	struct fixture f;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(bundle_endpoint_name_ok(bad[i]));
	for (size_t i = 0; i < sizeof(fine) / sizeof(*fine); i++)
		assert_true(bundle_endpoint_name_ok(fine[i]));
	fill_world(&f);
	f.ir.endpoints.v[0]->name = "../../etc";
	assert_int_equal(write_to(&f, path_of(&f, "name")), -EINVAL);
	assert_string_equal(f.diag.items.v[0]->code, "endpoint-name");
	fix_fini(&f);
}

/* --- what the reader refuses --------------------------------------------------------- */

TEST(a_flipped_bit_anywhere_is_noticed)
{
	struct memory m;
	size_t n;

	mem_open(&m, buf_str(&good));
	n = m.n;
	mem_close(&m);
	for (size_t i = 0; i < n; i++) {
		mem_open(&m, buf_str(&good));
		m.files[i].data.s[m.files[i].data.n / 2] ^= 4;
		if (!strcmp(m.files[i].name, BUNDLE_MANIFEST))
			mem_refused(&m, "bundle");
		else
			mem_refused(&m, "its contents do not match the manifest");
		mem_close(&m);
	}
}

TEST(a_missing_shorter_or_longer_file_is_noticed)
{
	struct memory m;

	mem_open(&m, buf_str(&good));
	m.files[0].name = "elsewhere";
	mem_refused(&m, "cannot be read");
	mem_close(&m);
	mem_open(&m, buf_str(&good));
	m.files[0].data.s[--m.files[0].data.n] = '\0';
	mem_refused(&m, "its contents do not match the manifest");
	mem_close(&m);
	mem_open(&m, buf_str(&good));
	buf_putc(&m.files[0].data, ' ');
	mem_refused(&m, "it is longer than the manifest says");
	mem_close(&m);
}

TEST(a_bundle_of_another_format_is_refused_by_its_version)
{
	struct memory m;

	mem_open(&m, buf_str(&good));
	mem_replace(&m, BUNDLE_MANIFEST, "\"format\": 6", "\"format\": 3");
	mem_refused(&m, "has format 3");
	assert_string_equal(m.f.diag.items.v[0]->code, "bundle-format");
	mem_close(&m);
}

/* The name of in4all-eg4all-in6all-eg6all, a shape of shop/db. */
#define OPEN_SHAPE "aa29e3a1998f"

/* Damage whose hashes are right: the reader believes no content either. */
static const struct {
	const char *file, *from, *to, *text;
} damages[] = {
	{"maps/peers.json", "\"classes\": 6", "\"classes\": 0", "not a list of peers"},
	{"maps/peers.json", "\"classes\": 6", "\"classes\": 70000", "not a list of peers"},
	{"maps/peers.json", "\"classes\": 6", "\"classes\": 4", "entry 2 of 'peers'"},
	{"maps/peers.json", "\"classes\": 6", "\"classes\": 6.0", "not a list of peers"},
	{"maps/peers.json", "\"classes\": 6", "\"classes\": 6, \"more\": 1", "not a list of peers"},
	{"maps/peers.json", "\"classes\": 6", "\"classes\": 6, \"classes\": 6", "duplicate"},
	{"maps/peers.json", "\"10.0.0.3\"", "\"10.0.0.5\"", "out of order"},
	{"maps/peers.json", "\"10.0.0.3\"", "\"10.0.0.4\"", "there twice"},
	{"maps/peers.json", "\"10.0.0.3\"", "\"10.0.0.300\"", "entry 1 of 'peers'"},
	{"maps/peers.json", "\"10.0.0.3\",3", "\"10.0.0.3\",3,3", "entry 1 of 'peers'"},
	{"maps/peers.json", "[\"10.0.0.3\",3]", "null", "entry 1 of 'peers'"},
	{"maps/peers.json", "\"10.0.0.0/8\"", "\"10.0.0.1/8\"", "entry 2 of 'cidrs'"},
	{"maps/peers.json", "\"::/0\"", "\"::/1\"", "is missing"},
	{"maps/peers.json", "{", "[", "line 2"},
	{"maps/table-0.json", "\"rows\": 3", "\"rows\": 4", "'cells'"},
	{"maps/table-0.json", "\"cols\": 3", "\"cols\": 65535", "'cells'"},
	{"maps/table-0.json", "\"rows\": 3", "\"rows\": 0", "'cells'"},
	{"maps/table-0.json", "\"010\"", "\"0100\"", "'cells'"},
	{"maps/table-0.json", "\"010\"", "\"013\"", "'cells'"},
	{"maps/table-0.json", "\"010\"", "\"012\"", "nothing says by which rules"},
	{"maps/table-0.json", "\"010\"", "10", "'cells'"},
	{"maps/table-0.json", "[4,2]", "[6,2]", "entry 4 of 'classes'"},
	{"maps/table-0.json", "[4,2]", "[4,3]", "entry 4 of 'classes'"},
	{"maps/table-0.json", "[4,2]", "[3,2]", "entry 4 of 'classes'"},
	{"maps/table-0.json", "[4,2]", "[-1,2]", "entry 4 of 'classes'"},
	{"maps/table-0.json", "\"tcp\",81,", "\"tcp\",82,", "entry 3 of 'spans'"},
	{"maps/table-0.json", "\"tcp\",81,", "\"tcp\",80,", "entry 3 of 'spans'"},
	{"maps/table-0.json", "9000,65535", "9000,65536", "entry 5 of 'spans'"},
	{"maps/table-0.json", "9000,65535,0", "9000,65535,3", "entry 5 of 'spans'"},
	{"maps/table-0.json", "9000,65535", "9000,65534", "entry 6 of 'spans'"},
	{"maps/table-0.json", "\"udp\",0", "\"sctp\",0", "entry 6 of 'spans'"},
	{"maps/table-0.json", "\"other\",0,0,0", "\"other\",0,1,0", "entry 12 of 'spans'"},
	{"maps/table-0.json", ",\n    [\"other\",0,0,0]", "", "does not cover"},
	{"maps/table-0.json", "\"spans\"", "\"spams\"", "not a verdict table"},
	{"maps/endpoints.json", "\"ingress\":0", "\"ingress\":3", "names a table"},
	{"maps/endpoints.json", "\"ingress\":0", "\"ingress\":-1", "names a table"},
	{"maps/endpoints.json", "\"ingress\":0", "\"ingress\":\"0\"", "names a table"},
	{"maps/endpoints.json", "\"ingress\":0", "\"more\":1,\"ingress\":0",
	 "entry 1 is malformed"},
	{"maps/endpoints.json", "shop/db", "shop/../db", "entry 1 is malformed"},
	{"maps/endpoints.json", "shop/db", "shop/zz", "out of order"},
	{"maps/endpoints.json", "shop/db", "shop/new", "there twice"},
	{"maps/endpoints.json", "\"shape\":\"" OPEN_SHAPE, "\"shape\":\"0123456789ab",
	 "is not listed"},
	{"maps/endpoints.json", "\"shape\":\"" OPEN_SHAPE, "\"shape\":\"../" OPEN_SHAPE,
	 "is not listed"},
	{"maps/endpoints.json", "\"shape\":\"" OPEN_SHAPE, "\"shape\":\"", "is not listed"},
	{"maps/endpoints.json", "fd00::3", "fd00::g", "address 2 of 'shop/web'"},
	{"maps/endpoints.json", "fd00::3", "10.0.0.3", "has 10.0.0.3 twice"},
	{"maps/endpoints.json", "\"endpoints\"", "\"end\"", "not a list of endpoints"},
	{"shapes/" OPEN_SHAPE ".bpf.o", "\177ELF", "#!/b", "not an object file"},
};

TEST(damage_with_right_hashes_is_noticed_too)
{
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		struct memory m;

		mem_open(&m, buf_str(&good));
		if (strstr(damages[i].file, ".o"))
			memcpy(mem_file(&m, damages[i].file)->s, damages[i].to, 4);
		else
			mem_replace(&m, damages[i].file, damages[i].from, damages[i].to);
		mem_rehash(&m);
		mem_refused(&m, damages[i].text);
		mem_close(&m);
	}
}

static const struct {
	const char *from, *to, *text;
} manifest_damages[] = {
	{"\"maps/peers.json\"", "\"maps/../../../etc/shadow\"", "has no file of the name"},
	{"\"maps/peers.json\"", "\"/etc/shadow\"", "has no file of the name"},
	{"\"maps/peers.json\"", "\"maps/table-0.json\"", "there twice"},
	{"\"maps/table-1.json\"", "\"maps/table-0.json\"", "there twice"},
	{"\"maps/table-2.json\"", "\"maps/table-3.json\"", "table-2.json"},
	{"\"size\":", "\"size\":-", "entry 1 of 'sources' is malformed"},
	{"\"sha256\":\"", "\"sha256\":\"g", "entry 1 of 'sources' is malformed"},
	{"endpoints.json\",\"size\":", "endpoints.json\",\"size\":-", "entry 2 of 'files'"},
	{"endpoints.json\",\"size\":", "endpoints.json\",\"size\":999999", "too large"},
	{"endpoints.json\",", "endpoints.json\",\"x\":1,", "entry 2 of 'files'"},
	{"\"tool\"", "\"toll\"", "it is not a manifest"},
	{"\"files\"", "\"flies\"", "it is not a manifest"},
	{"\"compiler\": \"clang", "\"compiler\": \"\\u001b", "it is not a manifest"},
	{"\"compiler\"", "\"composer\"", "it is not a manifest"},
	{"\"format\": 6", "\"format\": \"4\"", "it is not a manifest"},
	{"\"shapes\"", "\"shades\"", "it is not a manifest"},
	{OPEN_SHAPE "\",\"features\"", "0123456789ab\",\"features\"",
	 "another name than its features"},
	{"\"in4all\",", "", "another name than its features"},
	{"\"in4all\",", "\"in4all\",\"in4all\",", "entry 1 of 'shapes' is malformed"},
	{"\"in4all\",\"eg4all\"", "\"eg4all\",\"in4all\"", "entry 1 of 'shapes' is malformed"},
	{"\"in4all\",", "\"in5\",", "entry 1 of 'shapes' is malformed"},
	{"\"in4all\",", "4,", "entry 1 of 'shapes' is malformed"},
	{"shapes/" OPEN_SHAPE, "shapes/000000000000", "has no file of the name"},
	{"{", "{{", "line 1"},
};

TEST(a_manifest_that_lies_is_refused)
{
	for (size_t i = 0; i < sizeof(manifest_damages) / sizeof(*manifest_damages); i++) {
		struct memory m;

		mem_open(&m, buf_str(&good));
		mem_replace(&m, BUNDLE_MANIFEST, manifest_damages[i].from, manifest_damages[i].to);
		mem_refused(&m, manifest_damages[i].text);
		mem_close(&m);
	}
}

TEST(deeply_nested_json_is_refused)
{
	struct buf *file;
	struct memory m;

	mem_open(&m, buf_str(&good));
	file = mem_file(&m, BUNDLE_PEERS);
	file->n = 0;
	for (int i = 0; i < 100000; i++)
		buf_putc(file, '[');
	mem_rehash(&m);
	mem_refused(&m, "depth");
	mem_close(&m);
}

/* --- what the directory reader refuses ------------------------------------------------ */

static void assert_dir_refused(struct fixture *f, const char *path)
{
	struct bundle *b;

	assert_int_equal(bundle_read(path, &f->diag, &b), -EINVAL);
	assert_null(b);
	assert_int_equal(f->diag.errors, 1);
}

TEST(a_file_that_is_a_link_or_a_pipe_is_refused)
{
	static const char *const cmds[] = {
		"mv '%s/maps/peers.json' '%s/p' && ln -s ../p '%s/maps/peers.json'",
		"mv '%s/maps' '%s/m' && ln -s m '%s/maps'",
		"rm '%s/maps/peers.json' '%s/manifest.json' && mkfifo '%s/manifest.json'",
		"rm '%s/maps/peers.json' && mkdir '%s/maps/peers.json' && rm -f '%s/none'",
	};

	for (size_t i = 0; i < sizeof(cmds) / sizeof(*cmds); i++) {
		_cleanup_buf_ struct buf cmd = {0};
		struct fixture f;
		const char *path;

		fill_world(&f);
		path = path_of(&f, "link");
		assert_int_equal(write_to(&f, path), 0);
		buf_printf(&cmd, "cd '%s' && ", dir);
		for (const char *c = cmds[i]; *c; c++) {
			if (c[0] == '%') {
				buf_puts(&cmd, path);
				c++;
			} else {
				buf_putc(&cmd, *c);
			}
		}
		buf_puts(&cmd, " 2>/dev/null");
		assert_int_equal(system(buf_str(&cmd)), 0);
		assert_dir_refused(&f, path);
		assert_int_equal(gen_dir_remove(path), 0);
		fix_fini(&f);
	}
}

TEST(a_place_without_a_bundle_is_refused)
{
	struct fixture f;

	fill_world(&f);
	assert_dir_refused(&f, "/nonexistent");
	fix_fini(&f);
	fill_world(&f);
	assert_dir_refused(&f, "/proc/self");
	assert_non_null(strstr(f.diag.items.v[0]->text, "polc build"));
	fix_fini(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bundle_reads_back_as_it_was_written),
		cmocka_unit_test(the_same_input_gives_the_same_bytes_without_the_cache_too),
		cmocka_unit_test(the_place_of_the_headers_does_not_show_in_the_object),
		cmocka_unit_test(an_old_bundle_is_replaced_and_an_empty_directory_filled),
		cmocka_unit_test(a_directory_that_is_no_bundle_is_left_alone),
		cmocka_unit_test(a_failed_write_leaves_the_old_bundle_and_nothing_else),
		cmocka_unit_test(
			two_endpoints_with_one_address_are_refused_if_policy_treats_them_differently),
		cmocka_unit_test(an_endpoint_name_that_no_path_can_hold_is_refused),
		cmocka_unit_test(a_flipped_bit_anywhere_is_noticed),
		cmocka_unit_test(a_missing_shorter_or_longer_file_is_noticed),
		cmocka_unit_test(a_bundle_of_another_format_is_refused_by_its_version),
		cmocka_unit_test(damage_with_right_hashes_is_noticed_too),
		cmocka_unit_test(a_manifest_that_lies_is_refused),
		cmocka_unit_test(deeply_nested_json_is_refused),
		cmocka_unit_test(a_file_that_is_a_link_or_a_pipe_is_refused),
		cmocka_unit_test(a_place_without_a_bundle_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
