#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# polc explain: each code that polc can say is explained, in the words of the pages.
set -u
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
src=$POLC_SRCDIR

codes() { sed -n 's/^#define [A-Z_]*CODE_[A-Z0-9_]* *"\([^"]*\)".*/\1/p' "$src"/lang/base/codes.h "$src"/*/codes.h; }
checks() { sed -n 's/^X([A-Z_0-9]*, "\([^"]*\)".*/\1/p' "$src/verifier/check/checks.def"; }
reasons() { sed -n 's/^[ \t]*X([A-Z_0-9]*, "\([^"]*\)".*/\1/p' "$src/bpf/reasons.h"; }
listed() { "$POLC" explain | awk '{ print $1 }'; }

# Each has a text that is more than its head and its source, and ends as a sentence or an example.
unexplained() {
	local code text

	while read -r code; do
		text=$("$POLC" explain "$code") || echo "$code: exit status $?"
		[ "$(wc -l <<<"$text")" -ge 5 ] || echo "$code: $text"
		[[ $text == "$code ("* ]] || echo "$code: it begins with ${text%%$'\n'*}"
	done
}
missing() { comm -23 <({ codes; checks; reasons; } | sort -u) <(listed | sort); }
extra() { comm -13 <({ codes; checks; reasons; } | sort -u) <(listed | sort); }
twice() { listed | sort | uniq -d; }
unfinished() { "$POLC" explain | awk 'NF < 6'; }
links() { listed | xargs "$POLC" explain | grep -nE '\]\(|^```'; }

# says STATUS PATTERN ARGUMENT...
says() {
	local want=$1 pattern=$2 status

	shift 2
	"$POLC" explain "$@" >"$work/out" 2>&1
	status=$?
	[ "$status" -eq "$want" ] || echo "exit status $status, not $want"
	grep -qE -- "$pattern" "$work/out" || cat "$work/out"
}

check "there are codes of every room, checks and reasons" \
	test "$(codes | wc -l)" -gt 50 -a "$(checks | wc -l)" -gt 20 -a "$(reasons | wc -l)" -gt 10
check_empty "every code of every codes.h, every check and every reason is listed" missing
check_empty "and nothing else" extra
check_empty "none is listed twice" twice
check_empty "each has a line that says something" unfinished
check_empty "and a text" unexplained < <(listed)
check_empty "no mark of the pages is left" links
check_empty "a check has its level" says 0 '^shadowed \(check, warning\)' shadowed
check_empty "also if it is a note" says 0 '^broad-allow \(check, note\)' broad-allow
check_empty "a mistake in the input that need not be an error says so" \
	says 0 '^host-bits \(input, error or warning\)' host-bits
check_empty "what never is an error does not" says 0 '^skipped \(input, note or warning\)' skipped
check_empty "one that always is one, too" says 0 '^io \(input, error\)' io
check_empty "a note is known from its header" says 0 '^recovered \(node, note\)' recovered
check_empty "a reason is none of these" says 0 '^spoofed-source \(packet, counted\)' spoofed-source
check_empty "an example is shown" says 0 '^    policy ' conflict
check_empty "two codes are explained one after the other" says 0 '^host-bits' shadowed host-bits
check_empty "a misspelt code is told with the nearest" says 2 "did you mean 'shadowed'" shadwoed
check_empty "one that is like none, with where to look" says 2 "'polc explain' lists all" xyzzy
tap_done
