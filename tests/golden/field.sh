#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Situations: field/NAME holds what somebody has, `cmd`, what they run, and `expected`, all that it
# says, exit statuses included. A comment in `cmd` says what is right about it. Rewrite the answers
# after a change, and review them as a diff, with:
#     GOLDEN_UPDATE=1 POLC=/path/to/polc tests/golden/field.sh
#
#   POLC_FIELD_EVERY   only every so manieth situation (1), beginning with one that is drawn
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

every=${POLC_FIELD_EVERY:-1}
from=$((RANDOM % every))
[ "$every" = 1 ] || echo "# every situation of $every, from number $from"
situations=("$POLC_SRCDIR"/tests/golden/field/*/)
for ((i = from; i < ${#situations[@]}; i += every)); do
	name=$(basename "${situations[i]}")
	check_empty "$name" judge "$name"
done
tap_done
