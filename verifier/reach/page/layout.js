/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the nodes of a graph stand: in layers from left to right, so that most edges lead to the
 * right, after Sugiyama's method: turn round what closes a cycle, put into layers, order each layer
 * by the middle of its neighbours. Where everything leads everywhere there is no such order, and
 * forces place the nodes. Plain numbers only; graph.js draws.
 */

const GAP = {x: 120, y: 16};
const NODE_HEIGHT = 30;

/* An order in which few edges lead back (Eades, Lin, Smyth: a fast and effective heuristic for the
 * feedback arc set problem): ends of chains go to the ends, else who gives most beyond taking. */
function orderOf(nodes, edges) {
	const out = new Map(nodes.map((node) => [node, new Set()]));
	const into = new Map(nodes.map((node) => [node, new Set()]));
	const left = new Set(nodes);
	const head = [];
	const tail = [];

	for (const {from, to} of edges) {
		out.get(from).add(to);
		into.get(to).add(from);
	}
	const take = (node) => {
		left.delete(node);
		out.get(node).forEach((other) => into.get(other).delete(node));
		into.get(node).forEach((other) => out.get(other).delete(node));
	};

	while (left.size) {
		let best = null;
		let sink = null;

		for (const node of left) {
			if (!out.get(node).size && into.get(node).size)
				sink = node;
			else if (best === null || out.get(node).size - into.get(node).size > out.get(best).size - into.get(best).size)
				best = node;
		}
		const next = sink === null ? best : sink;

		(sink === null ? head : tail).push(next);
		take(next);
	}
	return [...head, ...tail.reverse()];
}

/* Each node after all that lead to it, but no layer higher than the picture is wide. */
function layersOf(order, edges) {
	const place = new Map(order.map((node, i) => [node, i]));
	const most = Math.max(6, Math.ceil(Math.sqrt(order.length) * 1.7));
	const before = new Map(order.map((node) => [node, []]));
	const layer = new Map();
	const layers = [];

	for (const {from, to} of edges) {
		const [a, b] = place.get(from) < place.get(to) ? [from, to] : [to, from];

		before.get(b).push(a);
	}
	for (const node of order) {
		let at = before.get(node).reduce((deepest, other) => Math.max(deepest, layer.get(other) + 1), 0);

		while (layers[at] && layers[at].length >= most)
			at++;
		(layers[at] = layers[at] || []).push(node);
		layer.set(node, at);
	}
	return Array.from(layers, (list) => list || []).filter((list) => list.length);
}

/* Where an edge passes a layer it takes a small place of its own there: a bend. The steps of
 * each edge, from layer to layer, and the layers with the bends. */
function bendEdges(layers, edges) {
	const layer = new Map(layers.flatMap((list, i) => list.map((node) => [node, i])));
	const bent = layers.map((list) => [...list]);
	const steps = [];
	const chains = new Map();

	for (const edge of edges) {
		const [a, b] = [layer.get(edge.from), layer.get(edge.to)];
		const chain = [edge.from];

		for (let i = a; i !== b && i + Math.sign(b - a) !== b;) {
			i += Math.sign(b - a);

			const bend = {bend: edge};

			bent[i].push(bend);
			chain.push(bend);
		}
		chain.push(edge.to);
		chain.slice(1).forEach((node, i) => steps.push({from: chain[i], to: node}));
		chains.set(edge, chain);
	}
	return {bent, steps, chains};
}

/* Few edges have their ports written beside them. */
function isRoomy(edges) {
	return edges.length <= 40;
}

function roomOf(node, gap) {
	return (node.bend ? 6 : NODE_HEIGHT) + gap;
}

