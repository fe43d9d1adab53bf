/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The panel beside the views. It tells about one node of the graph (an end, a namespace, or
 * everybody) with whom it may reach, or about two, from one to the other: of two ends, what decided.
 * The address keeps what it tells about.
 */

const details = {
	node: byId('details'),
	shown: [],  /* the nodes; none: the panel is closed */
	back: null, /* what had the focus before */

	show(...nodes) {
		this.shown = nodes;
		this.draw();
		this.intoSight();
		address.keep(null);
	},

	intoSight() {
		this.node.scrollTop = 0;
		this.node.scrollIntoView({block: 'nearest'});
	},

	close() {
		this.shown = [];
		this.draw();
		address.keep(null);
	},

	/* Again, too, when the filters are others. */
	draw() {
		const [from, to] = this.shown;

		if (from === undefined)
			this.hide();
		else if (to === undefined)
			this.put(typeof from === 'number' ? tellEnd(from) : tellSpace(from));
		else
			this.put(typeof from === 'number' && typeof to === 'number' ? tellPair(from, to) : tellEdge(from, to));
		graph.mark();
	},

	put({title, content}) {
		if (this.node.hidden)
			this.back = document.activeElement;
		this.node.replaceChildren(
			el('button', {class: 'close', type: 'button', 'aria-label': 'Close', onclick: () => this.close()}, '✕'),
			el('h2', {}, ...title), ...content.filter((child) => child !== null));
		this.node.hidden = false;
	},

	hide() {
		if (this.node.hidden)
			return;
		this.node.hidden = true;
		if (this.back && this.back.isConnected)
			this.back.focus();
	},

	/* --- what the address keeps: see address.js --- */

	keep(kept) {
		for (const node of this.shown)
			kept.append('show', node === EVERYBODY ? 'everybody' : typeof node === 'number' ? `end:${ends[node].name}` : `in:${node}`);
	},

	/* The node of a word; undefined: of none. */
	nodeOf(word) {
		const [kind, name] = [word.split(':', 1)[0], word.slice(word.indexOf(':') + 1)];

		if (word === 'everybody')
			return EVERYBODY;
		if (kind === 'end')
			return ends.find((end) => end.name === name)?.id;
		return kind === 'in' && ends.some((end) => graph.stands(end.id, name)) ? name : undefined;
	},

	recall(kept) {
		const nodes = kept.getAll('show').map((word) => this.nodeOf(word));
		const loop = nodes.length === 2 && nodes[0] === nodes[1] && typeof nodes[0] !== 'number';

		this.shown = nodes.length > 2 || nodes.includes(undefined) || loop ? [] : nodes;
	},
};

function place(where) {
	return where.file ? el('code', {class: 'place'}, `${where.file}:${where.line}:${where.column}`) : null;
}

function decisionOf(reason) {
	if (reason.why === 'rule')
		return [`${reason.action} rule of ${reason.kind} `, nameOf(reason.policy),
			reason.tier === 'default' ? null : [', tier ', nameOf(reason.tier)],
			place(reason), reason.text === undefined ? null : el('code', {class: 'source'}, reason.text.trim())].flat();
	if (reason.why === 'default-deny')
		return ['no rule matches, and it is isolated by ',
			...reason.isolated.map((policy) => el('span', {class: 'policy'}, `${policy.kind} `,
				nameOf(policy.policy), place(policy)))];
	return [reason.words];
}

const marks = {allow: '✓ ', deny: '✗ ', l7: '7 ', depends: '? ', none: ''};

function directionOf(direction, end, reason) {
	return el('li', {class: reason.verdict},
		el('span', {class: 'tag'}, marks[reason.verdict], direction), ' of ', nameOf(end.first), ': ',
		...decisionOf(reason));
}

/* Ports that the same reasons decide stand together. */
function decisions(f, t, chosen) {
	const alike = new Map();

	for (const p of chosen) {
		const flow = model.flow(f, t, p);

		if (!flow)
			continue;

		const key = `${reasons.indexOf(flow.egress)} ${reasons.indexOf(flow.ingress)}`;

		if (!alike.has(key))
			alike.set(key, {flow, ports: []});
		alike.get(key).ports.push(p);
	}
	return [...alike.values()].sort((a, b) => isAllowed(b.flow) - isAllowed(a.flow));
}

