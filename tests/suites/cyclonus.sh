#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every probe of the cyclonus conformance cases (Kubernetes NetworkPolicy v1) through
# `polc reach --probes`: ingress, egress and verdict. Each probe is asked by number and by the
# name of the port. Flows from a pod to itself are left out: they never leave the pod, and
# polc says so where the suite's tables follow the policy.
#
#   POLC_SUITE_EVERY   only every so manieth case (1), beginning with one that is drawn
set -u
suite=${POLC_SUITES:?}/cyclonus
probes_in_suite=83703
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ ! -d "$suite" ]; then
	echo "1..0 # SKIP no conformance suite at $suite (set POLC_SUITES)"
	exit 0
fi

# expected.tsv -> the probes as JSON, and the expected answers in the form of `answers`
prepare() {
	awk -F '\t' -v q='"' -v expected="$work/expected" '
		function word(bit) { return bit == "1" ? "allow" : "deny" }
		function ask(port) {
			printf "%s{\"from\":\"%s\",\"to\":\"%s\",\"port\":\"%s\"}", sep, $1, $2, port
			sep = ",\n"
			print $1, $2, port, word($5), word($6), word($7) > expected
		}
		BEGIN { printf "[" }
		/^#/ { next }
		$1 != $2 { split($3, p, "/"); ask($3); ask(p[1] "/" $4) }
		END { print "]" }' "$1"
}

answers() {
	jq -r '.flows[] | "\(.from) \(.to) \(.port) \(.ingress) \(.egress) \(.verdict)"'
}

cases=("$suite"/case*/)
total=$(cat "${cases[@]/%/expected.tsv}" | grep -vc '^#')
every=${POLC_SUITE_EVERY:-1}
n=0
for ((i = RANDOM % every; i < ${#cases[@]}; i += every)); do
	dir=${cases[i]}
	n=$((n + 1))
	name=$(basename "$dir")
	rm -f "$work/expected"
	prepare "$dir/expected.tsv" >"$work/probes.json"
	"$POLC" reach -q --format json --probes "$work/probes.json" \
		"$dir/cluster.yaml" "$dir/policies.yaml" >"$work/out.json" 2>"$work/err"
	status=$?
	answers <"$work/out.json" >"$work/got" 2>>"$work/err"
	if [ $status -eq 0 ] && [ -s "$work/got" ] && cmp -s "$work/expected" "$work/got"; then
		echo "ok $n - cyclonus $name: $(wc -l <"$work/got") answers agree"
	else
		echo "not ok $n - cyclonus $name"
		sed 's/^/# /' "$work/err" | head -20
		diff "$work/expected" "$work/got" | sed 's/^/# /' | head -20
	fi
done

n=$((n + 1))
if [ "$total" -eq $probes_in_suite ]; then
	echo "ok $n - the suite has all its $probes_in_suite probes"
else
	echo "not ok $n - the suite has $total probes, not $probes_in_suite"
fi
echo "1..$n"
