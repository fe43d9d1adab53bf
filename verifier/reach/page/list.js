/* SPDX-License-Identifier: Apache-2.0 */
/* The flows as a list, which is what one prints, copies, or hears read. */

const LIST_STEP = 500;

const list = {
	body: document.querySelector('#list tbody'),
	pairs: [],
	shown: 0,

	show(view) {
		this.view = view;
		this.stale = true;
		this.draw();
	},

	draw() {
		if (!this.stale || this.body.closest('section').hidden)
			return;
		this.stale = false;
		this.pairs = [];
		this.view.eachPair((f, t, answer) => {
			if (!answer.self && (answer.allowed.length || !page.filters.allowed))
				this.pairs.push({f, t, answer});
		});
		/* What passes first; else in order. */
		this.pairs.sort((a, b) => (b.answer.allowed.length > 0) - (a.answer.allowed.length > 0));
		this.shown = 0;
		this.body.replaceChildren();
		this.more();
	},

	more() {
		const next = this.pairs.slice(this.shown, this.shown + LIST_STEP);

		this.body.append(...next.map(({f, t, answer}) => el('tr', {},
			el('td', {}, el('button', {class: 'link', type: 'button', onclick: () => details.show(f, t)}, nameOf(ends[f].label))),
			el('td', {}, nameOf(ends[t].label)),
			el('td', {class: 'good'}, answer.allowed.length ? `✓ ${portNames(answer.allowed)}` : '',
				answer.asked.length ? ` (some requests: ${portNames(answer.asked)})` : '',
				answer.depending.length ? ` (by some addresses only: ${portNames(answer.depending)})` : ''),
			el('td', {class: 'bad'}, answer.denied.length ? `✗ ${portNames(answer.denied, 12)}` : ''))));
		this.shown += next.length;
		byId('more').hidden = this.shown >= this.pairs.length;
		byId('more').textContent = `Show more (${count(this.pairs.length - this.shown, 'pair')} left)`;
	},

	start() {
		byId('more').addEventListener('click', () => this.more());
	},
};
