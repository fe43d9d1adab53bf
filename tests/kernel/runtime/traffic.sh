#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Real packets of the less usual kind: extension headers, IP options, fragments in any order,
# VLAN tags, jumbo frames, segmentation offload, paged skbs; and both ends of a flow on one node.
# shellcheck disable=SC2016,SC2119 # evaluated later; functions without arguments
# shellcheck source=tests/kernel/runtime/lib.sh
. "$POLC_SRCDIR/tests/kernel/runtime/lib.sh"

kernel_start
node_up
workload_up web 10.77.0.2 fd77::2 8080
workload_up cart 10.77.0.3 fd77::3 7070 7072
workload_up db 10.77.0.4 fd77::4 5432
workload_up self 10.77.0.5 fd77::5 9000

{
	pod web
	pod cart
	pod db
	pod self
	network_policy web web "policyTypes: [Ingress, Egress],
		ingress: [{from: [{podSelector: {matchLabels: {app: db}}}]}],
		egress: [{to: [{podSelector: {matchLabels: {app: cart}}}],
			ports: [{port: 7070}, {port: 7070, protocol: UDP}]},
			{to: [{podSelector: {matchLabels: {app: db}}}]}]"
	network_policy cart cart "policyTypes: [Ingress, Egress],
		ingress: [{from: [{podSelector: {matchLabels: {app: web}}}],
			ports: [{port: 7070}, {port: 7070, protocol: UDP}]},
			{from: [{podSelector: {matchLabels: {app: db}}}]}]"
	network_policy self self "policyTypes: [Ingress, Egress], ingress: [], egress: [
		{to: [{ipBlock: {cidr: 'fd99::/64'}}, {ipBlock: {cidr: 10.99.0.0/16}}]}]"
	network_policy db db "policyTypes: [Ingress, Egress], ingress: [], egress: [
		{to: [{podSelector: {matchLabels: {app: web}}}]}]"
} >"$work/policy.yaml"

check "the policy builds" build bundle "$work/policy.yaml"
check "the policy loads" load "$work/bundle" --attach shop/web=web --attach shop/cart=cart \
	--attach shop/db=db --attach shop/self=self

mac=$(inside node ip -j link show web | jq -r '.[0].address')
inside cart bash -c 'for f in /proc/sys/net/ipv6/conf/{all,eth0}/seg6_enabled; do echo 1 >$f; done'

# counted DIRECTION REASON [FIELD]: what the node has counted.
counted() { status | jq ".counters.$1.\"$2\".${3:-packets} // 0"; }

# Of cart by web, on the allowed port; on the other one nothing may come back, whatever the
# packets look like: ask_port NAME KIND [ARG...], in both families or in one.
ask_both() {
	local to=$1 name=$2 kind=$3 patience=ms=5000

	ask "$name" ok web "$kind" "$to" 7070 "${@:4}" $patience
	ask "$name, but not to a denied port" silent web "$kind" "$to" 7072 "${@:4}"
}
ask_port() { ask_both cart "$@"; }
ask_port4() { ask_both "${ip4[cart]}" "$@"; }
ask_port6() { ask_both "${ip6[cart]}" "$@"; }

# frame NAME WORD PORT [ARG...]: raw, from web to cart, in both families.
frame() {
	ask "$1 (IPv4)" "$2" web frame "${ip4[cart]}" "${@:3}" from="${ip4[web]}" mac="$mac"
	ask "$1 (IPv6)" "$2" web frame "${ip6[cart]}" "${@:3}" from="${ip6[web]}" mac="$mac"
}

# --- size -----------------------------------------------------------------------------------------

# segmented PACKETS BYTES: since then, packets were larger on average than the MTU.
segmented() {
	local packets bytes

	packets=$(($(counted egress policy) - $1))
	bytes=$(($(counted egress policy bytes) - $2))
	echo "$bytes bytes in $packets packets"
	[ "$bytes" -gt $((3000 * packets)) ]
}

packets=$(counted egress policy) bytes=$(counted egress policy bytes)
ask "TCP in bulk passes unharmed" ok web tcp cart 7070 size=4000000
answers
check "and was not cut into segments before policy" segmented "$packets" "$bytes"
packets=$(counted egress policy) bytes=$(counted egress policy bytes)
ask "UDP with segmentation offload passes unharmed" ok web udp cart 7070 size=24000 segment=1200
answers
check "and was not cut into segments before policy" segmented "$packets" "$bytes"

# BIG TCP: packets over 64 KiB, whose IP header has no room for their length.
inside web ip link set eth0 gso_max_size 190000
inside node ip link set cart gso_max_size 190000
damaged=$(counted egress truncated)
ask "TCP in packets over 64 KiB passes unharmed" ok web tcp "${ip6[cart]}" 7070 size=20000000 ms=5000
answers
check "and none of them is taken for truncated" [ "$(counted egress truncated)" -eq "$damaged" ]

# --- VLAN -----------------------------------------------------------------------------------------

# What the node does not know is no longer there after policy, so only its counters tell. The
# kernel takes the outer tag out of the frame, so that there are up to three that policy sees.
allowed=$(counted egress policy) denied=$(counted egress policy-denied)
unknown=$(counted egress unsupported-ethertype)
for tags in 1 2 3; do
	frame "$tags VLAN tags: a datagram is sent" silent 7070 tags=$tags ms=0
	frame "$tags VLAN tags: another one is sent" silent 7072 tags=$tags ms=0
