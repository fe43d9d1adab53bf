/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The grammar of .pol: LALR(1) without conflicts. doc/language.md explains it to users and
 * a test keeps the two together. Actions build nothing themselves; see pol.h.
 */
%require "3.8"
%define api.pure full
%define api.prefix {pol_yy}
%define api.token.prefix {POL_}
%define api.location.type {struct loc}
%define parse.error custom
%define parse.lac full
%locations
%param {struct pol *p}

%code requires {
#include "lang/ast.h"
#include "lang/pol/pol.h"
}

/* Both prefixes meet in the names of bison's own tokens. */
%code provides {
enum {
	POL_BAD_TOKEN = POL_POL_YYerror, /* reported already */
	POL_NO_TOKEN = POL_POL_YYEMPTY,
};
}

%code {
static int yylex(YYSTYPE *val, struct loc *loc, struct pol *p);
static void yyerror(struct loc *loc, struct pol *p, const char *text);

#define YYLLOC_DEFAULT(cur, rhs, n)                                                                \
	((cur) = (n) ? loc_join(YYRHSLOC(rhs, 1), YYRHSLOC(rhs, n)) : here(YYRHSLOC(rhs, 0)))

/* The place of an empty construct: right behind what comes before it. */
static struct loc here(struct loc before)
{
	before.line = before.end_line;
	before.col = before.end_col;
	return before;
}

/* Goes on behind an error; the lookahead belongs to the caller, yyparse(). */
#define RESYNC(level, at)                                                                          \
	do {                                                                                       \
		struct pol_token tok = {.kind = yychar, .loc = yylloc, .name = yylval.name};                              \
                                                                                                   \
		pol_resync(p, POL_LEVEL_##level, (at), yychar != POL_NO_TOKEN, &tok);                  \
		yychar = tok.kind;                                                                 \
		yylloc = tok.loc;                                                                  \
		yylval.name = tok.name;                                                            \
		if (yychar != POL_END_OF_FILE)                                                     \
			yyerrok;                                                                   \
	} while (0)
}

%union {
	struct ast_name name;
	enum ast_action action;
	enum ast_dir dir;
	enum ast_entity entity;
	enum ast_tier_place place;
	enum ast_tier_end end;
	enum ast_claim_kind claim;
	enum ast_l7_kind l7_kind;
	bool flag;
	struct pol_names *names;
	struct pol_prefixes *prefixes;
	struct pol_peers *peers;
	struct pol_ports *ports;
	struct pol_conds *conds;
	struct pol_addresses *addresses;
	struct pol_label_list *label_list;
	struct ast_labels *labels;
	struct ast_req *req;
	enum ast_match_op op;
	struct ast_selector *selector;
	struct ast_cidr *cidr;
	struct ast_peer *peer;
	struct ast_rule *rule;
	struct ast_section *section;
	struct ast_policy *policy;
	struct ast_tier *tier;
	struct ast_l7 *l7;
	struct ast_l7_rule *l7_rule;
	struct ast_l7_cond *l7_cond;
	struct ast_endpoint *endpoint;
	struct ast_namespace *ns;
	struct ast_service *service;
	struct ast_assert *assertion;
}

%token END_OF_FILE 0
%token <name> WORD STRING
%token ARROW "->" NE "!=" MATCHES "=~"
%token <name>
	IMPORT LET POLICY TIER ENDPOINT NAMESPACE SERVICE ASSERT
	FOR RANK BEFORE AFTER END
	INGRESS EGRESS ALLOW DENY PASS FROM TO ON LOG
	HTTP GRPC KAFKA WHERE AND TOPIC CLIENT
	ALL NONE WORLD CLUSTER HOST ENDPOINTS
	CIDR EXCEPT INCLUDING FQDN PORTS IN NOT
	LABELS ADDRESS PORT
	NEVER ALWAYS ONLY

%type <name> word keyword value name rank port deny subject
%type <names> values namespaces
%type <prefixes> prefixes prefix_list except
%type <peers> peers
%type <ports> on port_list port_entries port_set
%type <conds> where conditions client
%type <op> match
%type <addresses> addresses
%type <label_list> label_list labels
%type <labels> selector_labels requirements requirement_list braces
%type <req> requirement
%type <selector> selector
%type <cidr> cidr
%type <peer> peer
%type <entity> entity
%type <flag> including log
%type <dir> direction
%type <action> action
%type <rule> rule
%type <section> rules section
%type <policy> sections policy
%type <tier> tier_body
%type <place> place
%type <end> tier_end
%type <l7> l7 l7_rules
%type <l7_kind> l7_kind
%type <l7_rule> l7_rule
%type <l7_cond> condition
%type <endpoint> endpoint_body
%type <ns> namespace_body
%type <service> service_body
%type <claim> claim_kind
%type <assertion> claims

%%

file:
  items
;

items:
  %empty
| items item
| items error                               { RESYNC(ITEM, @2); }
;

item:
  IMPORT STRING                             { pol_import(p, @$, $STRING); }
| LET name '=' peer                         { pol_let_peer(p, @$, $name, $peer); }
| LET name '=' PORTS port_set               { pol_let_ports(p, @$, $name, $port_set); }
| policy                                    { pol_top_policy(p, $policy); }
| TIER name place name[anchor] tier_end '{' tier_body '}'
                                            { pol_tier_end(p, @$, $2, $place, $anchor, $tier_end, $tier_body); }
| ENDPOINT name '{' endpoint_body '}'       { pol_endpoint_end(p, @$, $name, $endpoint_body); }
| NAMESPACE word '{' namespace_body '}'     { pol_namespace_end(p, @$, $word, $namespace_body); }
| SERVICE name '{' service_body '}'         { pol_service_end(p, @$, $name, $service_body); }
| ASSERT STRING '{' claims '}'              { pol_assert_end(p, @$, $STRING, $claims); }
;

/* --- tiers and policies ---------------------------------------------------------------- */

place:
  BEFORE                                    { $$ = AST_TIER_BEFORE; }
| AFTER                                     { $$ = AST_TIER_AFTER; }
;

tier_end:
  %empty                                    { $$ = AST_END_DEFAULT; }
| END DENY                                  { $$ = AST_END_DENY; }
| END PASS                                  { $$ = AST_END_PASS; }
;

tier_body:
  %empty                                    { $$ = pol_tier(p, NULL, NULL); }
| tier_body policy                          { $$ = pol_tier(p, $1, $policy); }
| tier_body error                           { $$ = $1; RESYNC(POLICY, @2); }
;

policy:
  POLICY name rank FOR peers '{' sections '}'
                                            { $$ = pol_policy_end(p, @$, $name, $rank, $peers, $sections); }
;

rank:
  %empty                                    { $$ = (struct ast_name){0}; }
| RANK WORD                                 { $$ = $WORD; }
;

sections:
  %empty                                    { $$ = pol_policy(p, NULL, NULL); }
| sections section                          { $$ = pol_policy(p, $1, $section); }
| sections error                            { $$ = $1; RESYNC(SECTION, @2); }
;

section:
  direction '{' rules '}'                   { $$ = pol_section_end(p, @$, $direction, $rules); }
;

direction:
  INGRESS                                   { $$ = pol_direction(p, AST_INGRESS); }
| EGRESS                                    { $$ = pol_direction(p, AST_EGRESS); }
;

rules:
  %empty                                    { $$ = pol_section(p, NULL, NULL); }
| rules rule                                { $$ = pol_section(p, $1, $rule); }
| rules error                               { $$ = $1; RESYNC(RULE, @2); }
;

rule:
  action toward peers on log l7             { $$ = pol_rule(p, @$, $action, $peers, $on, $log, $l7); }
;

action:
  ALLOW                                     { $$ = AST_ALLOW; }
| DENY                                      { $$ = AST_DENY; }
| PASS                                      { $$ = AST_PASS; }
;

toward:
  FROM                                      { pol_toward(p, $1, AST_INGRESS); }
| TO                                        { pol_toward(p, $1, AST_EGRESS); }
;

log:
  %empty                                    { $$ = false; }
| LOG                                       { $$ = true; }
;

/* --- peers ------------------------------------------------------------------------------- */

peers:
  peer                                      { $$ = pol_peers(p, NULL, $peer); }
| peers ',' peer                            { $$ = pol_peers(p, $1, $peer); }
;

peer:
  WORD                                      { $$ = pol_peer_word(p, $WORD); }
| entity                                    { $$ = pol_peer(p, @$, (struct ast_peer){.kind = AST_PEER_ENTITY, .entity = $entity}); }
| selector                                  { $$ = pol_peer(p, @$, (struct ast_peer){.kind = AST_PEER_SELECTOR, .selector = $selector}); }
| cidr                                      { $$ = pol_peer(p, @$, (struct ast_peer){.kind = AST_PEER_CIDR, .cidr = $cidr}); }
| FQDN STRING                               { $$ = pol_peer_fqdn(p, @$, $STRING); }
;

entity:
  ALL                                       { $$ = AST_ENTITY_ALL; }
| NONE                                      { $$ = AST_ENTITY_NONE; }
| WORLD                                     { $$ = AST_ENTITY_WORLD; }
| CLUSTER                                   { $$ = AST_ENTITY_CLUSTER; }
| HOST                                      { $$ = AST_ENTITY_HOST; }
;

cidr:
  CIDR prefixes except including            { $$ = pol_cidr(p, @$, $prefixes, $except, $including); }
;

prefixes:
  WORD                                      { $$ = pol_prefixes(p, NULL, $WORD); }
| '{' prefix_list '}'                       { $$ = $prefix_list; }
;

prefix_list:
  WORD                                      { $$ = pol_prefixes(p, NULL, $WORD); }
| prefix_list ',' WORD                      { $$ = pol_prefixes(p, $1, $WORD); }
| error                                     { $$ = pol_prefixes(p, NULL, (struct ast_name){0}); RESYNC(ENTRY, @1); }
| prefix_list ',' error                     { $$ = $1; RESYNC(ENTRY, @3); }
;

except:
  %empty                                    { $$ = NULL; }
| EXCEPT prefixes                           { $$ = $prefixes; }
;

including:
  %empty                                    { $$ = false; }
| INCLUDING ENDPOINTS                       { $$ = true; }
;

/* --- selectors --------------------------------------------------------------------------- */

selector:
  braces                                    { $$ = pol_selector(p, @$, $braces); }
| ENDPOINTS                                 { $$ = pol_selector(p, @$, pol_labels(p, @$, AST_LABELS_ALL)); }
| NAMESPACE namespaces selector_labels      { $$ = pol_selector_in(p, @$, $namespaces, $selector_labels); }
| NAMESPACE braces selector_labels          { $$ = pol_selector_where(p, @$, $braces, $selector_labels); }
;

namespaces:
  word                                      { $$ = pol_names(p, NULL, $word); }
| '(' values ')'                            { $$ = $values; }
;

selector_labels:
  braces
| ALL                                       { $$ = pol_labels(p, @$, AST_LABELS_ALL); }
| NONE                                      { $$ = pol_labels(p, @$, AST_LABELS_NONE); }
;

braces:
  '{' requirements '}'                      { $$ = pol_labels_end(p, @$, $requirements); }
;

requirements:
  %empty                                    { $$ = pol_labels(p, @$, AST_LABELS_REQS); }
| requirement_list
;

requirement_list:
  requirement                               { $$ = pol_requirements(p, NULL, $requirement); }
| requirement_list ',' requirement          { $$ = pol_requirements(p, $1, $requirement); }
| error                                     { $$ = pol_requirements(p, NULL, NULL); RESYNC(ENTRY, @1); }
| requirement_list ',' error                { $$ = $1; RESYNC(ENTRY, @3); }
;

requirement:
  word                                      { $$ = pol_req(p, @$, AST_EXISTS, $word, NULL); }
| '!' word                                  { $$ = pol_req(p, @$, AST_ABSENT, $word, NULL); }
| word '=' value                            { $$ = pol_req(p, @$, AST_IN, $word, pol_names(p, NULL, $value)); }
| word "!=" value                           { $$ = pol_req(p, @$, AST_NOT_IN, $word, pol_names(p, NULL, $value)); }
| word IN '(' values ')'                    { $$ = pol_req(p, @$, AST_IN, $word, $values); }
| word NOT IN '(' values ')'                { $$ = pol_req(p, @$, AST_NOT_IN, $word, $values); }
;

values:
  value                                     { $$ = pol_names(p, NULL, $value); }
| values ',' value                          { $$ = pol_names(p, $1, $value); }
| error                                     { $$ = pol_names(p, NULL, (struct ast_name){0}); RESYNC(ENTRY, @1); }
| values ',' error                          { $$ = $1; RESYNC(ENTRY, @3); }
;

value:
  word
| STRING
;

/* --- ports --------------------------------------------------------------------------------- */

on:
  %empty                                    { $$ = NULL; }
| ON port_list                              { $$ = $port_list; }
;

port_set:
  port                                      { $$ = pol_ports(p, NULL, $port); }
| '{' port_entries '}'                      { $$ = $port_entries; }
;

port_list:
  port                                      { $$ = pol_ports(p, NULL, $port); }
| port_list ',' port                        { $$ = pol_ports(p, $1, $port); }
;

port_entries:
  port                                      { $$ = pol_ports(p, NULL, $port); }
| port_entries ',' port                     { $$ = pol_ports(p, $1, $port); }
| error                                     { $$ = pol_ports(p, NULL, (struct ast_name){0}); RESYNC(ENTRY, @1); }
| port_entries ',' error                    { $$ = $1; RESYNC(ENTRY, @3); }
;

port:
  WORD
| NONE
| ALL
;

/* --- requests ------------------------------------------------------------------------------ */

l7:
  %empty                                    { $$ = NULL; }
| l7_kind '{' l7_rules '}'                  { $$ = pol_l7_end(p, @$, $l7_kind, $l7_rules); }
;

l7_kind:
  HTTP                                      { $$ = pol_l7_kind(p, AST_L7_HTTP); }
| GRPC                                      { $$ = pol_l7_kind(p, AST_L7_GRPC); }
| KAFKA                                     { $$ = pol_l7_kind(p, AST_L7_KAFKA); }
;

l7_rules:
  %empty                                    { $$ = pol_l7(p, NULL, NULL); }
| l7_rules l7_rule                          { $$ = pol_l7(p, $1, $l7_rule); }
| l7_rules error                            { $$ = $1; RESYNC(L7, @2); }
;

l7_rule:
  deny WORD STRING where                    { $$ = pol_l7_rule(p, @$, $deny, $WORD, (struct ast_name){0}, $STRING, $where); }
| deny WORD TOPIC STRING client             { $$ = pol_l7_rule(p, @$, $deny, $WORD, $TOPIC, $STRING, $client); }
;

deny:
  %empty                                    { $$ = (struct ast_name){0}; }
| DENY
;

where:
  %empty                                    { $$ = NULL; }
| WHERE conditions                          { $$ = $conditions; }
;

conditions:
  condition                                 { $$ = pol_conds(p, NULL, $condition); }
| conditions AND condition                  { $$ = pol_conds(p, $1, $condition); }
;

condition:
  subject STRING                            { $$ = pol_l7_cond(p, @$, $subject, (struct ast_name){0}, AST_MATCH_EQ, $STRING); }
| subject match STRING                      { $$ = pol_l7_cond(p, @$, $subject, (struct ast_name){0}, $match, $STRING); }
| subject STRING match STRING               { $$ = pol_l7_cond(p, @$, $subject, $2, $match, $4); }
;

subject:
  WORD
| HOST
;

match:
  '='                                       { $$ = AST_MATCH_EQ; }
| "=~"                                      { $$ = AST_MATCH_REGEX; }
;

client:
  %empty                                    { $$ = NULL; }
| CLIENT STRING                             { $$ = pol_conds(p, NULL, pol_l7_cond(p, @$, $CLIENT, (struct ast_name){0}, AST_MATCH_EQ, $STRING)); }
;

/* --- inventory ------------------------------------------------------------------------------ */

endpoint_body:
  %empty                                    { $$ = pol_endpoint(p); }
| endpoint_body labels                      { $$ = pol_endpoint_labels(p, $1, @labels, $labels); }
| endpoint_body ADDRESS addresses           { $$ = pol_endpoint_addresses(p, $1, $addresses); }
| endpoint_body PORT word '=' WORD          { $$ = pol_endpoint_port(p, $1, loc_join(@2, @5), $word, $WORD); }
| endpoint_body PORT WORD                   { $$ = pol_endpoint_port(p, $1, loc_join(@2, @3), (struct ast_name){0}, $WORD); }
| endpoint_body HOST                        { $$ = pol_endpoint_host(p, $1, @2); }
| endpoint_body error                       { $$ = $1; RESYNC(FIELD, @2); }
;

namespace_body:
  %empty                                    { $$ = pol_namespace(p); }
| namespace_body labels                     { $$ = pol_namespace_labels(p, $1, @labels, $labels); }
| namespace_body error                      { $$ = $1; RESYNC(FIELD, @2); }
;

labels:
  LABELS '{' '}'                            { $$ = NULL; }
| LABELS '{' label_list '}'                 { $$ = $label_list; }
;

label_list:
  word '=' value                            { $$ = pol_label_list(p, NULL, @$, $word, $value); }
| label_list ',' word '=' value             { $$ = pol_label_list(p, $1, loc_join(@3, @5), $word, $value); }
| error                                     { $$ = NULL; RESYNC(ENTRY, @1); }
| label_list ',' error                      { $$ = $1; RESYNC(ENTRY, @3); }
;

addresses:
  WORD                                      { $$ = pol_addresses(p, NULL, $WORD); }
| addresses ',' WORD                        { $$ = pol_addresses(p, $1, $WORD); }
;

/* --- services and assertions ----------------------------------------------------------------- */

service_body:
  %empty                                    { $$ = pol_service(p); }
| service_body ADDRESS addresses            { $$ = pol_service_addresses(p, $1, $addresses); }
| service_body WORD "->" peer ON WORD       { $$ = pol_service_port(p, $1, loc_join(@2, @6), $2, $peer, $6); }
| service_body WORD                         { $$ = pol_service_algorithm(p, $1, $WORD); }
| service_body error                        { $$ = $1; RESYNC(FIELD, @2); }
;

claims:
  %empty                                    { $$ = pol_claims(p); }
| claims claim_kind peer "->" peer[to] on l7
                                            { $$ = pol_claim(p, $1, loc_join(@2, @l7), $claim_kind, $3, $to, $on, $l7); }
| claims error                              { $$ = $1; RESYNC(CLAIM, @2); }
;

claim_kind:
  NEVER                                     { $$ = AST_CLAIM_NEVER; }
| ALWAYS                                    { $$ = AST_CLAIM_ALWAYS; }
| ONLY                                      { $$ = AST_CLAIM_ONLY; }
;

/* --- words ------------------------------------------------------------------------------------ */

name:
  WORD
| STRING
;

/* Where nothing else can stand a keyword is an ordinary word, as in `{ app = host }`. */
word:
  WORD
| keyword
;

keyword:
  IMPORT | LET | POLICY | TIER | ENDPOINT | NAMESPACE | SERVICE | ASSERT
| FOR | RANK | BEFORE | AFTER | END
| INGRESS | EGRESS | ALLOW | DENY | PASS | FROM | TO | ON | LOG
| HTTP | GRPC | KAFKA | WHERE | AND | TOPIC | CLIENT
| ALL | NONE | WORLD | CLUSTER | HOST | ENDPOINTS
| CIDR | EXCEPT | INCLUDING | FQDN | PORTS | IN | NOT
| LABELS | ADDRESS | PORT
| NEVER | ALWAYS | ONLY
;

%%

static int yylex(YYSTYPE *val, struct loc *loc, struct pol *p)
{
	struct pol_token tok;

	pol_next(p, &tok);
	pol_give(p, &tok);
	val->name = tok.name;
	*loc = tok.loc;
	return tok.kind;
}

/* The parser's own troubles; wrong input comes by pol_yyreport_syntax_error(). */
static void yyerror(struct loc *loc, struct pol *p, const char *text)
{
	diag_error(&p->l->diag, *loc, CODE_LIMIT, "the parser gives up here: %s", text);
}

enum { EXPECTED_MAX = 80 };

static int yyreport_syntax_error(const yypcontext_t *ctx, struct pol *p)
{
	yysymbol_kind_t kinds[EXPECTED_MAX];
	int expected[EXPECTED_MAX], n = yypcontext_expected_tokens(ctx, kinds, EXPECTED_MAX);
	size_t n_expected = 0;

	for (int i = 0; i < n; i++)
		for (int kind = 0; kind < YYMAXUTOK + 1; kind++)
			if (YYTRANSLATE(kind) == kinds[i] && n_expected < EXPECTED_MAX)
				expected[n_expected++] = kind;
	pol_unexpected(p, expected, n_expected);
	return 0;
}

int pol_parse(struct lang *l, struct ast_file *out)
{
	struct pol p;
	int r;

	pol_begin(&p, l, out);
	r = pol_yyparse(&p);
	return pol_end(&p, r == 0);
}
