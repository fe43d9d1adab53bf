/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/proxy/told.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/proxy/place.h"

/* The next word; NULL: there is none. */
static char *word(char **at)
{
	return strtok_r(NULL, " \n", at);
}

static bool number(char **at, long least, long most, long *out)
{
	char *text = word(at), *end;

	if (!text)
		return false;
	errno = 0;
	*out = strtol(text, &end, 10);
	return !errno && !*end && end != text && *out >= least && *out <= most;
}

static bool dir_of(const char *text, enum polc_dir *out)
{
	for (*out = 0; *out < POLC_DIRS; (*out)++)
		if (text && strcmp(text, proxy_name(*out)) == 0)
			return true;
	return false;
}

static bool address(char **at, struct net_addr *addr, uint16_t *port)
{
	const char *text = word(at);
	long n;

	if (!text || net_addr_parse(text, addr) || !number(at, 0, UINT16_MAX, &n))
		return false;
	*port = (uint16_t)n;
	return true;
}

static bool decided(char **at, struct proxy_told *out)
{
	long n;

	if (!number(at, 1, POLC_LISTENERS - 1, &n))
		return false;
	out->listener = (uint32_t)n;
	if (!number(at, INT_MIN, INT_MAX, &n))
		return false;
	out->allowed = n > 0;
	out->entry = (uint32_t)(labs(n) % PROXY_TELL);
	if (out->entry < PROXY_REFUSED)
		return true;
	out->refused = out->entry - PROXY_REFUSED;
	out->entry = 0;
	return !out->allowed && out->refused < PROXY_READINGS;
}

static bool answered(char **at, struct proxy_told *out)
{
	long status, ms;

	if (!number(at, -1, 999, &status) || !number(at, -1, INT_MAX, &ms))
		return false;
	out->status = status < 0 ? 0 : (unsigned)status;
	out->ms = ms < 0 ? 0 : (unsigned)ms;
	return true;
}

bool proxy_told_read(char *line, struct proxy_told *out)
{
	char *at;

	*out = (struct proxy_told){0};
	if (!dir_of(strtok_r(line, " \n", &at), &out->dir) || !decided(&at, out) ||
	    !address(&at, &out->src, &out->sport) || !address(&at, &out->dst, &out->dport) ||
	    !answered(&at, out))
		return false;
	out->largest = word(&at);
	out->method = word(&at);
	out->host = word(&at);
	out->path = word(&at);
	return out->path && !word(&at);
}

bool proxy_told_unread(const char *line)
{
	const char *number = strchr(line, ' ');

	return number && strtol(number, NULL, 10) == PROXY_TOLD_UNREAD;
}