/* Moves the nodes of a layer towards where their neighbours are, and apart again. */
function settle(layer, y, wanted, gap) {
	layer.sort((a, b) => wanted.get(a) - wanted.get(b));
	layer.forEach((node, i) => {
		const least = i ? y.get(layer[i - 1]) + (roomOf(layer[i - 1], gap) + roomOf(node, gap)) / 2 : -Infinity;

		y.set(node, Math.max(wanted.get(node), least));
	});

	const drift = layer.reduce((sum, node) => sum + y.get(node) - wanted.get(node), 0) / layer.length;

	layer.forEach((node) => y.set(node, y.get(node) - drift));
}

/* The middle of each node, from the top. */
function heightsOf(layers, edges, gap) {
	const near = new Map(layers.flat().map((node) => [node, []]));
	const y = new Map();

	for (const {from, to} of edges) {
		near.get(from).push(to);
		near.get(to).push(from);
	}
	layers.forEach((layer) => layer.forEach((node, i) => y.set(node, (i - layer.length / 2) * (NODE_HEIGHT + gap))));
	for (let round = 0; round < 16; round++) {
		for (const layer of round % 2 ? [...layers].reverse() : layers) {
			settle(layer, y, new Map(layer.map((node) => {
				const others = near.get(node);

				return [node, others.length ? others.reduce((sum, other) => sum + y.get(other), 0) / others.length : y.get(node)];
			})), gap);
		}
	}

	const top = Math.min(0, ...y.values());

	y.forEach((value, node) => y.set(node, value - top + NODE_HEIGHT / 2));
	return y;
}

/* From the side of one node, by the bends, to the side of the other; there and back are apart. */
function wayOf(chain, places, y, middles) {
	const [a, b] = [places.get(chain[0]), places.get(chain[chain.length - 1])];
	const right = a.x <= b.x;
	const aside = right ? -4 : 5;

	return [{x: right ? a.x + a.width : a.x, y: a.y + a.height / 2 + aside},
		...chain.slice(1, -1).map((bend) => ({x: middles.get(bend), y: y.get(bend)})),
		{x: right ? b.x : b.x + b.width, y: b.y + b.height / 2 + aside}];
}

function inLayers(layers, edges, width) {
	const {bent, steps, chains} = bendEdges(layers, edges);
	const y = heightsOf(bent, steps, isRoomy(edges) ? 2 * GAP.y : GAP.y);
	const gap = isRoomy(edges) ? GAP.x + 60 : GAP.x;
	const places = new Map();
	const middles = new Map();
	let x = 0;

	layers.forEach((layer, i) => {
		const widest = Math.max(...layer.map(width));

		for (const node of layer)
			places.set(node, {x, y: y.get(node) - NODE_HEIGHT / 2, width: widest, height: NODE_HEIGHT});
		bent[i].filter((node) => node.bend).forEach((bend) => middles.set(bend, x + widest / 2));
		x += widest + gap;
	});
	return {places, ways: new Map(edges.map((edge) => [edge, wayOf(chains.get(edge), places, y, middles)]))};
}

/* Nodes push each other away, and edges pull (Fruchterman and Reingold), from a circle; for what
 * has no direction that layers could show. The same graph always comes out the same. */
function byForce(nodes, edges, width) {
	const n = nodes.length;
	const index = new Map(nodes.map((node, i) => [node, i]));
	const links = edges.map(({from, to}) => [index.get(from), index.get(to)]);
	const x = nodes.map((_, i) => Math.cos(i * 2 * Math.PI / n) * Math.sqrt(n));
	const y = nodes.map((_, i) => Math.sin(i * 2 * Math.PI / n) * Math.sqrt(n));
	const rounds = Math.max(30, Math.min(300, Math.round(2e7 / (n * n))));
	const pull = Math.min(1, 2 * n / (edges.length || 1));

	for (let round = 0; round < rounds; round++) {
		const dx = new Float64Array(n);
		const dy = new Float64Array(n);
		const heat = 0.6 * (1 - round / rounds) + 0.01;

		for (let i = 0; i < n; i++) {
			for (let j = 0; j < i; j++) {
				const [a, b] = [x[i] - x[j] || 1e-3, y[i] - y[j] || 1e-3];
				const force = 1 / (a * a + b * b);

				dx[i] += a * force;
				dy[i] += b * force;
				dx[j] -= a * force;
				dy[j] -= b * force;
			}
			dx[i] -= x[i] * 0.02;
			dy[i] -= y[i] * 0.02;
		}
		for (const [i, j] of links) {
			const [a, b] = [x[i] - x[j], y[i] - y[j]];
			const force = Math.hypot(a, b) * pull * 0.3;

			dx[i] -= a * force;
			dy[i] -= b * force;
			dx[j] += a * force;
			dy[j] += b * force;
		}
		for (let i = 0; i < n; i++) {
			const length = Math.hypot(dx[i], dy[i]) || 1;

			x[i] += dx[i] / length * Math.min(length, heat);
			y[i] += dy[i] / length * Math.min(length, heat);
		}
	}
	return spread(nodes, x, y, width);
}

