/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/proxy/sets.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/proxy/hits.h"
#include "runtime/proxy/shared.h"

/* Eight bytes that count the changes, mapped by all. */
#define COUNT_NAME "changes"

typedef _Atomic uint64_t shared_count;

enum { FILE_NAME_MAX = PROXY_SET_NAME_MAX + sizeof(".l7.new") };

/* A set as it was when it was mapped. */
struct mapped {
	char name[PROXY_SET_NAME_MAX + 1];
	void *file; /* NULL: there is none */
	size_t size;
	const char *why;
	_Atomic uint64_t *hits; /* proxy_hits_count() of them; NULL: nobody counts */
};

struct proxy_sets {
	int dir, hits; /* hits: where they are counted; -1: nowhere */
	const shared_count *count;
	uint64_t seen;
	struct mapped *list; /* sorted by name */
	size_t n, cap;
	const struct mapped *found; /* the last that was asked for */
};

bool proxy_set_name_is_good(const char *name)
{
	size_t n = 0;

	while (isalnum((unsigned char)name[n]) || name[n] == '-' || name[n] == '_')
		n++;
	return n && n <= PROXY_SET_NAME_MAX && name[n] == '\0';
}

/* --- the count -------------------------------------------------------------------------------- */

/* NULL with errno. */
static shared_count *map_count(int dir, enum proxy_shared how)
{
	return proxy_shared_map(dir, COUNT_NAME, sizeof(shared_count), how);
}

/* --- asking ----------------------------------------------------------------------------------- */

struct proxy_sets *proxy_sets_open(const char *dir, const char *hits)
{
	struct proxy_sets *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return NULL;
	s->hits = hits ? open(hits, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	s->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	s->count = s->dir < 0 ? NULL : map_count(s->dir, PROXY_SHARED_READ);
	if (s->count) {
		s->seen = atomic_load(s->count);
		return s;
	}
	err = errno;
	if (s->dir >= 0)
		close(s->dir);
	if (s->hits >= 0)
		close(s->hits);
	free(s);
	errno = err;
	return NULL;
}

static void forget(struct proxy_sets *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct mapped *m = &s->list[i];

		if (m->hits)
			munmap((void *)m->hits, proxy_hits_size(m->file));
		if (m->file)
			munmap(m->file, m->size);
	}
	s->n = 0;
	s->found = NULL;
}

void proxy_sets_close(struct proxy_sets *s)
{
	if (!s)
		return;
	forget(s);
	free(s->list);
	munmap((void *)s->count, sizeof(shared_count));
	close(s->dir);
	if (s->hits >= 0)
		close(s->hits);
	free(s);
}