done
frame "more VLAN tags: a datagram is sent" silent 7070 tags=4 ms=0
answers
check "tagged frames pass to an allowed port" [ "$(counted egress policy)" -eq $((allowed + 6)) ]
check "and not to another one" [ "$(counted egress policy-denied)" -eq $((denied + 6)) ]
check "nor with more tags than policy can see" \
	[ "$(counted egress unsupported-ethertype)" -eq $((unknown + 2)) ]

# --- all that can be asked at once ----------------------------------------------------------------

unfinished=$(counted egress header-chain) alone=$(counted egress fragment)

ask "a flow that both ends allow passes" ok web tcp cart 7070
ask "a flow that only its source allows is dropped (TCP)" silent web tcp db 5432
ask "a flow that only its source allows is dropped (UDP)" silent web udp db 5432
ask "a flow that only its destination allows is dropped (TCP)" silent db tcp cart 7070
ask "a flow that only its destination allows is dropped (UDP)" silent db udp cart 7070
ask "the other direction of two ends is a question of its own" ok db tcp web 8080

for kind in tcp udp; do
	ask_port4 "$kind with IP options passes" $kind with=nop
	ask_port4 "$kind with a full IP header passes" $kind with=record-route
	ask_port6 "$kind behind hop-by-hop options passes" $kind with=hop
	ask_port6 "$kind behind destination options passes" $kind with=dst
	ask_port6 "$kind behind a routing header that is used up passes" $kind with=route
done
ask "a source route does not pass" silent web udp "${ip4[cart]}" 7070 with=source-route
ask "a routing header that goes on does not pass" silent web udp "${ip6[cart]}" 7070 with=route-on

ask_port "a datagram in many fragments passes whole" udp size=60000
ask_port4 "fragments with IP options pass" udp with=nop size=4000
ask_port6 "fragments with destination options pass" udp with=dst size=4000
ask_port6 "fragments behind hop-by-hop options pass" udp with=hop size=4000
frame "a datagram in two fragments passes" ok 7070 fragments size=800
frame "a denied datagram in two fragments does not" silent 7072 fragments size=800
frame "a fragment that overtakes the first is dropped" silent 7070 late size=800
frame "fragments without the first are dropped" silent 7070 missing size=800

ask "TCP in bulk to a denied port does not pass" silent web tcp cart 7072 size=4000000
ask "UDP with segmentation offload to a denied port does not" silent web udp cart 7072 \
	size=24000 segment=1200
answers
check "routes past their target are counted as such" \
	[ "$(counted egress header-chain)" -eq $((unfinished + 2)) ]
check "fragments without their first are counted as such" \
	[ "$(counted egress fragment)" -eq $((alone + 4)) ]

# --- an endpoint to itself ------------------------------------------------------------------------

# Out of its device, as a socket would not: the node sends it back. IPv4 has to be told to take it.
own=$(counted ingress self)
inside self bash -c 'echo 1 >/proc/sys/net/ipv4/conf/all/accept_local
	echo 1 >/proc/sys/net/ipv4/conf/eth0/accept_local'
gate=$(inside node ip -j link show self | jq -r '.[0].address')
ask "by way of the node, an endpoint reaches itself (IPv4)" ok self frame "${ip4[self]}" 9000 \
	from="${ip4[self]}" mac="$gate" ms=5000
ask "by way of the node, an endpoint reaches itself (IPv6)" ok self frame "${ip6[self]}" 9000 \
	from="${ip6[self]}" mac="$gate" ms=5000
# By a name that the node translates. The answer comes from another address, inside the endpoint.
inside node nft -f - <<-END
	table ip6 polc {
		chain names {
			type nat hook prerouting priority dstnat
			ip6 daddr fd99::1 dnat to ${ip6[self]}
		}
	}
END
inside self "$talk" udp fd99::1 9000 ms=0 >"$work/answers/dnat"
answers
check "and is counted as such" [ "$(counted ingress self)" -eq $((own + 3)) ]
spoofed=$(counted egress spoofed-source)
ask "another one does not pass as the endpoint that it sends to (IPv4)" silent web frame \
	"${ip4[self]}" 9000 from="${ip4[web]}" source="${ip4[self]}" mac="$mac"
ask "another one does not pass as the endpoint that it sends to (IPv6)" silent web frame \
	"${ip6[self]}" 9000 from="${ip6[web]}" source="${ip6[self]}" mac="$mac"
answers
check "and is counted as spoofing" [ "$(counted egress spoofed-source)" -eq $((spoofed + 2)) ]

# --- jumbo ----------------------------------------------------------------------------------------

for name in web cart; do
	inside node ip link set "$name" mtu 9000
	inside "$name" ip link set eth0 mtu 9000
done
ask_port "a jumbo datagram passes" udp size=8900
ask_port "jumbo segments pass" tcp size=1000000
frame "a packet whose headers are not linear passes" ok 7070 paged size=8000
frame "a denied packet whose headers are not linear does not" silent 7072 paged size=8000
answers

tap_done
