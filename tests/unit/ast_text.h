/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The syntax tree as one line an item, so that a test of a reader is an input and a text:
 *
 *   policy shop/a for shop{app=web}; ingress [*{} | 10.0.0.0/8-10.1.0.0/16 : tcp/80 udp]
 *   Pod shop/web-1 {app=web} 10.0.0.7 http=tcp/8080
 *   namespace shop {kubernetes.io/metadata.name=shop}
 *
 * A selector is NAMESPACES{LABELS}: a name, * for any, or (LABELS). A rule without ports has
 * no colon. `&` before a prefix: it also matches endpoints.
 */
#pragma once

#include "lang/base/buf.h"
#include "lang/lang.h"

void ast_text(struct buf *out, const struct lang *l);

/* Reads a YAML text as the whole input, with a note for all that is skipped. */
int read_whole(struct lang *l, const char *input, size_t n, enum lang_role role);

/* The input reads without an error and gives this text. */
#define assert_reads(input, text) assert_reads_as(LANG_INPUT, input, text)
#define assert_reads_as(role, input, text)                                                         \
	assert_reads_at((role), (input), (text), __FILE__, __LINE__)
void assert_reads_at(enum lang_role role, const char *input, const char *text, const char *file,
		     int line);

/* The input is refused with an error of this code whose message has these words. */
#define assert_refuses(input, code, words)                                                         \
	assert_says_at((input), DIAG_ERROR, (code), (words), __FILE__, __LINE__)
/* The input is accepted with a warning or note. */
#define assert_warns(input, code, words)                                                           \
	assert_says_at((input), DIAG_WARNING, (code), (words), __FILE__, __LINE__)
#define assert_notes(input, code, words)                                                           \
	assert_says_at((input), DIAG_INFO, (code), (words), __FILE__, __LINE__)
void assert_says_at(const char *input, enum diag_severity severity, const char *code,
		    const char *words, const char *file, int line);
