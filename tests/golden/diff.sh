#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Golden differences: diff/NAME holds old.* and new.*, and what `polc diff` says of them as text
# and as JSON, with `options`, one a line, if there are any. Rewrite these after a change, and review
# them as a diff, with:
#     GOLDEN_UPDATE=1 POLC=/path/to/polc tests/golden/diff.sh
# Then its exit statuses, and revisions of a git repository that the test makes.
set -u
POLC_SRCDIR=${POLC_SRCDIR:-$(dirname "$0")/../..}
# shellcheck source=tests/golden/lib.sh
. "$POLC_SRCDIR/tests/golden/lib.sh"

# --- golden answers ---

# says FORMAT: what is said of the folder that we are in.
says() {
	local with=()

	[ ! -e options ] || mapfile -t with <options
	"$POLC" diff --color never --format "$1" ${with[@]+"${with[@]}"} old.* new.* 2>&1
}

# judge FORMAT FILE: prints the difference to what is expected.
judge() {
	if [ -n "${GOLDEN_UPDATE:-}" ]; then
		says "$1" >"$2"
	else
		says "$1" | diff -u "$2" -
	fi
}

cd "$POLC_SRCDIR/tests/golden/diff" || exit 99
for name in *; do
	cd "$name" || exit 99
	check_empty "$name as text" judge text expected.txt
	check_empty "$name as JSON" judge json expected.json
	cd .. || exit 99
done

# --- exit statuses ---

# status WANTED ARGUMENT...: of polc diff; what it prints lands in out and err.
status() {
	local wanted=$1 got

	shift
	"$POLC" diff "$@" >"$work/out" 2>"$work/err"
	got=$?
	[ $got -eq "$wanted" ] || echo "status $got, not $wanted"
}

# refuses COMMAND...: it fails.
refuses() { ! "$@"; }

check_empty "no change is fine" status 0 equal/old.pol equal/new.pol
check "and said so" grep -q '^no change in what is allowed$' "$work/out"
check_empty "a difference is a finding" status 1 labels/old.pol labels/new.pol
check_empty "a narrower policy only tightens" status 0 --tighten-only tiers/old.pol tiers/new.pol
check_empty "its reverse does not" status 1 --tighten-only tiers/new.pol tiers/old.pol
check_empty "one side alone is bad usage" status 2 labels/old.pol
check_empty "a missing side is bad input" status 2 labels/old.pol nowhere.pol
mkdir "$work/empty"
printf '# nothing yet\n' >"$work/comment.yaml"
for empty in /dev/null "$work/empty" "$work/comment.yaml"; do
	check_empty "the first policy narrows what ${empty##*/} allows" status 0 --tighten-only "$empty" labels/new.pol
	check_empty "and taking the last one away widens it" status 1 --tighten-only labels/new.pol "$empty"
done
check_empty "two empty sides are bad input" status 2 /dev/null "$work/empty"
check_empty "a wrong side is bad input" status 2 ../pol/and-operator.pol labels/old.pol
check "and nothing is answered" test ! -s "$work/out"

# --- policies that are not read ---

cat >"$work/cilium.yaml" <<'YAML'
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: shut}
spec: {endpointSelector: {}, ingress: [{fromEntities: [cluster]}]}
---
{apiVersion: v1, kind: Pod, metadata: {name: web}}
YAML
sed 's/cluster/all/' "$work/cilium.yaml" >"$work/wider.yaml"
sed 1,5d "$work/cilium.yaml" >"$work/read.yaml"
line='1 policy is not read (CiliumNetworkPolicy 1)'
check_empty "a change of what is not read is none that is fine" status 1 "$work/cilium.yaml" "$work/wider.yaml"
check "not even in words" refuses grep -q '^no change in what is allowed$' "$work/out"
check "each side is counted" grep -qxF "incomplete: old: $line" "$work/out"
check "by itself" grep -qxF "incomplete: new: $line" "$work/out"
check "and the change is told" grep -q '^incomplete: these have changed' "$work/out"
check_empty "what is not read and stays the same is no change" status 0 -q "$work/cilium.yaml" "$work/cilium.yaml"
check "it is told once" grep -qxF "incomplete: old and new: $line" "$work/out"
check "as the same" grep -q '^incomplete: these are the same in both' "$work/out"
check_empty "a side that has none is not counted" status 1 -q "$work/read.yaml" "$work/cilium.yaml"
check "only the other" test "$(grep -c ' is not read ' "$work/out")" = 1
check_empty "no relation is fine" status 1 --tighten-only "$work/cilium.yaml" "$work/wider.yaml"
check_empty "unless it may be left out" status 0 --allow-unread "$work/cilium.yaml" "$work/wider.yaml"
check "which is said all the same" grep -qxF "incomplete: new: $line" "$work/out"
check_empty "then the relation counts" status 1 --allow-unread labels/old.pol labels/new.pol
check_empty "JSON has both sides" status 1 --format json "$work/cilium.yaml" "$work/wider.yaml"
check "by name" jq -e '[.incomplete[] | "\(.side) \(.kind) \(.count) \(.line)"] ==
	["old CiliumNetworkPolicy 1 2", "new CiliumNetworkPolicy 1 2"] and .unread_changed' "$work/out"
