/* SPDX-License-Identifier: Apache-2.0 */
/* The remotes of a repository, by its `.git/config`: there may be credentials in it, and nothing of
 * it is shown. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lang/base/buf.h"
#include "lang/base/path.h"
#include "lang/gitops/git_config.h"
#include "lang/gitops/repository.h"

enum { MAX_CONFIG = 1 << 20, MAX_SETTINGS = 1 << 16, MAX_FILES = 16, MAX_REMOTES = 64 };

/* Like git's own files, no link. False: there is none that may be read. */
static bool read_file(const char *path, struct buf *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	bool ok;

	if (fd < 0)
		return false;
	ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && buf_read_fd(text, fd, MAX_CONFIG) == 0;
	close(fd);
	return ok;
}

static const char *trim(struct arena *a, const char *text, size_t n)
{
	static const char space[] = " \t\r\"";

	while (n && strchr(space, *text)) {
		text++;
		n--;
	}
	while (n && strchr(space, text[n - 1]))
		n--;
	return arena_strndup(a, text, n);
}

/* What a file of one line says behind `key`; NULL: it says something else, or is not there. */
static const char *read_line(struct arena *a, const char *path, const char *key)
{
	_cleanup_buf_ struct buf text = {0};
	size_t n = strlen(key);

	if (!read_file(path, &text) || strncmp(buf_str(&text), key, n) != 0)
		return NULL;
	return trim(a, buf_str(&text) + n, strcspn(buf_str(&text) + n, "\n"));
}

static const char *resolve(struct arena *a, const char *dir, const char *name)
{
	return *name == '/' ? name : path_join(a, dir, name);
}

/* The directory of what all worktrees share. In a worktree or a submodule `.git` is a file that
 * says where it is. */
static const char *find_git(struct arena *a, const char *root)
{
	const char *git = path_join(a, root, ".git"), *to = read_line(a, git, "gitdir:"), *common;

	if (to)
		git = resolve(a, root, to);
	common = to ? read_line(a, path_join(a, git, "commondir"), "") : NULL;
	if (common)
		git = resolve(a, git, common);
	return git;
}

/* --- what it includes ------------------------------------------------------------------------- */

/* A repository while its configuration is read. */
struct reading {
	struct arena *a;
	const char *git; /* its directory */
	struct git_config config;
	size_t files; /* that were read */
	bool partial; /* there is more than that */
};

static bool is(const struct git_setting *set, const char *section, const char *key)
{
	return strcmp(set->section, section) == 0 && strcmp(set->key, key) == 0;
}

/* Beside the configuration, as `shared`: no link leads out of there. */
static bool is_beside(const char *path)
{
	return *path && !strchr("~%", *path) && !strchr(path, '/');
}

/* Git takes what is not there for empty. */
static bool is_missing(const char *path)
{
	return access(path, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR);
}

/* What is elsewhere, or for some only, is not looked at. */
static void read_config(struct reading *rd, const char *name)
{
	const char *path = path_join(rd->a, rd->git, name);
	size_t i = rd->config.list.n, end;
	_cleanup_buf_ struct buf text = {0};

	if (is_missing(path))
		return;
	if (rd->files++ >= MAX_FILES || rd->config.list.n > MAX_SETTINGS ||
	    !read_file(path, &text) ||
	    !git_config_read(&rd->config, rd->a, buf_str(&text), text.n)) {
		rd->partial = true;
		return;
	}
	for (end = rd->config.list.n; i < end; i++) {
		const struct git_setting set = rd->config.list.v[i];
		bool include = is(&set, "include", "path") && !set.subsection;

		if (include && set.value && is_beside(set.value))
			read_config(rd, set.value);
		else if (include || strcmp(set.section, "includeif") == 0 ||
			 is(&set, "extensions", "worktreeconfig"))
			rd->partial = true;
	}
}

/* --- their URLs ------------------------------------------------------------------------------- */

/* What `url.BASE.insteadOf` makes of it: of several the longest counts. */
static const char *rewrite(const struct reading *rd, const char *url)
{
	const struct git_setting *best = NULL;
	size_t longest = 0;

	vec_each (const struct git_setting, set, &rd->config.list) {
		size_t n = set->value ? strlen(set->value) : 0;

		if (is(set, "url", "insteadof") && set->subsection && n > longest &&
		    strncmp(url, set->value, n) == 0) {
			best = set;
			longest = n;
		}
	}
	return best ? arena_printf(rd->a, "%s%s", best->subsection, url + longest) : url;
}

static bool is_url(const struct git_setting *set)
{
	return set->subsection && (is(set, "remote", "url") || is(set, "remote", "pushurl"));
}

/* As it is written it is a name of the repository, too. An empty one takes back those before. */
static void add_remote(struct git_remotes *r, struct reading *rd, const char *url)
{
	const char *other;

	if (!url || !*url) {
		rd->partial = true;
		return;
	}
	other = rewrite(rd, url);
	git_remotes_add(r, rd->a, url);
	if (other != url)
		git_remotes_add(r, rd->a, other);
}

void git_remotes_read(struct git_remotes *r, struct arena *a, const char *root)
{
	struct reading rd = {.a = a, .git = find_git(a, root)};
	size_t n = 0;

	read_config(&rd, "config");
	vec_each (const struct git_setting, set, &rd.config.list)
		if (is_url(set) && n++ < MAX_REMOTES)
			add_remote(r, &rd, set->value);
	r->partial |= rd.partial || n > MAX_REMOTES;
}

void git_remotes_add(struct git_remotes *r, struct arena *a, const char *url)
{
	struct git_url read;

	if (git_url_read(a, url, &read))
		vec_push(a, &r->list, read);
}
