#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Golden configurations of Envoy: of envoy/NAME.pol what `polc build --envoy` writes, without the
# version, or what it refuses. Rewrite these after a change, and review them as a diff, with:
#     GOLDEN_UPDATE=1 POLC=/path/to/polc tests/golden/envoy.sh
# Then what is there after a build.
set -u
POLC_SRCDIR=${POLC_SRCDIR:-$(dirname "$0")/../..}
# shellcheck source=tests/golden/lib.sh
. "$POLC_SRCDIR/tests/golden/lib.sh"

# --- golden answers ---

says() {
	rm -rf "$work/bundle" "$work/envoy.json"
	"$POLC" build --color never --quiet "$1.pol" -o "$work/bundle" --envoy "$work/envoy.json" 2>&1 &&
		jq 'del(.tool)' "$work/envoy.json"
}

judge() {
	if [ -n "${GOLDEN_UPDATE:-}" ]; then
		says "$1" >"$1.expected"
	else
		says "$1" | diff -u "$1.expected" -
	fi
}

cd "$POLC_SRCDIR/tests/golden/envoy" || exit 99
for file in *.pol; do
	check_empty "${file%.pol}" judge "${file%.pol}"
done

# --- what is there afterwards ---

# status WANTED ARGUMENT...: of polc build
status() {
	local wanted=$1 got

	shift
	"$POLC" build -o "$work/b" "$@" >"$work/out" 2>"$work/err"
	got=$?
	[ $got -eq "$wanted" ] || echo "status $got, not $wanted"
}

sets_of_bundle() { (cd "$work/b" && find l7 -name '*.l7' | sort -V); }
sets_of_envoy() { jq -r '.rule_sets[].name + ".l7"' "$1"; }
same_sets() { diff <(sets_of_bundle) <(sets_of_envoy "$1"); }

check_empty "what Envoy cannot say is bad input" status 2 refused.pol --envoy "$work/e"
check "of which nothing is written" test ! -e "$work/b" -a ! -e "$work/e"
echo kept >"$work/e"
check_empty "nor over another file" status 2 refused.pol --envoy "$work/e"
check "which stays as it is" grep -qx kept "$work/e"
check_empty "a bundle without Envoy takes it" status 0 refused.pol
check_empty "what Envoy can say is fine" status 0 shop.pol --envoy "$work/e"
check_empty "and has the rule sets of the bundle, by their names" same_sets "$work/e"
(cd / && status 0 "$POLC_SRCDIR/tests/golden/envoy/shop.pol" --envoy "$work/elsewhere")
check "the same wherever the sources lie" cmp "$work/e" "$work/elsewhere"
check_empty "a file that cannot be written is a fault" status 3 shop.pol --envoy "$work/nowhere/e"
check "which is said" grep -q "cannot write .*/nowhere/e: No such file or directory \[output\]" "$work/err"
tap_done
