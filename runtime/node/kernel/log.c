/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/node/kernel/log.h"

#include <bpf/libbpf.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* libbpf's callback takes no context, so the thread carries it. */
static _Thread_local struct rt_log *capture;
static pthread_once_t installed = PTHREAD_ONCE_INIT;

static void keep(struct rt_log *log, const char *s, size_t n)
{
	if (n >= sizeof(log->text)) {
		s += n - (sizeof(log->text) - 1);
		n = sizeof(log->text) - 1;
	}
	if (log->n + n >= sizeof(log->text)) {
		size_t drop = log->n + n - (sizeof(log->text) - 1);

		memmove(log->text, log->text + drop, log->n - drop);
		log->n -= drop;
	}
	memcpy(log->text + log->n, s, n);
	log->n += n;
	log->text[log->n] = '\0';
}

__attribute__((format(printf, 2, 0))) static int print(enum libbpf_print_level level,
						       const char *fmt, va_list ap)
{
	char line[RT_LOG_SIZE];
	const char *s = line;
	int n;

	if (!capture || level != LIBBPF_WARN)
		return 0;
	n = vsnprintf(line, sizeof(line), fmt, ap);
	if (n <= 0)
		return 0;
	if (strncmp(s, "libbpf: ", 8) == 0)
		s += 8;
	keep(capture, s, strlen(s));
	return 0;
}

void rt_log_add(const char *s, size_t n)
{
	if (!capture)
		return;
	keep(capture, s, n);
	keep(capture, "\n", 1);
}

static void install(void)
{
	libbpf_set_print(print);
}

void rt_log_begin(struct rt_log *log)
{
	pthread_once(&installed, install);
	log->outer = capture;
	capture = log;
	rt_log_clear();
}

void rt_log_end(struct rt_log *log)
{
	capture = log->outer;
}

static void note_lines(const char *text, struct diag *diag, struct diag_item *item)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		if (n > 0)
			diag_note(diag, item, LOC_NONE, "%.*s", (int)n, text);
		text += n + (text[n] == '\n');
	}
}

void rt_log_clear(void)
{
	if (!capture)
		return;
	capture->n = 0;
	capture->text[0] = '\0';
}

void rt_log_notes(struct diag *diag, struct diag_item *item)
{
	if (!capture)
		return;
	note_lines(capture->text, diag, item);
	rt_log_clear();
}
