/* SPDX-License-Identifier: Apache-2.0 */
/* The address ranges of an ipBlock, in the form that every reader of them takes alike. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "lang/base/codes.h"
#include "lang/yaml/fix.h"
#include "lang/yaml/k8s/network_policy.h"
#include "lang/yaml/problem.h"

/* 010.0.0.0 is 10.0.0.0 to some programs and, in octal, 8.0.0.0 to others. */
static const char *without_zeros(struct yaml_ctx *c, const char *text)
{
	char *out = arena_strdup(c->scratch, text), *end = out;

	for (const char *p = text; *p; p++)
		if (*p != '0' || !isxdigit((unsigned char)p[1]) ||
		    (end > out && isxdigit((unsigned char)end[-1])))
			*end++ = *p;
	*end = '\0';
	return out;
}

static int refuse_zeros(struct yaml_ctx *c, const struct yaml_node *n, const struct net_prefix *p)
{
	char text[NET_PREFIX_STRLEN];
	struct diag_item *item;

	net_prefix_format(p, text);
	item = diag_error(&c->l->diag, n->loc, CODE_BAD_ADDRESS,
			  "'%s' has leading zeros, which some programs read as octal: write %s",
			  yaml_show(c->scratch, n->text), text);
	yaml_fix_word(c, item, n->loc, n->text, text, false);
	return -EINVAL;
}

static int refuse_mapped(struct yaml_ctx *c, const struct yaml_node *n, const struct net_prefix *v4)
{
	char text[NET_PREFIX_STRLEN];
	struct diag_item *item;

	item = diag_error(&c->l->diag, n->loc, CODE_BAD_ADDRESS,
			  "'%s' is an IPv4 address in the form of IPv6, which programs do not read "
			  "alike: write it as IPv4",
			  yaml_show(c->scratch, n->text));
	if (v4->addr.family == NET_NONE)
		return -EINVAL;
	net_prefix_format(v4, text);
	yaml_fix_word(c, item, n->loc, n->text, text, false);
	return -EINVAL;
}

static int refuse_range(struct yaml_ctx *c, const struct yaml_node *n)
{
	const char *plain = without_zeros(c, n->text);
	struct net_prefix range;
	struct net_addr addr;
	struct diag_item *item;
	bool bare = net_addr_parse(n->text, &addr) == 0;

	if (strchr(plain, '/') && net_is_mapped(plain, &range))
		return refuse_mapped(c, n, &range);
	if (net_prefix_parse(plain, &range) != -EINVAL)
		return refuse_zeros(c, n, &range);
	item = diag_error(&c->l->diag, n->loc, CODE_BAD_ADDRESS,
			  "'%s' is not an address range: write it as %s",
			  yaml_show(c->scratch, n->text),
			  bare ? "ADDRESS/LENGTH" : "10.0.0.0/8 or 2001:db8::/32");
	if (bare)
		diag_fix(&c->l->diag, item, n->loc,
			 arena_printf(c->scratch, "%s/%u", n->text, net_family_bits(addr.family)),
			 "add the length of a single address");
	return -EINVAL;
}

/* Which of the two an API server does depends on its version, and it keeps in force what was stored
 * before; all that take it mean the same by it. */
static void warn_host_bits(struct yaml_ctx *c, const struct yaml_node *n,
			   const struct net_prefix *p)
{
	char masked[NET_PREFIX_STRLEN];
	struct diag_item *item;

	net_prefix_format(p, masked);
	item = diag_warning(&c->l->diag, n->loc, CODE_HOST_BITS,
			    "'%s' has host bits set: Kubernetes before 1.36 takes it as %s, and "
			    "later versions refuse it",
			    yaml_show(c->scratch, n->text), masked);
	yaml_fix_word(c, item, n->loc, n->text, masked, true);
}

int np_read_range(struct yaml_ctx *c, const struct yaml_node *n, struct ast_prefix *out)
{
	const char *text = yaml_text(c, n);
	int r;

	if (!text)
		return -EINVAL;
	r = net_prefix_parse(text, &out->prefix);
	out->loc = n->loc;
	if (r == -EINVAL)
		return refuse_range(c, n);
	if (r == -EDOM)
		warn_host_bits(c, n, &out->prefix);
	return 0;
}
