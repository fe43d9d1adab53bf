#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What polc writes for programs is what the schemas say: SARIF's own, and those of doc/schemas.
set -u
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"

python3 -c 'import jsonschema' 2>/dev/null || skip_all "no python3-jsonschema"
src=$(cd "${POLC_SRCDIR:-$(dirname "$0")/../..}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99

valid() { python3 "$src/tests/reports/validate.py" "$@"; }
sarif() { valid "$src/tests/reports/sarif/sarif-2.1.0-rtm.5.json" "$@"; }
ours() { valid "$src/doc/schemas/$1.json" "${@:2}"; }
# into FILE COMMAND ARGUMENT...: whatever the exit status
into() {
	local file=$1

	shift
	timeout 60 "$POLC" "$@" >"$file" 2>err </dev/null
	[ -s "$file" ] || cat err
}

cat >'odd name, 100%: "x".pol' <<'POL'
endpoint shop/web { labels { app = web } address 10.0.0.1 }
endpoint shop/db { labels { app = db } address 10.0.0.2 }
policy db for { app = db } {
  ingress {
    deny from { app = web } on tcp/1-100
    # polc:ignore shadowed the "reason" of ünsound
    allow from { app = web } on tcp/80
    allow from { app = web } on tcp/81
    allow from { app = web } on tcp/5432
    allow from { app = web } on tcp/5432
  }
}
assert "no web" { never { app = web } -> { app = db } on tcp/5432 }
POL
printf 'policy \xff for {\n' >bad.pol
printf 'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\nspec: {podSelectr: {}}\n' >bad.yaml
sed 's/5432/5433/; /^endpoint/d' odd*.pol >new.pol
sed '/^endpoint/d' odd*.pol >old.pol
files=(odd*.pol "$src/examples/shop" bad.pol bad.yaml nowhere.pol)

for i in "${!files[@]}"; do
	into "check$i.sarif" check --format sarif "${files[$i]}"
	into "check$i.json" check --format json "${files[$i]}"
	check "SARIF of ${files[$i]##*/} is SARIF 2.1.0" sarif "check$i.sarif"
	check "JSON of ${files[$i]##*/} is as documented" ours check "check$i.json"
	into "check$i.gitlab" check --format gitlab "${files[$i]}"
	check "GitLab's report of ${files[$i]##*/} is as GitLab says" \
		valid "$src/tests/reports/gitlab.json" "check$i.gitlab"
	into "check$i.xml" check --format junit "${files[$i]}"
	check "JUnit of ${files[$i]##*/} is XML that counts well" \
		python3 "$src/tests/reports/junit.py" "check$i.xml"
	check "both have what JSON has" test "$(jq '.diagnostics | length' "check$i.json")" -eq \
		"$(jq length "check$i.gitlab")" -a "$(grep -c '<testcase' "check$i.xml")" -ge "$(jq length "check$i.gitlab")"
done
printf 'apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\nspec: {podSelector: {}}\n' >unread.yaml
into unread.gitlab check -W no-skipped --format gitlab unread.yaml
check "what is not read is an issue" jq -es '[.[][].check_name] == ["incomplete"]' unread.gitlab
into unread.xml check -W no-skipped --format junit unread.yaml
check "and an error of a test case" grep -q '<error type="incomplete">1 policy is not read' unread.xml
sed 1,3d unread.yaml >none.yaml
into none.xml check --format junit none.yaml
check "nothing found is one case that passes" grep -q 'tests="1" failures="0" errors="0"' none.xml
check "among them were findings, a suppression and a fingerprint" jq -e '[.runs[0].results[] |
	.partialFingerprints["polc/v1"] // empty] | length > 2' check0.sarif
check "and a suppression" jq -e 'any(.runs[0].results[]; .suppressions)' check0.sarif
check "and errors with fixes" jq -e 'any(.diagnostics[]; .fixes != [])' check3.json
rule() { jq -e "[.runs[].tool.driver.rules[]] | length > 0 and all(.[]; $1)" "$2"; }
check "and each rule has what explain says of it" \
	rule '(.help.markdown | length > 40) and (.fullDescription.text | length > 40) and
		(.helpUri | test("/(checks|diagnostics)[.]md#[a-z0-9-]+$")) and .defaultConfiguration.level' check0.sarif
check "in the words of polc explain" grep -qF "$(jq -r '.runs[0].tool.driver.rules[] |
	select(.id == "shadowed").help.markdown' check0.sarif | head -1)" <("$POLC" explain shadowed)
check "the default level is not the level of today" jq -e \
	'.runs[0].tool.driver.rules[] | select(.id == "redundant").defaultConfiguration.level == "note"' check0.sarif
printf 'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\nspec: {"é": 1, podSelectr: {}}\n' >fix.yaml
printf 'apiVersion: v2\nkind: Lst\nitems: []\n' >list.yaml
into fix.sarif check --format sarif fix.yaml
into list.sarif check --format sarif list.yaml
check "fixes and characters in SARIF are SARIF 2.1.0" sarif fix.sarif list.sarif
check "a fix replaces characters, not bytes" jq -e '[.runs[0].results[].fixes[]?.artifactChanges[].replacements[]][0] |
	.deletedRegion.startColumn == 16 and .insertedContent.text == "podSelector"' fix.sarif
check "what belongs together is one fix" jq -e '.runs[0].results[0].fixes | length == 1 and
	(.[0].artifactChanges[0].replacements | length == 2)' list.sarif
into base.json check --write-baseline baseline.json odd*.pol
check "a baseline is as documented" ours baseline baseline.json
into reach.json reach --format json "$src/examples/shop"
into reach-flows.json reach --format json "$src/examples/shop" --port tcp/80 --from world --from host --group
echo '[{"from": "world", "to": "host", "port": "tcp/80", "expect": "deny"}]' >probes
into reach-probes.json reach --format json "$src/examples/shop" --probes probes
into reach-group.json reach --format json "$src/examples/shop" --group
sed 's|tcp/81$|tcp/81 http { GET "/a.*" deny any "/ab" }|' odd*.pol >requests.pol
into reach-l7.json reach --format json requests.pol
check "JSON of polc reach is as documented" ours reach reach*.json
for port in 80 5432 6000; do
	into "why$port.json" why --format json odd*.pol --from shop/web --to shop/db --port "tcp/$port"
done
into why-l7.json why --format json requests.pol --from shop/web --to shop/db --port tcp/81
for path in a ab b; do
	into "why-l7-$path.json" why --format json requests.pol --from shop/web --to shop/db --port tcp/81 \
		--request "GET /$path"
done
into why-self.json why --format json odd*.pol --from shop/web --to shop/web --port tcp/1
into why-out.json why --format json odd*.pol --from cidr:192.0.2.1 --to shop/db --port tcp/1
into why-expected.json why --format json odd*.pol --from shop/web --to shop/db --port tcp/1 --expect allow
into why-absent.json why --format json "$src/tests/golden/field/named-port-absent-egress/in.pol" \
	--from numbers --to db --port tcp/metrisc
check "a port name that is not there has those that are" \
	jq -e '.directions | .[0].numbers[1].verdict == "allow" and .[1].near == "metrics"' why-absent.json
into why-families.json why --format json "$src/tests/golden/field/dual-stack/in.yaml" \
	--from n/a --to n/b --port tcp/80
check "families that differ have a verdict each" jq -e '.families.ipv4.verdict == "deny" and
	.families.ipv6.verdict == "allow" and ([.cases[].family] | sort == ["ipv4", "ipv6"])' why-families.json
into why-if.json why --format json "$src/tests/golden/field/egress-cidr-between-deployments/in.yaml" \
	--from s/a --to s/b --port tcp/80
check "a condition on addresses is one that programs read" \
	jq -e '.if.to.except == ["169.254.169.254/32"] and all(.cases[]; .family == "ipv6" or .if.to.in)' why-if.json
check "JSON of polc why is as documented" ours why why*.json
into diff-open.json diff --format json old.pol new.pol
into diff-same.json diff --format json old.pol old.pol
grep ^endpoint odd*.pol >none.pol
into diff-closed.json diff --format json odd*.pol none.pol
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
unset GIT_DIR GIT_INDEX_FILE GIT_WORK_TREE
git init -q modules
for n in 1 2; do
	git -C modules update-index --add --cacheinfo "160000,$(printf %040d $n),base"
	git -C modules -c user.name=t -c user.email=t@example.org commit -qm $n
done
cd modules && into ../diff-modules.json diff --format json --git HEAD~1..HEAD
cd .. || exit 99
check "a submodule is not compared" jq -e '.not_compared[0].path == "base"' diff-modules.json
for name in requests requests-not-decided calls-and-topics; do
	into "diff-$name.json" diff --format json "$src/tests/golden/field/diff-of-$name"/{old,new}.pol
done
check "a region may be one of requests" jq -e '.added[0].witness.request' diff-requests.json
check "or of requests that are not known" jq -e '.undecided' diff-requests-not-decided.json
check "JSON of polc diff is as documented" ours diff diff*.json
printf '{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: a}}' >unread.yaml
into unread.sarif check --format sarif odd*.pol unread.yaml
check "SARIF of an incomplete check is SARIF 2.1.0" sarif unread.sarif
into check.json check --format json odd*.pol unread.yaml
into reach.json reach --format json odd*.pol unread.yaml
into why.json why --format json odd*.pol unread.yaml --from shop/web --to shop/db --port tcp/80
into diff.json diff --format json unread.yaml unread.yaml
into late.json reach --format json --timeout 0 odd*.pol
check "JSON of polc reach without an answer is as documented" ours reach late.json
check "and has the reason" jq -e '.undecided | length > 0' late.json
for name in check reach why diff; do
	check "JSON of an incomplete polc $name is as documented" ours "$name" "$name.json"
	check "and incomplete" jq -e '.incomplete | length > 0' "$name.json"
done
labels="$src/tests/golden/field/labels-of-namespaces-that-nobody-says"
into reach.json reach --format json "$labels/policy.yaml"
into why.json why --format json "$labels/policy.yaml" --from front/web --to shop/db --port tcp/80
into diff.json diff --format json --closed "$labels/policy.yaml" "$labels/by-name.yaml"
for name in reach why diff; do
	check "JSON of a polc $name that assumes something is as documented" ours "$name" "$name.json"
	check "and has it" jq -e '.assumes | length == 1 and (.[0] | .code == "namespace-labels" and
		.namespaces == ["front", "shop"] and .labels == ["team"])' "$name.json"
