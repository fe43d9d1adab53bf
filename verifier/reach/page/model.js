/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The facts of the page (written by reach_data.c) and the questions that the views ask of them.
 * Ends and ports are numbers, indices into `ends` and `ports`. A flow has a reason for each
 * direction, or none: a list of probes asks about some flows only.
 */
'use strict';

const facts = JSON.parse(document.getElementById('facts').textContent);
const ports = facts.ports;
const reasons = facts.reasons;
const ends = facts.ends.map((end, id) => {
	const labels = end.labels.map((i) => facts.labels[i]);
	const namespaces = end.namespaces.map((i) => facts.namespaces[i]);
	const members = end.members || [end.name];

	return {
		id,
		name: end.name,
		label: members.length > 1 ? `${members[0]} +${members.length - 1}` : end.name,
		kind: end.kind || (end.world ? 'every address outside' : end.host ? 'the node that the other end runs on' : 'address'),
		external: !end.kind && !end.host,
		entity: Boolean(end.world || end.host), /* which no policy governs */
		endpoint: Boolean(end.kind),
		first: members[0],
		members,
		labels,
		namespaces,
		words: [end.name, ...members, ...labels, ...namespaces, end.kind || (end.host ? '' : 'external')].join('\n').toLowerCase(),
	};
});

/* "3x40 7": forty times 3, then 7. */
function unpackRuns(text, out, start, step) {
	let at = start;

	if (!text)
		return;
	for (const run of text.split(' ')) {
		const [reason, times] = run.split('x');

		for (let i = Number(times || 1); i > 0; i--, at += step)
			out[at] = Number(reason);
	}
}

function readMatrix() {
	const n = facts.from.length * facts.to.length;
	const Numbers = reasons.length < 65536 ? Uint16Array : Uint32Array;
	const egress = ports.map((_, p) => {
		const cells = new Numbers(n);

		facts.egress[p].forEach((line, f) => unpackRuns(facts.runs[line], cells, f * facts.to.length, 1));
		return cells;
	});
	const ingress = ports.map((_, p) => {
		const cells = new Numbers(n);

		facts.ingress[p].forEach((line, t) => unpackRuns(facts.runs[line], cells, t, facts.to.length));
		return cells;
	});
	const row = new Map(facts.from.map((end, i) => [end, i]));
	const column = new Map(facts.to.map((end, i) => [end, i]));
	const at = (f, t) => row.get(f) * facts.to.length + column.get(t);

	return {
		from: facts.from,
		to: facts.to,
		flow(f, t, p) {
			const i = at(f, t);

			return i >= 0 ? {egress: reasons[egress[p][i]], ingress: reasons[ingress[p][i]]} : null;
		},
		eachPair(visit) {
			for (const f of facts.from) {
				for (const t of facts.to)
					visit(f, t);
			}
		},
	};
}

function readProbes() {
	const flows = new Map();
	const from = new Set();
	const to = new Set();
	const pairs = new Set();
	const n = ends.length;

	for (let i = 0; i < facts.probes.length; i += 5) {
		const [f, t, p, egress, ingress] = facts.probes.slice(i, i + 5);

		from.add(f);
		to.add(t);
		pairs.add(f * n + t);
		flows.set((f * n + t) * ports.length + p, {egress: reasons[egress], ingress: reasons[ingress]});
	}
	return {
		from: [...from],
		to: [...to],
		flow: (f, t, p) => flows.get((f * n + t) * ports.length + p) || null,
		eachPair(visit) {
			for (const pair of pairs)
				visit(Math.floor(pair / n), pair % n);
		},
	};
}

const model = facts.probes ? readProbes() : readMatrix();
model.grouped = ends.some((end) => end.members.length > 1);
model.hasExternal = ends.some((end) => end.external);
model.hasEndpoints = ends.some((end) => end.endpoint);

/* A square on the diagonal of a matrix: an endpoint, or the members of a group, to itself. */
function isSelf(flow) {
	return flow.egress.why === 'self';
}

/* No family of addresses is common to both ends and the protocol. */
function isNone(flow) {
	return flow.egress.verdict === 'none';
}

/* Be it with some requests only. */
function isAllowed(flow) {
	return !isNone(flow) && flow.egress.verdict !== 'deny' && flow.ingress.verdict !== 'deny';
}

/* Do requests decide? */
function isAsked(flow) {
	return isAllowed(flow) && (flow.egress.verdict === 'l7' || flow.ingress.verdict === 'l7');
}

/* Do addresses decide, which differ or are not known? */
function isDepending(flow) {
	return isAllowed(flow) && (flow.egress.verdict === 'depends' || flow.ingress.verdict === 'depends');
}

