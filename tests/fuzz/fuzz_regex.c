/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expressions that strangers write, and texts: an expression, a zero byte, a text. What
 * regex_compile() takes has a meaning, or a fault, and its automaton matches the text if PCRE2
 * does.
 */
#include <stdlib.h>
#include <string.h>

#include "compiler/l7/dfa.h"
#include "compiler/regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dfa_limits limits = {.states = 500, .steps = 2000000};
	const char *fault, *regex, *text;
	const struct l7_node *tree;
	const struct regex *re;
	const struct dfa *dfa;
	struct arena arena;
	size_t len;

	arena_init(&arena);
	regex = arena_strndup(&arena, (const char *)data, size);
	len = strlen(regex) < size ? strlen(regex) + 1 : size;
	text = (const char *)data + len;
	re = regex_compile(&arena, regex, false, &fault);
	tree = re ? l7_parse(&arena, regex, false, &fault) : NULL;
	if (!tree && !fault)
		abort();
	dfa = tree ? dfa_build(&arena, &tree, 1, &limits) : NULL;
	if (dfa) {
		enum regex_answer wanted = regex_match(re, text, size - len);
		bool got = dfa_match(dfa, text, size - len)->n > 0;

		if (wanted != REGEX_UNSURE && got != (wanted == REGEX_YES))
			abort();
	}
	arena_fini(&arena);
	return 0;
}
