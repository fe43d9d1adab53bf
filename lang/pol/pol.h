/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The .pol reader behind pol_parse(): what scanner, grammar and constructors share. The
 * grammar (parser.y) only says which words form what; each of its actions calls one
 * constructor below, which checks the words and builds the node. A constructor never fails:
 * what is wrong is reported, and a harmless node stands in, so that the rest is checked too.
 */
#pragma once

#include <stdlib.h>

#include "lang/base/codes.h"
#include "lang/lang_internal.h"

enum {
	POL_WORD_MAX = 1024,   /* bytes of one word */
	POL_STRING_MAX = 8192, /* bytes of one string */
	POL_BRACKETS_MAX = 16, /* open at a time; the grammar needs six */
	POL_LIST_MAX = 65536,  /* entries of one list */
	POL_ENDPOINT_PORTS_MAX = 1024,
};

struct pol_token {
	int kind; /* of parser.h; 0 is the end of the file */
	struct loc loc;
	uint32_t indent;      /* column of the first token of its line */
	struct ast_name name; /* words, keywords, strings */
};

struct pol_bracket {
	struct loc loc;
	char close;
	uint32_t indent; /* column of the first token of its line */
};

/* One file on its way through the parser. */
struct pol {
	struct lang *l;
	struct ast_file *out;
	void *scanner;
	size_t errors_before;
	bool stopped; /* a limit was met: the scanner reports the end of the file */

	/* Where the scanner stands. */
	uint32_t line, col;
	uint32_t token_line; /* the line of the last token ... */
	uint32_t indent;     /* ... and the column of the first one there */

	/* Brackets that the parser has seen open, and tokens to give it before the next. */
	struct pol_bracket open[POL_BRACKETS_MAX];
	unsigned n_open;
	struct loc closed; /* the opening bracket that the last token closed, if it did */
	struct pol_token queue[POL_BRACKETS_MAX + 1];
	unsigned n_queue, queue_at;

	struct pol_token last, before; /* given to the parser; `before` is the older */
	int list;                      /* the keyword that began the list at hand */
	struct loc resynced;           /* where the last recovery went on */
	bool skipping;                 /* in a recovery: odd characters are no news */

	enum ast_dir dir;         /* of the section at hand */
	enum ast_l7_kind l7_kind; /* of the block at hand */
};

/* --- the scanner ------------------------------------------------------------------------- */

/* lexer.l */
void pol_scanner_begin(struct pol *p, const struct source *src);
void pol_scanner_end(struct pol *p);
void pol_scan(struct pol *p, struct pol_token *tok);

/* scan.c, for the rules of the scanner; those that return int return a token. */
void pol_advance(struct pol *p, const char *text, size_t n, struct loc *loc);
void pol_retreat(struct pol *p, uint32_t n, struct loc *loc);
void pol_comment(struct pol *p, const char *text, size_t n, struct loc loc);
int pol_word(struct pol *p, const char *text, size_t n, struct loc loc, struct ast_name *out);
int pol_string(struct pol *p, const char *text, size_t n, struct loc loc, struct ast_name *out);
int pol_open_string(struct pol *p, const char *text, size_t n, struct loc loc,
		    struct ast_name *out);
int pol_stray(struct pol *p, const char *text, size_t n, struct loc loc);
void pol_byte_order_mark(struct pol *p, struct loc loc);

/* Around one file; pol_end() returns what pol_parse() does. */
void pol_begin(struct pol *p, struct lang *l, struct ast_file *out);
int pol_end(struct pol *p, bool parsed);

/* --- recover.c: brackets, and how to go on after an error ------------------------------- */

/* Where an error is caught: what may follow there. */
enum pol_level {
	POL_LEVEL_ITEM,
	POL_LEVEL_POLICY, /* in a tier */
	POL_LEVEL_SECTION,
	POL_LEVEL_RULE,
	POL_LEVEL_FIELD, /* of an endpoint, namespace or service */
	POL_LEVEL_CLAIM,
	POL_LEVEL_L7,
	POL_LEVEL_ENTRY, /* of a list in brackets */
};

/* Skips to the next token that may stand at `level`; `tok` is the lookahead on both ways,
 * `have` whether there is one, `skipped` what the parser has dropped. */
void pol_resync(struct pol *p, enum pol_level level, struct loc skipped, bool have,
		struct pol_token *tok);
/* The token that comes next, from the queue or the text. */
void pol_next(struct pol *p, struct pol_token *tok);
/* Keeps the books on a token that goes to the parser: brackets, and what came before. */
void pol_give(struct pol *p, struct pol_token *tok);
bool pol_is_structural(int kind); /* a keyword that begins an item, a section or a rule */
bool pol_is_first_on_line(const struct pol_token *tok);

/* --- expect.c: the message for a token that cannot stand where it does ------------------- */

