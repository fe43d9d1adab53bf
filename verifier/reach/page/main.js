/* SPDX-License-Identifier: Apache-2.0 */
/* The page as a whole: the filters, which of the views is in sight, and the keys for all. */

const views = {matrix, graph, list};

const page = {
	filters: null,
	view: null,
	chosen: null, /* the view that somebody has turned to; null: none yet */

	read() {
		const fields = {any: byId('any').value, from: byId('from').value, to: byId('to').value, port: byId('port').value};

		return {...fields, allowed: byId('allowed').checked, external: byId('external').checked};
	},

	update() {
		this.filters = this.read();
		this.view = select(this.filters);
		Object.values(views).forEach((view) => view.show(this.view));
		byId('status').textContent = this.status();
		details.draw();
	},

	/* After a choice of somebody, which may have made another graph. */
	filter(field) {
		paper.frame = null;
		this.update();
		address.keep(field);
	},

	status() {
		const {view} = this;

		if (!view.ports.length)
			return ports.length ? `No port matches; there are ${portNames(ports.map((_, p) => p), 6)}.` : 'No port was asked.';
		if (!view.pairs)
			return 'Nothing matches these filters.';
		return `${count(view.rows.length, 'source')}, ${count(view.columns.length, 'destination')}, ` +
			`${view.ports.length === 1 ? ports[view.ports[0]] : count(view.ports.length, 'port')}: ` +
			`${view.allowedFlows.toLocaleString('en')} of ${count(view.flows, 'flow')} allowed` +
			(view.askedFlows ? `, ${view.askedFlows.toLocaleString('en')} with some requests` : '') +
			(view.dependingFlows ? `, ${view.dependingFlows.toLocaleString('en')} by some addresses only` : '');
	},

	/* The graph, unless even namespaces are too many for one. */
	usualView() {
		const inside = ends.filter((end) => end.endpoint);
		const spaces = new Set(inside.map((end) => spaceOf(end.id)));

		return inside.length <= FEW_ENDS || spaces.size <= 2 * FEW_ENDS ? 'graph' : 'matrix';
	},

	/* Only one of the views is in sight. */
	uncover(name) {
		for (const other of Object.keys(views)) {
			const tab = byId(`tab-${other}`);

			byId(other).hidden = other !== name;
			tab.setAttribute('aria-selected', other === name);
			tab.tabIndex = other === name ? 0 : -1;
		}
	},

	turnTo(name, focus) {
		this.chosen = name;
		this.uncover(name);
		if (focus)
			byId(`tab-${name}`).focus();
		if (name === 'matrix')
			matrix.window = null;
		views[name].draw(false);
		address.keep(null);
	},

	/* As the address says. */
	restore() {
		address.read();
		this.uncover(this.chosen || this.usualView());
		this.update();
	},

	summary() {
		const inside = ends.filter((end) => end.endpoint);
		const members = inside.reduce((sum, end) => sum + end.members.length, 0);
		const outside = ends.filter((end) => !end.endpoint && !end.entity).length;
		const has = (name) => facts.ends.some((end) => end[name]);
		const parts = [model.grouped ? `${count(members, 'endpoint')} in ${count(inside.length, 'group')} that no flow here tells apart`
			: count(members, 'endpoint'), count(ports.length, 'port')];

		if (outside)
			parts.splice(1, 0, count(outside, 'outside address', 'outside addresses'));
		if (has('host'))
			parts.splice(1, 0, 'the node');
		if (has('world'))
			parts.splice(1, 0, 'the world outside');
		return `${parts.join(' · ')}${facts.probes ? ' · only the flows that were asked' : ''}`;
	},

	key() {
		const used = Object.entries(states).filter(([name]) => name !== 'none');

		return used.map(([name, {sign, text}]) => el('span', {class: 'item'}, el('span', {class: `swatch ${name}`}, sign), ` ${text}`));
	},

	/* What one may want to type. */
	words() {
		const names = [...facts.namespaces.map((ns) => `ns:${ns}`), ...facts.labels].slice(0, 300);

		byId('words').append(...names.map((value) => el('option', {value})));
		byId('ports').append(...ports.map((value) => el('option', {value})));
	},

	keys(event) {
		const typing = event.target.matches('input, select');

		if (event.key === 'Escape' && !typing)
			details.close();
		if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey)
			return;
		event.preventDefault();
		byId('any').focus();
	},

	tabs(event) {
		const names = Object.keys(views);
		const step = {ArrowLeft: names.length - 1, ArrowRight: 1}[event.key];
		const at = names.findIndex((name) => !byId(name).hidden);

		if (step)
			this.turnTo(names[(at + step) % names.length], true);
	},

	start() {
		const form = byId('filters');
		let waiting = 0;
		const soon = (field) => {
			clearTimeout(waiting);
			waiting = setTimeout(() => this.filter(field), model.from.length > 100 ? 150 : 0);
		};

		byId('summary').textContent = this.summary();
		byId('key').append(...this.key());
		this.words();
		byId('external').disabled = !model.hasExternal;
		byId('external').parentNode.title = model.hasExternal ? 'Flows from or to the world outside, or an address that is no endpoint'
			: 'No address was asked about: polc reach --from world --to cidr:IP';
		form.addEventListener('submit', (event) => event.preventDefault());
		form.addEventListener('input', (event) => soon(event.target.type === 'search' ? event.target.id : null));
		form.addEventListener('reset', () => soon(null));
		byId('swap').addEventListener('click', () => {
			[byId('from').value, byId('to').value] = [byId('to').value, byId('from').value];
			this.filter(null);
		});
		for (const name of Object.keys(views)) {
			byId(`tab-${name}`).addEventListener('click', () => this.turnTo(name, false));
			views[name].start();
		}
		paper.start();
		document.querySelector('[role="tablist"]').addEventListener('keydown', (event) => this.tabs(event));
		document.addEventListener('keydown', (event) => this.keys(event));
		window.addEventListener('hashchange', () => {
			clearTimeout(waiting);
			this.restore();
		});
		this.restore();
	},
};

page.start();
