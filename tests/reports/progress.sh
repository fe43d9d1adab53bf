#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A terminal is told how far a command is, from the second second on, in a line that is gone in the end;
# nobody else is.
# shellcheck disable=SC2016 # for the shell on the terminal
set -u
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
command -v script >/dev/null || skip_all "there is no script (Debian: bsdutils)"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99
export POLC

# Endpoints that hardly any two rules treat alike: minutes of a processor.
awk 'function digit(i, n) { return int(i / 3 ^ n) % 3 }
BEGIN {
	for (i = 0; i < 2187; i++) {
		printf "endpoint n/e%d { labels { k0 = v%d", i, digit(i, 0)
		for (k = 1; k < 7; k++)
			printf ", k%d = v%d", k, digit(i, k)
		printf " } address 10.0.%d.%d }\n", int(i / 256), i % 256
	}
	for (i = 0; i < 300; i++)
		printf "policy p%d for { k%d = v%d, k%d = v%d } { ingress { allow from { k%d = v%d } on tcp/%d } }\n",
			i, i % 7, int(i / 7) % 3, (i + 1) % 7, int(i / 21) % 3, (i + 3) % 7, i % 3, i + 1
}' >many.pol
# Questions that keep the solver.
awk 'BEGIN {
	for (i = 0; i < 200; i++)
		printf "policy p%d for { k%d = a } { ingress { allow from { k%d in (a, b) } on tcp/%d-%d } }\n",
			i, i % 30, (i * 7 + 1) % 30, i + 1, i + 31
	print "assert \"much\" {"
	for (i = 0; i < 900; i++)
		printf "  never { k%d = a, k%d != b } -> { k%d = a, k%d in (b, c) } on tcp/%d\n",
			i % 30, i * 3 % 30, i * 5 % 30, i * 11 % 30, i % 200 + 300
	print "}"
}' >much.pol
# Changes whose pieces part again and again.
awk 'BEGIN {
	for (i = 0; i < 700; i++)
		printf "policy p%d for { k%d = a, k%d != b } { ingress { allow from { k%d in (a, b), !k%d } on tcp/%d deny from { k%d = c } on udp } }\n",
			i, i % 60, i * 7 % 60, (i * 3 + 1) % 60, (i * 5 + 2) % 60, i + 1, i * 11 % 60
}' >labels.pol
: >none.pol
printf 'endpoint a { labels { app = a } address 10.0.0.1 }\n' >small.pol

# on_terminal COMMAND: what a terminal gets that is standard error, in `seen`, a line each time it is
# drawn anew.
on_terminal() {
	TERM=xterm timeout 120 script -qec "$1" typescript >seen.raw </dev/null
	tr '\r' '\n' <seen.raw >seen
}
# Of the last text that was drawn nothing is left.
erased() { [ -z "$(tail -n 1 seen | tr -d ' ')" ]; }
told() { grep -qE -- "$1" seen; }

on_terminal '"$POLC" reach --timeout 2 --format json many.pol >out'
check "polc reach says how far it is" told '^polc reach: [0-9]+ % of [0-9 ]+ (endpoints compiled|pairs)$'
check "and nothing of it stays" erased
check "and the result is what it is without a terminal" test "$(jq -r 'keys | join(" ")' out)" = undecided
on_terminal '"$POLC" check --timeout 2 --format json much.pol >out'
check "polc check does, too" told '^polc check: [0-9 ]+ questions to the solver$'
check "and nothing of that stays" erased
on_terminal '"$POLC" build --timeout 2 -o bundle much.pol >out'
check "the assertions of polc build do" told '^polc build: [0-9 ]+ questions to the solver$'
on_terminal 'for i in 1 2 3 4 5 6; do cat labels.pol | sed "s/policy p/policy q$i/; s/k\([0-9]\)/k$i\1/g"; done >more.pol
	"$POLC" diff --timeout 3 --format json none.pol more.pol >out'
check "polc diff does" told '^polc diff: [0-9]+ % of [0-9 ]+ (changed clauses|regions described)$'
check "and nothing stays either" erased

on_terminal '"$POLC" reach --timeout 2 -q --format json many.pol >out'
check_empty "with -q a terminal is told nothing" cat seen
on_terminal '"$POLC" reach --format json small.pol >out'
check_empty "what is quick says nothing" cat seen
"$POLC" reach --timeout 2 --format json many.pol >out 2>err </dev/null
check_empty "what is no terminal gets nothing" cat err
tap_done
