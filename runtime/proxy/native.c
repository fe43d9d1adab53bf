/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* RTLD_DEFAULT */
#include "runtime/proxy/native.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/proxy/haproxy_abi.h"
#include "runtime/proxy/judge.h"
#include "runtime/proxy/reading.h"

/* What HAProxy has, by name: set once, before it has threads. */
static struct {
	const char *version;
	struct haproxy_fetch *(*find_fetch)(const char *name, int n);
	struct haproxy_converter *(*find_converter)(const char *name, int n);
	void (*register_fetches)(struct haproxy_fetches *fetches);
	int (*find_method)(const char *name, int n);
	const struct haproxy_text *methods; /* of HAPROXY_METHOD_OTHER */
	const struct haproxy_fetch *set, *method, *target, *headers;
	int text, integer, spelt; /* types */
	char *dir, *hits;
} haproxy;

/* --- asking ----------------------------------------------------------------------------------- */

/* Of this thread, from its first request on. */
static struct proxy_judge *judge_of_thread(void)
{
	static __thread struct proxy_judge judge;

	if (!judge.sets && proxy_judge_open(&judge, haproxy.dir, haproxy.hits))
		return NULL;
	return &judge;
}

/* It is in the sample, which it is read from before the next one takes its place. */
static bool fetch(const struct haproxy_fetch *f, const void *args, struct haproxy_sample *s)
{
	return f->process(args, s, f->name, f->own) != 0;
}

static bool fetch_text(const struct haproxy_fetch *f, const void *args, struct haproxy_sample *s,
		       struct flat_text *out)
{
	if (!fetch(f, args, s) || s->value.type != haproxy.text)
		return false;
	*out = (struct flat_text){.s = s->value.text.area, .n = s->value.text.data};
	return true;
}

static bool fetch_method(const void *args, struct haproxy_sample *s, struct flat_text *out)
{
	const struct haproxy_text *known;

	if (!fetch(haproxy.method, args, s) || s->value.type != haproxy.spelt)
		return false;
	if (s->value.method.method == HAPROXY_METHOD_OTHER) {
		*out = (struct flat_text){.s = s->value.method.text.area,
					  .n = s->value.method.text.data};
		return true;
	}
	known = &haproxy.methods[s->value.method.method];
	*out = (struct flat_text){.s = known->s, .n = known->n};
	return true;
}

/* The headers are last: they are in memory that HAProxy uses again. */
static bool fetch_parts(const void *args, struct haproxy_sample *s, struct proxy_parts *out)
{
	return fetch_text(haproxy.set, args, s, &out->set) && fetch_method(args, s, &out->method) &&
	       fetch_text(haproxy.target, args, s, &out->target) &&
	       fetch_text(haproxy.headers, args, s, &out->headers);
}

static int answer(struct haproxy_sample *s, long number)
{
	s->flags = HAPROXY_SAMPLE_VOLATILE;
	s->value.type = haproxy.integer;
	s->value.integer = number;
	return 1;
}

static int judge(const void *args, struct haproxy_sample *s, bool again)
{
	struct proxy_judge *j = judge_of_thread();
	struct proxy_parts parts = {.again = again};

	return j && fetch_parts(args, s, &parts) ? answer(s, proxy_judge(j, &parts)) : 0;
}

static int judge_first(const void *args, struct haproxy_sample *s, const char *name, void *own)
{
	(void)name, (void)own;
	return judge(args, s, false);
}

static int judge_again(const void *args, struct haproxy_sample *s, const char *name, void *own)
{
	(void)name, (void)own;
	return judge(args, s, true);
}

static int largest(const void *args, struct haproxy_sample *s, const char *name, void *own)
{
	struct flat_text headers, found;

	(void)name, (void)own;
	if (!fetch_text(haproxy.headers, args, s, &headers))
		return 0;
	found = proxy_largest_header(headers);
	s->flags = HAPROXY_SAMPLE_VOLATILE;
	s->value.type = haproxy.text;
	s->value.text = (struct haproxy_buffer){.area = (char *)found.s, .data = found.n};
	return 1;
}

/* --- is it what we know ----------------------------------------------------------------------- */

