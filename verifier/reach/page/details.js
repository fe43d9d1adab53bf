/* SPDX-License-Identifier: Apache-2.0 */
/* The panel beside the views: one pair of ends with what decided, or one end with its pairs. */

const details = {
	node: byId('details'),
	back: null, /* what had the focus before */

	open(title, ...content) {
		if (this.node.hidden)
			this.back = document.activeElement;
		this.node.replaceChildren(
			el('button', {class: 'close', type: 'button', 'aria-label': 'Close', onclick: () => this.close()}, '✕'),
			el('h2', {}, ...title), ...content.filter((child) => child !== null));
		this.node.hidden = false;
		this.node.scrollTop = 0;
		window.dispatchEvent(new Event('resize'));
	},

	close() {
		if (this.node.hidden)
			return;
		this.node.hidden = true;
		window.dispatchEvent(new Event('resize'));
		if (this.back && this.back.isConnected)
			this.back.focus();
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

const marks = {allow: '✓ ', deny: '✗ ', l7: '7 ', depends: '? '};

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
	return el('button', {class: 'link', type: 'button', onclick: () => showEnd(id)}, nameOf(ends[id].name));
}

function showPair(f, t, chosen) {
	const [from, to] = [ends[f], ends[t]];
	const blocks = decisions(f, t, chosen).map(({flow, ports: list}) => {
		const verdict = isDepending(flow) ? 'depends' : isAsked(flow) ? 'l7' : isAllowed(flow) ? 'allow' : 'deny';
		const words = {allow: 'allowed on ', deny: 'denied on ', l7: 'requests decide on ', depends: 'addresses decide on '};

		return el('section', {class: `decision ${verdict}`},
			el('h3', {}, marks[verdict], words[verdict], el('b', {}, portNames(list))),
			isSelf(flow) ? el('p', {}, flow.egress.words)
				: el('ul', {}, directionOf('egress', from, flow.egress), directionOf('ingress', to, flow.ingress)),
			el('code', {class: 'command', title: 'tells the whole story'},
				`polc why FILES --from ${quoted(from.first)} --to ${quoted(to.first)} --port ${quoted(ports[list[0]])}`));
	});
	const grouped = from.members.length > 1 || to.members.length > 1;

	details.open([endButton(f), el('span', {class: 'arrow'}, ' → '), endButton(t)],
		grouped ? el('p', {class: 'quiet'}, f === t ? 'Among the members of the group; the rules are those between two of them.'
			: 'Every member is treated so; the rules are those of the first ones.') : null,
		...blocks, blocks.length ? null : el('p', {class: 'quiet'}, 'No such flow was asked.'));
}

function pairButtons(pairs) {
	return el('ul', {class: 'pairs'}, ...pairs.map(({f, t, other, list}) =>
		el('li', {}, el('button', {class: 'link', type: 'button', onclick: () => showPair(f, t, page.view.ports)},
			nameOf(ends[other].name)), ' ', el('span', {class: 'quiet'}, portNames(list, 6)))));
}

function showEnd(id) {
	const end = ends[id];
	const pairs = (list, make) => list.map(make)
		.map((pair) => ({...pair, list: ask(pair.f, pair.t, page.view.ports).allowed}))
		.filter((pair) => pair.list.length && pair.f !== pair.t);
	const outward = model.from.includes(id) ? pairs(model.to, (t) => ({f: id, t, other: t})) : [];
	const inward = model.to.includes(id) ? pairs(model.from, (f) => ({f, t: id, other: f})) : [];

	details.open([nameOf(end.name)],
		el('p', {class: 'quiet'}, [end.kind, ...end.namespaces.map((ns) => `namespace ${ns}`)].slice(0, 4).join(', ')),
		end.labels.length ? el('p', {class: 'labels'}, ...end.labels.slice(0, 40).map((label) => el('bdi', {class: 'label'}, label))) : null,
		membersOf(end),
		el('h3', {}, `may reach ${outward.length}`), pairButtons(outward),
		el('h3', {}, `may be reached from ${inward.length}`), pairButtons(inward));
}
