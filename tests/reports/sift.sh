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
expect "a comment of no check is an error" 2 "no check 'shadwoed'.*\[bad-suppression\]"
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
expect "and a check that exists" 2 "there is no check 'redundnat'" '\[bad-suppression\]'
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
expect "findings are shown however many" 1 '30 errors' '!not shown'
run --werror --write-baseline many.json many.pol
check "and all stand in a baseline" jq -e '.findings | length == 30' many.json
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
tap_done
