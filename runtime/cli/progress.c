/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/cli/progress.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "lang/base/buf.h"
#include "lang/base/work.h"

enum { FIRST_MS = 1000, AGAIN_MS = 100, USUAL_COLUMNS = 80 };

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* A line that is wider than the terminal would be two, of which one stays. */
static size_t columns(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col
									   : USUAL_COLUMNS;
}

/* 17 000 */
static void put_number(size_t n, struct buf *out)
{
	if (n >= 1000) {
		put_number(n / 1000, out);
		buf_printf(out, " %03zu", n % 1000);
	} else {
		buf_printf(out, "%zu", n);
	}
}

static void put_state(const struct progress *p, const struct work *w, struct buf *out)
{
	buf_printf(out, "polc %s: ", p->command);
	if (w->total)
		buf_printf(out, "%zu %% of ", (size_t)((double)w->done * 100 / (double)w->total));
	put_number(w->total ? w->total : w->done, out);
	buf_printf(out, " %s", w->what);
}

/* In one piece. A terminal that takes nothing has nobody who reads it. */
static void draw(struct progress *p, const char *text, size_t n)
{
	_cleanup_buf_ struct buf line = {0};

	buf_printf(&line, "\r%*s\r", (int)p->shown, "");
	buf_add(&line, text, n);
	fwrite(buf_str(&line), 1, line.n, stderr);
	p->shown = n;
}

static void show(void *ctx, const struct work *w)
{
	struct progress *p = ctx;
	_cleanup_buf_ struct buf text = {0};
	size_t room;

	if (!w->what) {
		if (p->shown)
			draw(p, "", 0);
		return;
	}
	if (now_ms() < p->next)
		return;
	p->next = now_ms() + AGAIN_MS;
	put_state(p, w, &text);
	room = columns() - 1;
	draw(p, buf_str(&text), text.n < room ? text.n : room);
}

void progress_watch(struct progress *p, const char *command, struct work *w)
{
	if (!isatty(STDERR_FILENO))
		return;
	*p = (struct progress){.command = command, .next = now_ms() + FIRST_MS};
	w->watch = show;
	w->watcher = p;
}
