/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* memmem, memrchr */
#include "runtime/proxy/reading.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

/* --- host ------------------------------------------------------------------------------------- */

enum { HOST_MAX = 255 }; /* RFC 1035, section 2.3.4 */

static bool only(const char *s, size_t n, const char *chars)
{
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && (!s[i] || !strchr(chars, s[i])))
			return false;
	return n;
}

/* RFC 3986, section 3.2.2, with a port or without. */
static bool is_host(struct flat_text t)
{
	const char *port = memrchr(t.s, ':', t.n), *end = t.s + t.n;
	const char *bracket = memchr(t.s, ']', t.n);

	if (t.n > HOST_MAX)
		return false;
	if (port && (!bracket || bracket < port)) {
		for (const char *c = port + 1; c < end; c++)
			if (!isdigit((unsigned char)*c))
				return false;
		t.n = (size_t)(port - t.s);
	}
	if (!t.n || t.s[0] != '[')
		return only(t.s, t.n, "._~!$&()*+,;=%-");
	for (size_t i = 1; i + 1 < t.n; i++)
		if (!isxdigit((unsigned char)t.s[i]) && t.s[i] != ':' && t.s[i] != '.')
			return false;
	return t.n > 2 && t.s[t.n - 1] == ']';
}

/* Is `longer` the other one with the port that nobody has to say? */
static bool adds_usual_port(struct flat_text longer, struct flat_text t)
{
	struct flat_text port = {.s = longer.s + t.n, .n = longer.n - t.n};

	return longer.n > t.n && strncasecmp(longer.s, t.s, t.n) == 0 && !memchr(t.s, ':', t.n) &&
	       (proxy_text_is(port, ":80") || proxy_text_is(port, ":443"));
}

static bool is_same_host(struct flat_text a, struct flat_text b)
{
	return (a.n == b.n && strncasecmp(a.s, b.s, a.n) == 0) || adds_usual_port(a, b) ||
	       adds_usual_port(b, a);
}

/* --- path ------------------------------------------------------------------------------------- */

static int hex(int c)
{
	return isdigit(c) ? c - '0' : isxdigit(c) ? tolower(c) - 'a' + 10 : -1;
}

static enum proxy_reading escape_reading(const char *at, const char *end)
{
	int high = end - at < 3 ? -1 : hex((unsigned char)at[1]);
	int low = end - at < 3 ? -1 : hex((unsigned char)at[2]);
	int c = high * 16 + low;

	if (high < 0 || low < 0 || c == '%')
		return PROXY_BAD_ESCAPE;
	if (!c || c == '/' || c == '\\')
		return PROXY_ESCAPED_SLASH;
	return isalnum(c) || strchr("-._~", c) ? PROXY_PREPARE : PROXY_READS;
}

/* At a slash: is the segment behind it one that goes? */
static bool segment_goes(const char *slash, const char *end)
{
	const char *at = slash + 1;

	if (at < end && *at == '/')
		return true;
	if (at == end || *at != '.')
		return false;
	at++;
	at += at < end && *at == '.';
	return at == end || *at == '/';
}

/* Some servers take parameters off a segment before they look at it, some after they have decoded
 * it. */
static bool has_parameter(const char *dots, const char *end)
{
	size_t n = (size_t)(end - dots);

	return (n >= 3 && memcmp(dots, "..;", 3) == 0) ||
	       (n >= 5 && strncasecmp(dots, "..%3b", 5) == 0);
}

static enum proxy_reading reading_at(const char *at, const char *end)
{
	switch (*at) {
	case '%':
		return escape_reading(at, end);
	case '\\':
		return PROXY_ESCAPED_SLASH;
	case '#':
		return PROXY_PREPARE;
	case '/':
		return segment_goes(at, end) ? PROXY_PREPARE : PROXY_READS;
	case '.':
		return has_parameter(at, end) ? PROXY_PARAMETER : PROXY_READS;
	default:
		return PROXY_READS;
	}
}

/* HAProxy puts a query in its normal form with the path, and refuses one that has none. */
static bool has_bad_escape(const char *at, const char *end)
{
	for (; at < end; at++)
		if (*at == '%' && (end - at < 3 || !isxdigit((unsigned char)at[1]) ||
				   !isxdigit((unsigned char)at[2])))
			return true;
	return false;
}

static enum proxy_reading path_reading(struct flat_text target)
{
	const char *all = target.s + target.n, *query = memchr(target.s, '?', target.n);
	const char *end = query ? query : all;
	enum proxy_reading found = PROXY_READS;

	if (target.s == end || target.s[0] != '/')
		return PROXY_BAD_TARGET;
	for (const char *at = target.s; at < end; at++) {
		enum proxy_reading r = reading_at(at, end);

		if (r > PROXY_PREPARE)
			return r;
		if (r)
			found = r;
	}
	/* Where nothing is spelt otherwise, what is behind the path is the server's to read. */
	if (!found && !memchr(end, '#', (size_t)(all - end)))
		return PROXY_READS;
	return has_bad_escape(end, all) ? PROXY_BAD_ESCAPE : PROXY_PREPARE;
}

