/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codegen/bundle_reader.h"
#include "codegen/clang.h"
#include "codegen/codes.h"
#include "compiler/classes/classifier_json.h"

/* --- files ---------------------------------------------------------------------------- */

int bundle_refuse(struct bundle_reader *r, const char *name, const char *fmt, ...)
{
	_cleanup_buf_ struct buf text = {0};
	struct diag_item *item;
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	item = diag_error(r->diag, LOC_NONE, GEN_CODE_BUNDLE, "%s in the bundle: %s", name,
			  buf_str(&text));
	diag_note(r->diag, item, LOC_NONE,
		  "the bundle was damaged or altered; build or copy it again");
	return -EINVAL;
}

struct bundle_entry *bundle_entry_find(struct bundle_reader *r, const char *name)
{
	vec_each (struct bundle_entry, e, &r->entries) {
		if (!strcmp(e->name, name))
			return e;
	}
	return NULL;
}

int bundle_load(struct bundle_reader *r, const char *name, char **data, size_t *size)
{
	struct bundle_entry *entry = bundle_entry_find(r, name);
	char hash[GEN_HASH_STRLEN];
	int err;

	if (!entry)
		return bundle_refuse(r, name, "the manifest does not list it");
	err = r->src->read(r->src->ctx, name, entry->size, data, size);
	if (err == -EFBIG)
		return bundle_refuse(r, name, "it is longer than the manifest says");
	if (err)
		return bundle_refuse(r, name, "it cannot be read: %s", strerror(-err));
	gen_hash(*data, *size, hash);
	if (*size == entry->size && !strcmp(hash, entry->hash)) {
		entry->verified = true;
		return 0;
	}
	free(*data);
	return bundle_refuse(r, name, "its contents do not match the manifest");
}

int bundle_parse_json(struct bundle_reader *r, const char *name, const char *data, size_t size,
		      json_t **out)
{
	json_error_t error;

	*out = json_loadb(data, size, JSON_REJECT_DUPLICATES, &error);
	if (!*out)
		return bundle_refuse(r, name, "line %d: %s", error.line, error.text);
	if (json_is_object(*out))
		return 0;
	json_decref(*out);
	return bundle_refuse(r, name, "it is not a JSON object");
}

int bundle_load_json(struct bundle_reader *r, const char *name, json_t **out)
{
	char *data;
	size_t size;
	int err = bundle_load(r, name, &data, &size);

	if (err)
		return err;
	err = bundle_parse_json(r, name, data, size, out);
	free(data);
	return err;
}

/* --- the bundle ----------------------------------------------------------------------- */

static int read_manifest(struct bundle_reader *r)
{
	json_t *root;
	char *data;
	size_t size;
	int err;

	err = r->src->read(r->src->ctx, BUNDLE_MANIFEST, BUNDLE_MAX_MANIFEST, &data, &size);
	if (err) {
		diag_error(r->diag, LOC_NONE, GEN_CODE_BUNDLE,
			   "this is no bundle: " BUNDLE_MANIFEST " cannot be read: %s; make one "
			   "with 'polc build'",
			   strerror(-err));
		return -EINVAL;
	}
	gen_hash(data, size, r->b->hash);
	err = bundle_parse_json(r, BUNDLE_MANIFEST, data, size, &root);
	free(data);
	if (err)
		return err;
	err = bundle_parse_manifest(r, root);
	json_decref(root);
	return err;
}

/* The tables have the numbers from 0 on. */
static int read_tables(struct bundle_reader *r)
{
	uint32_t n = 0;
	int err = 0;

	vec_each (const struct bundle_entry, e, &r->entries)
		n += !strncmp(e->name, "maps/table-", strlen("maps/table-"));
	for (uint32_t id = 0; !err && id < n; id++)
		err = bundle_parse_table(r, id);
	return err;
}

/* Its errors are those of a bundle: whoever reads it knows nothing of one. */
static int read_classifier(struct bundle_reader *r)
{
	const struct cls_classifier_limits limits = {r->b->n_classes, (uint32_t)r->b->tables.n};
	struct diag own;
	size_t size;
	char *data;
	int err;

	if (!bundle_entry_find(r, BUNDLE_CLASSIFIER))
		return 0;
	err = bundle_load(r, BUNDLE_CLASSIFIER, &data, &size);
	if (err)
		return err;
	diag_init(&own, &r->b->arena, r->diag->sources);
	err = cls_classifier_read("it", data, size, &limits, &r->b->arena, &own, &r->b->classifier);
	free(data);
	return err ? bundle_refuse(r, BUNDLE_CLASSIFIER, "%s", own.items.v[0]->text) : 0;
}

/* What the node does not use must be whole all the same: people read it. */
static int verify_rest(struct bundle_reader *r)
{
	int err = 0;

	vec_each (struct bundle_entry, e, &r->entries) {
		char *data;
		size_t size;

		if (err || e->verified)
			continue;
		err = bundle_load(r, e->name, &data, &size);
		if (!err)
			free(data);
	}
	if (!err && !bundle_entry_find(r, BUNDLE_IR))
		err = bundle_refuse(r, BUNDLE_IR, "the manifest does not list it");
	return err;
}

