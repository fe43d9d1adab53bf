/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of rule sets that are not what they were: the input says which bytes of a good one to set
 * to what, two bytes for the place and one for the byte, and the checksum is made good. A file that
 * passes the check can be asked.
 */
#include <sha256.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/l7/flat.h"
#include "compiler/l7/ruleset.h"
#include "compiler/resolve/resolve.h"
#include "lang/base/buf.h"
#include "lang/lang.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char policy[] = "policy p for all { ingress { allow from all on tcp/80 http {\n"
			     "  GET \"/public/(a|b[0-9]+)/.*\" where header \"X\" =~ \"[0-9]+\"\n"
			     "  POST \"/caf\xc3\xa9/[^/]*\" where host =~ \".*\\.shop\"\n"
			     "  deny any \"/private\"\n"
			     "} } }\nendpoint a { }\n";

static void require(int ok)
{
	if (!ok)
		abort();
}

/* The good file, made once. */
static const struct buf *whole_file(void)
{
	static struct buf file;
	const struct ir_rule *rules[1];
	const struct l7_ruleset *set;
	struct l7_fault fault;
	struct lang l;
	struct ir *ir;

	if (file.n)
		return &file;
	lang_init(&l);
	require(lang_read_text(&l, "p.pol", policy, strlen(policy), LANG_POL, LANG_INPUT) == 0);
	require(ir_resolve(&l, &ir) == 0);
	rules[0] = ir->rules.v[0];
	set = l7_ruleset_build(&l.arena, rules, 1, &fault);
	require(set && !flat_write(set, &file));
	lang_fini(&l);
	return &file;
}

static void make_sum_good(char *file, size_t size)
{
	const size_t hashed = offsetof(struct flat_header, version);
	SHA2_CTX sha;

	SHA256Init(&sha);
	SHA256Update(&sha, (uint8_t *)file + hashed, size - hashed);
	SHA256Final((uint8_t *)file + offsetof(struct flat_header, sha256), &sha);
}

static void ask(const struct flat_header *file)
{
	static const struct flat_header_line lines[] = {{{"X", 1}, {"1", 1}},
							{{"x", 1}, {"\xc3", 1}}};
	static const char *const paths[] = {"/public/b1/c", "/caf\xc3\xa9/x?q", "/private", "",
					    "\xff"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		struct flat_request r = {.method = {"GET", 3},
					 .path = {paths[i], strlen(paths[i])},
					 .host = {"A.shop:80", 9},
					 .headers = lines,
					 .n_headers = i % 3};
		const struct flat_entry *e = flat_judge(file, &r);

		require(!e || e->line < UINT32_MAX || e->deny);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct buf *whole = whole_file();
	char *file = malloc(whole->n);

	require(file != NULL);
	memcpy(file, whole->s, whole->n);
	for (size_t i = 0; i + 3 <= size; i += 3)
		file[(data[i] << 8 | data[i + 1]) % whole->n] = (char)data[i + 2];
	make_sum_good(file, whole->n);
	if (!flat_check(file, whole->n))
		ask((const struct flat_header *)file);
	free(file);
	return 0;
}