/* --- all of it -------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* RFC 9110, section 5.5: what a server that trims values, or ends them, takes for another one. */
static bool is_bad_value(struct flat_text v)
{
	bool bad = v.n && (is_blank(v.s[0]) || is_blank(v.s[v.n - 1]));

	for (size_t i = 0; i < v.n; i++) {
		unsigned char c = (unsigned char)v.s[i];

		bad |= (c < ' ' && c != '\t') || c == 0x7f;
	}
	return bad;
}

static bool has_bad_value(const struct proxy_request *r)
{
	for (size_t i = 0; i < r->flat.n_headers; i++)
		if (is_bad_value(r->headers[i].value))
			return true;
	return false;
}

static bool upgrades_to_websocket(const struct proxy_request *r)
{
	unsigned n = 0;

	for (size_t i = 0; i < r->flat.n_headers; i++) {
		if (!proxy_text_is(r->headers[i].name, "upgrade"))
			continue;
		if (!proxy_text_is(r->headers[i].value, "websocket"))
			return false;
		n++;
	}
	return n == 1;
}

/* What a target that is absolute says in front of its path has to be what the host says, as servers
 * take either (RFC 9112, section 3.2.2). False: it is not. */
static bool take_authority(struct flat_text *target, struct flat_text host)
{
	const char *end = target->s + target->n, *at = memmem(target->s, target->n, "://", 3);
	struct flat_text scheme = {.s = target->s, .n = at ? (size_t)(at - target->s) : 0};
	struct flat_text authority = {.s = at ? at + 3 : end};

	if (!proxy_text_is(scheme, "http") && !proxy_text_is(scheme, "https"))
		return false;
	for (at = authority.s; at < end && !strchr("/?#\\", *at); at++)
		authority.n++;
	*target = (struct flat_text){.s = at, .n = (size_t)(end - at)};
	return is_same_host(authority, host);
}

/* CONNECT asks for a host, and has no path. */
static bool take_target(struct proxy_request *r)
{
	struct flat_text *target = &r->flat.path;

	if (proxy_text_is(r->flat.method, "CONNECT")) {
		bool same = is_same_host(*target, r->flat.host);

		*target = (struct flat_text){.s = ""};
		return same;
	}
	return (target->n && target->s[0] == '/') || take_authority(target, r->flat.host);
}

static enum proxy_reading target_reading(struct proxy_request *r, bool again)
{
	enum proxy_reading reading;

	if (!take_target(r))
		return PROXY_BAD_TARGET;
	if (r->upgrades && again && !upgrades_to_websocket(r))
		return PROXY_PROTOCOL;
	if (r->upgrades && !again)
		return PROXY_PREPARE;
	if (!r->flat.path.n)
		return proxy_text_is(r->flat.method, "CONNECT") ? PROXY_READS : PROXY_BAD_TARGET;
	reading = path_reading(r->flat.path);
	return again && reading == PROXY_PREPARE ? PROXY_UNSETTLED : reading;
}

enum proxy_reading proxy_reading_of(const struct proxy_parts *parts, struct proxy_request *out)
{
	if (parts->target.n + parts->headers.n > PROXY_HEAD_MAX)
		return PROXY_LARGE;
	if (!proxy_read_request(parts, out))
		return out->flat.n_headers == PROXY_MAX_HEADERS ? PROXY_MANY_HEADERS
								: PROXY_BAD_HEADER;
	if (has_bad_value(out))
		return PROXY_BAD_HEADER;
	if (out->hosts != 1)
		return PROXY_HOSTS;
	if (!is_host(out->flat.host))
		return PROXY_BAD_HOST;
	return target_reading(out, parts->again);
}

const char *proxy_reading_words(enum proxy_reading reading)
{
	static const char *const words[PROXY_READINGS] = {
		[PROXY_READS] = "",
		[PROXY_PREPARE] = "",
		[PROXY_UNREAD] = "it is no request of HTTP, or larger than 63 KiB",
		[PROXY_LARGE] = "its headers are larger than 32 KiB",
		[PROXY_MANY_HEADERS] = "it has more than 256 headers",
		[PROXY_BAD_HEADER] = "a header has two readings",
		[PROXY_HOSTS] = "it has no host, or several",
		[PROXY_BAD_HOST] = "its host is no host",
		[PROXY_BAD_TARGET] = "what it asks for is no path, or of another host than it says",
		[PROXY_PROTOCOL] = "it asks for another protocol than that of websockets",
		[PROXY_ESCAPED_SLASH] = "its path has an escaped slash, a backslash or a NUL",
		[PROXY_BAD_ESCAPE] =
			"it has an escape that is none, or its path one of a percent sign",
		[PROXY_PARAMETER] = "its path has '..;'",
		[PROXY_UNSETTLED] = "its path has no normal form",
		[PROXY_RULELESS] = "its rules are gone or cannot be read",
	};

	assert(reading < PROXY_READINGS);
	return words[reading];
}

struct flat_text proxy_largest_header(struct flat_text headers)
{
	const char *end = headers.s + headers.n;
	struct flat_text found = {.s = ""};
	size_t most = 0;

	for (const char *at = headers.s, *next; at < end; at = next) {
		const char *line = memchr(at, '\n', (size_t)(end - at));
		const char *colon;

		next = line ? line + 1 : end;
		colon = memchr(at, ':', (size_t)(next - at));
		if (!colon || (size_t)(next - at) <= most)
			continue;
		most = (size_t)(next - at);
		found = (struct flat_text){.s = at, .n = (size_t)(colon - at)};
	}
	return found;
}
