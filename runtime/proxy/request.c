/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/proxy/request.h"

#include <string.h>
#include <strings.h>

bool proxy_text_is(struct flat_text t, const char *wanted)
{
	return t.n == strlen(wanted) && strncasecmp(t.s, wanted, t.n) == 0;
}

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

static bool read_header(struct reader *r, struct proxy_request *out)
{
	struct flat_header_line line;

	if (!take(r, ": ", &line.name) || !take(r, "\r\n", &line.value))
		return false;
	if (proxy_text_is(line.name, "host")) {
		if (!out->hosts++)
			out->flat.host = line.value;
		return true;
	}
	if (out->flat.n_headers == PROXY_MAX_HEADERS)
		return false;
	out->upgrades |= proxy_text_is(line.name, "upgrade");
	out->headers[out->flat.n_headers++] = line;
	return true;
}

static bool is_at(const struct reader *r, const char *text)
{
	size_t n = strlen(text);

	return (size_t)(r->end - r->at) >= n && memcmp(r->at, text, n) == 0;
}

static bool ends_with(const char *text, size_t n, const char *end)
{
	size_t size = strlen(end);

	return n >= size && memcmp(text + n - size, end, size) == 0;
}

bool proxy_split_request(const char *text, size_t n, struct proxy_parts *out)
{
	struct reader r = {.at = text, .end = text + n};

	*out = (struct proxy_parts){0};
	if (!take(&r, " ", &out->set) || !take(&r, " ", &out->method) ||
	    !take(&r, "\r\n", &out->target))
		return false;
	out->headers = (struct flat_text){.s = r.at, .n = (size_t)(r.end - r.at)};
	out->again = ends_with(text, n, PROXY_REQUEST_END_AGAIN);
	if (!out->again && !ends_with(text, n, PROXY_REQUEST_END))
		return false;
	out->headers.n--;
	return true;
}

bool proxy_read_request(const struct proxy_parts *parts, struct proxy_request *out)
{
	struct reader r = {.at = parts->headers.s, .end = parts->headers.s + parts->headers.n};

	out->flat = (struct flat_request){
		.method = parts->method, .path = parts->target, .headers = out->headers};
	out->hosts = 0;
	out->upgrades = false;
	if (parts->set.n > PROXY_SET_NAME_MAX)
		return false;
	memcpy(out->set, parts->set.s, parts->set.n);
	out->set[parts->set.n] = '\0';
	while (!is_at(&r, "\r\n"))
		if (!read_header(&r, out))
			return false;
	return r.end - r.at == 2;
}
