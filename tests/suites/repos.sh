#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Public repositories as they are, with charts, patches and files of other programs in them: polc has a look
# at the root of each and does not stop. Then two revisions of a folder each: what `polc diff` says of the
# change.
set -u
# shellcheck source=tests/tap.sh
. "$POLC_SRCDIR/tests/tap.sh"
repos=${POLC_SUITES:?}/repos
suite=$repos/diff
[ -d "$suite" ] || skip_all "no revisions at $suite (set POLC_SUITES)"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# judges COMMAND ROOT: prints the errors, if it does not end with findings at most.
judges() {
	"$POLC" "$@" >"$work/out" 2>"$work/err"
	[ $? -le 1 ] || grep -h 'error:' "$work/out" "$work/err"
}

for archive in "$repos"/*.tar.zst; do
	name=$(basename "$archive" .tar.zst)
	tar -C "$work" --zstd -xf "$archive" || exit 99
	for command in check reach; do
		check_empty "$name: polc $command judges the root" judges $command "$work/$name"
	done
	check_empty "$name: polc build judges the root" judges build "$work/$name" -o "$work/bundle"
	rm -rf "${work:?}/$name" "$work/bundle"
done

# says PAIR: the relation, and from whom something is newly allowed or denied.
says() {
	"$POLC" diff -q --format json "$suite/$1/old" "$suite/$1/new" |
		jq -r '.relation, ((.added + .removed)[].from)'
}

# is PAIR RELATION: prints what is wrong.
is() {
	local said

	said=$(says "$1")
	[ "${said%%$'\n'*}" = "$2" ] || printf 'not %s:\n%s\n' "$2" "$said"
	# None of these changes is about what comes from outside alone.
	! grep -x 'world' <<<"$said" || echo "a region from outside"
}

check_empty "cluster-monitoring-operator: ports are restricted" is cmo-1 narrower
check_empty "cluster-monitoring-operator: a policy selects fewer pods" is cmo-2 wider
check_empty "argo-cd: one more peer may reach the repo server" is argo-1 wider
check_empty "argo-cd: egress to every IPv4 address becomes egress to everybody" is argo-2 wider
tap_done
