#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two revisions of a folder of a public repository each: what `polc diff` says of the change.
set -u
# shellcheck source=tests/tap.sh
. "$POLC_SRCDIR/tests/tap.sh"
suite=${POLC_SUITES:?}/repos/diff
[ -d "$suite" ] || skip_all "no revisions at $suite (set POLC_SUITES)"

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