void pol_unexpected(struct pol *p, int *expected, size_t n);
const char *pol_keyword_text(int kind); /* NULL for other tokens */
bool pol_keyword_begins_item(int kind);

/* --- text.c: names, numbers, labels, addresses --------------------------------------- */

struct loc pol_part(const struct ast_name *n, size_t from, size_t to); /* bytes of a word */
bool pol_check_name(struct pol *p, const struct ast_name *n, const char *what);
bool pol_check_let_name(struct pol *p, const struct ast_name *n);
bool pol_check_key(struct pol *p, const struct ast_name *n);
bool pol_check_value(struct pol *p, const struct ast_name *n);
bool pol_check_namespace(struct pol *p, const struct ast_name *n);
bool pol_number(const char *s, size_t n, uint32_t max, uint32_t *out);
/* Adds "did you mean 'X'?" and its fix, if X is not NULL. */
void pol_did_you_mean(struct pol *p, struct diag_item *d, struct loc loc, const char *best);

/* --- lists ---------------------------------------------------------------------------- */

/* While it grows a list lives on its own; its owner takes the array over at the end. */
struct pol_names {
	VEC(struct ast_name) list;
};
struct pol_prefixes {
	VEC(struct ast_prefix) list;
};
struct pol_peers {
	VEC(struct ast_peer) list;
};
struct pol_ports {
	VEC(struct ast_port) list;
};
struct pol_conds {
	VEC(struct ast_l7_cond) list;
};
struct pol_addresses {
	VEC(struct ast_address) list;
};
struct pol_label_list {
	VEC(struct ast_label) list;
};

#define pol_take(dst, src) ((dst)->v = (src)->v, (dst)->n = (src)->n, (dst)->cap = (src)->cap)

/* Room for one more than `n`? Reports it at `loc` if not. */
bool pol_has_room(struct pol *p, size_t n, struct loc loc);

/* Each makes a list, or adds to one. A name without text stands for what did not parse. */
struct pol_names *pol_names(struct pol *p, struct pol_names *to, struct ast_name n);
struct pol_prefixes *pol_prefixes(struct pol *p, struct pol_prefixes *to, struct ast_name n);
struct pol_peers *pol_peers(struct pol *p, struct pol_peers *to, const struct ast_peer *peer);
struct pol_ports *pol_ports(struct pol *p, struct pol_ports *to, struct ast_name n);
struct pol_conds *pol_conds(struct pol *p, struct pol_conds *to, const struct ast_l7_cond *cond);
struct pol_addresses *pol_addresses(struct pol *p, struct pol_addresses *to, struct ast_name n);
struct pol_label_list *pol_label_list(struct pol *p, struct pol_label_list *to, struct loc loc,
				      struct ast_name key, struct ast_name value);

/* --- peer.c: selectors and peers -------------------------------------------------------- */

struct ast_labels *pol_labels(struct pol *p, struct loc loc, enum ast_labels_kind kind);
struct ast_labels *pol_labels_end(struct pol *p, struct loc loc, struct ast_labels *labels);
struct ast_labels *pol_requirements(struct pol *p, struct ast_labels *to,
				    const struct ast_req *req);
struct ast_req *pol_req(struct pol *p, struct loc loc, enum ast_op op, struct ast_name key,
			const struct pol_names *values);
struct ast_selector *pol_selector(struct pol *p, struct loc loc, const struct ast_labels *labels);
struct ast_selector *pol_selector_in(struct pol *p, struct loc loc, const struct pol_names *ns,
				     const struct ast_labels *labels);
struct ast_selector *pol_selector_where(struct pol *p, struct loc loc, const struct ast_labels *ns,
					const struct ast_labels *labels);
struct ast_cidr *pol_cidr(struct pol *p, struct loc loc, const struct pol_prefixes *in,
			  const struct pol_prefixes *except, bool match_endpoints);
struct ast_peer *pol_peer_word(struct pol *p, struct ast_name n);
/* Of a kind that has parts made already: whatever they are, they stay as they are. */
struct ast_peer *pol_peer(struct pol *p, struct loc loc, struct ast_peer parts);
struct ast_peer *pol_peer_fqdn(struct pol *p, struct loc loc, struct ast_name pattern);

/* --- port.c ---------------------------------------------------------------------------- */

struct ast_port pol_port(struct pol *p, struct ast_name n);
bool pol_names_a_port(const char *s); /* begins with a protocol */
/* The end of a declaration, `http = tcp/8080`: one port of one protocol. */
struct ast_endpoint_port pol_port_declared(struct pol *p, struct loc loc, struct ast_name name,
					   struct ast_name port);

/* --- rule.c: rules, sections, policies, tiers -------------------------------------------- */

