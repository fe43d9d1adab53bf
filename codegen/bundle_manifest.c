/* SPDX-License-Identifier: Apache-2.0 */
/* The manifest of a bundle: which files there are, and which shapes. */
#include <errno.h>
#include <string.h>

#include "codegen/bundle_reader.h"
#include "codegen/codes.h"

enum { MAX_COMPILER = 64 };

/* --- shapes --------------------------------------------------------------------------- */

/* Features are known, each there once, in their order. */
static bool parse_features(const json_t *list, struct gen_shape *out)
{
	*out = (struct gen_shape){0};
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		enum gen_feature_bit bit = name ? gen_feature_find(name) : GEN_N_FEATURES;

		if (bit == GEN_N_FEATURES || out->features >> bit)
			return false;
		out->features |= 1u << bit;
	}
	return json_is_array(list);
}

static int parse_listed(struct bundle_reader *r, json_t *value, size_t i)
{
	struct bundle_listed *last = r->shapes.n ? &r->shapes.v[r->shapes.n - 1] : NULL;
	_cleanup_buf_ struct buf name = {0};
	struct gen_shape shape;
	const char *said;
	json_t *features;

	if (json_unpack_ex(value, NULL, JSON_STRICT, "{s:s,s:o}", "name", &said, "features",
			   &features) ||
	    !parse_features(features, &shape))
		return bundle_refuse(r, BUNDLE_MANIFEST, "entry %zu of 'shapes' is malformed",
				     i + 1);
	gen_shape_name(shape, &name);
	if (strcmp(said, buf_str(&name)) != 0)
		return bundle_refuse(r, BUNDLE_MANIFEST,
				     "entry %zu of 'shapes' has another name than its features",
				     i + 1);
	if (last && last->shape.features >= shape.features)
		return bundle_refuse(r, BUNDLE_MANIFEST, "shape %s is out of order or there twice",
				     said);
	vec_push(&r->b->arena, &r->shapes,
		 (struct bundle_listed){arena_strdup(&r->b->arena, said), shape});
	return 0;
}

const struct bundle_listed *bundle_find_listed(const struct bundle_reader *r, const char *name,
					       size_t n)
{
	vec_each (const struct bundle_listed, s, &r->shapes) {
		if (n == strlen(s->name) && !memcmp(s->name, name, n))
			return s;
	}
	return NULL;
}

/* Does a file below shapes/ belong to a shape that is listed? */
static bool shape_file_ok(const struct bundle_reader *r, const char *name)
{
	size_t prefix = strlen(BUNDLE_SHAPES);

	return strncmp(name, BUNDLE_SHAPES, prefix) != 0 ||
	       bundle_find_listed(r, name + prefix, strcspn(name + prefix, "."));
}

/* --- files and sources ---------------------------------------------------------------- */

static bool is_hash(const char *s)
{
	return strlen(s) == BUNDLE_HASH_STRLEN - 1 &&
	       strspn(s, "0123456789abcdef") == BUNDLE_HASH_STRLEN - 1;
}

static bool has_affixes(const char *name, const char *prefix, const char *suffix,
			const char *allowed)
{
	size_t n = strlen(name), p = strlen(prefix), s = strlen(suffix);

	return n > p + s && n < 256 && !strncmp(name, prefix, p) && !strcmp(name + n - s, suffix) &&
	       p + strspn(name + p, allowed) >= n - s;
}

/* A bundle has files of these names and no others, so none can point out of its directory. */
static bool file_name_ok(const char *name)
{
	static const char *const names[] = {BUNDLE_IR,         BUNDLE_RESOURCES, BUNDLE_DECISIONS,
					    BUNDLE_CLASSIFIER, BUNDLE_PEERS,     BUNDLE_ENDPOINTS};
	static const char shape[] = "0123456789abcdef";

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!strcmp(name, names[i]))
			return true;
	}
	return has_affixes(name, BUNDLE_SHAPES, BUNDLE_SOURCE, shape) ||
	       has_affixes(name, BUNDLE_SHAPES, BUNDLE_OBJECT, shape) ||
	       has_affixes(name, BUNDLE_SETS, BUNDLE_SET, "0123456789") ||
	       has_affixes(name, "maps/table-", ".json", "0123456789");
}

