/* SPDX-License-Identifier: Apache-2.0 */
/* A difference for programs and for the reviewer of a change. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lang/base/buf.h"
#include "lang/base/diag_value.h"
#include "lang/base/unread.h"
#include "verifier/diff/cause.h"
#include "verifier/diff/requests.h"
#include "verifier/flow/assumes.h"

static bool has_unread(const struct diff *d)
{
	return unread_count(d->unread[DIFF_OLD]) || unread_count(d->unread[DIFF_NEW]);
}

bool diff_is_incomplete(const struct diff *d)
{
	return has_unread(d) || d->n_gaps;
}

static bool has_unseen(const struct diff *d)
{
	return unread_has_unseen(d->unread[DIFF_OLD]) || unread_has_unseen(d->unread[DIFF_NEW]);
}

/* Or may have. */
static bool unread_changed(const struct diff *d)
{
	return has_unseen(d) || !unread_same(d->unread[DIFF_OLD], d->unread[DIFF_NEW]);
}

bool diff_may_hide_change(const struct diff *d)
{
	return d->n_gaps || unread_changed(d);
}

static const char *const side_names[] = {[DIFF_OLD] = "old", [DIFF_NEW] = "new"};

static const char *const known_words[] = {
	[DIFF_KNOWN_LABELS] = "labels",     [DIFF_KNOWN_PORTS] = "ports",
	[DIFF_KNOWN_NODE] = "node",         [DIFF_KNOWN_ADDRESSES] = "addresses",
	[DIFF_KNOWN_ONLY_OLD] = "only old", [DIFF_KNOWN_ONLY_NEW] = "only new",
};

/* --- JSON ------------------------------------------------------------------------------------ */

static json_t *words_json(const char *const *v, size_t n)
{
	json_t *out = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(out, json_string(v[i]));
	return out;
}

static json_t *members_json(const struct diff_end *end)
{
	return json_pack("{s:o, s:o}", "endpoints", words_json(end->endpoints.v, end->endpoints.n),
			 "cidrs", words_json(end->cidrs.v, end->cidrs.n));
}

static json_t *region_json(const struct diff *d, const struct diff_region *r)
{
	const struct diff_witness *wit = &r->witness;
	json_t *out = json_pack("{s:s, s:s, s:o, s:{s:s, s:s, s:s}}", "from", r->from.text, "to",
				r->to.text, "ports", words_json(r->ports.v, r->ports.n), "witness",
				"from", wit->from, "to", wit->to, "port", wit->port);

	if (wit->replica)
		json_object_set_new(json_object_get(out, "witness"), "replica", json_true());
	if (wit->request)
		json_object_set_new(json_object_get(out, "witness"), "request",
				    diff_request_json(wit->request));
	if (d->some_known) {
		json_object_set_new(out, "from_known",
				    words_json(r->from.endpoints.v, r->from.endpoints.n));
		json_object_set_new(out, "to_known",
				    words_json(r->to.endpoints.v, r->to.endpoints.n));
	}
	json_object_set_new(out, "cause", diff_causes_json(d, r));
	if (r->public_endpoints)
		json_object_set_new(out, "public_endpoints", json_true());
	if (r->port_zero)
		json_object_set_new(out, "port_zero", json_true());
	if (!d->closed)
		return out;
	json_object_set_new(out, "from_members", members_json(&r->from));
	json_object_set_new(out, "to_members", members_json(&r->to));
	return out;
}

static json_t *regions_json(const struct diff *d, const struct diff_regions *regions)
{
	json_t *out = json_array();

	vec_each (const struct diff_region, r, &regions->list)
		json_array_append_new(out, region_json(d, r));
	return out;
}

/* One list of both sides' lists, which are consumed; each entry has the side's name. */
static json_t *joined(json_t *const lists[DIFF_N_SIDES])
{
	json_t *out = json_array(), *entry;
	size_t i;

	for (enum diff_side side = DIFF_OLD; side < DIFF_N_SIDES; side++) {
		json_array_foreach(lists[side], i, entry)
		{
			json_object_set_new(entry, "side", json_string(side_names[side]));
			json_array_append(out, entry);
		}
		json_decref(lists[side]);
	}
	return out;
}

