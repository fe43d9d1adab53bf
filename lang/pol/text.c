/* SPDX-License-Identifier: Apache-2.0 */
/* Names, numbers and labels: what a word may be where it stands. */
#include <stdlib.h>
#include <string.h>

#include "lang/names.h"
#include "lang/pol/parser.h"
#include "lang/pol/pol.h"

enum { NAME_MAX_BYTES = 253 };

struct loc pol_part(const struct ast_name *n, size_t from, size_t to)
{
	struct loc loc = n->loc;

	loc.col += (uint32_t)from;
	loc.end_line = loc.line;
	loc.end_col = n->loc.col + (uint32_t)to;
	return loc;
}

void pol_did_you_mean(struct pol *p, struct diag_item *d, struct loc loc, const char *best)
{
	if (best)
		diag_fix(&p->l->diag, d, loc, best, "did you mean '%s'?", best);
}

bool pol_number(const char *s, size_t n, uint32_t max, uint32_t *out)
{
	uint64_t value = 0;

	if (n == 0 || n > 10 || (n > 1 && s[0] == '0'))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(s[i] - '0');
	}
	*out = (uint32_t)value;
	return value <= max;
}

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Letters, digits, '-', '_', '.', and one '/' between a namespace and a name. */
static const char *name_fault(const char *s)
{
	size_t n = strlen(s), slashes = 0;

	if (n == 0)
		return "it is empty";
	if (n > NAME_MAX_BYTES)
		return "it is longer than 253 characters";
	for (size_t i = 0; i < n; i++) {
		slashes += s[i] == '/';
		if (!is_alnum(s[i]) && !strchr("-_./", s[i]))
			return "only letters, digits, '-', '_', '.' and one '/' are allowed";
	}
	if (slashes > 1)
		return "it has more than one '/'";
	if (!is_alnum(s[0]) || !is_alnum(s[n - 1]))
		return "it must begin and end with a letter or digit";
	return NULL;
}

static bool refuse(struct pol *p, const struct ast_name *n, const char *code, const char *what,
		   const char *fault)
{
	if (fault)
		diag_error(&p->l->diag, n->loc, code, "'%.63s%s' is no %s: %s", n->s,
			   strlen(n->s) > 63 ? "..." : "", what, fault);
	return !fault;
}

bool pol_check_name(struct pol *p, const struct ast_name *n, const char *what)
{
	return refuse(p, n, CODE_BAD_NAME, what, name_fault(n->s));
}

/* A name that a rule can use as a bare word. */
bool pol_check_let_name(struct pol *p, const struct ast_name *n)
{
	static const char *const taken[] = {"tcp", "udp", "sctp", "icmp", "icmp6", "any"};
	const char *fault = name_fault(n->s);

	if (!fault && strpbrk(n->s, "./"))
		fault = "only letters, digits, '-' and '_' are allowed";
	if (!fault && n->s[0] >= '0' && n->s[0] <= '9')
		fault = "it must begin with a letter";
	for (size_t i = 0; i < sizeof(taken) / sizeof(*taken); i++)
		if (strcmp(taken[i], n->s) == 0)
			fault = "the word has a meaning among ports";
#define X(token, text, begins_item)                                                                \
	if (strcmp(text, n->s) == 0)                                                               \
		fault = "it is a keyword";
#include "lang/pol/keywords.def"
#undef X
	return refuse(p, n, CODE_BAD_NAME, "name for a definition", fault);
}

/* `app: web` is how YAML says it. */
static bool is_yaml_key(struct pol *p, const struct ast_name *n)
{
	size_t len = strlen(n->s);
	struct diag_item *d;

	if (len < 2 || n->s[len - 1] != ':')
		return false;
	d = diag_error(&p->l->diag, n->loc, CODE_BAD_LABEL, "a label is written 'key = value'");
	diag_fix(&p->l->diag, d, pol_part(n, len - 1, len), " =", "write '=' instead of ':'");
	return true;
}

bool pol_check_key(struct pol *p, const struct ast_name *n)
{
	if (is_yaml_key(p, n))
		return false;
	return refuse(p, n, CODE_BAD_LABEL, "label key", k8s_label_key_fault(n->s));
}

bool pol_check_value(struct pol *p, const struct ast_name *n)
{
	return refuse(p, n, CODE_BAD_LABEL, "label value", k8s_label_value_fault(n->s));
}

bool pol_check_namespace(struct pol *p, const struct ast_name *n)
{
	return refuse(p, n, CODE_BAD_NAME, "name of a namespace", k8s_dns_label_fault(n->s));
}
