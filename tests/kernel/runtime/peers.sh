#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Peers that come and go after the bundle was built: each is judged by its labels, whether or not
# anybody had these before, without a build or a load.
# shellcheck disable=SC2016,SC2119 # evaluated later; functions without arguments
# shellcheck source=tests/kernel/runtime/lib.sh
. "$POLC_SRCDIR/tests/kernel/runtime/lib.sh"

kernel_start
node_up
workload_up web 10.77.0.2 fd77::2 8080
workload_up guest 10.78.3.7 fd78:1::7:3 7070 # in no inventory
workload_up other 10.78.9.7 fd78:2::9 7070   # nor this

# a_pod NAME NAMESPACE LABELS WORKLOAD... [PORT]: a pod with the addresses of these workloads.
a_pod() {
	local name=$1 space=$2 labels=$3 ips='' w

	shift 3
	for w in "$@"; do
		ips="$ips${ips:+, }{ip: \"${ip4[$w]}\"}, {ip: \"${ip6[$w]}\"}"
	done
	cat <<-END
		---
		apiVersion: v1
		kind: Pod
		metadata: {name: $name, namespace: $space, labels: {$labels}}
		spec: {containers: [{name: main, image: none, ports: [{name: api,
			containerPort: ${port:-7070}}]}]}
		status: {podIPs: [$ips]}
	END
}
# No endpoint of the inventory has one of these labels; one has a port of the name, without an
# address of its own yet.
{
	pod web
	a_pod sample shop "app: sample"
	network_policy web web "policyTypes: [Ingress, Egress],
		ingress: [{from: [{podSelector: {matchLabels: {role: friend}}},
			{namespaceSelector: {matchLabels: {team: ops}}}], ports: [{port: 8080}]}],
		egress: [{to: [{podSelector: {matchLabels: {role: friend}}}], ports: [{port: api}]}]"
} >"$work/policy.yaml"
sed 's/port: 8080/port: 8081/' "$work/policy.yaml" >"$work/next.yaml"

peer() { inside node "$POLC" peer "$1" --pin-dir "$pins" "${@:2}"; }
put() { peer put -q "$@"; }
# fails STATUS CODE COMMAND...: this exit status and error code.
fails() {
	local want=$1 code=$2 got=0

	shift 2
	"$@" >"$work/out" 2>&1 || got=$?
	cat "$work/out"
	[ "$got" = "$want" ] && grep -qF "[$code]" "$work/out"
}
# The banks, but for addresses: their generation and what endpoints are made of.
generation() { status | jq -r '[.endpoints[] | .name, .generation, .program] | join(" ")'; }

check "a bundle for endpoints to come builds" build open "$work/policy.yaml" --open
check "one for those of the inventory builds" build closed "$work/policy.yaml"
check "and the next policy" build next "$work/next.yaml" --open
a_pod guest shop "role: friend" guest >"$work/friend.yaml"
check "a node without policy places nobody" fails 2 not-attached put "$work/open" "$work/friend.yaml"
check "the bundle loads" load "$work/open" --attach shop/web=web
before=$(generation)

ask "a stranger is dropped" silent guest tcp web 8080
ask "and is not reached" silent web tcp guest 7070
answers

check "the node is told of a pod" put "$work/open" "$work/friend.yaml"
ask "its labels let it in" ok guest tcp web 8080
ask "not everywhere" silent guest udp web 8080
ask "it is reached on its named port" ok web tcp guest 7070
ask "nobody else is let in" silent other tcp web 8080
answers
listed() {
	peer list --format json | jq -e '.peers == [{name: "shop/guest", addresses: ["10.78.3.7",
		"fd78:1::7:3"], labels: {role: "friend"}, namespaceLabels:
		{"kubernetes.io/metadata.name": "shop"}}]'
}
check "it is listed" listed
listed_as_text() {
	peer list >"$work/out" && cat "$work/out" && [ "$(wc -l <"$work/out")" = 3 ] &&
		grep -q '^shop/guest  10.78.3.7  *role=friend$' "$work/out"
}
check "as text, a line an address" listed_as_text

# --- changes ---------------------------------------------------------------------------------

a_pod guest shop "role: foe" guest >"$work/foe.yaml"
check "its labels change" put "$work/open" "$work/foe.yaml"
ask "it is let in no more" silent guest tcp web 8080
answers

{
	printf '%s\n' --- 'apiVersion: v1' 'kind: Namespace' 'metadata: {name: tools, labels: {team: ops}}'
	a_pod probe tools "a: b" other
} >"$work/probe.yaml"
check "a pod of a namespace that nobody heard of comes" put "$work/open" "$work/probe.yaml"
check "and the first one moves to its address" put "$work/open" <(a_pod guest shop "role: friend" other)
ask "the old address means what it meant before" silent guest tcp web 8080
ask "the new one is judged by who was told of last" ok other tcp web 8080
answers
check "the pod of the namespace goes" peer remove "$work/open" tools/probe
ask "an address that somebody else has now stays his" ok other tcp web 8080
ask "and is reached" ok web tcp other 7070
answers
check "he goes, too" peer remove "$work/open" shop/guest
ask "then nobody is let in there" silent other tcp web 8080
answers
check "nothing but addresses was written" test "$before" = "$(generation)"

