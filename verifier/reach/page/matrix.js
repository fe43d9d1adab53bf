/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The matrix: sources down, destinations across. Only the cells in sight are in the document, so
 * that hundreds of groups scroll as lightly as ten; rows and columns out of sight are one empty
 * row or column of their size. Arrow keys move a single place that can have the focus.
 */

/* px; more where there are fingers. */
const CELL = parseInt(getComputedStyle(document.documentElement).getPropertyValue('--cell'), 10);
const MARGIN = 6;   /* cells that are drawn beyond the edge */
const PRINTABLE = 30000;

const matrix = {
	scroll: document.querySelector('#matrix .scroll'),
	table: document.querySelector('#matrix table'),
	view: null,
	at: {row: 0, column: 0}, /* the place of the keyboard */
	window: null,

	show(view) {
		this.view = view;
		this.at = {row: Math.min(this.at.row, Math.max(view.rows.length - 1, 0)),
			column: Math.min(this.at.column, Math.max(view.columns.length - 1, 0))};
		this.window = null;
		this.draw(false);
	},

	/* How much room the names need. */
	measure() {
		const longest = (list) => list.reduce((most, id) => Math.max(most, ends[id].label.length), 4);
		const size = (list, least, most) => Math.round(Math.min(most, Math.max(least, longest(list) * 7.7 + 22)));

		this.side = size(this.view.rows, 90, Math.min(340, window.innerWidth * 0.4));
		this.top = size(this.view.columns, 70, Math.max(160, Math.min(270, window.innerHeight * 0.3)));
	},

	slice(scrolled, size, n) {
		const first = Math.max(0, Math.floor(scrolled / CELL) - MARGIN);

		return [first, Math.min(n, Math.ceil((scrolled + size) / CELL) + MARGIN)];
	},

	/* The part in sight; all of it for the printer, if that is not too much paper. */
	inSight(everything) {
		const {rows, columns} = this.view;

		if (everything && rows.length * columns.length <= PRINTABLE)
			return {r: [0, rows.length], c: [0, columns.length]};
		return {r: this.slice(this.scroll.scrollTop, window.innerHeight, rows.length),
			c: this.slice(this.scroll.scrollLeft, window.innerWidth, columns.length)};
	},

	draw(everything) {
		if (this.scroll.closest('section').hidden && !everything)
			return;
		this.measure();

		const {r, c} = this.inSight(everything);
		const key = [...r, ...c].join();

		if (key === this.window)
			return;
		this.window = key;
		this.fill(r, c);
	},

	fill(r, c) {
		const {rows, columns} = this.view;
		const gaps = [c[0] * CELL, (columns.length - c[1]) * CELL];
		const across = columns.slice(c[0], c[1]);
		const body = rows.slice(r[0], r[1]).map((f, i) => this.row(f, r[0] + i, across, c[0], gaps));
		const empty = (height) => {
			const row = el('tr', {'aria-hidden': 'true'}, el('td', {colspan: across.length + 3}));

			row.style.height = `${height}px`;
			return height ? row : null;
		};

		this.table.setAttribute('aria-rowcount', rows.length + 1);
		this.table.setAttribute('aria-colcount', columns.length + 1);
		this.table.style.width = `${this.side + columns.length * CELL}px`;
		this.table.replaceChildren(this.head(across, c[0], gaps),
			el('tbody', {}, empty(r[0] * CELL), ...body, empty((rows.length - r[1]) * CELL)));
	},

	gap(tag, width) {
		const cell = el(tag, {class: 'gap', 'aria-hidden': 'true'});

		cell.style.width = `${width}px`;
		return cell;
	},

	head(across, first, gaps) {
		const corner = el('td', {class: 'corner'}, el('span', {}, 'from ↓ to →'));
		const names = across.map((t, i) => el('th', {scope: 'col', class: this.opens(this.view.columns, first + i),
			title: this.describe(t), 'data-end': t, 'aria-colindex': first + i + 2},
			el('span', {}, nameOf(ends[t].label))));
		const row = el('tr', {'aria-rowindex': 1}, corner, this.gap('td', gaps[0]), ...names, this.gap('td', gaps[1]));

		corner.style.width = `${this.side}px`;
		row.style.height = `${this.top}px`;
		return el('thead', {}, row);
	},

	row(f, index, across, first, gaps) {
		const name = el('th', {scope: 'row', title: this.describe(f), 'data-end': f}, el('span', {}, nameOf(ends[f].label)));
		const cells = across.map((t, i) => this.cell(f, t, index, first + i));

		return el('tr', {'aria-rowindex': index + 2, class: this.opens(this.view.rows, index)},
			name, el('td', {class: 'gap', 'aria-hidden': 'true'}), ...cells, el('td', {class: 'gap', 'aria-hidden': 'true'}));
	},

	cell(f, t, row, column) {
		const here = row === this.at.row && column === this.at.column;
		const start = this.opens(this.view.columns, column);

		if (!this.view.shows(f, t))
			return el('td', {class: `none ${start}`, 'data-row': row, 'data-column': column, tabindex: here ? 0 : -1});

		const answer = ask(f, t, this.view.ports);
		const state = stateOf(answer);
		const text = state === 'some' ? `allowed on ${portNames(answer.allowed, 8)}` : states[state].text;

		return el('td', {class: `${state} ${start}`, 'data-row': row, 'data-column': column, 'aria-colindex': column + 2,
			tabindex: here ? 0 : -1, title: `${ends[f].name} → ${ends[t].name}: ${text}`,
			'aria-label': `${ends[f].name} to ${ends[t].name}: ${text}`}, signOf(state, answer));
	},

	/* Is this the first of another namespace? */
	opens(list, i) {
		return i > 0 && spaceOf(list[i]) !== spaceOf(list[i - 1]) ? 'start' : '';
	},

	describe(id) {
		return [ends[id].name, ...ends[id].labels.slice(0, 12)].join('\n');
	},

	open(row, column) {
		const [f, t] = [this.view.rows[row], this.view.columns[column]];

		if (f !== undefined && t !== undefined && this.view.shows(f, t))
			details.show(f, t);
	},

	move(row, column) {
		const old = this.table.querySelector('[tabindex="0"]');

		this.at = {row: Math.max(0, Math.min(row, this.view.rows.length - 1)),
			column: Math.max(0, Math.min(column, this.view.columns.length - 1))};
		this.intoSight();
		this.draw(false);
		if (old)
			old.tabIndex = -1;

		const cell = this.table.querySelector(`[data-row="${this.at.row}"][data-column="${this.at.column}"]`);

		if (cell) {
			cell.tabIndex = 0;
			cell.focus({preventScroll: true});
		}
	},

	/* The names cover the top and the left of what scrolls. */
	intoSight() {
		const near = (place, scrolled, room) => Math.max(Math.min(scrolled, place), place + CELL - room);

		this.scroll.scrollTop = near(this.at.row * CELL, this.scroll.scrollTop, this.scroll.clientHeight - this.top);
		this.scroll.scrollLeft = near(this.at.column * CELL, this.scroll.scrollLeft, this.scroll.clientWidth - this.side);
	},

	keys: {
		ArrowUp: (at) => [at.row - 1, at.column],
		ArrowDown: (at) => [at.row + 1, at.column],
		ArrowLeft: (at) => [at.row, at.column - 1],
		ArrowRight: (at) => [at.row, at.column + 1],
		PageUp: (at) => [at.row - 20, at.column],
		PageDown: (at) => [at.row + 20, at.column],
		Home: (at) => [at.row, 0],
		End: (at) => [at.row, Infinity],
	},

	start() {
		const placeOf = (event) => event.target.closest('td[data-row]');

		this.scroll.addEventListener('scroll', () => this.draw(false));
		window.addEventListener('resize', () => this.draw(false));
		window.addEventListener('beforeprint', () => this.draw(true));
		window.addEventListener('afterprint', () => this.draw(false));
		this.table.addEventListener('click', (event) => {
			const cell = placeOf(event);
			const name = event.target.closest('th[data-end]');

			if (name)
				details.show(Number(name.dataset.end));
			if (!cell)
				return;
			this.move(Number(cell.dataset.row), Number(cell.dataset.column));
			this.open(this.at.row, this.at.column);
		});
		this.table.addEventListener('keydown', (event) => {
			if (!placeOf(event))
				return;
			if (event.key === 'Enter' || event.key === ' ')
				this.open(this.at.row, this.at.column);
			else if (this.keys[event.key])
				this.move(...this.keys[event.key](this.at));
			else
				return;
			event.preventDefault();
		});
		this.table.addEventListener('pointerover', (event) => this.mark(placeOf(event)));
	},

	/* The name above the pointer stands out; that of its row does so by the style. */
	mark(cell) {
		this.table.querySelectorAll('th.above').forEach((name) => name.classList.remove('above'));
		if (cell) {
			const name = this.table.querySelector(`th[aria-colindex="${Number(cell.dataset.column) + 2}"]`);

			name?.classList.add('above');
		}
	},
};

/* Where an end stands in the view of namespaces. */
function spaceOf(id) {
	const {namespaces, endpoint, external, kind} = ends[id];

	if (namespaces.length > 1)
		return namespaces.length > 3 ? `${namespaces[0]} and ${namespaces.length - 1} more` : namespaces.join(', ');
	return namespaces[0] || (external ? 'outside' : endpoint ? `no namespace (${kind})` : 'the node');
}
