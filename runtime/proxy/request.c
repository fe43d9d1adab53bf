/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/proxy/request.h"

#include <string.h>
#include <strings.h>

struct reader {
	const char *at, *end;
};

/* Up to `stop`, of which the first byte is in no such text; it is skipped. */
static bool take(struct reader *r, const char *stop, struct flat_text *out)
{
	size_t n = strlen(stop);
	const char *found = memchr(r->at, stop[0], (size_t)(r->end - r->at));

	if (!found || (size_t)(r->end - found) < n || memcmp(found, stop, n) != 0)
		return false;
	*out = (struct flat_text){.s = r->at, .n = (size_t)(found - r->at)};
	r->at = found + n;
	return true;
}

static bool read_set(struct reader *r, struct proxy_request *out)
{
	struct flat_text name;

	if (!take(r, " ", &name) || name.n > PROXY_SET_NAME_MAX)
		return false;
	memcpy(out->set, name.s, name.n);
	out->set[name.n] = '\0';
	return true;
}

static bool is_host(const struct flat_text *name)
{
	return name->n == 4 && strncasecmp(name->s, "host", 4) == 0;
}

static bool read_header(struct reader *r, struct proxy_request *out)
{
	struct flat_header_line line;

	if (!take(r, ": ", &line.name) || !take(r, "\r\n", &line.value))
		return false;
	if (is_host(&line.name)) {
		if (!out->hosts++)
			out->flat.host = line.value;
		return true;
	}
	if (out->flat.n_headers == PROXY_MAX_HEADERS)
		return false;
	out->headers[out->flat.n_headers++] = line;
	return true;
}

static bool is_at(const struct reader *r, const char *text)
{
	size_t n = strlen(text);

	return (size_t)(r->end - r->at) >= n && memcmp(r->at, text, n) == 0;
}

static bool is_end(const struct reader *r, const char *end)
{
	return is_at(r, end) && (size_t)(r->end - r->at) == strlen(end);
}

bool proxy_read_request(const char *text, size_t n, struct proxy_request *out)
{
	struct reader r = {.at = text, .end = text + n};

	out->flat = (struct flat_request){.headers = out->headers};
	out->hosts = 0;
	if (!read_set(&r, out) || !take(&r, " ", &out->flat.method) ||
	    !take(&r, "\r\n", &out->flat.path))
		return false;
	while (!is_at(&r, "\r\n"))
		if (!read_header(&r, out))
			return false;
	out->again = is_end(&r, "\r\n" PROXY_REQUEST_END_AGAIN);
	return out->again || is_end(&r, "\r\n" PROXY_REQUEST_END);
}
