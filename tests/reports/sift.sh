#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What polc check leaves out of its report: suppressed findings, and those of a baseline.
set -u
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99

# run ARGUMENT...: polc check; its output is in $work/out, its exit status in $status.
run() {
	timeout 60 "$POLC" check --color never "$@" >out 2>&1 </dev/null
	status=$?
}

# Two rules, the second of which is shadowed; $1 stands above it, $2 behind it, $3 above all.
pol() {
	cat >"${4:-p.pol}" <<-POL
		$3
		policy db for { app = db } {
		  ingress {
		    deny from { app = web }
		    $1
		    allow from { app = web } on tcp/80 $2
		  }
		}
	POL
}
yaml() {
	cat >p.yaml <<-YAML
		apiVersion: networking.k8s.io/v1
		kind: NetworkPolicy
		metadata:
		  name: web
		  namespace: shop
		  annotations: {note: "no # polc:ignore redundant comment at all"}
		spec:
		  podSelector: {matchLabels: {app: web}}
		  ingress:
		    - from: [{podSelector: {matchLabels: {app: a}}}]
		    $1
		    - from: [{podSelector: {matchLabels: {app: a}}}] $2
		      ports: [{port: 80}]
	YAML
}
# expect NAME STATUS PATTERN...: of the last run; !PATTERN must not be there
expect() {
	local name=$1 want=$2 fault="" pattern

	shift 2
	[ "$status" -eq "$want" ] || fault="exit status $status, not $want"
	for pattern in "$@"; do
		if [ "${pattern#!}" != "$pattern" ]; then
			! grep -q -- "${pattern#!}" out || fault+=" '${pattern#!}' is there"
		else
			grep -q -- "$pattern" out || fault+=" '$pattern' is not there"
		fi
	done
	if [ -z "$fault" ]; then ok "$name"; else not_ok "$name" "$fault" "$(cat out)"; fi
}

# --- comments ---
pol "" "" ""
run p.pol
expect "a shadowed rule is a finding" 1 '\[shadowed\]'
pol "# polc:ignore shadowed the deny is on its way out" "" ""
run p.pol
expect "a comment above a rule suppresses" 0 '!\[shadowed\]' '1 suppressed'
pol "# polc:ignore shadowed the deny is on its way out" "" ""
sed -i 's/^    allow/    # one more remark\n&/' p.pol
run p.pol
expect "another comment may stand between" 0 '!\[shadowed\]'
pol "" "# polc:ignore conflict,shadowed the deny is on its way out" ""
run p.pol
expect "a comment behind a rule suppresses, also one of several checks" 0 '!\[shadowed\]'
pol "" "" "# polc:ignore shadowed all of this policy is old"
run p.pol
expect "a comment above a policy suppresses" 0 '!\[shadowed\]'
pol "" "" "# polc:ignore shadowed too far away
policy other for { app = x } { ingress { } }"
run p.pol
expect "a comment of another policy does not" 1 '\[shadowed\]' '\[unused-suppression\]'
pol "# polc:ignore conflict wrong check" "" ""
run p.pol
expect "a comment of another check does not" 1 '\[shadowed\]' 'p.pol:5:5: note:.*\[unused-suppression\]'
run -W no-conflict p.pol
expect "a comment of a check that is off is not called unused" 1 '!unused-suppression'
pol "# polc:ignore shadowed" "" ""
run p.pol
expect "a comment without a reason is an error, and suppresses nothing" 2 '\[shadowed\]' \
	'error: .*gives no reason.*\[bad-suppression\]'
pol "# polc:ignore" "" ""
run p.pol
expect "a comment without a check is an error" 2 'names no check.*\[bad-suppression\]'
pol "# polc:ignore ,, commas" "" ""
run p.pol
expect "nor are commas a check" 2 'names no check.*\[bad-suppression\]'
pol "# polc:ignore shadowed,shadwoed half a typo" "" ""
run p.pol
expect "a comment with one wrong check of two suppresses nothing" 2 '\[shadowed\]' '\[bad-suppression\]'
pol "# polc:ignore shadwoed a typo" "" ""
run p.pol
expect "a comment of no check is an error" 2 "no check or warning 'shadwoed'.*\[bad-suppression\]"
pol "# polc:ignored shadowed not the mark" "" ""
run p.pol
expect "a longer word is an ordinary comment" 1 '\[shadowed\]' '!suppression'
pol "" "" ""
printf '# polc:ignore shadowed \r\n' >>p.pol
run p.pol
expect "blanks are no reason" 2 '\[bad-suppression\]'
pol "# polc:ignore shadowed as it was" "" ""
"$POLC" fmt -w p.pol
run p.pol
expect "the formatter keeps a comment in force" 0 '1 suppressed'