static void set_incomplete(const struct diff *d, json_t *root)
{
	json_t *const lists[] = {unread_json(d->unread[DIFF_OLD]),
				 unread_json(d->unread[DIFF_NEW])};

	json_object_set_new(root, "incomplete", joined(lists));
	json_object_set_new(root, "unread_changed", json_boolean(unread_changed(d)));
}

/* The open world has endpoints with all labels. */
static void set_assumes(const struct diff *d, json_t *root)
{
	json_t *const lists[] = {flow_assumes_json(d->world->ir[DIFF_OLD]),
				 flow_assumes_json(d->world->ir[DIFF_NEW])};
	json_t *both = joined(lists);

	if (d->closed && json_array_size(both))
		json_object_set(root, "assumes", both);
	json_decref(both);
}

/* Names in a repository may be any bytes. */
static json_t *gap_json(const struct diff_gap *gap)
{
	json_t *out =
		json_pack("{s:s, s:o}", "kind", gap->kind, "path", diag_value_text(gap->path));

	for (enum diff_side side = DIFF_OLD; side < DIFF_N_SIDES; side++)
		if (gap->ids[side])
			json_object_set_new(out, side_names[side], diag_value_text(gap->ids[side]));
	return out;
}

static json_t *gaps_json(const struct diff *d)
{
	json_t *out = json_array();

	for (size_t i = 0; i < d->n_gaps; i++)
		json_array_append_new(out, gap_json(&d->gaps[i]));
	return out;
}

static json_t *known_json(const struct diff *d)
{
	json_t *out = json_array();

	vec_each (const struct diff_known, known, &d->known) {
		json_t *what = json_array();

		for (int i = 0; i < DIFF_N_KNOWN_WHAT; i++)
			if (known->what & 1U << i)
				json_array_append_new(what, json_string(known_words[i]));
		json_array_append_new(out,
				      json_pack("{s:s, s:o}", known->ns ? "namespace" : "endpoint",
						known->name, "changed", what));
	}
	return out;
}

void diff_render_json(const struct diff *d, struct buf *out)
{
	json_t *root =
		json_pack("{s:s, s:s, s:o, s:o}", "relation", diff_relation_name(d->relation),
			  "world", d->closed ? "inventory" : "open", "added",
			  regions_json(d, &d->added), "removed", regions_json(d, &d->removed));

	if (d->undecided.list.n)
		json_object_set_new(root, "undecided", regions_json(d, &d->undecided));
	if (d->known.n)
		json_object_set_new(root, "known_changed", known_json(d));
	if (has_unread(d))
		set_incomplete(d, root);
	set_assumes(d, root);
	if (d->n_gaps)
		json_object_set_new(root, "not_compared", gaps_json(d));
	diag_value_dump(root, JSON_INDENT(2) | JSON_PRESERVE_ORDER, out);
	buf_putc(out, '\n');
	json_decref(root);
}

/* --- text ------------------------------------------------------------------------------------ */

struct palette {
	const char *added, *removed, *dim, *bold, *end;
};

static const struct palette plain = {"", "", "", "", ""};
static const struct palette colors = {"\033[31m", "\033[32m", "\033[2m", "\033[1m", "\033[0m"};

/* More than anybody reads; JSON has them all. */
enum { MAX_SHOWN = 50, MAX_WORDS = 400, MAX_NAMES = 4 };

static void put_words(const char *text, struct buf *out)
{
	size_t n = strlen(text);

	if (n <= MAX_WORDS) {
		buf_puts(out, text);
		return;
	}
	n = MAX_WORDS;
	while (text[n] != ',' && text[n] != ' ' && n)
		n--;
	buf_add(out, text, n);
	buf_puts(out, "...");
}

static void put_names(const struct diff_end *end, struct buf *out)
{
	size_t n = end->endpoints.n;

	if (!n)
		buf_puts(out, "nobody");
	for (size_t i = 0; i < n && i < MAX_NAMES; i++)
		buf_printf(out, "%s%s", i ? ", " : "", end->endpoints.v[i]);
	if (n > MAX_NAMES)
		buf_printf(out, " and %zu more", n - MAX_NAMES);
}