/* A name with size and hash, as sources and files have them. */
static bool parse_hashed(json_t *value, const char **name, json_int_t *size, const char **hash)
{
	return !json_unpack_ex(value, NULL, JSON_STRICT, "{s:s,s:I,s:s}", "name", name, "size",
			       size, "sha256", hash) &&
	       is_hash(*hash) && *size >= 0;
}

/* What the bundle was built from is for people; it must only be well formed. */
static int parse_source(struct bundle_reader *r, json_t *value, size_t i)
{
	const char *name, *hash;
	json_int_t size;

	if (parse_hashed(value, &name, &size, &hash))
		return 0;
	return bundle_refuse(r, BUNDLE_MANIFEST, "entry %zu of 'sources' is malformed", i + 1);
}

static int parse_entry(struct bundle_reader *r, json_t *value, size_t i)
{
	struct bundle_entry *last = r->entries.n ? &r->entries.v[r->entries.n - 1] : NULL;
	struct arena *arena = &r->b->arena;
	const char *name, *hash;
	json_int_t size;

	if (!parse_hashed(value, &name, &size, &hash))
		return bundle_refuse(r, BUNDLE_MANIFEST, "entry %zu of 'files' is malformed",
				     i + 1);
	if (!file_name_ok(name) || !shape_file_ok(r, name))
		return bundle_refuse(r, BUNDLE_MANIFEST, "a bundle has no file of the name '%s'",
				     name);
	if (last && strcmp(last->name, name) >= 0)
		return bundle_refuse(r, BUNDLE_MANIFEST, "'%s' is out of order or there twice",
				     name);
	if (size > BUNDLE_MAX_JSON)
		return bundle_refuse(r, BUNDLE_MANIFEST, "'%s' is too large", name);
	vec_push(arena, &r->entries,
		 (struct bundle_entry){
			 .name = arena_strdup(arena, name),
			 .size = size,
			 .hash = arena_strdup(arena, hash),
		 });
	return 0;
}

/* --- the manifest --------------------------------------------------------------------- */

/* It becomes part of messages. */
static bool parse_compiler(struct bundle_reader *r, const json_t *value)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789 .-+~";
	const char *s = json_string_value(value);
	size_t n = s ? strlen(s) : 0;

	if (!n || n > MAX_COMPILER || strspn(s, allowed) != n)
		return false;
	r->b->compiler = arena_strdup(&r->b->arena, s);
	return true;
}

int bundle_parse_manifest(struct bundle_reader *r, const json_t *root)
{
	static const char *const keys[] = {"format", "tool",  "compiler", "sources",
					   "shapes", "files", NULL};
	const json_t *format = json_object_get(root, "format");
	const json_t *sources = json_object_get(root, "sources");
	const json_t *shapes = json_object_get(root, "shapes");
	const json_t *files = json_object_get(root, "files");
	int err = 0;

	if (json_is_integer(format) && json_integer_value(format) != BUNDLE_FORMAT) {
		diag_error(r->diag, LOC_NONE, GEN_CODE_BUNDLE_FORMAT,
			   "the bundle has format %lld, this polc reads format %d; build it again "
			   "with this version",
			   (long long)json_integer_value(format), BUNDLE_FORMAT);
		return -EINVAL;
	}
	if (!json_is_integer(format) || !bundle_has_keys(root, keys) || !json_is_array(files) ||
	    !json_is_array(sources) || !json_is_array(shapes) ||
	    !json_is_string(json_object_get(root, "tool")) ||
	    !parse_compiler(r, json_object_get(root, "compiler")))
		return bundle_refuse(r, BUNDLE_MANIFEST, "it is not a manifest");
	for (size_t i = 0; !err && i < json_array_size(sources); i++)
		err = parse_source(r, json_array_get(sources, i), i);
	for (size_t i = 0; !err && i < json_array_size(shapes); i++)
		err = parse_listed(r, json_array_get(shapes, i), i);
	for (size_t i = 0; !err && i < json_array_size(files); i++)
		err = parse_entry(r, json_array_get(files, i), i);
	return err;
}