/* A file that is changed under the map would be asked unchecked: whoever publishes renames. */
static void map_file(const struct proxy_sets *s, struct mapped *m)
{
	char name[FILE_NAME_MAX];
	struct stat st;
	int fd;

	snprintf(name, sizeof(name), "%s.l7", m->name);
	fd = openat(s->dir, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size <= 0) {
		m->why = fd < 0 && errno == ENOENT ? "there is no such rule set"
						   : "its file cannot be read";
		if (fd >= 0)
			close(fd);
		return;
	}
	m->size = (size_t)st.st_size;
	m->file = mmap(NULL, m->size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (m->file == MAP_FAILED) {
		m->file = NULL;
		m->why = "its file cannot be mapped";
		return;
	}
	m->why = flat_check(m->file, m->size);
	if (m->why) {
		munmap(m->file, m->size);
		m->file = NULL;
	}
}

/* Where the set of this name is, or belongs. */
static size_t place_of(const struct proxy_sets *s, const char *name)
{
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (strcmp(s->list[mid].name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static struct mapped *add(struct proxy_sets *s, size_t at, const char *name)
{
	struct mapped *m;

	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 16;
		s->list = realloc(s->list, s->cap * sizeof(*s->list));
		if (!s->list)
			abort();
	}
	m = &s->list[at];
	memmove(m + 1, m, (s->n - at) * sizeof(*m));
	*m = (struct mapped){0};
	strcpy(m->name, name);
	map_file(s, m);
	if (m->file && s->hits >= 0)
		m->hits = proxy_hits_map(s->hits, m->name, m->file);
	s->n++;
	return m;
}

const struct flat_header *proxy_sets_find(struct proxy_sets *s, const char *name, const char **why)
{
	uint64_t count = atomic_load_explicit(s->count, memory_order_acquire);
	size_t at;

	if (count != s->seen)
		forget(s);
	s->seen = count;
	*why = "its name is no name of a rule set";
	if (!proxy_set_name_is_good(name))
		return NULL;
	at = place_of(s, name);
	s->found =
		at < s->n && strcmp(s->list[at].name, name) == 0 ? &s->list[at] : add(s, at, name);
	*why = s->found->why;
	return s->found->file;
}

void proxy_sets_count(struct proxy_sets *s, const struct flat_entry *entry)
{
	const struct mapped *m = s->found;

	if (m->hits)
		atomic_fetch_add_explicit(&m->hits[entry ? entry - flat_entries(m->file) + 1 : 0],
					  1, memory_order_relaxed);
}

/* --- publishing ------------------------------------------------------------------------------- */

static int open_made(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int proxy_sets_make(const char *dir)
{
	shared_count *count;
	int fd;

	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return -errno;
	fd = open_made(dir);
	if (fd < 0)
		return fd;
	count = map_count(fd, PROXY_SHARED_MAKE);
	close(fd);
	if (!count)
		return -errno;
	munmap((void *)count, sizeof(*count));
	return 0;
}

static int write_all(int fd, const char *data, size_t n)
{
	while (n) {
		ssize_t done = write(fd, data, n);

		if (done < 0 && errno != EINTR)
			return -errno;
		data += done < 0 ? 0 : done;
		n -= done < 0 ? 0 : (size_t)done;
	}
	return 0;
}

/* Beside the file that it is to replace. */
static int write_fresh(int dir, const struct proxy_set_file *f)
{
	char fresh[FILE_NAME_MAX];
	int fd, err;

	if (!proxy_set_name_is_good(f->name))
		return -EINVAL;
	if (!f->data)
		return 0;
	snprintf(fresh, sizeof(fresh), "%s.l7.new", f->name);
	fd = openat(dir, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	err = write_all(fd, f->data, f->n);
	close(fd);
	return err;
}

static int replace(int dir, const struct proxy_set_file *f)
{
	char name[FILE_NAME_MAX], fresh[FILE_NAME_MAX];

	snprintf(name, sizeof(name), "%s.l7", f->name);
	snprintf(fresh, sizeof(fresh), "%s.l7.new", f->name);
	if (!f->data)
		return unlinkat(dir, name, 0) < 0 && errno != ENOENT ? -errno : 0;
	return renameat(dir, fresh, dir, name) < 0 ? -errno : 0;
}

static void remove_fresh(int dir, const struct proxy_set_file *files, size_t n)
{
	char fresh[FILE_NAME_MAX];

	for (size_t i = 0; i < n; i++) {
		snprintf(fresh, sizeof(fresh), "%.*s.l7.new", PROXY_SET_NAME_MAX, files[i].name);
		unlinkat(dir, fresh, 0);
	}
}

int proxy_sets_publish(const char *dir, const struct proxy_set_file *files, size_t n)
{
	int fd = open_made(dir), err = 0;
	shared_count *count;

	if (fd < 0)
		return fd;
	count = map_count(fd, PROXY_SHARED_WRITE);
	if (!count)
		err = -errno;
	for (size_t i = 0; i < n && !err; i++)
		err = write_fresh(fd, &files[i]);
	if (err)
		remove_fresh(fd, files, n);
	for (size_t i = 0; i < n && !err; i++)
		err = replace(fd, &files[i]);
	if (count) {
		atomic_fetch_add_explicit(count, 1, memory_order_release);
		munmap((void *)count, sizeof(*count));
	}
	close(fd);
	return err;
}
