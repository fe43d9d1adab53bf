#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Policies that would keep polc for hours: when the budget of --timeout is over, what has no answer is
# told, and nothing passes for lack of one.
set -u
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
# shellcheck source=tests/reports/slow.sh
. "$(dirname "$0")/slow.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99

# Nothing here is asked for within a second.
slow_assertions >much.pol

# run COMMAND ARGUMENT...: its output is in out and err, its exit status in $status.
run() {
	timeout 120 "$POLC" "$@" >out 2>err </dev/null
	status=$?
}
is() { [ "$status" = "$1" ]; }

run check --color never --max-findings 0 --timeout 1 much.pol
check "what is not decided in time is a finding" is 1
check "it is told once a check, where it begins" \
	test "$(grep -c "^much.pol:[0-9]*:[0-9]*: error: check 'assert-failed' has no answer from here on: the 1 s for all checks are over" out)" = 1
check "the number of the summary is that of what was told" \
	grep -qE '[1-9][0-9]* errors?, [0-9]+ warnings?$' out

run check --format json --timeout 1 much.pol
check "JSON has it, too" test "$(jq '[.diagnostics[] | select(.code == "undecided")] | length > 0' out)" = true

# The solver is at a question when the time ends, and --solver-timeout would change nothing.
awk 'BEGIN {
	print "policy a for all { ingress {"
	for (i = 0; i < 660; i++)
		printf "  allow from { k%d not in (a%d), k%d }%s\n", i, i, i * 7 % 660, i < 330 ? sprintf(" on tcp/n%d", i) : ""
	print "} }"
}' >keys.pol
run check --timeout 1 --max-findings 0 keys.pol
check "a question that the end of the time cuts is told with --timeout" \
	test "$(grep -c -- --solver-timeout out)" = 0

run build --timeout 1 -o bundle much.pol
check "polc build takes none for proved" is 1
check "and writes nothing" test ! -e bundle

for bad in -1 1.5 x '' 100000; do
	run check --timeout "$bad" much.pol
	if is 2 && grep -q -- "--timeout: '$bad' is no number of seconds between 0 and 86400" out err; then
		ok "--timeout '$bad' is refused"
	else
		not_ok "--timeout '$bad' is refused" "$(cat out err)"
	fi
done

# Four hundred endpoints without an address, each of which may be at fifty: what an assertion takes that
# fails and one that holds.
# inventory CLAIM: %d stands for the number of the assertion.
inventory() {
	awk -v claim="$1" 'BEGIN {
		for (i = 0; i < 400; i++) {
			printf "endpoint n/e%d { labels { a = x%d }", i, i
			for (k = 0; k < 6; k++)
				printf " port q%d = tcp/%d", k, 7 * i + k + 1
			print " }"
		}
		for (i = 0; i < 50; i++) {
			printf "policy p%d for namespace n { a in (x0", i
			for (k = i; k < 400; k += 50)
				printf ", x%d", k
			printf ") } { ingress { "
			for (k = 0; k < 6; k++)
				printf "allow from cidr { %d.%d.0.0/16 } including endpoints on tcp/q%d\n", k + 1, i, k
			print "} }"
		}
		for (i = 0; i < 100; i++)
			printf "assert \"x%d\" { " claim " }\n", i, i, i + 1
	}'
}
# limited SECONDS MEMORY COMMAND ARGUMENT...: as run, with so much of a processor and so many KiB. A command
# that ran out of memory aborts, one that ran out of time is killed.
limited() {
	(ulimit -t "$1" -v "$2" && exec "$POLC" "${@:3}") >out 2>err </dev/null
	status=$?
	[ "$status" -lt 3 ]
}
in_time() { limited 10 unlimited "$@"; }
inventory 'never namespace n { a = x%d } -> namespace n { a = x%d } on tcp/q1' >broken.pol
check "a hundred broken assertions, each with a witness" in_time check --max-findings 0 broken.pol
check "none is missing" test "$(grep -c '\[assert-failed\]$' out)" = 100
check "with no time none fails, and none passes" in_time check --timeout 0 broken.pol
check "but each is without an answer" grep -q "'assert-failed' has no answer from here on" out
check "nor is it said that one says nothing" test "$(grep -c 'says nothing here' out)" = 0
inventory 'never world -> namespace n { a != x%d, b != x%d } on udp' >held.pol
check "assertions of very many flows that all are denied: the time is kept" \
	in_time check --max-findings 0 --timeout 1 held.pol
check "and there is no answer" grep -q "'assert-failed' has no answer from here on" out

