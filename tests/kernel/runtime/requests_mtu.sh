#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What goes through a proxy is as large as the ways are that it goes, whoever knows of them: the devices of the
# node, or a router behind it.
# shellcheck source=tests/kernel/runtime/lib.sh
. "$POLC_SRCDIR/tests/kernel/runtime/lib.sh"

talker=$POLC_SRCDIR/tests/kernel/runtime/http_talk.py
judging_start
node_up
workload_up cart 10.77.0.2 fd77::2
workload_up shop 10.77.0.3 fd77::3

# far is behind a router, which is the node's way to everywhere, and takes what is up to 1500 itself.
ip4[far]=10.78.0.2 ip6[far]=fd78::2
space_up router
space_up far
batch node <<-END
	link add uplink type veth peer name node netns $kt_id-router
	link set uplink up
	address add 10.79.0.1/30 dev uplink
	address add fd79::1/64 dev uplink nodad
	route add default via 10.79.0.2
	route add default via fd79::2
END
batch router <<-END
	link add far type veth peer name eth0 netns $kt_id-far
	link set node up
	link set far up
	address add 10.79.0.2/30 dev node
	address add fd79::2/64 dev node nodad
	address add 10.78.0.1/30 dev far
	address add fd78::1/64 dev far nodad
END
batch far <<-END
	link set eth0 up
	address add ${ip4[far]}/30 dev eth0
	address add ${ip6[far]}/64 dev eth0 nodad
	route add default via 10.78.0.1
	route add default via fd78::1
END
# hop MTU: as much fits through the router, both ways.
hop() {
	batch router <<-END
		route replace 10.77.0.0/24 via 10.79.0.1 mtu lock $1
		route replace fd77::/64 via fd79::1 mtu lock $1
		route replace ${ip4[far]} dev far mtu lock $1
		route replace ${ip6[far]} dev far mtu lock $1
	END
}
inside router bash -c 'echo 1 >/proc/sys/net/ipv4/ip_forward && echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
hop 1500

for who in shop far; do
	background $who python3 "$talker" serve 80
	await inside $who curl -s -o /dev/null http://127.0.0.1/
done
head -c $((10 << 20)) /dev/zero >"$work/much"

{
	pol_endpoints cart shop
	echo 'policy shop for { app = shop } { ingress { allow from all on tcp/80 http { any "/public/.*" } } }'
	echo 'policy cart for { app = cart } { egress { allow to all on tcp/80 http { any "/public/.*" } } }'
} >"$work/both.pol"
build both "$work/both.pol"

# devices MTU NAME...: of these, at both ends.
devices() {
	local name

	for name in "${@:2}"; do
		inside node ip link set "$name" mtu "$1"
		[ "$name" = uplink ] || inside "$name" ip link set eth0 mtu "$1"
	done
}
# What is a child of the node's proxies, and its child, are in the namespace of a proxy.
inner_mtus() {
	local pid

	for pid in $(pgrep -P "$(pgrep -f "polc proxy run --pin-dir $pins")"); do
		nsenter --net="/proc/$pid/ns/net" ip -j link show dev eth0
	done | jq '.[].mtu'
}
outer_mtus() { inside node ip -j link | jq '.[] | select(.ifname | startswith("polc_")).mtu'; }
# have MTU: both ends of both proxies' devices.
have() {
	local got

	got=$({ outer_mtus && inner_mtus; } | xargs)
	[ "$got" = "$1 $1 $1 $1" ] || { echo "$got, not $1"; return 1; }
}
# says WANT COMMAND...
says() {
	local got

	got=$("${@:2}" 2>&1)
	[ "$got" = "$1" ] || { echo "$got, not $1"; return 1; }
}
# With what far has learnt of the way before, it would ask the proxies for less.
forget() { inside far ip -4 route flush cache && inside far ip -6 route flush cache; }
asks() { forget && inside "$1" curl -s --max-time 20 -w '%{http_code}' "${@:2}"; }
# carries FROM TO: much in both directions and families, by a request that is judged.
carries() {
	local family url

	for family in 4 6; do
		local -n address=ip$family
		url=http://${address[$2]}
		[ $family = 4 ] || url="http://[${address[$2]}]"
		check "much comes from $2 to $1 (IPv$family)" says "$((100 << 20)) 200" \
			asks "$1" -o /dev/null -w '%{size_download} %{http_code}' "$url/public/large"
		check "much goes there (IPv$family)" says "${address[$1]} $((10 << 20))"$'\n'200 \
			asks "$1" -H "Expect:" --data-binary "@$work/much" "$url/public/up"
	done
	unset -n address
	check "a request is judged there" says 403 asks "$1" -o /dev/null "http://${ip4[$2]}/private"
}
carries_all() {
	carries cart shop
	carries cart far
	carries far shop
}
# How often somebody said of a packet that it is too large.
too_large() {
	inside "$1" cat /proc/net/snmp /proc/net/snmp6 | awk '
		$1 == "Ip:" && at { sum += $at; at = 0; next }
		$1 == "Ip:" { for (at = NF; $at != "FragFails"; at--); }
		$1 == "Ip6InTooBigErrors" || $1 == "Ip6FragFails" { sum += $2 }
		END { print sum + 0 }'
}

# --- the devices of the node ------------------------------------------------------------------------

check "a policy is loaded" load "$work/both" --attach cart=cart --attach shop=shop
check "the proxies have the usual MTU" have 1500
carries_all
devices 1400 cart shop uplink
check "a load in an overlay" load "$work/both"
check "gives them the smaller one" have 1400
before=$(too_large node)
carries_all
check "and nothing is too large" says "$before" too_large node
devices 9000 cart shop
check "a load with a smaller way out than the endpoints have" load "$work/both"
check "gives them that" have 1400
devices 9000 uplink
check "a load where all are large" load "$work/both"
check "gives them as much" have 9000
devices 1500 cart shop uplink
hop 1300
check "a load where a router takes less" load "$work/both"
check "of which nobody has told the proxies" have 1500
related() { status | jq '.counters.ingress."proxy-related".packets // 0'; }
before=$(related)
carries cart far
told=$(related)
check "the proxy of egress is told" [ "$told" -gt "$before" ]
carries far shop
check "and that of ingress" [ "$(related)" -gt "$told" ]
devices 9000 cart shop uplink
load "$work/both"
runner=$(pgrep -f "polc proxy run --pin-dir $pins")
first=$(pgrep -P "$runner" | head -n 1)
kill -KILL "$first"
replaced() { ! kill -0 "$first" && [ "$(inner_mtus | wc -l)" = 2 ]; }
check "a proxy is started again" await replaced
check "and has it, too" await have 9000
inside node ip link set cart mtu 1000
check "a load with less than IPv6 takes" load "$work/both"
check "gives them what it takes" have 1280
tap_done
