#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Golden diagnostics: a bad input NAME.pol or NAME.yaml stands next to NAME.expected, which is
# all that `polc check` says about it. Rewrite the expected texts after a change of messages,
# and review them as a diff, with:
#     GOLDEN_UPDATE=1 POLC=/path/to/polc tests/golden/golden.sh
set -u
POLC_SRCDIR=${POLC_SRCDIR:-$(dirname "$0")/../..}
# shellcheck source=tests/golden/lib.sh
. "$POLC_SRCDIR/tests/golden/lib.sh"
cd "$POLC_SRCDIR/tests/golden" || exit 99

# says INPUT: the diagnostics, with the file named as it is in its own folder.
says() {
	(cd "${1%/*}" && "$POLC" check --format text --color never "${1##*/}" 2>&1)
}

# judge INPUT: prints the difference to what is expected; the status must be 2, bad input.
judge() {
	local expected=${1%.*}.expected out status

	out=$(says "$1")
	status=$?
	[ "$status" -eq 2 ] || echo "the exit status is $status, not 2"
	if [ -n "${GOLDEN_UPDATE:-}" ]; then
		printf '%s\n' "$out" >"$expected"
	else
		printf '%s\n' "$out" | diff -u "$expected" - || [ -f "$expected" ]
	fi
}

for input in pol/*.pol yaml/*.yaml; do
	[ -f "$input" ] || continue
	name=${input##*/}
	check_empty "${input%%/*}: ${name%.*}" judge "$input"
done
tap_done
