/* SPDX-License-Identifier: Apache-2.0 */
/* The remotes of a repository, by its `.git/config`: nothing else of that is looked at, as there
 * may be credentials in it, and nothing of it is shown. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lang/base/buf.h"
#include "lang/base/path.h"
#include "lang/gitops/repository.h"

enum { MAX_CONFIG = 1 << 20, MAX_REMOTES = 64 };

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

/* In a worktree or a submodule `.git` is a file that says where it is. */
static const char *find_config(struct arena *a, const char *root)
{
	const char *git = path_join(a, root, ".git"), *to = read_line(a, git, "gitdir:"), *common;

	if (to)
		git = resolve(a, root, to);
	common = to ? read_line(a, path_join(a, git, "commondir"), "") : NULL;
	if (common)
		git = resolve(a, git, common);
	return path_join(a, git, "config");
}

/* `[remote "origin"]` */
static bool is_remote(const char *line)
{
	static const char name[] = "remote";

	line += strspn(line, " \t[");
	return strncmp(line, name, strlen(name)) == 0 && strchr(" \t\"", line[strlen(name)]);
}

/* `url = https://example.com/org/repo`; NULL: it is another line. */
static const char *url_of(struct arena *a, const char *line, size_t n)
{
	const char *end = line + n, *value = memchr(line, '=', n);

	line += strspn(line, " \t");
	if (!value || strncmp(line, "url", 3) != 0 || line + 3 + strspn(line + 3, " \t") != value)
		return NULL;
	return trim(a, value + 1, (size_t)(end - value - 1));
}

void git_remotes_read(struct git_remotes *r, struct arena *a, const char *root)
{
	_cleanup_buf_ struct buf text = {0};
	const char *line;
	bool remote = false;
	size_t n;

	if (!read_file(find_config(a, root), &text))
		return;
	for (line = buf_str(&text); *line; line += n + (line[n] == '\n')) {
		const char *url;

		n = strcspn(line, "\n");
		if (line[strspn(line, " \t")] == '[')
			remote = is_remote(line);
		url = remote ? url_of(a, line, n) : NULL;
		if (url)
			git_remotes_add(r, a, url);
	}
}

void git_remotes_add(struct git_remotes *r, struct arena *a, const char *url)
{
	struct git_url read;

	if (r->list.n < MAX_REMOTES && git_url_read(a, url, &read))
		vec_push(a, &r->list, read);
}