/* Of the endpoints that there could be, those of the files. */
static void put_known(const struct diff_region *r, const struct palette *p, struct buf *out)
{
	if (!r->from.endpoints.n && !r->to.endpoints.n)
		return;
	buf_printf(out, "    %sof the endpoints here: from ", p->dim);
	put_names(&r->from, out);
	buf_puts(out, ", to ");
	put_names(&r->to, out);
	buf_printf(out, "%s\n", p->end);
}

/* One direction of the change. */
struct section {
	const struct diff *d;
	const struct diff_regions *regions;
	const char *title, *sign, *color;
	const struct palette *p;
};

static void put_region(const struct section *s, const struct diff_region *r, struct buf *out)
{
	const struct diff_witness *wit = &r->witness;
	const struct palette *p = s->p;

	buf_printf(out, "%s%s from ", s->color, s->sign);
	put_words(r->from.text, out);
	buf_puts(out, " to ");
	put_words(r->to.text, out);
	buf_puts(out, " on ");
	put_words(r->ports_text, out);
	buf_printf(out, "%s%s%s\n", wit->request ? ", some requests" : "",
		   r->port_zero ? ", where nothing listens" : "", p->end);
	buf_printf(out, "    %ssuch as %s to %s%s on %s", p->dim, wit->from,
		   wit->replica ? "another replica of " : "", wit->to, wit->port);
	if (wit->request) {
		buf_puts(out, ", ");
		diff_request_text(wit->request, out);
	}
	buf_printf(out, "%s\n", p->end);
	if (s->d->some_known)
		put_known(r, p, out);
	diff_causes_text(s->d, r, p->dim, p->end, out);
}

static void put_count(struct buf *out, size_t n)
{
	buf_printf(out, "%zu region%s", n, n == 1 ? "" : "s");
}

/* The regions before those about public endpoints; all, if there are no others. */
static size_t count_told(const struct diff_regions *regions)
{
	size_t n = 0;

	vec_each (const struct diff_region, r, &regions->list)
		n += !r->public_endpoints;
	return n ? n : regions->list.n;
}

/* In one line, as there may be one for each namespace. */
static void put_public(const struct section *s, size_t told, struct buf *out)
{
	size_t n = s->regions->list.n - told;
	bool shared = false;

	if (!n)
		return;
	for (size_t i = told; i < s->regions->list.n; i++)
		shared |= s->regions->list.v[i].shared_addresses;
	buf_printf(out, "%s ... and ", s->sign);
	put_count(out, n);
	buf_printf(out,
		   " about endpoints that have public addresses (--format json lists them)%s\n",
		   shared ? ", 100.64.0.0/10 among these" : "");
}

static void put_section(const struct section *s, struct buf *out)
{
	size_t n = count_told(s->regions);

	if (!n)
		return;
	buf_printf(out, "%s%s%s\n", s->p->bold, s->title, s->p->end);
	for (size_t i = 0; i < n && i < MAX_SHOWN; i++)
		put_region(s, &s->regions->list.v[i], out);
	if (n > MAX_SHOWN)
		buf_printf(out, "%s and %zu more; --format json lists them all\n", s->sign,
			   n - MAX_SHOWN);
	put_public(s, n, out);
	buf_putc(out, '\n');
}

static void summarise(const struct diff *d, struct buf *out)
{
	if (d->relation == DIFF_EQUAL) {
		buf_puts(out, diff_is_incomplete(d)
				      ? "no change in what the policies that are read allow\n"
				      : "no change in what is allowed\n");
		return;
	}
	if (d->out_of_time)
		buf_puts(out, "not decided: the time is up; what is said above is true but may not "
			      "be all. Allow more with --timeout, or compare smaller steps\n");
	else if (d->incomplete)
		buf_puts(out, "not decided: the change is too large to be followed to its end; "
			      "what is said above is true but may not be all. Compare smaller "
			      "steps, or give an inventory with -i\n");
	if (d->undecided.list.n)
		buf_puts(out, "not decided: where a region has a '?', it is not known whether "
			      "there are further requests that only one side lets pass\n");
	buf_printf(out, "%s: newly allowed ", diff_relation_name(d->relation));
	put_count(out, d->added.list.n);
	buf_puts(out, ", newly denied ");
	put_count(out, d->removed.list.n);
	if (d->undecided.list.n) {
		buf_puts(out, ", not decided ");
		put_count(out, d->undecided.list.n);
	}
	buf_puts(out, d->closed ? ", among the endpoints of the inventory and all other addresses\n"
				: ", for all endpoints that there could be\n");
}