slow_changes >labels.pol
: >none.pol
run diff --format json none.pol labels.pol
check "a comparison that is too large is undecided" \
	test "$(jq -r '"\(.relation) \(.added | length) \(.removed | length)"' out)" = "undecided 0 200"
check "and is a finding" is 1
check "and a report that fits into memory" test "$(stat -c %s out)" -lt $((64 << 20))

slow_endpoints >many.pol
for how in --format=json --group --port=tcp/80; do
	run reach --timeout 1 --format json "$how" many.pol
	check "reach $how has no answer in time, and that is a finding" is 1
	check "and says nothing else" test "$(jq -r 'keys | join(" ")' out)" = undecided
done

# bounded COMMAND ARGUMENT...: 10 s of a processor and 512 MiB of memory have to do. A sanitizer has
# memory of its own.
bounded() {
	local memory=$((512 << 10)) seconds=10

	if nm "$POLC" 2>/dev/null | grep -q __asan_init; then
		memory=unlimited seconds=60
	fi
	limited "$seconds" "$memory" "$@"
}

# The same, and there is an answer without findings.
answered() { bounded "$@" && is 0; }

# A parser for each of them would look at all that follows.
broken() { awk -v line="$1" 'BEGIN { for (i = 0; i < 50000; i++) print line }'; }
for line in '--- {' '--- [' '--- "' '--- *a'; do
	broken "$line" >broken.yaml
	check "50 000 documents '$line' are read in time" bounded check --max-findings 2 broken.yaml
	check "and each is an error" grep -q '49998 more errors\|at least 49000 more messages' err out
done
LC_ALL=C awk 'BEGIN { for (i = 0; i < 60000; i++) printf "--- a\n--- \377\n" }' >bytes.yaml
check "every second document no text" bounded check --max-findings 2 bytes.yaml
awk 'BEGIN { for (i = 0; i < 100000; i++) printf "{ kind: " }' >line.yaml
check "a line that says 'kind' again and again" bounded check line.yaml

# Each lets the next one in, which may send nowhere.
awk 'BEGIN {
	for (i = 0; i < 10000; i++) {
		printf "--- {apiVersion: v1, kind: Pod, metadata: {name: e%d, labels: {a: v%d}}, status: {podIP: 10.0.%d.%d}}\n",
			i, i, int(i / 256), i % 256
		printf "--- {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p%d},", i
		printf " spec: {podSelector: {matchLabels: {a: v%d}}, policyTypes: [Ingress, Egress],", i
		printf " ingress: [{from: [{podSelector: {matchLabels: {a: v%d}}}], ports: [{port: 80}]}]}}\n",
			(i + 1) % 10000
	}
}' >sides.yaml
check "10 000 rules of which the other end denies all" bounded check --max-findings 0 sides.yaml
check "each is a finding" test "$(grep -c '\[one-sided\]$' out)" = 10000

# No two nodes are alike, nor two pods, and no flow between them is decided in two ways.
awk 'BEGIN {
	for (i = 0; i < 250; i++) {
		printf "--- {apiVersion: v1, kind: Pod, metadata: {name: n%d}, spec: {hostNetwork: true}, status: {podIP: 10.9.0.%d}}\n", i, i
		printf "--- {apiVersion: v1, kind: Pod, metadata: {name: e%d, labels: {a: v%d}}, status: {podIP: 10.0.0.%d}}\n", i, i, i
		printf "--- {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p%d}, spec: {", i
		printf "podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.9.0.%d/32}}], ports: [{port: %d}]}]}}\n", i, i + 1
	}
}' >nodes.yaml
echo "policy nodes for all { ingress { allow from host } }" >host.pol
check "all flows between 250 nodes and 250 pods" bounded check --max-findings 0 nodes.yaml host.pol
check "that it is too much is told once, with what there is" \
	test "$(grep -c "'portability' has no answer for 171 rules, .* 250 kinds of nodes and 250 of pods" out)" = 1

# Nine times as many ports a line, to 200 million.
awk 'BEGIN {
	print "let p0 = ports { tcp/1-2, udp/3 }"
	for (i = 1; i < 9; i++) {
		printf "let p%d = ports { p%d", i, i - 1
		for (k = 1; k < 9; k++)
			printf ", p%d", i - 1
		print " }"
	}
	print "policy p for all { ingress { allow from all on p8 } }"
}' >ports.pol
check "ports that stand for ports are refused in time" bounded diff ports.pol ports.pol
check "as too many" grep -q 'stand for more than 1048576 ports' err

