/* SPDX-License-Identifier: Apache-2.0 */
/* URLs of repositories, as far as two of them can be told apart. */
#include <ctype.h>
#include <string.h>

#include "lang/base/path.h"
#include "lang/gitops/repository.h"

/* A part of a text. */
struct part {
	const char *at, *end;
};

static bool is_filled_in(const char *url)
{
	return strstr(url, "{{") || strstr(url, "${");
}

/* `https://user@host:port/path`, or `user@host:path`, which is no file: false. */
static bool split(const char *url, struct part *host, struct part *path)
{
	const char *scheme = strstr(url, "://"), *at;

	host->at = scheme ? scheme + 3 : url;
	host->end = host->at + strcspn(host->at, scheme ? "/?#" : ":/");
	path->at = host->end + (*host->end && !scheme);
	path->end = path->at + strcspn(path->at, "?#");
	if (!scheme && *host->end != ':')
		return false;
	for (at = host->at; at < host->end; at++)
		if (*at == '@')
			host->at = at + 1;
	for (at = host->at; at < host->end && *at != ':'; at++)
		;
	host->end = at;
	/* A drive has one letter. */
	return host->end - host->at > 1;
}

static const char *lower(struct arena *a, const char *text, size_t n)
{
	char *out = arena_strndup(a, text, n);

	for (char *p = out; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return out;
}

/* Parts of a path that the one address of a repository has, and another one has not. */
static bool is_of_address(const char *part, size_t n)
{
	static const char *const words[] = {"_git", "scm", "v3"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strlen(words[i]) == n && memcmp(part, words[i], n) == 0)
			return true;
	return n == 0;
}

static const char *plain_path(struct arena *a, struct part path)
{
	static const char suffix[] = ".git";
	size_t m = strlen(suffix);
	const char *out = "";

	while (path.end > path.at && path.end[-1] == '/')
		path.end--;
	if ((size_t)(path.end - path.at) > m && memcmp(path.end - m, suffix, m) == 0)
		path.end -= m;
	while (path.at < path.end) {
		size_t n = strcspn(path.at, "/");

		if (n > (size_t)(path.end - path.at))
			n = (size_t)(path.end - path.at);
		if (!is_of_address(path.at, n))
			out = arena_printf(a, "%s%s%s", out, *out ? "/" : "", lower(a, path.at, n));
		path.at += n + (path.at + n < path.end);
	}
	return out;
}

/* `ssh.example.com` is another door of `example.com`. */
static const char *plain_host(struct arena *a, struct part host)
{
	static const char *const doors[] = {"ssh.", "altssh.", "www."};
	const char *out = lower(a, host.at, (size_t)(host.end - host.at));

	for (size_t i = 0; i < sizeof(doors) / sizeof(*doors); i++)
		if (strncmp(out, doors[i], strlen(doors[i])) == 0)
			return out + strlen(doors[i]);
	return out;
}

bool git_url_read(struct arena *a, const char *url, struct git_url *out)
{
	struct part host, path;

	enum { MAX_URL = 2048 };
	if (!url || strlen(url) > MAX_URL || is_filled_in(url) || !split(url, &host, &path))
		return false;
	*out = (struct git_url){plain_host(a, host), plain_path(a, path)};
	return *out->path;
}

/* A name without a dot is one that `.ssh/config` or a cluster knows. */
bool git_url_differs(const struct git_url *a, const struct git_url *b)
{
	if (strcmp(a->path, b->path) != 0)
		return true;
	return strchr(a->host, '.') && strchr(b->host, '.') && strcmp(a->host, b->host) != 0;
}

const char *git_url_name(const struct git_url *url)
{
	return path_base(url->path);
}