check_empty "and of the same" status 0 --format json "$work/cilium.yaml" "$work/cilium.yaml"
check "that they are" jq -e '(.incomplete | length) == 2 and .unread_changed == false' "$work/out"
sed 5,6d "$work/cilium.yaml" >"$work/alone.yaml"
check_empty "a side of nothing else is no empty one" status 0 -q "$work/alone.yaml" "$work/cilium.yaml"
check "and it is said what there is" grep -q "^incomplete: old" "$work/out"
check_empty "policies of an inventory are no gap" status 0 -i "$work/cilium.yaml" equal/old.pol equal/new.pol

# --- git ---

command -v git >/dev/null || { skip "revisions" "there is no git"; tap_done; exit; }
repo=$work/repo
mkdir -p "$repo/net/a folder" "$work/tmp" "$work/outside"
golden=$PWD

# commit SIDE: the policies of labels/, and another that never changes.
commit() {
	cp "$golden/labels/$1.pol" "$repo/net/a folder/web.pol"
	cp "$golden/equal/old.pol" "$repo/net/same.pol"
	sed -i 's/policy web/policy same/; s/app = web/app = same/' "$repo/net/same.pol"
	git -C "$repo" add -A
	git -C "$repo" commit -qm "$1"
}

git -c init.defaultBranch=main init -q "$repo"
commit old
git -C "$repo" tag before
commit new
git -C "$repo" branch work
git -C "$repo" checkout -q -b side before
touch "$repo/dirty"
cd "$repo" || exit 99
export TMPDIR=$work/tmp
check_empty "two revisions are compared" status 1 --git before..work --format json
check "with all there is below the current directory" jq -e '.relation == "incomparable"' \
	"$work/out"
check "causes name the file in its revision" jq -e '[.added[].cause[] | "\(.side) \(.rule.file)"] |
	unique == ["new work:net/a folder/web.pol"]' "$work/out"
check_empty "a path is compared" status 1 --git before..work net
check_empty "a path that did not change is equal" status 0 --git before..work net/same.pol
check_empty "three dots begin where both came from" status 0 --git work...side
check_empty "an empty revision is HEAD" status 0 --git before..
check_empty "and on the other side, too" status 1 -g ..work
cd "net/a folder" || exit 99
check_empty "paths are below the current directory" status 1 --git before..work web.pol
cd "$repo" || exit 99
check_empty "a revision that is not there is bad input" status 2 --git before..nowhere
check "and named" grep -q "no revision 'nowhere'" "$work/err"
check_empty "a revision is no option of git" status 2 --git "--output=$work/x..work"
check_empty "no revision is none" status 2 --git ..
check_empty "nor are three" status 2 --git before..work..side
check_empty "a path that is not there is bad input" status 2 --git before..work nowhere.pol
check "and named" grep -q "neither 'before' nor 'work' has 'nowhere.pol'" "$work/err"
git checkout -q -b first
echo 'policy first for { app = a } { ingress { allow from { app = b } on tcp/80 } }' >first.pol
git add -A && git commit -qm first
check_empty "what one revision has not yet is empty there" status 0 --tighten-only --git before..first first.pol
check_empty "and the other way" status 1 --tighten-only --git first..before first.pol
git checkout -q -
cp "$work/cilium.yaml" net/cilium.yaml
git add -A && git commit -qm unread
check_empty "what a revision has and nobody reads is a finding" status 1 --git before..side
check "of that side" jq -e '[.incomplete[] | "\(.side) \(.file)"] == ["new side:net/cilium.yaml"]' \
	<("$POLC" diff -q --git before..side --format json)
git rm -q net/cilium.yaml && git commit -qm read
printf 'policy x for {' >net/same.pol
git add -A && git commit -qm broken
check_empty "a revision that does not parse is bad input" status 2 --git before..side
check "with its place in the revision" grep -q '^side:net/same.pol:1:' "$work/err"
check_empty "the repository is as it was" git status --porcelain
cd "$work/outside" || exit 99
check_empty "outside of a repository it is bad input" status 2 --git before..work
check_empty "nothing temporary is left" ls -A "$work/tmp"
tap_done