# Each policy is for another label, so that a piece of the comparison knows of very many labels.
# labels SHIFT: allows from the next label, or from one behind it.
labels() {
	awk -v shift="$1" 'BEGIN {
		for (i = 0; i < 1400; i++)
			printf "policy p%d for { p%d = x } { ingress { allow from { p%d = x } } }\n", i, i, (i + 1 + shift) % 1400
	}'
}
labels 0 >old.pol
labels 1 >new.pol
check "policies for 1 400 labels are compared in time" bounded diff --format json old.pol new.pol
check "and what is too much is undecided" test "$(jq -r .relation out)" = undecided

# And each rule of two hundred.
# rules SHIFT: which of them allow, and which deny.
rules() {
	awk -v shift="$1" 'BEGIN {
		print "policy p for all { ingress {"
		for (i = 0; i < 40; i++) {
			printf "%s from { p%d = x", (i + shift) % 2 ? "allow" : "deny", i * 37 % 1500
			for (k = 1; k < 200; k++)
				printf ", p%d = x", (i * 37 + k) % 1500
			print " }"
		}
		print "} }"
	}'
}
rules 0 >old.pol
rules 1 >new.pol
check "and rules that look at 200 labels each" bounded diff --format json old.pol new.pol
check "are undecided, with examples" \
	test "$(jq -r '"\(.relation) \(.added | length > 0)"' out)" = "undecided true"

awk 'BEGIN {
	for (i = 0; i < 14000; i++)
		printf "policy p%d for { a = v%d } { ingress { allow from cidr 10.%d.%d.0/24 } }\n",
			i, i % 10, int(i / 256), i % 256
	for (i = 0; i < 10; i++)
		printf "endpoint n/e%d { labels { a = v%d } address 192.168.0.%d }\n", i, i, i
}' >prefixes.pol
check "14 000 policies for as many prefixes" bounded reach --format json --port tcp/80 --from n/e1 prefixes.pol
check "have an answer" test "$(jq '.flows | length' out)" = 10
awk 'BEGIN {
	for (i = 0; i < 20000; i++)
		printf "policy p%d for { a = v } { ingress { allow from cidr 10.%d.%d.0/24 } }\n", i, int(i / 256), i % 256
	print "endpoint n/e { labels { a = v } }"
}' >prefixes.pol
check "20 000 policies of one endpoint, each for a prefix" \
	bounded reach --format json --port tcp/80 --from n/e prefixes.pol
check "have one, too" test "$(jq '.flows | length' out)" = 1

# Nothing is alike, so that groups are no help.
awk 'BEGIN {
	for (i = 0; i < 10000; i++) {
		printf "policy p%d for { a = v%d } { ingress { allow from cidr 10.%d.%d.0/24 } }\n",
			i, i, int(i / 256), i % 256
		printf "endpoint n/e%d { labels { a = v%d } address 192.168.%d.%d }\n", i, i, int(i / 256), i % 256
	}
}' >alone.pol
check "10 000 groups of as many policies for prefixes" bounded reach --group --port tcp/80 alone.pol
check "are too many, which is told" grep -q '100 000 000 flows between groups would be listed' err

# No two are alike, and each has ports of its own: millions of flows.
# ends NUMBER PORTS STEP: policies of so many ends, each with so many ports, which begin so far apart.
ends() {
	awk -v n="$1" -v ports="$2" -v step="$3" 'BEGIN {
		for (i = 0; i < n; i++) {
			printf "endpoint e%d { labels { a = x%d } }\n", i, i
			printf "policy p%d for { a = x%d } { ingress { allow from { a in (x%d, x%d, x%d) } on ",
				i, i, i * 7 % n, (i * 5 + 3) % n, (i + 1) % n
			for (k = 0; k < ports; k++)
				printf "%stcp/%d", k ? ", " : "", 1 + i * step + k
			print " } }"
		}
	}'
}
ends 45 64 64 >few.pol
check "a page of 45 ends on 2 880 ports" bounded reach --format html few.pol
check "has its facts" grep -q '"ports":\["tcp/1"' out
ends 100 8 8 >many.pol
check "a page of groups, of 100 ends on 800 ports" bounded reach --format html many.pol
check "has its facts, too" grep -q '"ports":\["tcp/1"' out

# Where each workload may be is told apart by each prefix.
workloads 700 >workloads.yaml
scattered 900 >scattered.yaml
far 900 >far.pol
for how in '--format json' '--format csv' '--format json --port tcp/80' '--format html --port tcp/80' '--port tcp/80'; do
	# shellcheck disable=SC2086
	check "reach $how of 700 workloads anywhere, and 900 policies for prefixes" \
		answered reach $how -i workloads.yaml scattered.yaml