/* From points to boxes that do not cover each other. */
function spread(nodes, x, y, width) {
	const widths = nodes.map(width);
	const mean = widths.reduce((sum, w) => sum + w, 0) / nodes.length;
	const size = (list) => Math.max(...list) - Math.min(...list) || 1;
	/* Many nodes stand closer, as else they are small; the whole has the form of a screen. */
	const across = (mean + 40) * (nodes.length > 60 ? 0.5 : 1);
	const down = Math.max(NODE_HEIGHT, size(x) * across / size(y) / 1.6);
	const boxes = nodes.map((_, i) => ({x: x[i] * across, y: y[i] * down, width: widths[i], height: NODE_HEIGHT}));

	for (let round = 0, moved = true; round < 1000 && moved; round++) {
		moved = false;
		for (let i = 0; i < boxes.length; i++) {
			for (let j = 0; j < i; j++)
				moved = pushApart(boxes[i], boxes[j]) || moved;
		}
	}
	const left = Math.min(...boxes.map((box) => box.x));
	const top = Math.min(...boxes.map((box) => box.y));

	return new Map(nodes.map((node, i) => [node, {...boxes[i], x: boxes[i].x - left, y: boxes[i].y - top}]));
}

function pushApart(a, b) {
	const over = {x: (a.width + b.width) / 2 + 20 - Math.abs(a.x + a.width / 2 - b.x - b.width / 2),
		y: NODE_HEIGHT + GAP.y - Math.abs(a.y - b.y)};

	if (over.x <= 0 || over.y <= 0)
		return false;

	const sign = a.y >= b.y ? 1 : -1;

	a.y += sign * over.y / 2;
	b.y -= sign * over.y / 2;
	return true;
}

/* The nodes without an edge, in rows below the others. */
function placeLonely(lonely, width, places, top, right) {
	let x = 0;
	let y = top;

	for (const node of lonely) {
		if (x > 0 && x + width(node) > right) {
			x = 0;
			y += NODE_HEIGHT + GAP.y;
		}
		places.set(node, {x, y, width: width(node), height: NODE_HEIGHT});
		x += width(node) + GAP.y;
	}
}

/* {places, ways}: of each node {x, y, width, height}, x and y of its upper left; of the edges that
 * do not go straight, the points that they pass. */
function layOut(nodes, edges, width) {
	const linked = new Set(edges.flatMap(({from, to}) => [from, to]));
	const joined = nodes.filter((node) => linked.has(node));
	const layers = layersOf(orderOf(joined, edges), edges);
	const flat = layers.length > 4 && layers.length > 1.2 * Math.sqrt(joined.length);
	const {places, ways} = flat || edges.length > 400 ? {places: byForce(joined, edges, width), ways: new Map()}
		: inLayers(layers, edges, width);
	const all = [...places.values()];

	placeLonely(nodes.filter((node) => !linked.has(node)), width, places,
		Math.max(0, ...all.map((place) => place.y + place.height + 3 * GAP.y)), Math.max(900, ...all.map((place) => place.x + place.width)));
	return {places, ways};
}