int bundle_read_from(const struct bundle_source *src, struct diag *diag, struct bundle **out)
{
	struct bundle *b = calloc(1, sizeof(*b));
	struct bundle_reader r = {.src = src, .diag = diag, .b = b};
	int err;

	*out = NULL;
	if (!b) {
		diag_error(diag, LOC_NONE, GEN_CODE_BUNDLE, "cannot read the bundle: %s",
			   strerror(ENOMEM));
		return -ENOMEM;
	}
	arena_init(&b->arena);
	err = read_manifest(&r);
	if (!err)
		err = bundle_parse_peers(&r);
	if (!err)
		err = bundle_parse_decisions(&r);
	if (!err)
		err = bundle_read_sets(&r);
	if (!err)
		err = read_tables(&r);
	if (!err)
		err = read_classifier(&r);
	if (!err)
		err = bundle_parse_endpoints(&r);
	if (!err)
		err = verify_rest(&r);
	if (err)
		bundle_free(&b);
	*out = b;
	return err;
}

void bundle_free(struct bundle **b)
{
	if (!*b)
		return;
	arena_fini(&(*b)->arena);
	free(*b);
	*b = NULL;
}

static int name_cmp(const void *key, const void *item)
{
	const struct bundle_endpoint *ep = item;

	return strcmp(key, ep->name);
}

const struct bundle_endpoint *bundle_find_endpoint(const struct bundle *b, const char *name)
{
	if (!b->endpoints.n)
		return NULL;
	return bsearch(name, b->endpoints.v, b->endpoints.n, sizeof(*b->endpoints.v), name_cmp);
}

static int addr_cmp(const void *key, const void *item)
{
	return net_addr_cmp(key, &((const struct bundle_peer *)item)->addr);
}

const struct bundle_peer *bundle_find_peer(const struct bundle *b, const struct net_addr *addr)
{
	if (!b->peers.n)
		return NULL;
	return bsearch(addr, b->peers.v, b->peers.n, sizeof(*b->peers.v), addr_cmp);
}

/* The list is sorted with parents before their children: the last match is the longest. */
const struct bundle_cidr *bundle_find_cidr(const struct bundle *b, const struct net_addr *addr)
{
	const struct bundle_cidr *found = NULL;

	vec_each (const struct bundle_cidr, c, &b->cidrs)
		if (net_prefix_has_addr(&c->prefix, addr))
			found = c;
	assert(found);
	return found;
}

/* --- from a directory ----------------------------------------------------------------- */

/* Opens one step of a path; `name` holds no slash. Not openat2(), which valgrind does not know. */
static int open_step(int dirfd, const char *name, int flags)
{
	int fd;

	if (!strcmp(name, "") || !strcmp(name, ".") || !strcmp(name, ".."))
		return -EINVAL;
	fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | flags);
	return fd < 0 ? -errno : fd;
}

/* Opens a file of the bundle, "NAME" or "FOLDER/NAME"; no link leads anywhere. */
static int open_below(int dirfd, const char *name)
{
	const char *slash = strchr(name, '/');
	char folder[NAME_MAX + 1];
	int sub, fd;

	if (!slash)
		return open_step(dirfd, name, 0);
	if ((size_t)(slash - name) >= sizeof(folder) || strchr(slash + 1, '/'))
		return -EINVAL;
	memcpy(folder, name, (size_t)(slash - name));
	folder[slash - name] = '\0';
	sub = open_step(dirfd, folder, O_DIRECTORY);
	if (sub < 0)
		return sub;
	fd = open_step(sub, slash + 1, 0);
	close(sub);
	return fd;
}

static int open_regular(int dirfd, const char *name)
{
	int fd = open_below(dirfd, name);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return -EINVAL;
}

static int read_below(void *ctx, const char *name, size_t limit, char **data, size_t *size)
{
	const int *dirfd = ctx;
	struct buf b = {0};
	int fd = open_regular(*dirfd, name), err;

	if (fd < 0)
		return fd;
	err = buf_read_fd(&b, fd, limit);
	close(fd);
	if (err) {
		buf_fini(&b);
		return err;
	}
	*size = b.n;
	*data = b.s ? b.s : calloc(1, 1); /* the buffer's memory is malloc's */
	return *data ? 0 : -ENOMEM;
}

int bundle_read(const char *dir, struct diag *diag, struct bundle **out)
{
	int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err;
	struct bundle_source src = {.read = read_below, .ctx = &dirfd};

	*out = NULL;
	if (dirfd < 0) {
		diag_error(diag, LOC_NONE, GEN_CODE_BUNDLE, "cannot open the bundle %s: %s", dir,
			   strerror(errno));
		return -EINVAL;
	}
	err = bundle_read_from(&src, diag, out);
	close(dirfd);
	return err;
}
