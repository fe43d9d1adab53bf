/* SPDX-License-Identifier: Apache-2.0 */
/* What texts that cannot be read claim to be. */
#include "lang/yaml/k8s/claim.h"

#include <string.h>

#include "tests/unit/unit.h"

#define POLICY "kind: NetworkPolicy\n"
#define CILIUM "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\n"

static const struct {
	enum k8s_claim claim;
	const char *text;
} texts[] = {
	{K8S_CLAIM_NOTHING, ""},
	{K8S_CLAIM_NOTHING, "kind"},
	{K8S_CLAIM_NOTHING, "kind:"},
	{K8S_CLAIM_NOTHING, "kind: ConfigMap\n"},
	{K8S_CLAIM_NOTHING, "# kind: NetworkPolicy\na: b\n"},
	{K8S_CLAIM_NOTHING, "a: b # kind: NetworkPolicy\n"},
	{K8S_CLAIM_NOTHING, "mankind: NetworkPolicy\n"},
	{K8S_CLAIM_NOTHING, "kinds: NetworkPolicy\n"},
	{K8S_CLAIM_POLICY, "kind: \n  NetworkPolicy\n"},
	{K8S_CLAIM_POLICY, "kind: !!str &k 'NetworkPolicy'\n"},
	{K8S_CLAIM_POLICY, "kind: NetworkPolicy"},
	{K8S_CLAIM_POLICY, "a: [\nkind : 'NetworkPolicy'\n"},
	{K8S_CLAIM_POLICY, "# a comment\nkind: \"NetworkPolicy\"\n"},
	{K8S_CLAIM_POLICY, "{\"kind\":\"NetworkPolicy\",}"},
	{K8S_CLAIM_POLICY, "kind: List\nitems:\n- kind: Pod\n- kind: NetworkPolicy\n"},
	{K8S_CLAIM_POLICY, "apiVersion: networking.k8s.io/v1\nspec: {podSelector: {}}\n"},
	{K8S_CLAIM_NOTHING, "apiVersion: networking.k8s.io/v1\nspec: {}\n"},
	{K8S_CLAIM_NOTHING, "apiVersion: example.org/v1\nspec: {podSelector: {}}\n"},
	{K8S_CLAIM_ENDPOINT, "kind: Deployment\n"},
	{K8S_CLAIM_ENDPOINT, "kind: Namespace\n"},
	{K8S_CLAIM_POLICY,
	 "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nname: {{ .x }}\n"},
	{K8S_CLAIM_UNREAD, CILIUM},
	{K8S_CLAIM_UNREAD, CILIUM "name: {{ .x }}\n"},
	{K8S_CLAIM_ENDPOINT, "kind: Deployment\nname: {{ .x }}\n"},
	/* It is about other objects. */
	{K8S_CLAIM_NOTHING, "kind: CustomResourceDefinition\nspec:\n  names:\n    " POLICY},
	{K8S_CLAIM_NOTHING,
	 "{\"kind\":\"X\",\"spec\":{\"names\":{\"kind\":\"NetworkPolicy\"}}, bad}"},
	{K8S_CLAIM_NOTHING, "patches:\n- target:\n    " POLICY "  patch: ["},
	{K8S_CLAIM_NOTHING, "ignoreDifferences:\n- " POLICY "name: a: b\n"},
	{K8S_CLAIM_NOTHING, "example: \"kind: NetworkPolicy\"\nx: ["},
	{K8S_CLAIM_NOTHING, "description: a kind: NetworkPolicy thing\n"},
	{K8S_CLAIM_NOTHING, "kind: ConfigMap\ndata:\n  a: |\n    " POLICY "x: ["},
	{K8S_CLAIM_NOTHING, "kind: ConfigMap\nitems: x\ndata: {kind: NetworkPolicy}\n"},
	{K8S_CLAIM_NOTHING, "kind: List\nitems:\n- kind: X\n  spec:\n    " POLICY},
	{K8S_CLAIM_NOTHING, "{\"items\":[{\"kind\":\"X\",\"spec\":{\"kind\":\"NetworkPolicy\"}}]"},
	/* At the top, whatever is wrong around it. */
	{K8S_CLAIM_POLICY, "spec: {\n" POLICY},
	{K8S_CLAIM_POLICY, "  apiVersion: networking.k8s.io/v1\n  " POLICY},
	{K8S_CLAIM_POLICY, "--- !!map &a\n" POLICY},
	{K8S_CLAIM_POLICY, "\xef\xbb\xbf---\n\n# text\n" POLICY},
	{K8S_CLAIM_POLICY, "{ # text\n  a: [{b: \"}\"}, 'x'], b: it's, \"kind\" : NetworkPolicy"},
	{K8S_CLAIM_POLICY, "{\"a\": ${B}, \"c\": {{ .d }}, \"kind\":\"NetworkPolicy\"}"},
	{K8S_CLAIM_POLICY, "kind: NetworkPolicyList\nitems: [\n"},
	{K8S_CLAIM_POLICY, "kind: List\nitems:\n  -\n    a: [\n    " POLICY},
	{K8S_CLAIM_POLICY, "kind: List\nitems:\n- kind: Pod\n-  a: b\n   " POLICY "kind: c"},
	{K8S_CLAIM_POLICY, "kind: List\nitems:\n- {kind: Pod}\n- {kind: NetworkPolicy, a\n"},
	{K8S_CLAIM_POLICY, "kind: List\nitems: [{a: {kind: X}}, {kind: NetworkPolicy}\n"},
	{K8S_CLAIM_POLICY, "kind: List\nitems:\n- kind: List\n  items:\n  - " POLICY},
	{K8S_CLAIM_POLICY, "{{- if .x }}\n  {{- if .y }}\n" POLICY "{{- end }}\n"},
};