# --- what is refused ---------------------------------------------------------------------------

check "removing who is not there is refused" fails 2 unknown-endpoint \
	peer remove "$work/open" shop/nobody
check "another bundle than that in force is refused" fails 2 other-bundle \
	put "$work/next" "$work/friend.yaml"
check "an address that is under policy here" fails 2 already-attached put "$work/open" \
	<(a_pod thief shop "role: friend" web)
check "a named port with a number that nobody has" fails 2 no-class put "$work/open" \
	<(port=9999 a_pod guest shop "role: friend" guest)
check "of several, none is placed if one cannot be" fails 2 no-class put "$work/open" <(
	a_pod guest shop "role: friend" guest
	port=9999 a_pod strange shop "role: friend" other
)
ask "none was" silent guest tcp web 8080
answers
makes_no_sense() {
	peer put "$work/open" 2>"$work/out"
	[ $? = 2 ] && grep -q "say 'polc peer list'" "$work/out"
}
check "arguments that make no sense are refused" makes_no_sense

# What a cluster has beside: pods of the host's network, and those that have no address yet.
cluster() {
	a_pod guest shop "role: friend" guest
	cat <<-END
		---
		apiVersion: v1
		kind: Pod
		metadata: {name: agent, namespace: shop}
		spec: {hostNetwork: true, containers: [{name: main, image: none}]}
		status: {podIPs: [{ip: 10.99.0.1}]}
		---
		apiVersion: v1
		kind: Pod
		metadata: {name: pending, namespace: shop}
		spec: {containers: [{name: main, image: none}]}
	END
}
all_of_it() {
	cluster | peer put "$work/open" - >"$work/out" 2>&1
	cat "$work/out"
	grep -qx '1 placed' "$work/out" && grep -q "'shop/pending' has no address and is left out" "$work/out"
}
check "whole clusters are read; who has no address is left out, with a warning" all_of_it
check "and removed" peer remove "$work/open" shop/guest

# --- loads ---------------------------------------------------------------------------------------

check "told once more" put "$work/open" "$work/friend.yaml"
check "a bundle for its inventory alone is refused while there are peers" fails 2 not-open \
	load "$work/closed"
ask "and the old policy stays" ok guest tcp web 8080
answers
check "the next policy loads" load "$work/next"
ask "it is in force for the peer" silent guest tcp web 8080
answers
check "and back" load "$work/open"
ask "it still knows the peer" ok guest tcp web 8080
answers
# --- under policy themselves ------------------------------------------------------------------

attach_guest() { inside node "$POLC" endpoint add -q --pin-dir "$pins" "$@"; }
check "somebody that nobody was told of cannot be added" fails 2 unknown-endpoint \
	attach_guest "$work/open" shop/nobody=guest
check "a peer whose tables are not on the node cannot be added" fails 2 no-table \
	attach_guest "$work/open" shop/guest=guest
check "and nothing was changed" test "$(hooks | wc -w)" = 2
check "the node is told of another of the same labels as one under policy" put "$work/open" \
	<(a_pod twin shop "app: web, more: labels" other)
ask "it is reachable" ok guest tcp other 7070
answers
check "it is put under policy in place" attach_guest "$work/open" shop/twin=other
ask "it is protected" silent guest tcp other 7070
ask "as the one that it is like" silent other tcp web 8080
answers
check "it keeps its labels" fails 2 already-attached put "$work/open" \
	<(a_pod twin shop "app: sample" other)
check "the node does not forget it" fails 2 already-attached peer remove "$work/open" shop/twin
check "a load of another policy takes it along" load "$work/next"
ask "it is protected still" silent guest tcp other 7070
answers
check "and back again" load "$work/open"
check "it goes" unload shop/twin
ask "it is open to all" ok guest tcp other 7070
answers
check "it is attached by a load as well" load "$work/open" --attach shop/twin=other
ask "with the same effect" silent guest tcp other 7070
answers
check "it goes again" unload shop/twin
check "and is forgotten" peer remove "$work/open" shop/twin

check "the peer goes" peer remove "$work/open" shop/guest
check "then the closed bundle loads" load "$work/closed"
check "and cannot tell whose a stranger is" fails 2 not-open put "$work/closed" "$work/friend.yaml"
check "the end leaves nothing" eval 'unload && [ ! -e "$pins" ] && [ "$(peer list | wc -l)" = 1 ]'
tap_done