yaml "" ""
run -W redundant p.yaml
expect "a redundant rule in YAML is a finding, and a quoted # is no comment" 1 '\[redundant\]' '!suppression'
yaml "# polc:ignore redundant kept for the audit" ""
run -W redundant p.yaml
expect "a comment above a YAML rule suppresses" 0 '!\[redundant\]' '1 suppressed'
yaml "" "# polc:ignore redundant kept for the audit"
run -W redundant p.yaml
expect "a comment behind a YAML rule suppresses" 0 '!\[redundant\]' '1 suppressed'
yaml "" ""
sed -i 's/name: web/& # polc:ignore redundant generated/' p.yaml
run -W redundant p.yaml
expect "a comment behind a YAML policy's name suppresses" 0 '1 suppressed'

# annotate TEXT: of the policy of p.yaml, as YAML
annotate() {
	yaml "" ""
	sed -i "s~  annotations: .*~  annotations:\\n    polc.dev/ignore: $1~" p.yaml
}
annotate "redundant kept for the audit"
run -W redundant p.yaml
expect "an annotation suppresses for the whole policy" 0 '!\[redundant\]' '1 suppressed' '!suppresses nothing'
annotate '|\n      shadowed as it was\n      redundant,conflict kept for the audit'
run -W redundant p.yaml
expect "an annotation has a suppression a line" 0 '1 suppressed' 'p.yaml:7:.*this annotation suppresses nothing'
annotate "shadowed kept for the audit"
run -W redundant p.yaml
expect "an annotation for another check leaves the finding" 1 '\[redundant\]' '\[unused-suppression\]'
annotate "redundant"
run -W redundant p.yaml
expect "an annotation needs a reason" 2 "p.yaml:7:22: error: this annotation suppresses nothing, as it gives no reason; write 'CHECK reason'"
annotate "redundnat a typo"
run -W redundant p.yaml
expect "and a check that exists" 2 "there is no check or warning 'redundnat'" '\[bad-suppression\]'
annotate '""'
run -W redundant p.yaml
expect "and is not empty" 2 'it names no check'
annotate '[redundant]'
run -W redundant p.yaml
expect "and is text" 2 'p.yaml:7:22: error'
{
	yaml "" ""
	sed 's|  annotations: .*|  annotations: {polc.dev/ignore: redundant of the first}|' p.yaml
	echo ---
	sed 's/name: web/name: other/' p.yaml
} >two.yaml
run -W redundant two.yaml
expect "an annotation speaks of its own policy alone" 1 'other.*\[redundant\]' '1 suppressed'

yaml "# polc:ignore redundant kept for the audit" ""
run --format sarif p.yaml
# shellcheck disable=SC2016
check "SARIF lists what is suppressed, with the reason" jq -e '[.runs[0].results[] |
	select(.suppressions) | [.ruleId, .suppressions[0].kind, .suppressions[0].justification]] ==
	[["redundant", "inSource", "kept for the audit"]]' out
run --format json p.yaml
check "JSON counts it" jq -e '.suppressed == 1 and .known == 0 and .diagnostics == []' out

# --- baselines ---
pol "" "" ""
run --write-baseline base.json p.pol
expect "a baseline takes all findings of today" 0 '1 in the baseline'
check "and names them" jq -e '.format == 1 and (.findings | length) == 1 and
	(.findings[0] | .check == "shadowed" and .policy == "db" and (.fingerprint | test("^[0-9a-f]{32}$")))' base.json
run --baseline base.json p.pol
expect "what it knows is not reported" 0 '!\[shadowed\]' '1 in the baseline'
run --werror --baseline base.json p.pol
expect "also not as an error" 0 '!\[shadowed\]'
pol "# a remark" "" "