TEST(a_document_claims_what_its_text_says)
{
	struct arena arena;

	arena_init(&arena);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct k8s_claimed c = k8s_claim_of(texts[i].text, strlen(texts[i].text), &arena);

		if (c.claim != texts[i].claim)
			fail_msg("\"%s\" claims %d, not %d", texts[i].text, (int)c.claim,
				 (int)texts[i].claim);
	}
	arena_fini(&arena);
}

TEST(documents_end_where_a_separator_begins_a_line)
{
	static const char text[] =
		"---\nkind: Pod\n---\n--- kind: NetworkPolicy\n ---\nx: {{ .x }}\n"
		"---";
	static const enum k8s_claim claims[] = {K8S_CLAIM_ENDPOINT, K8S_CLAIM_NOTHING,
						K8S_CLAIM_POLICY, K8S_CLAIM_NOTHING};
	static const uint32_t lines[] = {1, 3, 4, 7};
	struct k8s_documents docs;
	struct k8s_claimed claimed;
	struct sources sources;
	struct arena arena;
	size_t n = 0;

	arena_init(&arena);
	sources_init(&sources, &arena);
	k8s_documents_init(&docs, &sources, sources_add(&sources, "t", text, strlen(text)), &arena);
	while (k8s_documents_next(&docs, &claimed)) {
		assert_true(n < sizeof(lines) / sizeof(*lines));
		assert_int_equal(claimed.claim, claims[n]);
		assert_int_equal(docs.loc.line, lines[n]);
		n++;
	}
	assert_int_equal(n, 4);
	arena_fini(&arena);
}

TEST(the_kind_of_what_is_not_read_is_known)
{
	static const char text[] = CILIUM "name: {{ .x }}\n";
	struct arena arena;
	struct k8s_claimed c;

	arena_init(&arena);
	c = k8s_claim_of(text, strlen(text), &arena);
	assert_string_equal(c.kind, "CiliumNetworkPolicy");
	assert_string_equal(c.api, "cilium.io/v2");
	arena_fini(&arena);
}

/* Any part of a text is a text. */
TEST(no_text_is_too_short)
{
	static const char text[] = "apiVersion: v1\nkind: 'NetworkPolicy'\n{\"kind\" : \"Pod\"}";
	struct arena arena;

	arena_init(&arena);
	for (size_t from = 0; from < sizeof(text); from++)
		for (size_t len = 0; from + len < sizeof(text); len++)
			k8s_claim_of(text + from, len, &arena);
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document_claims_what_its_text_says),
		cmocka_unit_test(documents_end_where_a_separator_begins_a_line),
		cmocka_unit_test(the_kind_of_what_is_not_read_is_known),
		cmocka_unit_test(no_text_is_too_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
