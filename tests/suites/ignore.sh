#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What polc leaves out of a directory is what git ignores there: random trees and patterns, and git is
# asked. POLC_SEED repeats a run, POLC_TREES says how many trees.
set -u
POLC_SRCDIR=$(realpath "${POLC_SRCDIR:-$(dirname "$0")/../..}")
# shellcheck source=tests/tap.sh
. "$POLC_SRCDIR/tests/tap.sh"
: "${POLC:?names the polc command to test}"
[ -x "$POLC" ] || skip_all "$POLC is not built"
command -v git >/dev/null || skip_all "git is not installed"

seed=${POLC_SEED:-$RANDOM}
echo "# POLC_SEED=$seed"
check_empty "of random trees polc reads what git does not ignore" \
	python3 "$POLC_SRCDIR/tests/suites/ignore.py" "$(realpath "$POLC")" "$seed" "${POLC_TREES:-80}"
tap_done