/* Remembers the direction, against which pol_toward() checks `from` and `to`. */
enum ast_dir pol_direction(struct pol *p, enum ast_dir dir);
void pol_toward(struct pol *p, struct ast_name word, enum ast_dir dir);
struct ast_rule *pol_rule(struct pol *p, struct loc loc, enum ast_action action,
			  const struct pol_peers *peers, const struct pol_ports *ports, bool log,
			  const struct ast_l7 *l7);
struct ast_section *pol_section(struct pol *p, struct ast_section *to, struct ast_rule *rule);
struct ast_section *pol_section_end(struct pol *p, struct loc loc, enum ast_dir dir,
				    struct ast_section *s);
struct ast_policy *pol_policy(struct pol *p, struct ast_policy *to, struct ast_section *s);
struct ast_policy *pol_policy_end(struct pol *p, struct loc loc, struct ast_name name,
				  struct ast_name rank, const struct pol_peers *subjects,
				  struct ast_policy *policy);
struct ast_tier *pol_tier(struct pol *p, struct ast_tier *to, struct ast_policy *policy);
void pol_tier_end(struct pol *p, struct loc loc, struct ast_name name, enum ast_tier_place place,
		  struct ast_name anchor, enum ast_tier_end end, struct ast_tier *tier);

/* --- l7.c ------------------------------------------------------------------------------ */

/* Remembers the protocol, which says what a rule may hold. */
enum ast_l7_kind pol_l7_kind(struct pol *p, enum ast_l7_kind kind);
struct ast_l7 *pol_l7(struct pol *p, struct ast_l7 *to, const struct ast_l7_rule *rule);
struct ast_l7 *pol_l7_end(struct pol *p, struct loc loc, enum ast_l7_kind kind, struct ast_l7 *l7);
/* `deny` and `topic` are the words themselves, s is NULL where they were not written. */
struct ast_l7_rule *pol_l7_rule(struct pol *p, struct loc loc, struct ast_name deny,
				struct ast_name verb, struct ast_name topic, struct ast_name object,
				const struct pol_conds *conds);
struct ast_l7_cond *pol_l7_cond(struct pol *p, struct loc loc, struct ast_name what,
				struct ast_name name, enum ast_match_op op, struct ast_name value);

/* --- item.c: the other statements -------------------------------------------------------- */

void pol_item(struct pol *p, struct ast_item item);
void pol_import(struct pol *p, struct loc loc, struct ast_name path);
void pol_let_peer(struct pol *p, struct loc loc, struct ast_name name, const struct ast_peer *peer);
void pol_let_ports(struct pol *p, struct loc loc, struct ast_name name,
		   const struct pol_ports *ports);
void pol_top_policy(struct pol *p, struct ast_policy *policy);
struct ast_endpoint *pol_endpoint(struct pol *p);
struct ast_endpoint *pol_endpoint_labels(struct pol *p, struct ast_endpoint *e, struct loc loc,
					 const struct pol_label_list *labels);
struct ast_endpoint *pol_endpoint_addresses(struct pol *p, struct ast_endpoint *e,
					    const struct pol_addresses *addresses);
struct ast_endpoint *pol_endpoint_port(struct pol *p, struct ast_endpoint *e, struct loc loc,
				       struct ast_name name, struct ast_name port);
struct ast_endpoint *pol_endpoint_host(struct pol *p, struct ast_endpoint *e, struct loc loc);
void pol_endpoint_end(struct pol *p, struct loc loc, struct ast_name name, struct ast_endpoint *e);
struct ast_namespace *pol_namespace(struct pol *p);
struct ast_namespace *pol_namespace_labels(struct pol *p, struct ast_namespace *ns, struct loc loc,
					   const struct pol_label_list *labels);
void pol_namespace_end(struct pol *p, struct loc loc, struct ast_name name,
		       struct ast_namespace *ns);
struct ast_service *pol_service(struct pol *p);
struct ast_service *pol_service_addresses(struct pol *p, struct ast_service *s,
					  const struct pol_addresses *addresses);
struct ast_service *pol_service_port(struct pol *p, struct ast_service *s, struct loc loc,
				     struct ast_name front, const struct ast_peer *backends,
				     struct ast_name target);
struct ast_service *pol_service_algorithm(struct pol *p, struct ast_service *s,
					  struct ast_name algorithm);
void pol_service_end(struct pol *p, struct loc loc, struct ast_name name, struct ast_service *s);
struct ast_assert *pol_claims(struct pol *p);
struct ast_assert *pol_claim(struct pol *p, struct ast_assert *to, struct loc loc,
			     enum ast_claim_kind kind, const struct ast_peer *from,
			     const struct ast_peer *dest, const struct pol_ports *ports,
			     const struct ast_l7 *l7);
void pol_assert_end(struct pol *p, struct loc loc, struct ast_name title, struct ast_assert *a);