static bool find_symbols(void)
{
	haproxy.version = dlsym(RTLD_DEFAULT, "haproxy_version");
	*(void **)&haproxy.find_fetch = dlsym(RTLD_DEFAULT, "find_sample_fetch");
	*(void **)&haproxy.find_converter = dlsym(RTLD_DEFAULT, "find_sample_conv");
	*(void **)&haproxy.register_fetches = dlsym(RTLD_DEFAULT, "sample_register_fetches");
	*(void **)&haproxy.find_method = dlsym(RTLD_DEFAULT, "find_http_meth");
	haproxy.methods = dlsym(RTLD_DEFAULT, "http_known_methods");
	return haproxy.version && haproxy.find_fetch && haproxy.find_converter &&
	       haproxy.register_fetches && haproxy.find_method && haproxy.methods;
}

static const struct haproxy_fetch *find_fetch(const char *name)
{
	const struct haproxy_fetch *f = haproxy.find_fetch(name, (int)strlen(name));

	return f && f->name && strcmp(f->name, name) == 0 ? f : NULL;
}

/* A converter that counts characters has to count these. */
static bool learn_types(void)
{
	static const char name[] = "length";
	static char text[] = "seven !";
	const struct haproxy_converter *c = haproxy.find_converter(name, sizeof(name) - 1);
	struct {
		struct haproxy_sample sample;
		char rest[1024]; /* which the converter has no use for */
	} tried = {0};

	if (!c || !c->name || strcmp(c->name, name) != 0)
		return false;
	haproxy.text = (int)c->from;
	haproxy.integer = (int)c->to;
	tried.sample.value.type = haproxy.text;
	tried.sample.value.text = (struct haproxy_buffer){
		.size = sizeof(text), .area = text, .data = sizeof(text) - 1};
	return c->process(NULL, &tried.sample, c->own) == 1 &&
	       tried.sample.value.type == haproxy.integer && tried.sample.value.integer == 7;
}

static bool learn_fetches(void)
{
	haproxy.set = find_fetch("so_name");
	haproxy.method = find_fetch("method");
	haproxy.target = find_fetch("url");
	haproxy.headers = find_fetch("req.hdrs");
	if (!haproxy.set || !haproxy.method || !haproxy.target || !haproxy.headers)
		return false;
	haproxy.spelt = (int)haproxy.method->type;
	return (int)haproxy.set->type == haproxy.text && (int)haproxy.target->type == haproxy.text;
}

static bool methods_are_known(void)
{
	for (int i = 0; i < HAPROXY_METHOD_OTHER; i++)
		if (haproxy.find_method(haproxy.methods[i].s, (int)haproxy.methods[i].n) != i)
			return false;
	return strcmp(haproxy.methods[HAPROXY_METHOD_GET].s, "GET") == 0 &&
	       haproxy.find_method("?", 1) == HAPROXY_METHOD_OTHER;
}

/* --------------------------------------------------------------------------------------------- */

static void register_all(void)
{
	static struct {
		struct haproxy_list list;
		struct haproxy_fetch v[4];
	} ours = {.v = {{.name = "polc.judge", .process = judge_first},
			{.name = "polc.judge_again", .process = judge_again},
			{.name = "polc.largest", .process = largest}}};

	for (size_t i = 0; i < 3; i++) {
		ours.v[i].type = (unsigned long)(i < 2 ? haproxy.integer : haproxy.text);
		ours.v[i].use = haproxy.headers->use;
	}
	haproxy.register_fetches((struct haproxy_fetches *)&ours);
}

const char *proxy_native_register(const char *dir, const char *hits)
{
	if (haproxy.dir)
		return NULL;
	unsetenv("POLC_NATIVE"); /* of the one before a reload */
	if (!find_symbols() ||
	    strncmp(haproxy.version, HAPROXY_SERIES, strlen(HAPROXY_SERIES)) != 0)
		return "it is none of HAProxy " HAPROXY_SERIES "x";
	if (!learn_types() || !learn_fetches() || !methods_are_known())
		return "its samples are built otherwise";
	haproxy.dir = strdup(dir);
	haproxy.hits = hits ? strdup(hits) : NULL;
	if (!haproxy.dir || (hits && !haproxy.hits))
		abort();
	register_all();
	setenv("POLC_NATIVE", "1", 1);
	return NULL;
}