done
check "of one side" jq -e '.assumes[0].side == "old"' diff.json
into reach-known.json reach --format json "$labels/policy.yaml" -i "$labels/namespaces.yaml"
check "nothing is assumed where all is said" jq -e 'has("assumes") | not' reach-known.json
into diff-open.json diff --format json "$labels/policy.yaml" "$labels/by-name.yaml"
check "nor of all that there could be" jq -e 'has("assumes") | not' diff-open.json
check "nor told" test ! -s err
hashes="$src/tests/golden/field/labels-of-controllers-that-nobody-says"
into reach.json reach --format json "$hashes/set.yaml" "$hashes/policy.yaml"
into why.json why --format json "$hashes/set.yaml" "$hashes/policy.yaml" --from shop/web --to shop/db --port tcp/80
into diff-hashes.json diff --format json "$hashes/policy.yaml" "$hashes/others.yaml" -i "$hashes/set.yaml"
for name in reach why; do
	check "JSON of a polc $name that assumes labels of pods is as documented" ours "$name" "$name.json"
	check "and has them" jq -e '.assumes == [{code: "pod-labels", workloads: ["shop/db", "shop/web"],
		labels: ["controller-revision-hash", "pod-template-hash"]}]' "$name.json"
done
check "that of a polc diff, too" ours diff diff-hashes.json
check "of either side" jq -e '[.assumes[] | [.code, .side]] == [["pod-labels", "old"]]' diff-hashes.json
echo '{"version": "2.1.0", "runs": [{}]}' >wrong.json
refused() { ! "$@"; }
check "what is no SARIF is refused" refused sarif wrong.json
check "what is not documented is refused" refused ours check wrong.json
tap_done
