/* SPDX-License-Identifier: Apache-2.0 */
/* An IR as JSON with each field that there is, and changes of it. */
#pragma once

#include <string.h>

#include "lang/base/buf.h"
#include "tests/unit/unit.h"

/* Everything that a document can have. */
static const char ir_document[] =
	"{'format': 1,"
	" 'tiers': ["
	"  {'name': 'first', 'end': 'pass', 'at': 'a.pol:1:6', 'policies': []},"
	"  {'name': 'second', 'end': 'pass', 'at': 'b.pol:1:6', 'policies': []},"
	"  {'name': 'default', 'end': 'deny', 'at': '', 'policies': ["
	"   {'id': 1, 'name': 'shop/web', 'kind': 'NetworkPolicy', 'at': 'a:b.yaml:3:9',"
	"    'subjects': ["
	"     [{'scope': 'endpoint', 'key': 'app', 'op': 'In', 'values': ['web', '']},"
	"      {'scope': 'namespace', 'key': 'team', 'op': 'NotIn', 'values': ['a']},"
	"      {'scope': 'endpoint', 'key': 'old', 'op': 'DoesNotExist'},"
	"      {'scope': 'endpoint', 'key': 'app', 'op': 'Exists'}], 'none'],"
	"    'sparesNode': true, 'ignore': {'findings': 'shadowed x', 'at': 'a:b.yaml:5:1'},"
	"    'ingress': {'governs': true, 'rules': ["
	"     {'id': 1, 'action': 'allow', 'rank': 4294967295, 'at': 'a:b.yaml:7:3', 'log': true,"
	"      'peers': ["
	"       {'selector': [{'scope': 'endpoint', 'key': 'app', 'op': 'Exists'}]},"
	"       {'cidr': {'in': ['10.0.0.0/8', '::/0'], 'except': ['10.1.0.0/16'],"
	"                 'matchEndpoints': true}},"
	"       {'entity': 'host'}],"
	"      'ports': [{'proto': 'any'}, {'proto': 'tcp', 'lo': 80, 'hi': 90},"
	"                {'proto': 'udp', 'name': 'dns'}, {'none': true}],"
	"      'l7': {'kind': 'http', 'entries': ["
	"       {'verb': 'GET', 'object': {'matches': '/cart/[0-9]+'}, 'where': ["
	"         {'what': 'header', 'name': 'x-a', 'value': {'is': 'b:c'}},"
	"         {'what': 'host', 'value': {'matches': 'shop[.].*'}}], 'at': 'a:b.yaml:8:5'},"
	"       {'verb': 'any', 'object': {'matches': '/admin'}, 'at': 'a:b.yaml:9:5',"
	"        'deny': true}]}}]}},"
	"   {'id': 0, 'name': 'x', 'kind': 'policy', 'at': '', 'subjects': [],"
	"    'egress': {'governs': false, 'rules': ["
	"     {'id': 0, 'action': 'pass', 'rank': 2, 'at': '', 'peers': [], 'ports': []}]}}]}],"
	" 'openOrders': [[{'first': 0, 'tiers': 1}, {'first': 1, 'tiers': 1}]],"
	" 'namespaces': ['shop', 'empty'],"
	" 'endpoints': ["
	"  {'name': 'node-1', 'kind': 'endpoint', 'at': '', 'host': true, 'labels': {},"
	"   'namespaceLabels': {}, 'addresses': ['192.0.2.1'], 'ports': []},"
	"  {'name': 'shop/web', 'kind': 'Pod', 'at': 'c.yaml:1:1', 'namespace': 'shop',"
	"   'labels': {'z': '1', 'app': 'web'}, 'namespaceLabels': {'team': 'b'},"
	"   'addresses': ['10.0.0.1', 'fd00::1'],"
	"   'ports': [{'name': 'http', 'proto': 'tcp', 'port': 8080}]}],"
	" 'assertions': ["
	"  {'title': 'closed', 'at': 'a.pol:9:1', 'claims': ["
	"   {'claim': 'only', 'at': 'a.pol:10:3', 'from': {'entity': 'world'},"
	"    'to': {'selector': 'none'}, 'ports': [{'proto': 'icmp', 'lo': 2048, 'hi': 2303}]}]}]"
	"}";

/* JSON with ' for ", and the first `from` in it, if there is one, replaced. */
static void ir_document_make(const char *text, const char *from, const char *to, struct buf *out)
{
	const char *at = from ? strstr(text, from) : NULL;

	assert_true(at || !from);
	buf_printf(out, "%.*s%s%s", at ? (int)(at - text) : 0, text, at ? to : "",
		   at ? at + strlen(from) : text);
	for (size_t i = 0; i < out->n; i++) {
		if (out->s[i] == '\'')
			out->s[i] = '"';
	}
}
