#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every example is canonical, builds, and does what its comments promise: a line
# `# flow FROM -> TO on PORT: VERDICT` is a test, and so is `# finds CODE`; without one, polc
# check finds nothing.
set -u
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"

cd "$POLC_SRCDIR/examples" || exit 99
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

promises() { grep -rhE "^# $1 " "$2" | sed "s/^# $1 //"; }

# The promised flows as probes, and as the lines that reach should answer.
flows_are_so() {
	local promising=$1

	shift
	promises flow "$promising" | sed 's/ -> / /; s/ on / /; s/: / /' >"$work/promised"
	awk 'BEGIN { printf "[" }
		{ printf "%s{\"from\": \"%s\", \"to\": \"%s\", \"port\": \"%s\"}", sep, $1, $2, $3; sep = ",\n" }
		END { print "]" }' "$work/promised" >"$work/probes.json"
	"$POLC" reach -q --format csv --probes "$work/probes.json" "$@" >"$work/csv" || return
	awk -F, 'NR > 1 { print $1, $2, $3, $6 }' "$work/csv" | diff "$work/promised" -
}

findings_are_so() {
	local promising=$1

	shift
	diff <(promises finds "$promising" | sort) \
		<("$POLC" check "$@" | sed -nE 's/^[^ ]+: (warning|error): .* \[(.*)\]$/\2/p' | sort)
}

# test_example NAME PROMISING INPUT...: the promises stand in the file or folder PROMISING.
test_example() {
	local name=$1 promising=$2

	shift 2
	check "$name has the findings that it says, or none" findings_are_so "$promising" "$@"
	check "$name builds" "$POLC" build "$@" -o "$work/bundle"
	if [ -n "$(promises flow "$promising")" ]; then
		check "$name lets through what its comments say" flows_are_so "$promising" "$@"
	fi
}

for example in *.pol kubernetes/*.yaml shop; do
	test_example "$example" "$example" "$example"
done
test_example "the shop in an incident" incident shop incident
test_example "the catalogue of the shop" catalogue shop catalogue
check "every .pol example is in canonical form" "$POLC" fmt --check .
tap_done