/* A word of a command, whatever is in it. */
function quoted(word) {
	return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function membersOf(end) {
	if (end.members.length < 2)
		return null;
	return el('details', {class: 'members'}, el('summary', {}, `all ${count(end.members.length, 'member')}`),
		el('ul', {}, ...end.members.map((name) => el('li', {}, nameOf(name)))));
}

function endButton(id) {
	return el('button', {class: 'link', type: 'button', onclick: () => details.show(id)}, nameOf(ends[id].name));
}

function tellPair(f, t) {
	const [from, to] = [ends[f], ends[t]];
	const blocks = decisions(f, t, page.view.ports).map(({flow, ports: list}) => {
		const verdict = isNone(flow) ? 'none' : isDepending(flow) ? 'depends' : isAsked(flow) ? 'l7' : isAllowed(flow) ? 'allow' : 'deny';
		const words = {allow: 'allowed on ', deny: 'denied on ', l7: 'requests decide on ', depends: 'addresses decide on ', none: 'no such flow on '};

		return el('section', {class: `decision ${verdict}`},
			el('h3', {}, marks[verdict], words[verdict], el('b', {}, portNames(list))),
			isSelf(flow) ? el('p', {}, flow.egress.words)
				: el('ul', {}, directionOf('egress', from, flow.egress), directionOf('ingress', to, flow.ingress)),
			el('code', {class: 'command', title: 'tells the whole story'},
				`polc why FILES --from ${quoted(from.first)} --to ${quoted(to.first)} --port ${quoted(ports[list[0]])}`));
	});
	const grouped = from.members.length > 1 || to.members.length > 1;

	return {title: [endButton(f), el('span', {class: 'arrow'}, ' → '), endButton(t)], content: [
		grouped ? el('p', {class: 'quiet'}, f === t ? 'Among the members of the group; the rules are those between two of them.'
			: 'Every member is treated so; the rules are those of the first ones.') : null,
		...blocks, blocks.length ? null : el('p', {class: 'quiet'}, 'No such flow was asked.')]};
}

function pairButtons(pairs, wordsOf = ({other}) => [nameOf(ends[other].name)]) {
	return el('ul', {class: 'pairs'}, ...pairs.map((pair) =>
		el('li', {}, el('button', {class: 'link', type: 'button', onclick: () => details.show(pair.f, pair.t)},
			...wordsOf(pair)), ' ', el('span', {class: 'quiet'}, portNames(pair.list, 6)))));
}

function tellEnd(id) {
	const end = ends[id];
	const pairs = (list, make) => list.map(make)
		.map((pair) => ({...pair, list: ask(pair.f, pair.t, page.view.ports).allowed}))
		.filter((pair) => pair.list.length && pair.f !== pair.t);
	const outward = model.from.includes(id) ? pairs(model.to, (t) => ({f: id, t, other: t})) : [];
	const inward = model.to.includes(id) ? pairs(model.from, (f) => ({f, t: id, other: f})) : [];

	return {title: [nameOf(end.name)], content: [
		el('p', {class: 'quiet'}, [end.kind, ...end.namespaces.map((ns) => `namespace ${ns}`)].slice(0, 4).join(', ')),
		end.labels.length ? el('p', {class: 'labels'}, ...end.labels.slice(0, 40).map((label) => el('bdi', {class: 'label'}, label))) : null,
		membersOf(end),
		el('h3', {}, `may reach ${outward.length}`), pairButtons(outward),
		el('h3', {}, `may be reached from ${inward.length}`), pairButtons(inward)]};
}

/* A namespace, or everybody: no single flow decides about it, so its edges are told. */
function tellSpace(node) {
	const edges = graph.edgesOf(node);
	const lines = (list, other) => el('ul', {class: 'pairs'}, ...list.map((edge) =>
		el('li', {}, nameOf(graph.textOf(edge[other])), ' ', el('span', {class: 'quiet'}, graph.labelOf(edge, 6)))));
	const out = edges.filter((edge) => edge.from === node);
	const into = edges.filter((edge) => edge.to === node);
	const members = node === EVERYBODY ? [] : ends.filter((end) => graph.stands(end.id, node));

	return {title: [nameOf(graph.textOf(node))], content: [
		members.length ? el('details', {class: 'members'}, el('summary', {}, count(members.length, 'end')),
			el('ul', {}, ...members.map((end) => el('li', {}, endButton(end.id))))) : null,
		el('h3', {}, `may reach ${out.length}`), lines(out, 'to'),
		el('h3', {}, `may be reached from ${into.length}`), lines(into, 'from')]};
}

/* An edge of a namespace, or of everybody: the pairs that it stands for. */
function tellEdge(from, to) {
	const pairs = [];

	page.view.eachPair((f, t, answer) => {
		if (f === t || !graph.stands(f, from) || !graph.stands(t, to))
			return;
		const {shared, own} = graph.split(f, t, answer);
		const list = from === EVERYBODY || to === EVERYBODY ? shared : own;

		if (list.length)
			pairs.push({f, t, list});
	});
	return {title: [nameOf(graph.textOf(from)), ' → ', nameOf(graph.textOf(to))], content: [
		el('p', {class: 'quiet'}, `${count(pairs.length, 'pair')}${pairs.length > LIST_STEP ? `, of which ${LIST_STEP} stand here` : ''}`),
		pairButtons(pairs.slice(0, LIST_STEP), ({f, t}) => [nameOf(ends[f].label), ' → ', nameOf(ends[t].label)])]};
}
