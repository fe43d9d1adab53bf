#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every example is clean, canonical, builds, and does what its comments promise: a line
# `# flow FROM -> TO on PORT: VERDICT` is a test.
set -u
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"

cd "$POLC_SRCDIR/examples" || exit 99
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

promises() { grep -rhE '^# flow ' "$@"; }

# The promises as probes, and as the lines that reach should answer.
ask() {
	promises "$@" | sed 's/^# flow \(.*\) -> \(.*\) on \(.*\): \(.*\)$/\1 \2 \3 \4/' >"$work/promised"
	awk 'BEGIN { printf "[" }
		{ printf "%s{\"from\": \"%s\", \"to\": \"%s\", \"port\": \"%s\"}", sep, $1, $2, $3; sep = ",\n" }
		END { print "]" }' "$work/promised" >"$work/probes.json"
	"$POLC" reach -q --format csv --probes "$work/probes.json" "$@" >"$work/csv" || return
	awk -F, 'NR > 1 { print $1, $2, $3, $NF }' "$work/csv" >"$work/answered"
}

keeps_promises() {
	ask "$@" && diff "$work/promised" "$work/answered"
}

# test_example NAME INPUT...
test_example() {
	local name=$1

	shift
	check "$name has no findings" "$POLC" check --werror "$@"
	check "$name builds" "$POLC" build "$@" -o "$work/bundle"
	if promises "$@" >/dev/null; then
		check "$name lets through what its comments say" keeps_promises "$@"
	fi
}

for example in *.pol kubernetes/*.yaml shop; do
	test_example "$example" "$example"
done
test_example "the shop in an incident" shop incident
check "every .pol example is in canonical form" "$POLC" fmt --check .
tap_done