/* What of these ports passes from one end to another. */
function ask(f, t, chosen) {
	const answer = {allowed: [], denied: [], asked: [], depending: [], self: false, egress: false, ingress: false};

	for (const p of chosen) {
		const flow = model.flow(f, t, p);

		if (!flow || isNone(flow))
			continue;
		answer.self = answer.self || isSelf(flow);
		answer.egress = answer.egress || flow.egress.verdict === 'deny';
		answer.ingress = answer.ingress || flow.ingress.verdict === 'deny';
		(isAllowed(flow) ? answer.allowed : answer.denied).push(p);
		if (isDepending(flow))
			answer.depending.push(p);
		else if (isAsked(flow))
			answer.asked.push(p);
	}
	return answer;
}

/* How a cell looks: a state, and a sign that does not need its colour. */
const states = {
	allow: {sign: '✓', text: 'allowed'},
	some: {sign: '2', text: 'of the ports allowed'},
	asked: {sign: '7', text: 'requests decide, each by itself'},
	depending: {sign: '?', text: 'depends on the addresses, which differ or are not known'},
	ingress: {sign: 'i', text: "denied by ingress of the destination"},
	egress: {sign: 'e', text: "denied by egress of the source"},
	both: {sign: 'x', text: 'denied by both'},
	self: {sign: '=', text: 'itself, always allowed'},
	none: {sign: '', text: 'not asked, or no such flow'},
};

/* The sign of one cell: a number of ports is worth more than that there are some. */
function signOf(state, answer) {
	if (state !== 'some')
		return states[state].sign;
	return answer.allowed.length > 99 ? '99+' : String(answer.allowed.length);
}

function stateOf(answer) {
	if (answer.self)
		return 'self';
	if (answer.allowed.length)
		return answer.denied.length ? 'some' : answer.depending.length ? 'depending' : answer.asked.length ? 'asked' : 'allow';
	if (!answer.denied.length)
		return 'none';
	if (answer.egress && answer.ingress)
		return 'both';
	return answer.egress ? 'egress' : 'ingress';
}

/* --- filters --- */

/* A word of a search is a part of a name or a label, `ns:shop` a namespace; `-` turns it round. */
function endMatcher(text) {
	const words = text.toLowerCase().split(/\s+/).filter((word) => word && word !== '-');

	return ends.map((end) => words.every((word) => {
		const not = word.startsWith('-');
		const plain = not ? word.slice(1) : word;
		const hit = plain.startsWith('ns:')
			? end.namespaces.some((ns) => ns.toLowerCase().startsWith(plain.slice(3)))
			: end.words.includes(plain);

		return hit !== not;
	}));
}

function portMatches(port, word) {
	const [proto, number] = port.toLowerCase().split('/');

	if (word.includes('/'))
		return port.toLowerCase().startsWith(word);
	return proto === word || number === word;
}

function matchingPorts(text) {
	const words = text.toLowerCase().split(/[\s,]+/).filter(Boolean);
	const all = ports.map((_, p) => p);

	return words.length ? all.filter((p) => words.some((word) => portMatches(ports[p], word))) : all;
}

/* What is to be seen: the pairs that pass the filters, and the ends that they leave. */
function select(filters) {
	const any = endMatcher(filters.any);
	const from = endMatcher(filters.from);
	const to = endMatcher(filters.to);
	const chosen = matchingPorts(filters.port);
	const rows = new Set();
	const columns = new Set();
	const view = {ports: chosen, flows: 0, allowedFlows: 0, askedFlows: 0, dependingFlows: 0, pairs: 0};

	/* What passes between others is not ours to tell, unless that is what was asked. */
	view.shows = (f, t) => !(ends[f].entity && ends[t].entity && (model.hasEndpoints || f === t)) && from[f] && to[t] && (any[f] || any[t]) &&
		(!filters.external || ends[f].external || ends[t].external);
	model.eachPair((f, t) => {
		if (!view.shows(f, t))
			return;

		const answer = ask(f, t, chosen);

		if (filters.allowed && (answer.self || !answer.allowed.length))
			return;
		rows.add(f);
		columns.add(t);
		view.pairs++;
		view.flows += answer.allowed.length + answer.denied.length;
		view.allowedFlows += answer.allowed.length - answer.asked.length - answer.depending.length;
		view.askedFlows += answer.asked.length;
		view.dependingFlows += answer.depending.length;
	});
	view.rows = model.from.filter((f) => rows.has(f));
	view.columns = model.to.filter((t) => columns.has(t));
	view.eachPair = (visit) => model.eachPair((f, t) => {
		if (rows.has(f) && columns.has(t) && view.shows(f, t))
			visit(f, t, ask(f, t, chosen));
	});
	return view;
}
