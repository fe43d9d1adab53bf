/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The graph of what is allowed. Nodes are ends, or their namespaces where there are many; of those,
 * one that is pressed opens into its ends. What every endpoint may reach, and what may reach every
 * one, is drawn once, at a node that stands for everybody, as else such ports hide all the others. A
 * node that is pointed at or selected shows its own edges.
 */

const FEW_ENDS = 30;             /* so many are told apart at a glance */
const EVERYBODY = '\0everybody'; /* no namespace is called so */

const refused = {egress: {verdict: 'deny'}, ingress: {verdict: 'deny'}};

const graph = {
	svg: document.querySelector('#graph svg'),
	view: null,
	drawn: null,    /* {nodes, edges, places} */
	stale: true,
	common: null,   /* what commonPorts() has found */
	opened: new Set(), /* namespaces whose ends are drawn */
	level: null,    /* what somebody has chosen to be a node; null: what suits the size */

	show(view) {
		this.view = view;
		this.stale = true;
		byId('level').value = this.level || (this.size() > FEW_ENDS ? 'spaces' : 'ends');
		this.draw();
	},

	/* After a choice of somebody. */
	redraw() {
		this.stale = true;
		paper.frame = null;
		this.draw();
		details.draw();
		address.keep(null);
	},

	/* What of it the address keeps: see address.js. */
	keep(kept) {
		if (this.level)
			kept.set('level', this.level);
		for (const space of this.opened)
			kept.append('open', space);
	},

	recall(kept) {
		this.level = [...byId('level').options].find(({value}) => value === kept.get('level'))?.value || null;
		this.opened = new Set(kept.getAll('open').filter((space) => ends.some((end) => spaceOf(end.id) === space)));
	},

	size() {
		return new Set([...this.view.rows, ...this.view.columns].filter((id) => ends[id].endpoint)).size;
	},

	/* --- what is to be drawn --- */

	/* Of each destination the ports on which every other endpoint may reach it; of each source that
	 * is no endpoint, those on which it may reach every endpoint; whatever the filters hide. */
	commonPorts() {
		if (this.common)
			return this.common;

		const [into, out] = [new Map(), new Map()];
		const tally = (counts, id, f, t) => {
			const times = counts.get(id) || new Uint32Array(ports.length);

			for (const p of ports.keys())
				times[p] += isAllowed(model.flow(f, t, p) || refused);
			counts.set(id, times);
		};
		const among = (counts, list) => {
			const inside = list.filter((id) => ends[id].endpoint);

			return new Map([...counts].map(([id, times]) => {
				const all = inside.length - inside.includes(id);

				return [id, new Set(all >= 2 ? [...ports.keys()].filter((p) => times[p] === all) : [])];
			}));
		};

		model.eachPair((f, t) => {
			if (f !== t && ends[f].endpoint)
				tally(into, t, f, t);
			else if (!ends[f].endpoint && ends[t].endpoint)
				tally(out, f, f, t);
		});
		this.common = {into: among(into, model.from), out: among(out, model.to)};
		return this.common;
	},

	/* What an end is drawn as. */
	nodeOf(id) {
		const space = spaceOf(id);

		return byId('level').value === 'ends' || !ends[id].endpoint || this.opened.has(space) ? id : space;
	},

	/* Is an end drawn as this node, or would be? */
	stands(id, node) {
		return typeof node === 'number' ? id === node : ends[id].endpoint && (node === EVERYBODY || spaceOf(id) === node);
	},

	/* What of an answer is summed up with that of others, and what is of these two only. */
	split(f, t, answer) {
		const {into, out} = byId('everybody').checked ? this.commonPorts() : {};
		const common = ends[f].endpoint ? into?.get(t) : ends[t].endpoint ? out?.get(f) : null;
		const [shared, own] = [true, false].map((is) => answer.allowed.filter((p) => Boolean(common?.has(p)) === is));

		return {shared, own};
	},

	/* The nodes and edges; `folded`, a namespace, is one node however it is drawn. */
	collect(folded) {
		const nodeOf = (id) => this.isCluster(folded) && this.stands(id, folded) ? folded : this.nodeOf(id);
		const edges = new Map();
		const sizes = new Map();
		const add = (from, to, list, open) => {
			const id = JSON.stringify([from, to]);
			const edge = edges.get(id) || {from, to, ports: new Set(), open, pairs: 0};

			list.forEach((p) => edge.ports.add(p));
			edge.pairs++;
			edges.set(id, edge);
		};

		this.view.eachPair((f, t, answer) => {
			const {shared, own} = this.split(f, t, answer);
			const [from, to] = [nodeOf(f), nodeOf(t)];

			if (f !== t && shared.length)
				add(...ends[f].endpoint ? [EVERYBODY, to] : [from, EVERYBODY], shared, true);
			if (own.length && from !== to)
				add(from, to, own, false);
		});
		for (const id of new Set([...this.view.rows, ...this.view.columns]))
			sizes.set(nodeOf(id), (sizes.get(nodeOf(id)) || 0) + ends[id].members.length);

		const nodes = [...sizes.keys()];

		if ([...edges.values()].some((edge) => edge.open))
			nodes.push(EVERYBODY);
		return {nodes, sizes, edges: [...edges.values()].map((edge) =>
			({...edge, ports: [...edge.ports].sort((a, b) => a - b)}))};
	},

	/* Of a namespace, or of everybody. */
	edgesOf(node) {
		const {edges} = !this.stale && this.drawn.places.has(node) ? this.drawn : this.collect(node);

		return edges.filter((edge) => edge.from === node || edge.to === node);
	},

	isCluster(node) {
		return typeof node === 'string' && node !== EVERYBODY;
	},

	textOf(node) {
		return typeof node === 'number' ? ends[node].label : node === EVERYBODY ? 'everybody' : node;
	},

	shortTextOf(node) {
		const text = this.textOf(node);

		return text.length > 34 ? `${text.slice(0, 20)}…${text.slice(-12)}` : text;
	},

	/* What stands in the box of a node. */
	captionOf(node) {
		return this.isCluster(node) ? `${this.shortTextOf(node)} · ${this.sizes.get(node)}` : this.shortTextOf(node);
	},

	/* How many connections an edge of a namespace stands for, and the ports. */
	labelOf(edge, most) {
		const counted = !edge.open && (this.isCluster(edge.from) || this.isCluster(edge.to));

		return `${counted ? `${edge.pairs.toLocaleString('en')} × ` : ''}${portNames(edge.ports, most)}`;
	},

	/* --- drawing --- */

	draw() {
		if (this.svg.closest('section').hidden || !this.stale)
			return;
		this.stale = false;

		const {nodes, edges, sizes} = this.collect(null);

		this.sizes = sizes;

		const {places, ways} = layOut(nodes, edges, (node) => this.captionOf(node).length * 7.4 + 26);

		this.drawn = {nodes, edges, places, ways};
		this.svg.replaceChildren(this.arrow('arrow'), this.arrow('arrow-on'), this.edgesLayer(), this.nodesLayer());
		this.note();
		this.folds();
		paper.places = [...places.values()];
		paper.look();
		this.light(this.selected());
	},

	arrow(id) {
		return svg('marker', {id, viewBox: '0 0 10 10', refX: 9, refY: 5, markerWidth: 7, markerHeight: 7, orient: 'auto'},
			svg('path', {d: 'M0 0L10 5L0 10z'}));
	},

	/* Through the points of its way; where there is none, straight from border to border. */
	curve(edge) {
		const way = this.drawn.ways.get(edge) || this.straight(edge);
		const middle = way.length >> 1;
		const forward = way[0].x <= way[way.length - 1].x;
		const bend = (a, b) => {
			const half = way.straight ? 0 : (b.x - a.x) / 2;

			return half ? `C${a.x + half} ${a.y} ${b.x - half} ${b.y} ${b.x} ${b.y}` : `L${b.x} ${b.y}`;
		};

		return {d: `M${way[0].x} ${way[0].y}${way.slice(1).map((point, i) => bend(way[i], point)).join('')}`,
			x: way.length > 2 ? way[middle].x : (way[0].x + way[1].x) / 2,
			y: (way.length > 2 ? way[middle].y : (way[0].y + way[1].y) / 2) + (forward ? -5 : 14)};
	},

	straight({from, to}) {
		const [a, b] = [from, to].map((node) => this.drawn.places.get(node));
		const [x, y] = [b.x + b.width / 2 - a.x - a.width / 2, b.y + b.height / 2 - a.y - a.height / 2];
		const length = Math.hypot(x, y) || 1;
		/* There and back take two ways. */
		const aside = {x: -y / length * 4, y: x / length * 4};
		const border = (place, sign) => {
			const part = Math.min(place.width / 2 / (Math.abs(x) || 1e-9), place.height / 2 / (Math.abs(y) || 1e-9));

			return {x: place.x + place.width / 2 + sign * x * part + aside.x, y: place.y + place.height / 2 + sign * y * part + aside.y};
		};

		return Object.assign([border(a, 1), border(b, -1)], {straight: true});
	},

	edgesLayer() {
		const few = this.drawn.edges.length <= 40;

		return svg('g', {class: few ? 'edges few' : this.drawn.edges.length > 1500 ? 'edges many' : 'edges'},
			...this.drawn.edges.map((edge) => this.edge(edge)));
	},

	edge(edge) {
		const {d, x, y} = this.curve(edge);
		edge.node = svg('g', {class: edge.open ? 'edge open' : 'edge', onclick: () => details.show(edge.from, edge.to),
			'data-from': this.textOf(edge.from), 'data-to': this.textOf(edge.to), 'data-ports': portNames(edge.ports), 'data-pairs': edge.pairs},
			svg('title', {}, `${this.textOf(edge.from)} → ${this.textOf(edge.to)}: ${this.labelOf(edge)}`),
			svg('path', {class: 'reach', d}), svg('path', {class: 'line', d}),
			svg('text', {x, y: y - 4}, this.labelOf(edge, 2)));
		return edge.node;
	},

	nodesLayer() {
		this.nodeElements = new Map(this.drawn.nodes.map((node, i) => [node, this.node(node, i === 0)]));
		return svg('g', {class: 'nodes'}, ...this.nodeElements.values());
	},

	node(node, first) {
		const {x, y, width, height} = this.drawn.places.get(node);
		const apart = typeof node === 'number' && !ends[node].endpoint;
		const kind = apart ? ' external' : node === EVERYBODY ? ' everybody' : this.isCluster(node) ? ' cluster' : '';

		return svg('g', {class: `node${kind}`, role: 'button',
			tabindex: first ? 0 : -1, 'aria-label': this.captionOf(node), onclick: () => this.select(node),
			onpointerenter: () => this.light(node), onpointerleave: () => this.light(this.selected()),
			onfocus: () => this.light(node)},
			svg('title', {}, this.textOf(node)),
			svg('rect', {x, y, width, height, rx: apart || node === EVERYBODY ? height / 2 : 6}),
			svg('text', {x: x + width / 2, y: y + height / 2 + 4.5}, this.captionOf(node)));
	},

	note() {
		const {nodes, edges} = this.drawn;
		const {value} = byId('level');
		const parts = [`${count(nodes.length, 'node')}, ${count(edges.length, 'edge')}.`];

		if (edges.length > 1500)
			parts.push('Point at a node to see its edges, or narrow the view with the filters.');
		if (value === 'spaces')
			parts.push('A namespace has its number of endpoints, and opens into them; an edge, how many pairs may connect.');
		if (nodes.includes(EVERYBODY))
			parts.push('Dashed: what every endpoint may reach, and what may reach every endpoint.');
		byId('graph-note').textContent = parts.join(' ');
	},

	/* --- pointing and selecting --- */

	/* What the details tell about, if it is drawn. */
	selected() {
		const [node] = details.shown;

		return details.shown.length === 1 && this.drawn.places.has(node) ? node : null;
	},

	/* The details are about something else. */
	mark() {
		if (this.drawn)
			this.light(this.selected());
	},

	/* A node and its neighbours stand out; nobody: all do. */
	light(node) {
		const near = new Set([node]);
		const selected = this.selected();

		this.svg.classList.toggle('lit', node !== null);
		for (const edge of this.drawn.edges) {
			const on = edge.from === node || edge.to === node;

			edge.node.classList.toggle('on', on);
			if (on)
				near.add(edge.from).add(edge.to);
		}
		for (const [other, element] of this.nodeElements) {
			element.classList.toggle('on', near.has(other));
			element.classList.toggle('selected', other === selected);
		}
	},

	/* The namespaces that are open, each with a button that folds it. */
	folds() {
		const open = byId('level').value === 'spaces' ? [...this.opened] : [];

		byId('opened').replaceChildren(...open.map((space) => el('button', {type: 'button', 'aria-label': `Fold ${space}`,
			onclick: () => this.fold(space)}, nameOf(space), ' ✕')));
	},

	fold(space) {
		this.opened.delete(space);
		this.redraw();
		this.nodeElements.get(space)?.focus({preventScroll: true});
	},

	unfold(space) {
		const first = [...this.view.rows, ...this.view.columns].find((id) => spaceOf(id) === space);

		this.opened.add(space);
		details.shown = [space];
		this.redraw();
		details.intoSight();
		this.nodeElements.get(first)?.focus({preventScroll: true});
	},

	select(node) {
		if (this.isCluster(node)) {
			this.unfold(node);
			return;
		}
		details.show(node);
		this.nodeElements.get(node)?.focus({preventScroll: true});
	},

	/* The nearest node in a direction. */
	neighbour(node, dx, dy) {
		const {places} = this.drawn;
		const here = places.get(node);
		let best = null;
		let least = Infinity;

		for (const [other, place] of places) {
			const along = (place.x - here.x) * dx + (place.y - here.y) * dy;
			const beside = Math.abs((place.x - here.x) * dy) + Math.abs((place.y - here.y) * dx);

			if (other !== node && along > 1 && along + 3 * beside < least) {
				least = along + 3 * beside;
				best = other;
			}
		}
		return best;
	},

	key(event) {
		const ways = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
		const found = [...this.nodeElements].find(([, element]) => element === document.activeElement);

		if (!found)
			return;
		if (event.key === 'Enter' || event.key === ' ') {
			this.select(found[0]);
		} else if (ways[event.key]) {
			const next = this.neighbour(found[0], ...ways[event.key]);

			if (next !== null) {
				found[1].tabIndex = -1;
				this.nodeElements.get(next).tabIndex = 0;
				this.nodeElements.get(next).focus();
			}
		} else {
			return;
		}
		event.preventDefault();
	},

	start() {
		byId('level').addEventListener('change', () => {
			this.level = byId('level').value;
			this.opened.clear();
			this.redraw();
		});
		byId('everybody').addEventListener('change', () => this.redraw());
		this.svg.addEventListener('keydown', (event) => this.key(event));
	},
};
