/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/flow/request.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "lang/base/buf.h"
#include "lang/base/codes.h"
#include "lang/base/diag.h"

/* Where the request stands, and what is to become of it. */
struct reader {
	const char *what;
	struct arena *arena;
	struct diag *diag;
	struct ir_request *out;
};

static int refuse(const struct reader *rd, const char *code, const char *text)
{
	diag_error(rd->diag, LOC_NONE, code, "%s: %s", rd->what, text);
	return -EINVAL;
}

/* --- parts of HTTP ----------------------------------------------------------------------- */

/* RFC 9110, section 5.6.2: of methods and names of headers. */
static bool is_token(const char *s)
{
	static const char chars[] = "!#$%&'*+-.^_`|~0123456789"
				    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

	return *s && s[strspn(s, chars)] == '\0';
}

static int set_host(const struct reader *rd, const char *host)
{
	if (rd->out->host)
		return refuse(rd, CODE_DUPLICATE, "a request has one host");
	rd->out->host = host;
	return 0;
}

static int add_header(const struct reader *rd, const char *name, const char *value)
{
	if (!is_token(name))
		return refuse(rd, CODE_BAD_VALUE, "this is no name of a header");
	if (strcasecmp(name, "host") == 0)
		return set_host(rd, value);
	vec_push(rd->arena, &rd->out->headers, (struct ir_header){name, value});
	return 0;
}

static int set_target(const struct reader *rd, const char *method, const char *path)
{
	bool connects = strcmp(method, "CONNECT") == 0;

	if (!is_token(method) || (!*path && !connects) || strpbrk(path, " \t\r\n"))
		return refuse(rd, CODE_BAD_VALUE,
			      "a request has a method and a path, as in \"GET /x\"");
	rd->out->kind = IR_REQUEST_HTTP;
	rd->out->method = method;
	rd->out->path = path;
	return 0;
}

/* It asks for its host, and has no path (RFC 9110, section 9.3.6). */
static int set_connect(const struct reader *rd, const char *host)
{
	if (!*host || strpbrk(host, " \t\r\n/"))
		return refuse(rd, CODE_BAD_VALUE, "CONNECT has a host, as in \"CONNECT shop:443\"");
	return set_target(rd, "CONNECT", "") || set_host(rd, host) ? -EINVAL : 0;
}

/* What a call looks like on the wire. */
static int set_call(const struct reader *rd, const char *call)
{
	const char *slash = strchr(call, '/');

	if (!slash || slash == call || !slash[1] || strpbrk(call, " \t\r\n?"))
		return refuse(rd, CODE_BAD_VALUE, "a call is written \"pkg.Svc/Method\"");
	return set_target(rd, "POST", arena_printf(rd->arena, "/%s", call));
}

/* --- JSON -------------------------------------------------------------------------------- */

/* A member that is a text, or is not there. */
static int get_text(const struct reader *rd, json_t *object, const char *key, const char **out)
{
	json_t *value = json_object_get(object, key);

	*out = NULL;
	if (value && !json_is_string(value)) {
		diag_error(rd->diag, LOC_NONE, CODE_BAD_TYPE, "%s: '%s' must be a string", rd->what,
			   key);
		return -EINVAL;
	}
	if (value)
		*out = arena_strdup(rd->arena, json_string_value(value));
	return 0;
}

/* `members`: those that the object may have; NULL ends them. */
static int check_members(const struct reader *rd, json_t *object, const char *const *members)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
	{
		const char *const *m = members;

		while (*m && strcmp(*m, key) != 0)
			m++;
		if (*m)
			continue;
		diag_error(rd->diag, LOC_NONE, CODE_UNKNOWN_FIELD,
			   "%s: this request has no member '%s'", rd->what, key);
		return -EINVAL;
	}
	return 0;
}

static int read_headers(const struct reader *rd, json_t *headers)
{
	json_t *header;
	size_t i;
	int err = 0;

	if (!headers)
		return 0;
	if (!json_is_array(headers))
		return refuse(rd, CODE_BAD_TYPE, "'headers' is an array of [name, value]");
	json_array_foreach(headers, i, header)
	{
		const char *name = json_string_value(json_array_get(header, 0));
		const char *value = json_string_value(json_array_get(header, 1));

		if (!name || !value || json_array_size(header) != 2)
			return refuse(rd, CODE_BAD_TYPE, "'headers' is an array of [name, value]");
		err |= add_header(rd, arena_strdup(rd->arena, name),
				  arena_strdup(rd->arena, value));
	}
	return err;
}

