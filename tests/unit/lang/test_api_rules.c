/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the API server refuses is not in force, so polc refuses it, and what it takes polc takes:
 * its validation of a NetworkPolicy and of what all objects have, rule by rule, from both sides of
 * each boundary. doc/diagnostics.md has the rules in words.
 */
#include "tests/unit/ast_text.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "lang/base/codes.h"

enum verdict { ACCEPTED, WARNED, REFUSED };

/* `says` is a part of the message, `at` its line:column. */
struct row {
	const char *rule, *yaml;
	enum verdict verdict;
	const char *code, *says, *at;
};

#define TAKES(rule, yaml)                                                                          \
	{                                                                                          \
		rule, yaml, ACCEPTED, NULL, NULL, NULL                                             \
	}
#define WARNS(rule, yaml, code, says, at)                                                          \
	{                                                                                          \
		rule, yaml, WARNED, code, says, at                                                 \
	}
#define NOT(rule, yaml, code, says, at)                                                            \
	{                                                                                          \
		rule, yaml, REFUSED, code, says, at                                                \
	}

/* 15, 63 and 253 characters; X63 ends as a name may end. */
#define X15  "abcdefghijklmno"
#define X60  X15 X15 X15 X15
#define X63  X60 "xyz"
#define D64  X63 "."
#define X253 D64 D64 D64 X60 "x"

static const struct diag_item *find(const struct lang *l, const struct row *row)
{
	enum diag_severity severity = row->verdict == REFUSED ? DIAG_ERROR : DIAG_WARNING;

	for (size_t i = 0; row->says && i < l->diag.items.n; i++) {
		const struct diag_item *item = l->diag.items.v[i];

		if (item->severity == severity && strcmp(item->code, row->code) == 0 &&
		    strstr(item->text, row->says))
			return item;
	}
	return NULL;
}

static bool is_as_told(const struct lang *l, const struct row *row, int r)
{
	const struct diag_item *item = find(l, row);
	char at[32] = "";

	if (item)
		snprintf(at, sizeof(at), "%u:%u", item->loc.line, item->loc.col);
	if (row->verdict == REFUSED)
		return r < 0 && l->diag.errors == 1 && item && strcmp(at, row->at) == 0;
	if (row->verdict == WARNED)
		return r == 0 && l->diag.errors == 0 && item && strcmp(at, row->at) == 0;
	return r == 0 && l->diag.items.n == 0;
}

static size_t judge(const char *name, const char *form, const struct row *row)
{
	_cleanup_buf_ struct buf input = {0}, told = {0};
	const char *hole = strchr(form, '@');
	struct lang l;
	bool good;

	buf_printf(&input, "%.*s%s%s", (int)(hole - form), form, row->yaml, hole + 1);
	lang_init(&l);
	good = is_as_told(&l, row, read_whole(&l, buf_str(&input), input.n, LANG_INPUT));
	if (!good) {
		diag_render_text(&l.diag, &(struct diag_style){0}, &told);
		print_error("%s: %s: %s\n%s\n", name, row->rule, row->yaml, buf_str(&told));
	}
	lang_fini(&l);
	return !good;
}

static void judge_all(const char *name, const char *form, const struct row *rows, size_t n)
{
	size_t wrong = 0;

	for (size_t i = 0; i < n; i++)
		wrong += judge(name, form, &rows[i]);
	assert_int_equal(wrong, 0);
}