done
for how in '--format html --port tcp/80' '--format table' '--format list'; do
	# shellcheck disable=SC2086
	check "reach $how of as many, and a policy for all prefixes" answered reach $how -i workloads.yaml far.pol
done
for how in '' '--port tcp/80'; do
	# shellcheck disable=SC2086
	check "all conditions of all pairs are too many: reach $how" \
		bounded reach --format json $how -i workloads.yaml far.pol
	check "which is told" grep -q 'prefixes .*would be listed.*more than 8 388 608' err
done
awk 'BEGIN {
	for (i = 0; i < 700; i++)
		printf "policy p%d for { a = v%d } { ingress { allow from all on tcp/p%d } egress { allow to all on tcp/p%d } }\n",
			i, i, (i + 1) % 700, i
}' >ported.pol
for how in json html table; do
	check "reach --format $how of 700 workloads, each with a name for its port" \
		answered reach --format "$how" --port tcp/80 -i workloads.yaml ported.pol
done
# And each has a label of its own, which rules ask for.
{
	awk 'BEGIN {
		print "policy asks for all { ingress {"
		for (i = 0; i < 900; i++) printf "allow from { a = x%d } on tcp/%d\n", i, i + 1
		print "} }"
		for (i = 0; i < 900; i++) printf "endpoint e%d { labels { a = x%d } }\n", i, i
	}'
	far 2500
} >labelled.pol
check "900 endpoints anywhere, with labels that rules ask for" answered reach --format html --port tcp/80 labelled.pol

# Nobody knows where they are, and one rule lists thousands of prefixes. $1: its port.
listed() {
	awk -v port="$1" 'BEGIN {
		for (i = 0; i < 1500; i++) printf "endpoint e%d { labels { k = v%d } }\n", i, i % 50
		printf "policy p for { k = v1 } { ingress { allow from cidr { 10.0.0.0/25"
		for (i = 1; i < 4000; i++) printf ",10.%d.%d.0/25", i / 250, i % 250
		printf " } including endpoints on tcp/%d } }\n", port
		print "assert \"x\" { never { k = v2 } -> { k = v1 } on tcp/80 }"
	}'
}
listed 80 >listed.pol
listed 81 >other.pol
check "a claim about 1 500 endpoints anywhere beside 4 000 prefixes" bounded check listed.pol
check "is asked, and fails" is 1
check "diff --closed of them" bounded diff --closed listed.pol other.pol
check "says where they would have to be" grep -q 'incomparable: newly allowed 1 region, newly denied 1 region' out
# Each prefix in a rule of its own: they are all told apart.
apart() {
	awk -v port="$1" 'BEGIN {
		print "policy p for { k = v1 } { ingress {"
		for (i = 0; i < 700; i++)
			printf "allow from cidr 10.%d.%d.0/25 including endpoints on tcp/%d\n", i / 250, i % 250, port + i
		print "} }"
		for (i = 0; i < 1500; i++) printf "endpoint e%d { labels { k = v%d } }\n", i, i % 50
	}'
}
apart 80 >apart.pol
apart 81 >other.pol
check "diff --closed of 1 500 endpoints at 700 prefixes that differ" bounded diff --closed apart.pol other.pol
check "is not decided, and says so" grep -q '^undecided' out

# A name may stand for any number, so that each rule can meet each.
awk 'BEGIN {
	for (i = 0; i < 500; i++)
		printf "policy p%d for all { ingress { allow from all on tcp/n%d } egress { allow to all on tcp/n%d } }\n", i, i, i
}' >names.pol
check "500 names of ports, each of a policy" bounded check --max-findings 0 names.pol
check "have an answer" test "$(grep -c 'undecided' out)" = 0
check "and none says what another one does" test "$(grep -c ': 0 errors, 0 warnings$' out)" = 1

# Each rule takes as many states as an automaton may have.
awk 'BEGIN {
	for (i = 0; i < 700; i++) {
		printf "policy p%d for { a = v%d } { ingress { allow from all on tcp/80 http {", i, i % 4
		printf " GET \"/(a|b)*a(a|b){%d}\" deny GET \"/(a|b)*b(a|b){%d}c\" } } }\n", 10 + i % 4, 9 + i % 5
	}
}' >states.pol
check "automata of 700 rules are built while there is time" bounded check --max-findings 0 states.pol
check "and what was not is told once" \
	test "$(grep -c "check 'redundant' has no answer from here on" out)" = 1
tap_done
