/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The graph of what is allowed. Nodes are ends, or their namespaces where there are many; of those,
 * one that is pressed opens into its ends. What every endpoint may reach is drawn once, from a node
 * that stands for everybody, as else such ports hide all the others. A node that is pointed at or
 * selected shows its own edges.
 */

const FEW_ENDS = 30;             /* so many are told apart at a glance */
const EVERYBODY = '\0everybody'; /* no namespace is called so */

const refused = {egress: {verdict: 'deny'}, ingress: {verdict: 'deny'}};

const graph = {
	svg: document.querySelector('#graph svg'),
	view: null,
	drawn: null,    /* {nodes, edges, places} */
	selected: null, /* a node */
	box: null,      /* what is in sight: {x, y, width, height} */
	stale: true,
	open: null,     /* what openPorts() has found */
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
		this.draw();
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
		return new Set([...this.view.rows, ...this.view.columns].filter((id) => !ends[id].external)).size;
	},

	/* --- what is to be drawn --- */

	/* The ports of each destination that every other endpoint may reach, whatever the filters hide. */
	openPorts() {
		if (this.open)
			return this.open;

		const counts = new Map();

		model.eachPair((f, t) => {
			if (f === t || ends[f].external)
				return;
			const times = counts.get(t) || new Uint32Array(ports.length);

			for (const p of ports.keys())
				times[p] += isAllowed(model.flow(f, t, p) || refused);
			counts.set(t, times);
		});
		const inside = model.from.filter((f) => !ends[f].external);

		this.open = new Map();
		for (const [t, times] of counts) {
			const all = inside.length - inside.includes(t);
			const list = [...ports.keys()].filter((p) => times[p] === all);

			if (all >= 2 && list.length)
				this.open.set(t, new Set(list));
		}
		return this.open;
	},

	/* What an end is drawn as. */
	nodeOf(id) {
		const space = spaceOf(id);

		return byId('level').value === 'ends' || ends[id].external || this.opened.has(space) ? id : space;
	},

	collect() {
		const edges = new Map();
		const sizes = new Map();
		const add = (from, to, list, open) => {
			const id = JSON.stringify([from, to]);
			const edge = edges.get(id) || {from, to, ports: new Set(), open, pairs: 0};

			list.forEach((p) => edge.ports.add(p));
			edge.pairs++;
			edges.set(id, edge);
		};

		const open = byId('everybody').checked ? this.openPorts() : new Map();

		this.view.eachPair((f, t, answer) => {
			const isOpen = (p) => !ends[f].external && Boolean(open.get(t)?.has(p));
			const [shared, own] = [true, false].map((is) => answer.allowed.filter((p) => isOpen(p) === is));
			const [from, to] = [this.nodeOf(f), this.nodeOf(t)];

			if (f !== t && shared.length)
				add(EVERYBODY, to, shared, true);
			if (own.length && from !== to)
				add(from, to, own, false);
		});
		for (const id of new Set([...this.view.rows, ...this.view.columns]))
			sizes.set(this.nodeOf(id), (sizes.get(this.nodeOf(id)) || 0) + ends[id].members.length);

		const nodes = [...sizes.keys()];

		if ([...edges.values()].some((edge) => edge.open))
			nodes.push(EVERYBODY);
		return {nodes, sizes, edges: [...edges.values()].map((edge) =>
			({...edge, ports: [...edge.ports].sort((a, b) => a - b)}))};
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

		const {nodes, edges, sizes} = this.collect();

		this.sizes = sizes;

		const {places, ways} = layOut(nodes, edges, (node) => this.captionOf(node).length * 7.4 + 26);

		this.drawn = {nodes, edges, places, ways};
		if (!places.has(this.selected))
			this.selected = null;
		this.svg.replaceChildren(this.arrow('arrow'), this.arrow('arrow-on'), this.edgesLayer(), this.nodesLayer());
		this.note();
		this.folds();
		this.fit();
		this.light(this.selected);
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
		const open = () => {
			if (typeof edge.from === 'number' && typeof edge.to === 'number')
				showPair(edge.from, edge.to, this.view.ports);
			else
				showEdge(edge);
		};

		edge.node = svg('g', {class: edge.open ? 'edge open' : 'edge', onclick: open, 'data-from': this.textOf(edge.from),
			'data-to': this.textOf(edge.to), 'data-ports': portNames(edge.ports), 'data-pairs': edge.pairs},
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
		const external = typeof node === 'number' && ends[node].external;
		const kind = external ? ' external' : node === EVERYBODY ? ' everybody' : this.isCluster(node) ? ' cluster' : '';

		return svg('g', {class: `node${kind}`, role: 'button',
			tabindex: first ? 0 : -1, 'aria-label': this.captionOf(node), onclick: () => this.select(node),
			onpointerenter: () => this.light(node), onpointerleave: () => this.light(this.selected),
			onfocus: () => this.light(node)},
			svg('title', {}, this.textOf(node)),
			svg('rect', {x, y, width, height, rx: external || node === EVERYBODY ? height / 2 : 6}),
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
			parts.push('Dashed: what every endpoint may reach.');
		byId('graph-note').textContent = parts.join(' ');
	},

	/* --- pointing and selecting --- */

	/* A node and its neighbours stand out; nobody: all do. */
	light(node) {
		const near = new Set([node]);

		this.svg.classList.toggle('lit', node !== null);
		for (const edge of this.drawn.edges) {
			const on = edge.from === node || edge.to === node;

			edge.node.classList.toggle('on', on);
			if (on)
				near.add(edge.from).add(edge.to);
		}
		for (const [other, element] of this.nodeElements) {
			element.classList.toggle('on', near.has(other));
			element.classList.toggle('selected', other === this.selected);
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
		const edges = this.drawn.edges.filter((edge) => edge.from === space || edge.to === space);
		const first = [...this.view.rows, ...this.view.columns].find((id) => spaceOf(id) === space);

		this.opened.add(space);
		this.selected = null;
		this.redraw();
		showSpace(space, edges);
		this.nodeElements.get(first)?.focus({preventScroll: true});
	},

	select(node) {
		if (this.isCluster(node)) {
			this.unfold(node);
			return;
		}
		this.selected = node;
		this.light(node);
		if (typeof node === 'number')
			showEnd(node);
		else
			showSpace(node, this.drawn.edges.filter((edge) => edge.from === node || edge.to === node));
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

	/* --- moving the paper --- */

	look(box) {
		this.box = box;
		this.svg.setAttribute('viewBox', `${box.x} ${box.y} ${box.width} ${box.height}`);
	},

	fit() {
		const places = [...this.drawn.places.values()];
		const right = Math.max(200, ...places.map((place) => place.x + place.width));
		const bottom = Math.max(100, ...places.map((place) => place.y + place.height));
		/* Small graphs are not blown up. */
		const scale = Math.max(1, (right + 40) / (this.svg.clientWidth || 1), (bottom + 40) / (this.svg.clientHeight || 1));
		const [width, height] = [this.svg.clientWidth * scale, this.svg.clientHeight * scale];

		this.look({x: (right - width) / 2, y: (bottom - height) / 2, width, height});
	},

	zoom(factor, x, y) {
		const {box} = this;

		this.look({x: x - (x - box.x) * factor, y: y - (y - box.y) * factor, width: box.width * factor, height: box.height * factor});
	},

	zoomMiddle(factor) {
		this.zoom(factor, this.box.x + this.box.width / 2, this.box.y + this.box.height / 2);
	},

	/* Turning the wheel moves; with Ctrl, as a pinch is told, it zooms. */
	wheel(event) {
		const scale = this.box.width / this.svg.clientWidth;
		const area = this.svg.getBoundingClientRect();

		event.preventDefault();
		if (event.ctrlKey || event.metaKey)
			this.zoom(Math.exp(event.deltaY / 300), this.box.x + (event.clientX - area.left) * scale,
				this.box.y + (event.clientY - area.top) * scale);
		else
			this.look({...this.box, x: this.box.x + event.deltaX * scale, y: this.box.y + event.deltaY * scale});
	},

	drag(event) {
		if (event.buttons !== 1)
			return;

		const scale = this.box.width / this.svg.clientWidth;

		this.look({...this.box, x: this.box.x - event.movementX * scale, y: this.box.y - event.movementY * scale});
	},

	start() {
		byId('level').addEventListener('change', () => {
			this.level = byId('level').value;
			this.opened.clear();
			this.redraw();
		});
		byId('everybody').addEventListener('change', () => this.redraw());
		byId('fit').addEventListener('click', () => this.fit());
		byId('zoom-in').addEventListener('click', () => this.zoomMiddle(0.8));
		byId('zoom-out').addEventListener('click', () => this.zoomMiddle(1.25));
		this.svg.addEventListener('wheel', (event) => this.wheel(event), {passive: false});
		this.svg.addEventListener('pointermove', (event) => this.drag(event));
		this.svg.addEventListener('keydown', (event) => this.key(event));
	},
};

/* A namespace, or everybody: no single flow decides about it, so its edges are told. */
function showSpace(name, edges) {
	const lines = (list, other) => el('ul', {class: 'pairs'}, ...list.map((edge) =>
		el('li', {}, nameOf(graph.textOf(edge[other])), ' ', el('span', {class: 'quiet'}, graph.labelOf(edge, 6)))));
	const out = edges.filter((edge) => edge.from === name);
	const into = edges.filter((edge) => edge.to === name);
	const members = ends.filter((end) => spaceOf(end.id) === name);

	details.open([nameOf(graph.textOf(name))],
		members.length ? el('details', {class: 'members'}, el('summary', {}, count(members.length, 'end')),
			el('ul', {}, ...members.map((end) => el('li', {}, endButton(end.id))))) : null,
		el('h3', {}, `may reach ${out.length}`), lines(out, 'to'),
		el('h3', {}, `may be reached from ${into.length}`), lines(into, 'from'));
}

/* An edge of a namespace, or of everybody: the pairs that it stands for. */
function showEdge(edge) {
	const pairs = [];

	graph.view.eachPair((f, t, answer) => {
		if (f !== t && (edge.open || graph.nodeOf(f) === edge.from) && graph.nodeOf(t) === edge.to) {
			const list = answer.allowed.filter((p) => edge.ports.includes(p));

			if (list.length)
				pairs.push({f, t, list});
		}
	});
	details.open([nameOf(graph.textOf(edge.from)), ' → ', nameOf(graph.textOf(edge.to))],
		el('p', {class: 'quiet'}, `${count(pairs.length, 'pair')}${pairs.length > LIST_STEP ? `, of which ${LIST_STEP} stand here` : ''}`),
		el('ul', {class: 'pairs'}, ...pairs.slice(0, LIST_STEP).map(({f, t, list}) => el('li', {},
			el('button', {class: 'link', type: 'button', onclick: () => showPair(f, t, page.view.ports)},
				nameOf(ends[f].label), ' → ', nameOf(ends[t].label)), ' ', el('span', {class: 'quiet'}, portNames(list, 6))))));
}