/* The rows stand where the form has its @, whose place is 1:1 of the first line. */
#define ROWS(name, form, ...)                                                                      \
	TEST(name)                                                                                 \
	{                                                                                          \
		static const struct row rows[] = {__VA_ARGS__};                                    \
                                                                                                   \
		judge_all(#name, form, rows, sizeof(rows) / sizeof(*rows));                        \
	}

#define HEAD     "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
#define METADATA HEAD "metadata:\n  @\nspec: {podSelector: {}}\n"
#define NAMED    HEAD "metadata: {name: p}\n"
#define SPEC     NAMED "spec:\n  @\n"
#define PEER     NAMED "spec:\n  podSelector: {}\n  ingress:\n  - from:\n    - @\n"
#define PORT     NAMED "spec:\n  podSelector: {}\n  egress:\n  - ports:\n    - @\n"

/* clang-format off */

ROWS(names, METADATA,
	TAKES("a name is a DNS subdomain", "{name: a.b-1}"),
	NOT("a name has no capitals", "{name: My-Policy}", CODE_BAD_NAME, "'My-Policy' is not a valid name", "4:10"),
	NOT("a name has no underscores", "{name: my_policy}", CODE_BAD_NAME, "'my_policy' is not a valid name", "4:10"),
	NOT("a name has no slash", "{name: a/b}", CODE_BAD_NAME, "lower-case letters", "4:10"),
	NOT("a name begins with a letter or digit", "{name: -a}", CODE_BAD_NAME, "begin and end", "4:10"),
	NOT("a part of a name ends with one, too", "{name: a-.b}", CODE_BAD_NAME, "begin and end", "4:10"),
	NOT("no part of a name is empty", "{name: a..b}", CODE_BAD_NAME, "begin and end", "4:10"),
	TAKES("a name has 253 characters", "{name: " X253 "}"),
	NOT("a name has no 254", "{name: a" X253 "}", CODE_BAD_NAME, "longer than 253", "4:10"),
	NOT("a name is text", "{name: 80}", CODE_BAD_TYPE, "must be a string", "4:10"),
	NOT("a name is needed", "{namespace: a}", CODE_MISSING_FIELD, "metadata.name", "4:3"),
	NOT("an empty name is none", "{name: ''}", CODE_BAD_NAME, "empty", "4:10"),
	TAKES("a name can be generated", "{generateName: a-}"),
	TAKES("also where the name is empty", "{name: '', generateName: a-}"),
	NOT("of a good beginning", "{generateName: A_-}", CODE_BAD_NAME, "lower-case", "4:18"),
	NOT("that is more than a dash", "{generateName: '-'}", CODE_BAD_NAME, "empty", "4:18"),
	NOT("an unknown field", "{name: a, label: {}}", CODE_UNKNOWN_FIELD, "'label'", "4:13"))

ROWS(namespaces_of_policies, METADATA,
	TAKES("a namespace is a DNS label", "{name: p, namespace: 1-a}"),
	TAKES("an empty one is the default", "{name: p, namespace: ''}"),
	WARNS("so is null", "{name: p, namespace: null}", CODE_BAD_VALUE, "as in 'default'", "4:24"),
	TAKES("of 63 characters", "{name: p, namespace: " X63 "}"),
	NOT("not of 64", "{name: p, namespace: a" X63 "}", CODE_BAD_NAME, "longer than 63", "4:24"),
	NOT("without dots", "{name: p, namespace: a.b}", CODE_BAD_NAME, "namespace name", "4:24"),
	NOT("without capitals", "{name: p, namespace: Shop}", CODE_BAD_NAME, "lower-case", "4:24"))

ROWS(labels_and_annotations_of_policies, METADATA,
	TAKES("a label", "{name: p, labels: {a.b/C_d: E.f-9}}"),
	TAKES("an empty value", "{name: p, labels: {a: ''}}"),
	WARNS("a value of null is empty", "{name: p, labels: {a: null}}", CODE_BAD_VALUE, "Kubernetes reads it as", "4:25"),
	NOT("a value is text", "{name: p, labels: {a: 1}}", CODE_BAD_TYPE, "quote it", "4:25"),
	NOT("a value has no space", "{name: p, labels: {a: b c}}", CODE_BAD_LABEL, "label value", "4:25"),
	NOT("nor a slash", "{name: p, labels: {a: b/c}}", CODE_BAD_LABEL, "label value", "4:25"),
	NOT("an annotation key of another form", "{name: p, annotations: {a b: c}}", CODE_BAD_LABEL, "annotation key", "4:27"),
	NOT("with two slashes", "{name: p, annotations: {a/b/c: c}}", CODE_BAD_LABEL, "annotation key", "4:27"),
	TAKES("its prefix may have capitals", "{name: p, annotations: {A.B/c: ' any text / '}}"),
	NOT("a label's may not", "{name: p, labels: {A.B/c: d}}", CODE_BAD_LABEL, "prefix", "4:22"),
	TAKES("null is empty", "{name: p, annotations: {a: null}}"),
	NOT("an annotation is text", "{name: p, annotations: {a: true}}", CODE_BAD_TYPE, "quote it", "4:30"),
	NOT("annotations are an object", "{name: p, annotations: [a]}", CODE_BAD_TYPE, "an object", "4:26"))

ROWS(records_of_policies, METADATA,
	TAKES("what a cluster exports", "{name: p, uid: u, generation: 2, resourceVersion: '7', creationTimestamp: '2026-01-02T03:04:05Z', finalizers: [a.b/c], managedFields: [{}]}"),
	NOT("a uid is text", "{name: p, uid: 7}", CODE_BAD_TYPE, "quote it", "4:18"),
	NOT("a version is text", "{name: p, resourceVersion: 7}", CODE_BAD_TYPE, "quote it", "4:30"),
	NOT("a generation is a number", "{name: p, generation: 'x'}", CODE_BAD_TYPE, "a number", "4:25"),
	NOT("finalizers are a list", "{name: p, finalizers: a}", CODE_BAD_TYPE, "a list", "4:25"),
	NOT("of qualified names", "{name: p, finalizers: [a b]}", CODE_BAD_VALUE, "finalizer", "4:26"),
	TAKES("one way of deletion", "{name: p, finalizers: [orphan]}"),
	NOT("not both", "{name: p, finalizers: [orphan, foregroundDeletion]}", CODE_BAD_VALUE, "exclude each other", "4:25"),
	TAKES("a whole owner", "{name: p, ownerReferences: [{apiVersion: v1, kind: A, name: b, uid: c, controller: true}]}"),
	NOT("an owner without uid", "{name: p, ownerReferences: [{apiVersion: v1, kind: A, name: b}]}", CODE_MISSING_FIELD, "'uid'", "4:31"),
	NOT("with an empty one", "{name: p, ownerReferences: [{apiVersion: v1, kind: A, name: b, uid: ''}]}", CODE_BAD_VALUE, "empty", "4:71"),
	NOT("two controllers", "{name: p, ownerReferences: [{apiVersion: v1, kind: A, name: b, uid: c, controller: true}, {apiVersion: v1, kind: A, name: d, uid: e, controller: true}]}", CODE_BAD_VALUE, "second owner", "4:93"))

ROWS(specs, SPEC,
	TAKES("an empty spec", "{}"),
	TAKES("null lists are absent", "{ingress: null, policyTypes: [Ingress]}"),
	WARNS("types of null", "{policyTypes: null}", CODE_BAD_VALUE, "takes Ingress", "5:17"),
	WARNS("no egress rules", "{egress: null}", CODE_BAD_VALUE, "has no effect", "5:12"),
	WARNS("an empty list of them", "{egress: []}", CODE_BAD_VALUE, "has no effect", "5:12"),
	TAKES("it has one where it counts", "{egress: [], policyTypes: [Egress]}"),
	TAKES("a policy type", "{policyTypes: [Egress]}"),
	TAKES("both", "{policyTypes: [Egress, Ingress]}"),
	TAKES("the same twice", "{policyTypes: [Ingress, Ingress]}"),
	NOT("three", "{policyTypes: [Ingress, Egress, Ingress]}", CODE_BAD_VALUE, "more than two", "5:17"),
	NOT("another", "{policyTypes: [Both]}", CODE_BAD_VALUE, "not a policy type", "5:18"),
	NOT("in lower case", "{policyTypes: [ingress]}", CODE_BAD_VALUE, "write Ingress", "5:18"),
	NOT("an empty one", "{policyTypes: [null]}", CODE_BAD_VALUE, "is empty", "5:18"),
	NOT("text for a list", "{policyTypes: Ingress}", CODE_BAD_TYPE, "a list", "5:17"),
	NOT("an unknown field", "{podselector: {}}", CODE_UNKNOWN_FIELD, "'podSelector'", "5:4"),
	NOT("an unknown field of a rule", "{ingress: [{to: []}]}", CODE_UNKNOWN_FIELD, "'to'", "5:15"),
	NOT("an object for a list", "{ingress: [{from: {}}]}", CODE_BAD_TYPE, "a list", "5:21"))

#define MATCH(s) "{podSelector: {matchExpressions: [" s "]}}"
#define LABEL(s) "{podSelector: {matchLabels: {" s "}}}"

ROWS(selectors, SPEC,
	TAKES("In with a value", MATCH("{key: a, operator: In, values: [b]}")),
	NOT("In without", MATCH("{key: a, operator: In}"), CODE_MISSING_FIELD, "at least one", "5:37"),
	NOT("NotIn with an empty list", MATCH("{key: a, operator: NotIn, values: []}"), CODE_MISSING_FIELD, "at least one", "5:71"),
	TAKES("Exists without", MATCH("{key: a, operator: Exists}")),
	TAKES("or with an empty list", MATCH("{key: a, operator: DoesNotExist, values: []}")),
	NOT("Exists with a value", MATCH("{key: a, operator: Exists, values: [b]}"), CODE_BAD_VALUE, "takes no 'values'", "5:72"),
	NOT("DoesNotExist with a value", MATCH("{key: a, operator: DoesNotExist, values: [b]}"), CODE_BAD_VALUE, "takes no 'values'", "5:78"),
	NOT("an operator in lower case", MATCH("{key: a, operator: in, values: [b]}"), CODE_BAD_VALUE, "not an operator", "5:56"),
	NOT("Gt, which node selectors have", MATCH("{key: a, operator: Gt, values: ['1']}"), CODE_BAD_VALUE, "not an operator", "5:56"),
	NOT("no operator", MATCH("{key: a}"), CODE_MISSING_FIELD, "'operator'", "5:37"),
	NOT("no key", MATCH("{operator: Exists}"), CODE_MISSING_FIELD, "'key'", "5:37"),
	NOT("an empty key", MATCH("{key: '', operator: Exists}"), CODE_BAD_LABEL, "empty", "5:43"),
	NOT("a value is text", MATCH("{key: a, operator: In, values: [1]}"), CODE_BAD_TYPE, "quote it", "5:69"),
	NOT("of the form of a label's", MATCH("{key: a, operator: In, values: [-b]}"), CODE_BAD_LABEL, "label value", "5:69"),
	TAKES("an empty value", MATCH("{key: a, operator: In, values: ['']}")),
	TAKES("a value of 63 characters", LABEL("a: " X63)),
	NOT("of 64", LABEL("a: a" X63), CODE_BAD_LABEL, "longer than 63", "5:35"),
	NOT("that ends with a dash", LABEL("a: b-"), CODE_BAD_LABEL, "begin and end", "5:35"),
	WARNS("null is the empty value", LABEL("a: null"), CODE_BAD_VALUE, "Kubernetes reads it as", "5:35"),
	TAKES("a key of 63 characters", LABEL(X63 ": a")),
	NOT("of 64", LABEL("a" X63 ": a"), CODE_BAD_LABEL, "longer than 63", "5:32"),
	TAKES("a prefix of 253", LABEL(X253 "/a: b")),
	NOT("of 254", LABEL("a" X253 "/a: b"), CODE_BAD_LABEL, "prefix", "5:32"),
	NOT("an empty prefix", LABEL("/a: b"), CODE_BAD_LABEL, "prefix", "5:32"),
	NOT("nothing behind it", LABEL("a/: b"), CODE_BAD_LABEL, "empty", "5:32"),
	NOT("a prefix with capitals", LABEL("A/b: c"), CODE_BAD_LABEL, "prefix", "5:32"),
	NOT("two slashes", LABEL("a/b/c: d"), CODE_BAD_LABEL, "more than one '/'", "5:32"),
	WARNS("labels of null", "{podSelector: {matchLabels: null}}", CODE_BAD_VALUE, "asks for no label", "5:31"),
	WARNS("expressions of null", "{podSelector: {matchExpressions: null}}", CODE_BAD_VALUE, "asks for no label", "5:36"))

ROWS(peers, PEER,
	TAKES("every pod of the namespace", "{podSelector: {}}"),
	TAKES("every pod", "{namespaceSelector: {}}"),
	TAKES("both selectors", "{podSelector: {}, namespaceSelector: {}}"),
	TAKES("a block, the rest null", "{podSelector: null, ipBlock: {cidr: 10.0.0.0/8}}"),
	WARNS("every namespace is not null", "{podSelector: {}, namespaceSelector: null}", CODE_BAD_VALUE, "namespace of the policy only", "8:44"),
	NOT("nobody", "{}", CODE_MISSING_FIELD, "a peer needs", "8:7"),
	NOT("only null", "{podSelector: null}", CODE_MISSING_FIELD, "a peer needs", "8:7"),
	NOT("a block and pods", "{podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}", CODE_BAD_VALUE, "not both", "8:7"),
	NOT("a block and namespaces", "{namespaceSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}", CODE_BAD_VALUE, "not both", "8:7"),
	NOT("an unknown field", "{podSelector: {}, port: 80}", CODE_UNKNOWN_FIELD, "'port'", "8:25"))

#define CIDR(s) "{ipBlock: {cidr: " s "}}"

ROWS(ranges, PEER,
	TAKES("everything", CIDR("0.0.0.0/0")),
	TAKES("an address", CIDR("255.255.255.255/32")),
	TAKES("IPv6, not in its shortest form", CIDR("'2001:0DB8:0:0::/64'")),
	TAKES("everything of IPv6", CIDR("'::/0'")),
	NOT("33 bits", CIDR("10.0.0.0/33"), CODE_BAD_ADDRESS, "not an address range", "8:24"),
	TAKES("128 bits", CIDR("'::1/128'")),
	NOT("129 bits", CIDR("'::1/129'"), CODE_BAD_ADDRESS, "not an address range", "8:24"),
	NOT("no length", CIDR("10.0.0.1"), CODE_BAD_ADDRESS, "ADDRESS/LENGTH", "8:24"),
	NOT("a zone", CIDR("'fe80::1%eth0/64'"), CODE_BAD_ADDRESS, "not an address range", "8:24"),
	NOT("a mask for a length", CIDR("10.0.0.0/255.0.0.0"), CODE_BAD_ADDRESS, "not an address range", "8:24"),
	NOT("three numbers", CIDR("10.0.0/24"), CODE_BAD_ADDRESS, "not an address range", "8:24"),
	NOT("256", CIDR("10.0.0.256/32"), CODE_BAD_ADDRESS, "not an address range", "8:24"),
	NOT("a space", CIDR("' 10.0.0.0/8'"), CODE_BAD_ADDRESS, "not an address range", "8:24"),
	NOT("an empty text", CIDR("''"), CODE_BAD_ADDRESS, "not an address range", "8:24"),
	NOT("no cidr", "{ipBlock: {}}", CODE_MISSING_FIELD, "'cidr'", "8:17"),
	NOT("a null", CIDR("null"), CODE_MISSING_FIELD, "'cidr'", "8:17"),
	NOT("leading zeros of an address", CIDR("010.0.00.0/8"), CODE_BAD_ADDRESS, "leading zeros, which some programs read as octal: write 10.0.0.0/8", "8:24"),
	NOT("of a length", CIDR("10.0.0.0/08"), CODE_BAD_ADDRESS, "write 10.0.0.0/8", "8:24"),
	NOT("of a length of IPv6", CIDR("'2001:0db8::/032'"), CODE_BAD_ADDRESS, "write 2001:db8::/32", "8:24"),
	NOT("IPv4 as IPv6", CIDR("'::ffff:10.0.0.0/104'"), CODE_BAD_ADDRESS, "write it as IPv4", "8:24"),
	NOT("with a short length", CIDR("'::ffff:0:0/90'"), CODE_BAD_ADDRESS, "write it as IPv4", "8:24"),
	NOT("with leading zeros", CIDR("'::ffff:010.0.0.0/104'"), CODE_BAD_ADDRESS, "write it as IPv4", "8:24"),
	TAKES("what holds such addresses", CIDR("'::/64'")),
	WARNS("host bits, which older versions take", CIDR("10.1.2.3/8"), CODE_HOST_BITS, "before 1.36 takes it as 10.0.0.0/8", "8:24"))

#define EXCEPT(in, s) "{ipBlock: {cidr: " in ", except: [" s "]}}"

ROWS(exceptions, PEER,
	TAKES("half of the range", EXCEPT("10.0.0.0/8", "10.128.0.0/9")),
	TAKES("of everything", EXCEPT("0.0.0.0/0", "128.0.0.0/1")),
	TAKES("of IPv6", EXCEPT("'::/0'", "'2001:db8::/32'")),
	TAKES("none", EXCEPT("10.0.0.0/8", "")),
	TAKES("the same twice", EXCEPT("10.0.0.0/8", "10.0.0.0/9, 10.0.0.0/9")),
	WARNS("null", "{ipBlock: {cidr: 10.0.0.0/8, except: null}}", CODE_BAD_VALUE, "takes nothing out", "8:44"),
	NOT("the range", EXCEPT("10.0.0.0/8", "10.0.0.0/8"), CODE_BAD_ADDRESS, "leaves nothing", "8:45"),
	NOT("the range with host bits, however written", EXCEPT("10.0.0.0/8", "10.1.0.0/8"), CODE_BAD_ADDRESS, "leaves nothing", "8:45"),
	NOT("everything of everything", EXCEPT("0.0.0.0/0", "0.0.0.0/0"), CODE_BAD_ADDRESS, "leaves nothing", "8:44"),
	NOT("more than the range", EXCEPT("10.0.0.0/8", "0.0.0.0/0"), CODE_BAD_ADDRESS, "leaves nothing", "8:45"),
	NOT("the neighbour", EXCEPT("10.0.0.0/8", "11.0.0.0/9"), CODE_BAD_ADDRESS, "does not lie within 10.0.0.0/8", "8:45"),
	NOT("IPv6 of IPv4", EXCEPT("0.0.0.0/0", "'2001:db8::/32'"), CODE_BAD_ADDRESS, "another address family", "8:44"),
	NOT("IPv4 of IPv6", EXCEPT("'::/0'", "10.0.0.0/8"), CODE_BAD_ADDRESS, "another address family", "8:41"),
	NOT("IPv4 as IPv6", EXCEPT("0.0.0.0/0", "'::ffff:10.0.0.0/104'"), CODE_BAD_ADDRESS, "write it as IPv4", "8:44"),
	NOT("no range", EXCEPT("10.0.0.0/8", "10.0.0.1"), CODE_BAD_ADDRESS, "ADDRESS/LENGTH", "8:45"),
	NOT("an empty item", EXCEPT("10.0.0.0/8", "null"), CODE_BAD_VALUE, "is empty", "8:45"),
	NOT("text for a list", "{ipBlock: {cidr: 10.0.0.0/8, except: 10.1.0.0/16}}", CODE_BAD_TYPE, "a list", "8:44"))

ROWS(ports, PORT,
	TAKES("every port of TCP", "{}"),
	WARNS("a port of null is every one", "{port: null}", CODE_BAD_VALUE, "every port", "8:14"),
	WARNS("no end is no range", "{port: 80, endPort: null}", CODE_BAD_VALUE, "one port", "8:27"),
	WARNS("no protocol is TCP", "{port: 80, protocol: null}", CODE_BAD_VALUE, "reads TCP", "8:28"),
	TAKES("the first", "{port: 1}"),
	TAKES("the last", "{port: 65535}"),
	NOT("zero", "{port: 0}", CODE_BAD_PORT, "from 1 to 65535", "8:14"),
	NOT("65536", "{port: 65536}", CODE_BAD_PORT, "from 1 to 65535", "8:14"),
	NOT("negative", "{port: -1}", CODE_BAD_PORT, "from 1 to 65535", "8:14"),
	NOT("beyond 32 bits", "{port: 4294967376}", CODE_BAD_PORT, "from 1 to 65535", "8:14"),
	NOT("a fraction", "{port: 80.5}", CODE_BAD_TYPE, "a port number or name", "8:14"),
	NOT("a boolean", "{port: on}", CODE_BAD_TYPE, "a port number or name", "8:14"),
	TAKES("SCTP", "{protocol: SCTP}"),
	NOT("lower case", "{protocol: udp}", CODE_BAD_PROTOCOL, "write TCP, UDP or SCTP", "8:18"),
	NOT("ICMP", "{protocol: ICMP}", CODE_BAD_PROTOCOL, "write TCP, UDP or SCTP", "8:18"),
	NOT("an empty protocol", "{protocol: ''}", CODE_BAD_PROTOCOL, "write TCP, UDP or SCTP", "8:18"),
	NOT("an unknown field", "{ports: 80}", CODE_UNKNOWN_FIELD, "'port'", "8:8"))

ROWS(port_names, PORT,
	TAKES("15 characters", "{port: " X15 "}"),
	NOT("16", "{port: a" X15 "}", CODE_BAD_PORT, "longer than 15", "8:14"),
	TAKES("one letter among digits", "{port: 8-a-8}"),
	NOT("digits only", "{port: '80'}", CODE_BAD_PORT, "without quotes", "8:14"),
	NOT("digits and a dash", "{port: 8-0}", CODE_BAD_PORT, "at least one letter", "8:14"),
	NOT("capitals", "{port: Http}", CODE_BAD_PORT, "lower-case", "8:14"),
	NOT("an underscore", "{port: a_b}", CODE_BAD_PORT, "lower-case", "8:14"),
	NOT("two dashes", "{port: a--b}", CODE_BAD_PORT, "between two", "8:14"),
	NOT("a dash before", "{port: -a}", CODE_BAD_PORT, "between two", "8:14"),
	NOT("a dash behind", "{port: a-}", CODE_BAD_PORT, "between two", "8:14"),
	NOT("an empty name", "{port: ''}", CODE_BAD_PORT, "empty", "8:14"))

ROWS(end_ports, PORT,
	TAKES("the port itself", "{port: 80, endPort: 80}"),
	TAKES("the last", "{port: 1, endPort: 65535}"),
	NOT("below the port", "{port: 80, endPort: 79}", CODE_BAD_PORT, "lies below", "8:27"),
	NOT("beyond the last", "{port: 80, endPort: 65536}", CODE_BAD_PORT, "from 1 to 65535", "8:27"),
	NOT("without a port", "{endPort: 80}", CODE_BAD_PORT, "add 'port'", "8:17"),
	NOT("a port of null", "{port: null, endPort: 80}", CODE_BAD_PORT, "add 'port'", "8:29"),
	NOT("after a name", "{port: a, endPort: 80}", CODE_BAD_PORT, "named port", "8:26"),
	NOT("text", "{port: 80, endPort: '90'}", CODE_BAD_TYPE, "a number", "8:27"))

ROWS(objects, "@",
	WARNS("no spec", NAMED, CODE_MISSING_FIELD, "without 'spec' denies ingress to every pod", "1:1"),
	WARNS("a spec of null", NAMED "spec:\n", CODE_MISSING_FIELD, "without 'spec'", "1:1"),
	NOT("a spec of another type", NAMED "spec: []\n", CODE_BAD_TYPE, "an object", "4:7"),
	NOT("no metadata", HEAD "spec: {}\n", CODE_MISSING_FIELD, "metadata.name", "1:1"),
	NOT("an unknown field", NAMED "spec: {}\nstaus: {}\n", CODE_UNKNOWN_FIELD, "'status'", "5:1"),
	NOT("another version", "apiVersion: networking.k8s.io/v1beta1\nkind: NetworkPolicy\n", CODE_BAD_VALUE, "networking.k8s.io/v1'", "1:13"))

/* No verdict depends on these, or they say the same however they are written. */
ROWS(the_inventory_is_read_where_its_meaning_is_clear, "apiVersion: v1\nkind: @\n",
	TAKES("a namespace", "Namespace\nmetadata: {name: " X63 "}"),
	WARNS("a long one", "Namespace\nmetadata: {name: a" X63 "}", CODE_BAD_NAME, "longer than 63", "3:18"),
	NOT("one that could be misread", "Namespace\nmetadata: {name: a/b}", CODE_BAD_NAME, "not a valid name", "3:18"),
	TAKES("a pod", "Pod\nmetadata: {name: " X253 "}"),
	WARNS("a pod with capitals", "Pod\nmetadata: {name: Web}", CODE_BAD_NAME, "Kubernetes would refuse 'Web'", "3:18"),
	WARNS("a label with a slash", "Pod\nmetadata: {name: a, labels: {b: c/d}}", CODE_BAD_LABEL, "would refuse", "3:33"),
	NOT("a label that a selector may look for", "Pod\nmetadata: {name: a, labels: {b: 1}}", CODE_BAD_TYPE, "quote it", "3:33"),
	TAKES("what no policy looks at", "Pod\nmetadata: {name: a, annotations: {a b: c}, uid: 7, finalizers: x, ownerReferences: x}"))

/* clang-format on */

TEST(annotations_have_256_kibibytes)
{
	static const size_t most = 256 * 1024 - 1; /* the key has a byte */
	struct row row = TAKES("as many as fit", NULL);

	for (size_t n = most; n <= most + 1; n++) {
		_cleanup_buf_ struct buf b = {0};

		buf_puts(&b, "{name: p, annotations: {a: ");
		for (size_t i = 0; i < n; i++)
			buf_putc(&b, 'x');
		buf_puts(&b, "}}");
		row.yaml = buf_str(&b);
		assert_int_equal(judge("size", METADATA, &row), 0);
		row = (struct row)NOT("one more", NULL, CODE_LIMIT, "262145 bytes", "4:26");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(namespaces_of_policies),
		cmocka_unit_test(labels_and_annotations_of_policies),
		cmocka_unit_test(annotations_have_256_kibibytes),
		cmocka_unit_test(records_of_policies),
		cmocka_unit_test(specs),
		cmocka_unit_test(selectors),
		cmocka_unit_test(peers),
		cmocka_unit_test(ranges),
		cmocka_unit_test(exceptions),
		cmocka_unit_test(ports),
		cmocka_unit_test(port_names),
		cmocka_unit_test(end_ports),
		cmocka_unit_test(objects),
		cmocka_unit_test(the_inventory_is_read_where_its_meaning_is_clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