static int read_kafka(const struct reader *rd, json_t *request)
{
	static const char *const outer[] = {"kafka", NULL};
	static const char *const members[] = {"api", "topic", "client", NULL};
	json_t *kafka = json_object_get(request, "kafka");

	if (!json_is_object(kafka))
		return refuse(rd, CODE_BAD_TYPE, "'kafka' is an object with 'api'");
	if (check_members(rd, request, outer) || check_members(rd, kafka, members))
		return -EINVAL;
	rd->out->kind = IR_REQUEST_KAFKA;
	if (get_text(rd, kafka, "api", &rd->out->api) ||
	    get_text(rd, kafka, "topic", &rd->out->topic) ||
	    get_text(rd, kafka, "client", &rd->out->client))
		return -EINVAL;
	return rd->out->api ? 0 : refuse(rd, CODE_MISSING_FIELD, "'api' is missing");
}

static int read_target(const struct reader *rd, json_t *request)
{
	static const char *const members[] = {"method", "path", "host", "headers", NULL};
	const char *method, *path;

	if (check_members(rd, request, members) || get_text(rd, request, "method", &method) ||
	    get_text(rd, request, "path", &path))
		return -EINVAL;
	if (!method || !path)
		return refuse(rd, CODE_MISSING_FIELD,
			      "a request has 'method' and 'path', or is 'grpc' or 'kafka'");
	return set_target(rd, method, path);
}

static int read_call(const struct reader *rd, json_t *request)
{
	static const char *const members[] = {"grpc", "host", "headers", NULL};
	const char *call;

	if (check_members(rd, request, members) || get_text(rd, request, "grpc", &call))
		return -EINVAL;
	return set_call(rd, call);
}

static int read_http(const struct reader *rd, json_t *request)
{
	const char *host;
	int err = json_object_get(request, "grpc") ? read_call(rd, request)
						   : read_target(rd, request);

	if (err || get_text(rd, request, "host", &host) || (host && set_host(rd, host)))
		return -EINVAL;
	return read_headers(rd, json_object_get(request, "headers"));
}

int request_read_json(json_t *json, const char *what, struct arena *arena, struct diag *diag,
		      struct ir_request **out)
{
	struct reader rd = {.what = what, .arena = arena, .diag = diag};

	*out = rd.out = arena_new(arena, struct ir_request);
	if (!json_is_object(json))
		return refuse(&rd, CODE_BAD_TYPE, "'request' must be an object");
	return json_object_get(json, "kafka") ? read_kafka(&rd, json) : read_http(&rd, json);
}

/* --- texts ------------------------------------------------------------------------------- */

#define CONNECT "CONNECT "

static int read_header_text(const struct reader *rd, const char *text)
{
	const char *colon = strchr(text, ':'), *value;
	size_t n;

	if (!colon)
		return refuse(rd, CODE_BAD_VALUE, "a header is written \"NAME: VALUE\"");
	value = colon + 1 + strspn(colon + 1, " \t");
	for (n = strlen(value); n && strchr(" \t", value[n - 1]);)
		n--;
	return add_header(rd, arena_strndup(rd->arena, text, (size_t)(colon - text)),
			  arena_strndup(rd->arena, value, n));
}

int request_read_text(const char *text, const char *const *headers, size_t n, struct arena *arena,
		      struct diag *diag, struct ir_request **out)
{
	struct reader rd = {.what = "--request", .arena = arena, .diag = diag};
	const char *blank = strchr(text, ' ');
	int err;

	*out = rd.out = arena_new(arena, struct ir_request);
	if (strncmp(text, CONNECT, strlen(CONNECT)) == 0)
		err = set_connect(&rd, arena_strdup(arena, text + strlen(CONNECT)));
	else if (blank)
		err = set_target(&rd, arena_strndup(arena, text, (size_t)(blank - text)),
				 arena_strdup(arena, blank + 1));
	else
		err = set_target(&rd, text, "");
	rd.what = "--header";
	for (size_t i = 0; i < n && !err; i++)
		err = read_header_text(&rd, headers[i]);
	return err;
}

static void put_header(const char *name, const char *value, const char **before, struct buf *out)
{
	buf_printf(out, "%s \"", *before);
	buf_puts_shown(out, name);
	buf_puts(out, ": ");
	buf_puts_shown(out, value);
	buf_putc(out, '"');
	*before = " and";
}

const char *request_target(const struct ir_request *r)
{
	return *r->path || !r->host ? r->path : r->host;
}

void request_put_http(const struct ir_request *r, struct buf *out)
{
	const char *before = " with header";

	buf_puts(out, "request \"");
	buf_puts_shown(out, r->method);
	buf_putc(out, ' ');
	buf_puts_shown(out, request_target(r));
	buf_putc(out, '"');
	if (r->host && *r->path)
		put_header("Host", r->host, &before, out);
	vec_each (const struct ir_header, h, &r->headers)
		put_header(h->name, h->value, &before, out);
}