static void put_unread(const char *where, const struct unread *unread, struct buf *out)
{
	if (!unread_count(unread))
		return;
	buf_printf(out, "incomplete: %s: ", where);
	unread_put_text(unread, out);
	buf_putc(out, '\n');
}

/* The same policies may still make one thing of the old flows and another of the new ones. */
static void put_incomplete(const struct diff *d, struct buf *out)
{
	if (unread_same(d->unread[DIFF_OLD], d->unread[DIFF_NEW])) {
		put_unread("old and new", d->unread[DIFF_OLD], out);
		buf_puts(out, has_unseen(d) ? "incomplete: whether these are the same in both is "
					      "not known: some depend on what is not compared\n"
					    : "incomplete: these are the same in both, but flows "
					      "depend on them, too\n");
		return;
	}
	for (enum diff_side side = DIFF_OLD; side < DIFF_N_SIDES; side++)
		put_unread(side_names[side], d->unread[side], out);
	buf_puts(out,
		 "incomplete: these have changed, and what that allows or denies is not known\n");
}

static void put_gaps(const struct diff *d, struct buf *out)
{
	for (size_t i = 0; i < d->n_gaps; i++) {
		const struct diff_gap *gap = &d->gaps[i];

		buf_printf(out, "incomplete: %s '", gap->kind);
		buf_add_shown(out, gap->path, strlen(gap->path));
		buf_puts(out, "' is not compared: ");
		for (enum diff_side side = DIFF_OLD; side < DIFF_N_SIDES; side++) {
			const char *id = gap->ids[side] ? gap->ids[side] : "nothing";

			buf_puts(out, side == DIFF_OLD ? "" : " became ");
			buf_add_shown(out, id, strlen(id));
		}
		buf_putc(out, '\n');
	}
}

struct known_kind {
	bool ns;
	const char *word, *means;
};

static const struct known_kind known_kinds[] = {
	{false, "endpoint", "--closed tells what that does"},
	{true, "namespace", "no endpoint is known there; an inventory (-i) tells what that does"},
};

static void put_changed_words(unsigned what, struct buf *out)
{
	const char *sep = "";

	for (int i = 0; i < DIFF_N_KNOWN_WHAT; i++) {
		if (!(what & 1U << i))
			continue;
		buf_printf(out, "%s%s", sep, known_words[i]);
		sep = ", ";
	}
}

/* What is known changed, and the answer does not depend on it. */
static void put_changed(const struct diff *d, const struct known_kind *kind, struct buf *out)
{
	_cleanup_buf_ struct buf names = {0};
	unsigned what = 0;
	size_t n = 0;

	vec_each (const struct diff_known, known, &d->known) {
		if (known->ns != kind->ns)
			continue;
		if (n < MAX_NAMES)
			buf_printf(&names, "%s%s", n ? ", " : "", known->name);
		what |= known->what;
		n++;
	}
	if (!n)
		return;
	if (n > MAX_NAMES)
		buf_printf(&names, " and %zu more", n - MAX_NAMES);
	buf_printf(out, "note: %zu known %s%s changed (", n, kind->word, n == 1 ? "" : "s");
	put_changed_words(what, out);
	buf_printf(out, "): %s; %s\n", buf_str(&names), kind->means);
}

void diff_render_text(const struct diff *d, bool color, struct buf *out)
{
	const struct palette *p = color ? &colors : &plain;

	const struct section added = {d, &d->added, "Newly allowed:", "+", p->added, p};
	const struct section removed = {d, &d->removed, "Newly denied:", "-", p->removed, p};
	const struct section undecided = {
		d, &d->undecided, "Requests that may be judged otherwise:", "?", p->added, p};

	put_section(&added, out);
	put_section(&removed, out);
	put_section(&undecided, out);
	summarise(d, out);
	for (size_t i = 0; i < sizeof(known_kinds) / sizeof(*known_kinds); i++)
		put_changed(d, &known_kinds[i], out);
	if (has_unread(d))
		put_incomplete(d, out);
	put_gaps(d, out);
}
