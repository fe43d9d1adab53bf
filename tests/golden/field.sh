#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Situations: field/NAME holds what somebody has, `cmd`, what they run, and `expected`, all that it
# says, exit statuses included. A comment in `cmd` says what is right about it. Rewrite the answers
# after a change, and review them as a diff, with:
#     GOLDEN_UPDATE=1 POLC=/path/to/polc tests/golden/field.sh
set -u
POLC_SRCDIR=${POLC_SRCDIR:-$(dirname "$0")/../..}
# shellcheck source=tests/golden/lib.sh
. "$POLC_SRCDIR/tests/golden/lib.sh"

# In `cmd`, `polc` also says its exit status, if that is not 0.
# says NAME: in a copy, as some commands write.
says() {
	cp -r "$POLC_SRCDIR/tests/golden/field/$1" "$work/" && chmod -R u+w "$work/$1"
	cd "$work/$1" || return
	# shellcheck disable=SC2016 # for the shell below
	bash -c 'polc() { "$POLC" "$@" || echo "exit status $?"; }; . ./cmd' 2>&1
}

judge() {
	local expected=$POLC_SRCDIR/tests/golden/field/$1/expected

	if [ -n "${GOLDEN_UPDATE:-}" ]; then
		(says "$1") >"$expected"
	else
		(says "$1") | diff -u "$expected" -
	fi
}

for dir in "$POLC_SRCDIR"/tests/golden/field/*/; do
	name=$(basename "$dir")
	check_empty "$name" judge "$name"
done
tap_done