# the file has moved"
sed -i 's/allow from { app = web }/allow  from {  app = web }/' p.pol
mv p.pol q.pol
run --baseline base.json q.pol
expect "nor after lines, layout, comments or the file's name have changed" 0 '!\[shadowed\]'
sed -i 's/tcp\/80/&\n    allow from { app = web } on tcp\/81/' q.pol
run --baseline base.json q.pol
expect "a new finding is reported, alone" 1 '\[shadowed\]' '1 warning, 1 in the baseline'
sed -i 's/tcp\/81/tcp\/80/' q.pol
run --baseline base.json q.pol
expect "a second finding with the same text is new" 1 '1 in the baseline'
printf 'policy db for { app = db } { ingress { } }\n' >q.pol
run --baseline base.json q.pol
expect "what is fixed is not mentioned" 0 '!fixed'
run -v --baseline base.json q.pol
expect "but with -v" 0 "'shadowed' in db .*\[fixed\]"
{
	echo 'policy db for { app = db } { ingress { deny from { app = web }'
	for i in {1..30}; do echo "allow from { app = web } on tcp/$i"; done
	echo '} }'
} >many.pol
run --werror many.pol
expect "of many findings text shows the first, and tells of the rest" 1 '30 errors' 'on tcp/20' '!on tcp/21' \
	'^polc: 10 more errors are not shown; see all of them with --max-findings 0 or --format json'
run --werror --max-findings 0 many.pol
expect "or all of them, if asked to" 1 '30 errors' 'on tcp/30' '!not shown'
run --max-findings 29 many.pol
expect "or as many as asked for" 1 'on tcp/29' '!on tcp/30' '^polc: 1 more warning is not shown'
run --max-findings -1 many.pol
expect "which is a number" 2 'max-findings'
run --format github many.pol
check "annotations are all there" test "$(grep -c '^::warning' out)" -eq 30
run --format sarif many.pol
check "so are results in SARIF" jq -e '.runs[0].results | length == 30' out
run --format json many.pol
check "and diagnostics in JSON" jq -e '(.diagnostics | length) == 30 and (has("unlisted") | not)' out
run --werror --write-baseline many.json many.pol
check "and all stand in a baseline" jq -e '.findings | length == 30' many.json

# egress FILE N: policies of N namespaces that let nobody ask for DNS
egress() {
	local i

	for i in $(seq "$2"); do
		cat <<-YAML
			---
			apiVersion: networking.k8s.io/v1
			kind: NetworkPolicy
			metadata: {name: out, namespace: n$i}
			spec:
			  podSelector: {}
			  policyTypes: [Egress]
			  egress: [{to: [{podSelector: {}}], ports: [{port: 443}]}]
		YAML
	done >"$1"
}
egress egress.yaml 40
run --write-baseline egress.json egress.yaml
check "a check does not stop after some findings" jq -e \
	'[.findings[] | select(.check == "dns-egress-missing")] | length == 40' egress.json
egress egress.yaml 41
run --baseline egress.json egress.yaml
expect "so a baseline of 40 does not hide the 41st" 1 'n41/out.*\[dns-egress-missing\]' '!n40/out'
{
	echo 'policy a for { app = db } { ingress { allow from { team = shop } on tcp/443 } }'
	echo 'policy d for { app = db } { ingress {'
	for i in {1..20}; do echo "deny from { env = e$i }"; done
	echo '} }'
} >conflicts.pol
run --format json conflicts.pol
check "nor at one rule" jq -e '[.diagnostics[] | select(.code == "conflict")] | length == 20' out

# More flows than one-sided looks at: a peer with a rule for each of 1200 ports.
{
	echo 'policy db for { app = db } { ingress { allow from { app = web } } }'
	echo 'policy web for { app = web } { egress {'
	for i in {1..1200}; do echo "allow to cidr { 192.0.2.0/24 } on tcp/$((2 * i))"; done
	echo '} }'
	echo 'endpoint db { labels { app = db } }'
	echo 'endpoint web { labels { app = web } }'
} >long.pol
said="check 'one-sided' has no answer here"
for format in text json sarif github gitlab junit; do
	run --format "$format" long.pol
	sed -i 's/&#39;/'"'"'/g' out
	expect "what a check did not look at is told as $format" 1 "$said"
