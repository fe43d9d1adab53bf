/* SPDX-License-Identifier: Apache-2.0 */
/* Making elements. Text is only ever set as text, so that no name can become an element. */

function fill(node, attributes, children) {
	for (const [name, value] of Object.entries(attributes || {})) {
		if (name.startsWith('on'))
			node.addEventListener(name.slice(2), value);
		else if (value !== null && value !== undefined && value !== false)
			node.setAttribute(name, value === true ? '' : value);
	}
	node.append(...children.flat().filter((child) => child !== null && child !== undefined));
	return node;
}

function el(tag, attributes, ...children) {
	return fill(document.createElement(tag), attributes, children);
}

function svg(tag, attributes, ...children) {
	return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

function byId(id) {
	return document.getElementById(id);
}

/* A name of a file or an endpoint: its letters cannot change the order of those around it. */
function nameOf(text) {
	return el('bdi', {class: 'name'}, text);
}

function count(n, one, many) {
	return `${n.toLocaleString('en')} ${n === 1 ? one : many || one + 's'}`;
}

function portNames(list, most) {
	const names = list.slice(0, most || list.length).map((p) => ports[p]);

	return names.join(', ') + (names.length < list.length ? ` and ${list.length - names.length} more` : '');
}
