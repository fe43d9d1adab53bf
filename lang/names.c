/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/names.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { LABEL_MAX = 63, SUBDOMAIN_MAX = 253, PORT_NAME_MAX = 15 };

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_lower_alnum(char c)
{
	return is_lower(c) || is_digit(c);
}

static bool is_alnum(char c)
{
	return is_lower_alnum(c) || (c >= 'A' && c <= 'Z');
}

/* [A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?, at most 63. */
static const char *qualified_fault(const char *s, size_t n)
{
	if (n > LABEL_MAX)
		return "it is longer than 63 characters";
	if (!is_alnum(s[0]) || !is_alnum(s[n - 1]))
		return "it must begin and end with a letter or digit";
	for (size_t i = 0; i < n; i++)
		if (!is_alnum(s[i]) && !strchr("-_.", s[i]))
			return "only letters, digits, '-', '_' and '.' are allowed";
	return NULL;
}

/* [a-z0-9]([-a-z0-9]*[a-z0-9])? */
static const char *dns_part_fault(const char *s, size_t n)
{
	if (n == 0 || !is_lower_alnum(s[0]) || !is_lower_alnum(s[n - 1]))
		return "each part must begin and end with a lower-case letter or a digit";
	for (size_t i = 0; i < n; i++)
		if (!is_lower_alnum(s[i]) && s[i] != '-')
			return "only lower-case letters, digits and '-' are allowed";
	return NULL;
}

static const char *subdomain_fault(const char *s, size_t n)
{
	const char *end = s + n;

	if (n > SUBDOMAIN_MAX)
		return "it is longer than 253 characters";
	for (;;) {
		const char *dot = memchr(s, '.', (size_t)(end - s));
		const char *fault = dns_part_fault(s, (size_t)((dot ? dot : end) - s));

		if (fault || !dot)
			return fault;
		s = dot + 1;
	}
}

const char *k8s_label_key_fault(const char *s)
{
	const char *slash = strchr(s, '/');

	if (slash) {
		if (subdomain_fault(s, (size_t)(slash - s)))
			return "the prefix before the '/' must be a DNS name in lower case";
		s = slash + 1;
		if (strchr(s, '/'))
			return "it has more than one '/'";
	}
	return *s ? qualified_fault(s, strlen(s)) : "the name is empty";
}

const char *k8s_annotation_key_fault(const char *s)
{
	char lower[SUBDOMAIN_MAX + 1 + LABEL_MAX + 1];
	size_t n = strlen(s);

	if (n >= sizeof(lower))
		return "it is longer than 317 characters";
	for (size_t i = 0; i <= n; i++)
		lower[i] = s[i] >= 'A' && s[i] <= 'Z' ? (char)(s[i] - 'A' + 'a') : s[i];
	return k8s_label_key_fault(lower);
}

const char *k8s_label_value_fault(const char *s)
{
	return *s ? qualified_fault(s, strlen(s)) : NULL;
}

const char *k8s_dns_label_fault(const char *s)
{
	size_t n = strlen(s);

	if (n == 0)
		return "it is empty";
	if (n > LABEL_MAX)
		return "it is longer than 63 characters";
	if (!is_lower_alnum(s[0]) || !is_lower_alnum(s[n - 1]))
		return "it must begin and end with a lower-case letter or a digit";
	return dns_part_fault(s, n);
}

const char *k8s_dns_subdomain_fault(const char *s)
{
	return *s ? subdomain_fault(s, strlen(s)) : "it is empty";
}

const char *k8s_port_name_fault(const char *s)
{
	size_t n = strlen(s);
	bool letter = false;

	if (n == 0 || n > PORT_NAME_MAX)
		return n ? "it is longer than 15 characters" : "it is empty";
	for (size_t i = 0; i < n; i++) {
		letter |= is_lower(s[i]);
		if (!is_lower_alnum(s[i]) && s[i] != '-')
			return "only lower-case letters, digits and '-' are allowed";
	}
	if (!letter)
		return "it needs at least one letter";
	if (s[0] == '-' || s[n - 1] == '-' || strstr(s, "--"))
		return "a '-' may stand only between two letters or digits";
	return NULL;
}