done
run -W no-undecided long.pol
expect "unless nobody wants to know" 0 '!no answer'

run --baseline nowhere.json p.pol
expect "a baseline that is missing is bad input" 2
for text in '' '{' '[]' '{"format": 2, "findings": []}' '{"format": 1, "findings": [{}]}' \
	'{"format": 1, "findings": [3]}' '{"format": 1, "findings": 3}'; do
	printf '%s' "$text" >bad.json
	run --baseline bad.json q.pol
	expect "a baseline that is '$text' is bad input" 2 'is no baseline'
done
run --write-baseline nowhere/base.json q.pol
expect "a baseline that cannot be written is a fault" 3 'cannot write the baseline'

# --- warnings of reading ---
# objects HEAD BELOW: a policy that is not read below HEAD, and BELOW; ns.yaml is what would be refused
objects() {
	mkdir -p objects
	cat >objects/a.yaml <<-YAML
		$1
		apiVersion: cilium.io/v2
		kind: CiliumNetworkPolicy
		metadata:
		  name: a
		  annotations: {$2}
		---
		apiVersion: networking.k8s.io/v1
		kind: NetworkPolicy
		metadata: {name: shut, namespace: shop}
		spec:
		  podSelector: {}
		  policyTypes: [Ingress]
		  ingress: [{from: [{ipBlock: {cidr: 203.0.113.7/24}}]}]
	YAML
	printf 'apiVersion: v1\nkind: Namespace\nmetadata: {name: _%s}\n' "${3:-}" >objects/ns.yaml
}
incomplete='^incomplete: 1 policy is not read'
objects "" ""
run objects
expect "reading warns" 1 '\[skipped\]' '\[bad-name\]' '\[host-bits\]' "$incomplete" '3 warnings'
run -W no-skipped -W no-bad-name -W no-host-bits objects
expect "its warnings can be turned off, the count of what is not read cannot" 0 '!\[' "$incomplete" '0 warnings'
run -q -W no-skipped -W bad-name=off -W host-bits=note objects
expect "or be made notes" 0 '!\[' "$incomplete"
run -W host-bits=note -W skipped=error objects
expect "or errors, which are findings" 1 'note: .*\[host-bits\]' 'error: .*\[skipped\]' '1 error, 1 warning'
run --werror objects
expect "--werror makes errors of them" 1 '3 errors, 0 warnings'
run -W no-skiped objects
expect "a misspelt one is not passed over" 2 "no check or warning 'skiped'; did you mean 'skipped'?"
run -W no-io objects
expect "what is always an error is none of them" 2 "no check or warning 'io'"
run -W skipped=loud objects
expect "a level is one of four" 2 "write skipped=off, note, warning or error"
printf 'policy {\n' >broken.pol
run -W no-syntax broken.pol
expect "an error stays an error, whatever is said of its code" 2 '\[syntax\]'
objects "# polc:ignore skipped enforced by Cilium" ""
run objects
expect "a comment that heads a document speaks of its warnings" 1 '!\[skipped\]' '\[host-bits\]' \
	'\[bad-name\]' '1 suppressed' "$incomplete" '!unused'
objects "# polc:ignore host-bits not there" ""
run objects
expect "but not of those of the next document" 1 '\[host-bits\]' 'unused-suppression'
objects "" "polc.dev/ignore: skipped enforced by Cilium"
run objects
expect "an annotation speaks of what reading says of its object" 1 '!\[skipped\]' '1 suppressed' "$incomplete"
objects "" "polc.dev/ignore: host-bits not there"
run objects
expect "and of no other" 1 '\[host-bits\]' 'this annotation suppresses nothing'
objects "" ""
sed -i 's/^  ingress:.*/& # polc:ignore host-bits as it is in the cluster/; s/namespace: shop/&, annotations: {polc.dev\/ignore: \"unknown-namespace,host-bits old\"}/' objects/a.yaml
run objects
expect "a policy's annotation and a comment behind the line do, too" 1 '!\[host-bits\]' '!bad-suppression'
objects "# polc:ignore skipped" ""
run objects
expect "a comment needs a reason here as well" 2 'gives no reason'
objects "" ""
run --write-baseline objects.json objects
check "a baseline takes them" jq -e '[.findings[].check] | sort == ["bad-name", "host-bits", "skipped"]' objects.json
sed -i '1i # a remark\n' objects/a.yaml
run --baseline objects.json objects
expect "and knows them after lines have moved" 0 '3 in the baseline' "$incomplete"
objects "" "" x
run --baseline objects.json objects
expect "another one is new" 1 '\[bad-name\]' '!\[skipped\]' '2 in the baseline'
run --format json objects
check "JSON gives them fingerprints" jq -e '[.diagnostics[] | has("fingerprint")] | all' out

