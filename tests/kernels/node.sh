#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The life of a node in short, for machines that are slow: rules that count, drops that are told,
# swaps under traffic, and nothing left at the end. tests/kernel/runtime/hits.sh and swap.sh go into it.
# shellcheck disable=SC2016,SC2119 # evaluated later; functions without arguments
# shellcheck source=tests/kernel/runtime/lib.sh
. "$POLC_SRCDIR/tests/kernel/runtime/lib.sh"

kernel_start
node_up
workload_up web 10.77.0.2 fd77::2
workload_up cart 10.77.0.3 fd77::3 7070 7072

# policy NAME PORTS: what web may reach on cart, as both ends see it.
policy() {
	{
		pod web
		pod cart
		network_policy web web "policyTypes: [Ingress, Egress],
			egress: [{to: [{podSelector: {matchLabels: {app: cart}}}], ports: [$2]}]"
		network_policy cart cart "policyTypes: [Ingress, Egress],
			ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [$2]}]"
	} >"$work/$1.yaml"
	build "$1" --counters rules --events "$work/$1.yaml" || exit 1
}
policy one "{port: 7070}, {port: 7070, protocol: UDP}"
policy two "{port: 7070}, {port: 7070, protocol: UDP}, {port: 100, endPort: 6000}"

check "a bundle that counts and tells loads" \
	load "$work/one" --attach shop/web=web --attach shop/cart=cart
background node timeout 60 "$POLC" monitor --pin-dir "$pins" --rules "$work/one" --format json \
	>"$work/events"
ask "what is allowed passes" ok web tcp cart 7070
ask "what is denied does not" silent web udp cart 7072
answers
told() { jq -se 'any(.[]; .reason == "policy-denied" and .destination.port == 7072)' "$work/events"; }
check "the monitor tells of what was dropped" await told
told || cat "$work/events"
counted() { status --rules "$work/one" | jq -e '[.rules[].packets] | add > 0'; }
check "the rules have counted" counted

drops() { status | jq -c '[.counters[]."policy-denied".packets // 0]'; }
nsenter --net="/run/netns/$kt_id-web" -- nice -n 19 "$talk" storm 7070 0 "${ip4[cart]}" "${ip6[cart]}" \
	>"$work/storm" &
storm=$!
kt_pids+=("$storm")
await grep -q ready "$work/storm"
before=$(drops)
for bundle in two one two one; do
	load "$work/$bundle" || not_ok "a swap to $bundle"
done
kill -USR1 "$storm"
wait "$storm"
if grep -Eq '^udp [1-9][0-9]* lost 0 tcp [1-9][0-9]* failed 0 leaked 0$' "$work/storm" &&
	[ "$(drops)" = "$before" ]; then
	ok "allowed traffic loses nothing over swaps"
else
	not_ok "allowed traffic loses nothing over swaps" "$(<"$work/storm")" "$before $(drops)"
fi

check "unload succeeds" unload
left() { [ -e "$pins" ] || has_clsact; }
check "and leaves nothing" eval '! left'
ask "everything passes then" ok web udp cart 7072
answers
tap_done
