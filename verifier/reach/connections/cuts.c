/* SPDX-License-Identifier: Apache-2.0 */
/* Where the ports of a pair are cut. */
#include "compiler/classes/classes.h"
#include "compiler/ir/port.h"
#include "verifier/reach/connections/pair.h"

/* Whichever endpoint it is that has ports of this name. */
static void cut_name(const struct ir *ir, const struct ir_port_aspects *a, struct space_ports *out)
{
	vec_each (struct ir_endpoint *, ep, &ir->endpoints)
		vec_each (const struct ir_named_port, port, &(*ep)->ports)
			if (port->name == a->name && ir_port_takes(a, port->proto))
				space_cut_range(out, port->proto, port->port, port->port);
}

void connection_cut_rules(const struct ir *ir, struct space_ports *out)
{
	vec_each (struct ir_rule *, rule, &ir->rules) {
		space_cut_rule(out, *rule);
		vec_each (const struct ir_port, port, &(*rule)->ports) {
			struct ir_port_aspects a = ir_port_aspects(port);

			if (a.name != INTERN_NONE)
				cut_name(ir, &a, out);
		}
	}
}

static void cut_table(const struct cls *cls, const struct ir_endpoint *subject, enum ir_dir dir,
		      struct space_ports *out)
{
	const struct cls_table *t;

	if (!subject || subject->host)
		return;
	t = cls->subjects.v[cls->subject_of_endpoint[subject->id]]->tables[dir];
	vec_each (const struct cls_span, span, &t->spans)
		if (span->proto != CLS_OTHER)
			space_cut_range(out, cls_proto_number(span->proto), span->lo, span->hi);
}

void connection_cut_tables(const struct cls *cls, const struct flow_end *from,
			   const struct flow_end *to, struct space_ports *out)
{
	cut_table(cls, from->ep, IR_EGRESS, out);
	cut_table(cls, to->ep, IR_INGRESS, out);
}