# unread NAME:HEAD...: policies of a kind that is not read
unread() {
	local object

	for object; do
		printf -- '---\n%s\napiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: %s}\n' \
			"${object#*:}" "${object%%:*}"
	done >unread.yaml
}
echo 'policy db for { app = db } { ingress { } }' >fine.pol
mine='# polc:ignore skipped enforced by Cilium'
still='^incomplete: 3 policies are not read'
unread a: b: c:
run unread.yaml fine.pol
expect "one line is for a kind" 1 '^unread.yaml:4:' '!^unread.yaml:9:' ' 1 warning$' '!like this' "$still"
unread "a:$mine" b: c:
run unread.yaml fine.pol
expect "which moves on if the first is suppressed" 1 '!^unread.yaml:4:' '^unread.yaml:9:' '!^unread.yaml:14:' \
	'1 of 3 like this are suppressed' '1 warning, 1 suppressed' '!unused' "$still"
run --format sarif unread.yaml fine.pol
check "in SARIF, too" jq -e '[.runs[0].results[] | [has("suppressions"), .locations[0].physicalLocation.region.startLine]]
	== [[true, 4], [false, 9]]' out
unread "a:$mine" b: "c:$mine"
run unread.yaml fine.pol
expect "those behind it count, too" 1 '^unread.yaml:9:' '2 of 3 like this' '1 warning, 2 suppressed' '!unused' "$still"
unread "a:$mine" "b:$mine" "c:$mine"
run unread.yaml fine.pol
expect "and the line is gone with the last" 0 '!\[skipped\]' '0 warnings, 3 suppressed' "$still"
unread a: b:
run --write-baseline unread.json unread.yaml fine.pol
unread a: b: c:
run --baseline unread.json unread.yaml fine.pol
expect "a baseline knows as many as it was made with" 1 '^unread.yaml:14:' '2 of 3 like this' '2 in the baseline' "$still"
run -W no-skipped unread.yaml fine.pol
expect "what is off is off for all of them" 0 '!\[skipped\]' '0 warnings' "$still"

# --- --fail-on ---
objects "" ""
pol "" "" ""
for level in error:0 warning:1 note:1 never:0; do
	run --fail-on "${level%:*}" p.pol objects
	expect "with warnings, --fail-on ${level%:*} exits ${level#*:}" "${level#*:}" '\[shadowed\]' '\[skipped\]'
done
run --fail-on error --werror p.pol
expect "an error counts" 1 'error: .*\[shadowed\]'
run --fail-on never --werror p.pol
expect "with never, nothing does" 0 'error: .*\[shadowed\]'
run --fail-on never broken.pol
expect "but input that cannot be read stays bad input" 2 '\[syntax\]'
run --fail-on note -W shadowed=note p.pol
expect "a note counts if it is to" 1 'note: .*\[shadowed\]'
run -W shadowed=note p.pol
expect "else it does not" 0 'note: .*\[shadowed\]'
run --write-baseline fail.json p.pol
run --fail-on note --baseline fail.json p.pol
expect "what is in the baseline does not count" 0 '1 in the baseline'
printf 'policy db for { app = db } { ingress { } }\n' >q.pol
run -v --fail-on note --baseline fail.json q.pol
expect "nor does what is fixed" 0 '\[fixed\]'
pol "# polc:ignore shadowed the deny is on its way out" "" ""
run --fail-on note p.pol
expect "nor what is suppressed" 0 '1 suppressed'
run --fail-on sometimes p.pol
expect "a level to fail on is one of four" 2 "not 'sometimes'"
tap_done
