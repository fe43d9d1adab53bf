#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A terminal is told how far a command is, from the second second on, in a line that is gone in the end;
# nobody else is.
# shellcheck disable=SC2016 # for the shell on the terminal
set -u
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
# shellcheck source=tests/reports/slow.sh
. "$(dirname "$0")/slow.sh"
command -v script >/dev/null || skip_all "there is no script (Debian: bsdutils)"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99
export POLC

slow_endpoints >many.pol
slow_assertions >much.pol
slow_changes >labels.pol
: >none.pol
printf 'endpoint a { labels { app = a } address 10.0.0.1 }\n' >small.pol

# more_changes: more.pol, with as many copies of these changes as keep `polc diff` busy for some seconds on
# this machine.
more_changes() {
	local i copies=16
	: >more.pol
	for ((i = 0; i < 256; i++)); do
		if [ "$i" = "$copies" ]; then
			timeout 3 "$POLC" diff --format json none.pol more.pol >/dev/null 2>&1
			[ $? = 124 ] && return
			copies=$((2 * copies))
		fi
		sed "s/policy p/policy q${i}_/; s/k\([0-9]\)/k${i}_\1/g" labels.pol >>more.pol
	done
}

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
more_changes
on_terminal '"$POLC" diff --timeout 5 --format json none.pol more.pol >out'
check "polc diff does" told '^polc diff: [0-9]+ % of [0-9 ]+ (changed clauses|regions described)$'
check "and nothing stays either" erased

on_terminal '"$POLC" reach --timeout 2 -q --format json many.pol >out'
check_empty "with -q a terminal is told nothing" cat seen
on_terminal '"$POLC" reach --format json small.pol >out'
check_empty "what is quick says nothing" cat seen
"$POLC" reach --timeout 2 --format json many.pol >out 2>err </dev/null
check_empty "what is no terminal gets nothing" cat err
tap_done
