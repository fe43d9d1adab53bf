/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the address of the page keeps behind its #: the search, the filters, which view is in sight,
 * what of it the details tell about, and the part of the graph that was chosen, as far as they are
 * not the usual ones. So a view can be sent to others, and the back button leads to the one before. An address is somebody's text: what it cannot mean is passed over.
 */

const KEPT_FIELDS = [
	{id: 'any', of: 'value'}, {id: 'from', of: 'value'}, {id: 'to', of: 'value'}, {id: 'port', of: 'value'},
	{id: 'allowed', of: 'checked'}, {id: 'external', of: 'checked'}, {id: 'everybody', of: 'checked'},
];

const address = {
	text: '',    /* as it was written or read */
	field: null, /* what was typed into, or 'frame', if that made the newest entry of the history */

	usual({id, of}) {
		return of === 'value' ? byId(id).defaultValue : byId(id).defaultChecked;
	},

	current() {
		const kept = new URLSearchParams();

		for (const field of KEPT_FIELDS) {
			const now = byId(field.id)[field.of];

			if (now !== this.usual(field))
				kept.set(field.id, field.of === 'value' ? now : Number(now));
		}
		if (page.chosen)
			kept.set('view', page.chosen);
		for (const part of [graph, paper, details])
			part.keep(kept);
		return kept.toString();
	},

	/* What is typed into one field is one step back, however many letters it has; so is moving
	 * about the graph. */
	keep(field) {
		const text = this.current();
		const same = field !== null && field === this.field;

		if (text === this.text)
			return;
		this.text = text;
		this.field = field;
		history[same ? 'replaceState' : 'pushState'](null, '', `#${text}`);
	},

	read() {
		const kept = new URLSearchParams(location.hash.slice(1));

		for (const field of KEPT_FIELDS) {
			const said = kept.get(field.id);
			const tick = ['0', '1'].indexOf(said);

			byId(field.id)[field.of] = (field.of === 'value' ? said : tick < 0 ? null : tick === 1) ?? this.usual(field);
		}
		page.chosen = Object.hasOwn(views, kept.get('view')) ? kept.get('view') : null;
		for (const part of [graph, paper, details])
			part.recall(kept);
		this.text = this.current();
		this.field = null;
	},
};
