/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of repositories: which are of one, and which of two. */
#include <string.h>

#include "lang/gitops/repository.h"
#include "tests/unit/unit.h"

static const struct {
	const char *url, *host, *path; /* host NULL: it says nothing */
} urls[] = {
	{"https://github.com/acme/shop", "github.com", "acme/shop"},
	{"https://github.com/acme/shop.git", "github.com", "acme/shop"},
	{"https://github.com/acme/shop.git/", "github.com", "acme/shop"},
	{"https://github.com:443/acme/shop", "github.com", "acme/shop"},
	{"https://user:secret@GitHub.com/Acme/Shop", "github.com", "acme/shop"},
	{"https://a@b@github.com/acme/shop", "github.com", "acme/shop"},
	{"https://www.github.com//acme//shop", "github.com", "acme/shop"},
	{"https://github.com/acme/shop?ref=main#top", "github.com", "acme/shop"},
	{"ssh://git@ssh.github.com:443/acme/shop.git", "github.com", "acme/shop"},
	{"git@github.com:acme/shop.git", "github.com", "acme/shop"},
	{"git@github.com:/acme/shop.git", "github.com", "acme/shop"},
	{"github.com:acme/shop", "github.com", "acme/shop"},
	{"work:acme/shop", "work", "acme/shop"},
	{"https://gitlab.com/a/b/c/shop", "gitlab.com", "a/b/c/shop"},
	{"https://dev.azure.com/acme/p/_git/shop", "dev.azure.com", "acme/p/shop"},
	{"git@ssh.dev.azure.com:v3/acme/p/shop", "dev.azure.com", "acme/p/shop"},
	{"https://git.acme.io/scm/p/shop.git", "git.acme.io", "p/shop"},
	{"oci://ghcr.io/acme/shop", "ghcr.io", "acme/shop"},
	{"https://github.com/.git", NULL, NULL},
	{NULL, NULL, NULL},
	{"", NULL, NULL},
	{"shop", NULL, NULL},
	{"/srv/shop.git", NULL, NULL},
	{"../shop.git", NULL, NULL},
	{"file:///srv/shop.git", NULL, NULL},
	{"C:/src/shop", NULL, NULL},
	{"https://github.com", NULL, NULL},
	{"https://github.com/", NULL, NULL},
	{"https:///shop", NULL, NULL},
	{"{{.repo}}", NULL, NULL},
	{"https://github.com/acme/${NAME}", NULL, NULL},
};

TEST(a_url_is_read_without_what_differs_between_addresses)
{
	struct arena arena;

	arena_init(&arena);
	for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
		struct git_url url = {0};
		bool read = git_url_read(&arena, urls[i].url, &url);

		if (read != (urls[i].host != NULL))
			fail_msg("%s", urls[i].url);
		if (!read)
			continue;
		assert_string_equal(url.host, urls[i].host);
		assert_string_equal(url.path, urls[i].path);
	}
	arena_fini(&arena);
}

TEST(a_url_has_a_bounded_length)
{
	char text[4096] = "https://github.com/acme/";
	struct git_url url;
	struct arena arena;
	size_t n = strlen(text);

	memset(text + n, 'x', sizeof(text) - n - 1);
	text[sizeof(text) - 1] = 0;
	arena_init(&arena);
	assert_false(git_url_read(&arena, text, &url));
	text[1024] = 0;
	assert_true(git_url_read(&arena, text, &url));
	arena_fini(&arena);
}

static const struct {
	const char *a, *b;
	bool differ;
} pairs[] = {
	{"https://github.com/acme/shop", "git@github.com:acme/shop.git", false},
	{"https://github.com/acme/shop", "https://github.com/acme/shop2", true},
	{"https://github.com/acme/shop", "https://github.com/jane/shop", true},
	{"https://github.com/acme/shop", "https://gitlab.com/acme/shop", true},
	{"https://github.com/acme/shop", "work:acme/shop", false},
	{"http://gitea:3000/acme/shop", "https://git.acme.io/acme/shop", false},
	{"work:acme/other", "https://github.com/acme/shop", true},
};

TEST(two_repositories_are_told_apart_by_what_is_known)
{
	struct arena arena;

	arena_init(&arena);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		struct git_url a, b;

		assert_true(git_url_read(&arena, pairs[i].a, &a));
		assert_true(git_url_read(&arena, pairs[i].b, &b));
		if (git_url_differs(&a, &b) != pairs[i].differ ||
		    git_url_differs(&b, &a) != pairs[i].differ)
			fail_msg("%s and %s", pairs[i].a, pairs[i].b);
	}
	arena_fini(&arena);
}

TEST(a_repository_is_called_by_the_last_part)
{
	struct git_url url;
	struct arena arena;

	arena_init(&arena);
	assert_true(git_url_read(&arena, "git@github.com:acme/Shop.git", &url));
	assert_string_equal(git_url_name(&url), "shop");
	assert_true(git_url_read(&arena, "work:shop", &url));
	assert_string_equal(git_url_name(&url), "shop");
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_url_is_read_without_what_differs_between_addresses),
		cmocka_unit_test(a_url_has_a_bounded_length),
		cmocka_unit_test(two_repositories_are_told_apart_by_what_is_known),
		cmocka_unit_test(a_repository_is_called_by_the_last_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
