/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The paper that the graph is drawn on: how much of it is in sight, and how a wheel, a mouse and
 * fingers move it. Whatever hangs on it, graph.js draws.
 */

const TAP = 6;           /* px; what moves less is no drag */
const SHARPEST = 1 / 8;  /* units of the graph a px */
const COARSEST = 64;
const FARTHEST = 1e6;    /* units; no graph is so large */
const FRAME_PAUSE = 300; /* ms; browsers refuse an entry of the history for every turn of a wheel */

const paper = {
	svg: document.querySelector('#graph svg'),
	places: [],          /* of what is to be seen if nobody has chosen */
	frame: null,         /* what somebody has chosen to see: {x, y, width, height}; null: everything */
	box: null,           /* what is in sight: the frame, and what else the form of the window leaves room for */
	pointers: new Map(), /* those that are down, at most two: where they were last */
	held: null,          /* what the pointers hold since there was another number of them: see hold() */
	moving: false,       /* is it a drag, and no tap? */
	waiting: 0,

	/* --- what is in sight --- */

	everything() {
		const right = Math.max(200, ...this.places.map((place) => place.x + place.width));
		const bottom = Math.max(100, ...this.places.map((place) => place.y + place.height));

		return {x: -20, y: -20, width: right + 40, height: bottom + 40};
	},

	scale() {
		return this.box.width / (this.svg.clientWidth || 1);
	},

	look() {
		const {clientWidth, clientHeight} = this.svg;

		if (!clientWidth || !clientHeight)
			return;

		const frame = this.frame || this.everything();
		const needed = Math.max(frame.width / clientWidth, frame.height / clientHeight);
		/* Small graphs are not blown up. */
		const scale = this.frame ? needed : Math.max(1, needed);
		const [width, height] = [clientWidth * scale, clientHeight * scale];
		const [x, y] = [frame.x + (frame.width - width) / 2, frame.y + (frame.height - height) / 2];

		this.box = {x, y, width, height};
		this.svg.setAttribute('viewBox', `${x} ${y} ${width} ${height}`);
	},

	lookAt(frame) {
		this.frame = frame;
		this.look();
	},

	/* Its upper left in the window, within the border. */
	corner() {
		const {left, top} = this.svg.getBoundingClientRect();

		return {x: left + this.svg.clientLeft, y: top + this.svg.clientTop};
	},

	/* The point of the graph under a place of the window. */
	pointAt({x, y}) {
		const corner = this.corner();

		return {x: this.box.x + (x - corner.x) * this.scale(), y: this.box.y + (y - corner.y) * this.scale()};
	},

	/* Brings a point of the graph under a place of the window. */
	bring(point, place, wanted) {
		const corner = this.corner();
		const scale = Math.min(COARSEST, Math.max(SHARPEST, wanted));
		const round = (value) => Math.round(value * 100) / 100;

		this.lookAt({x: round(point.x - (place.x - corner.x) * scale), y: round(point.y - (place.y - corner.y) * scale),
			width: round(this.svg.clientWidth * scale), height: round(this.svg.clientHeight * scale)});
	},

	zoomMiddle(factor) {
		const corner = this.corner();
		const middle = {x: corner.x + this.svg.clientWidth / 2, y: corner.y + this.svg.clientHeight / 2};

		this.bring(this.pointAt(middle), middle, this.scale() * factor);
		address.keep('frame');
	},

	fit() {
		this.lookAt(null);
		address.keep('frame');
	},

	/* --- what the address keeps: see address.js --- */

	keep(kept) {
		if (this.frame)
			kept.set('frame', ['x', 'y', 'width', 'height'].map((name) => this.frame[name]).join());
	},

	recall(kept) {
		const numbers = (kept.get('frame') || '').split(',').map((text) => text === '' ? NaN : Number(text));
		const [x, y, width, height] = numbers;

		this.frame = numbers.length === 4 && numbers.every((number) => Math.abs(number) < FARTHEST) && width >= 1 && height >= 1
			? {x, y, width, height} : null;
	},

	/* --- the wheel --- */

	/* Turning the wheel moves; with Ctrl, as a pinch on a touchpad is told, it zooms. */
	wheel(event) {
		const here = {x: event.clientX, y: event.clientY};

		event.preventDefault();
		if (event.ctrlKey || event.metaKey)
			this.bring(this.pointAt(here), here, this.scale() * Math.exp(event.deltaY / 300));
		else
			this.bring(this.pointAt(here), {x: here.x - event.deltaX, y: here.y - event.deltaY}, this.scale());
		clearTimeout(this.waiting);
		this.waiting = setTimeout(() => address.keep('frame'), FRAME_PAUSE);
	},

	/* --- a mouse and fingers: one drags, two pinch --- */

	down(event) {
		if (event.button !== 0 || this.pointers.size === 2)
			return;
		if (!this.pointers.size)
			this.moving = false;
		this.pointers.set(event.pointerId, {x: event.clientX, y: event.clientY});
		this.hold();
	},

	/* The middle of the pointers, and how far they are apart. */
	grip() {
		const [a, b = a] = this.pointers.values();

		return {x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, spread: Math.hypot(a.x - b.x, a.y - b.y)};
	},

	/* The point in the middle stays there, and two pointers keep what they hold, whichever moves first. */
	hold() {
		const grip = this.grip();

		this.held = {point: this.pointAt(grip), scale: this.scale(), spread: grip.spread};
	},

	drag(event) {
		const pointer = this.pointers.get(event.pointerId);
		const now = {x: event.clientX, y: event.clientY};

		if (!pointer)
			return;
		if (!event.buttons) { /* let go elsewhere */
			this.up(event);
			return;
		}
		if (!this.moving && this.pointers.size === 1 && Math.hypot(now.x - pointer.x, now.y - pointer.y) < TAP)
			return;
		this.moving = true;
		if (!this.svg.hasPointerCapture(event.pointerId))
			this.svg.setPointerCapture(event.pointerId);
		this.pointers.set(event.pointerId, now);

		const grip = this.grip();

		this.bring(this.held.point, grip, this.held.scale * (this.held.spread && grip.spread ? this.held.spread / grip.spread : 1));
	},

	up(event) {
		if (!this.pointers.delete(event.pointerId))
			return;
		if (this.pointers.size)
			this.hold();
		else if (this.moving)
			address.keep('frame');
	},

	/* The end of a drag is no click, unlike what a key or a reader of the screen does. */
	click(event) {
		if (this.moving && event.detail > 0)
			event.stopPropagation();
	},

	start() {
		byId('fit').addEventListener('click', () => this.fit());
		byId('zoom-in').addEventListener('click', () => this.zoomMiddle(0.8));
		byId('zoom-out').addEventListener('click', () => this.zoomMiddle(1.25));
		this.svg.addEventListener('wheel', (event) => this.wheel(event), {passive: false});
		this.svg.addEventListener('pointerdown', (event) => this.down(event));
		this.svg.addEventListener('pointermove', (event) => this.drag(event));
		for (const name of ['pointerup', 'pointercancel'])
			this.svg.addEventListener(name, (event) => this.up(event));
		this.svg.addEventListener('click', (event) => this.click(event), {capture: true});
		new ResizeObserver(() => this.look()).observe(this.svg);
	},
};
