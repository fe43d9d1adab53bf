#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What policy says is what real packets meet: TCP, UDP and ICMP, both families, replies, ICMP
# errors, spoofed sources, fragments.
# shellcheck disable=SC2016,SC2119 # evaluated later; functions without arguments
# shellcheck source=tests/kernel/runtime/lib.sh
. "$POLC_SRCDIR/tests/kernel/runtime/lib.sh"

kernel_start
node_up
workload_up web 10.77.0.2 fd77::2 8080 9090
workload_up cart 10.77.0.3 fd77::3 7070 7072
workload_up db 10.77.0.4 fd77::4 5432
workload_up free 10.77.0.5 fd77::5 9000
workload_up outside 203.0.113.9 2001:db8::9 443 # no policy is loaded on it

{
	pod web
	pod cart
	pod db
	pod free
	network_policy web web "policyTypes: [Ingress, Egress],
		ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24}}, {ipBlock: {cidr: '2001:db8::/64'}}],
			ports: [{port: 8080}]}],
		egress: [{to: [{podSelector: {matchLabels: {app: cart}}}],
			ports: [{port: 7070}, {port: 7070, endPort: 7071, protocol: UDP}]}]"
	network_policy cart cart "policyTypes: [Ingress, Egress],
		ingress: [{from: [{podSelector: {matchLabels: {app: web}}}],
			ports: [{port: 7070}, {port: 7070, endPort: 7071, protocol: UDP}]},
			{from: [{podSelector: {matchLabels: {app: free}}}]}]"
	network_policy db db "policyTypes: [Ingress], ingress: []"
} >"$work/policy.yaml"

ask "without policy, TCP passes" ok outside tcp db 5432
ask "without policy, UDP passes" ok cart udp outside 443
ask "without policy, ping passes" ok db ping web
answers

check "the policy builds" build bundle "$work/policy.yaml"
check "the policy loads on four workloads" load "$work/bundle" --attach shop/web=web \
	--attach shop/cart=cart --attach shop/db=db --attach shop/free=free

ask "allowed TCP passes" ok web tcp cart 7070
ask "allowed UDP passes" ok web udp cart 7070
ask "TCP to another port is dropped" silent web tcp cart 7072
ask "UDP to another port is dropped" silent web udp cart 7072
ask "the allowed port of another protocol is dropped" silent web tcp cart 7071
ask "ping is dropped where only ports are allowed" silent web ping cart
ask "another peer is dropped" silent db tcp cart 7070
ask "the reverse of an allowed flow is dropped" silent cart tcp web 8080
ask "a prefix reaches the port that it is allowed" ok outside tcp web 8080
ask "a prefix does not reach another port" silent outside tcp web 9090
ask "a pod is no member of a prefix" silent free tcp web 8080
ask "an allowed peer on all ports reaches any port" ok free tcp cart 7072
ask "an allowed peer on all ports may ping" ok free ping cart
ask "no ingress rule: nothing comes in" silent outside tcp db 5432
ask "no egress policy: everything goes out" ok db tcp outside 443
ask "no egress policy: replies to UDP come back" ok db udp outside 443
ask "no egress policy: replies to ping come back" ok db ping outside
ask "a workload without policy is reachable" ok outside tcp free 9000
ask "an egress policy denies the world" silent web tcp outside 443
answers

ask "port unreachable comes back for allowed UDP" refused web udp cart 7071
ask "a reset comes back for allowed TCP" refused free tcp cart 7099
answers

inside node ip link set cart mtu 1400
ask "packet too big comes back for an allowed flow (IPv4)" "too-big 1400" web mtu "${ip4[cart]}" 7070 1450
ask "packet too big comes back for an allowed flow (IPv6)" "too-big 1400" web mtu "${ip6[cart]}" 7070 1450
answers
inside node ip link set cart mtu 1500

ask "UDP in fragments passes" ok web udp cart 7070 size=4000
ask "UDP in fragments to another port is dropped" silent web udp cart 7072 size=4000
answers

# The node routes the foreign addresses back, so that only the source check is in the way.
inside free ip address add 10.77.0.66/32 dev lo
inside free ip address add fd77::66/128 dev lo nodad
inside node ip route add 10.77.0.66 dev free
inside node ip route add fd77::66 via fd77::5 dev free
spoof() {
	ask "$1 (TCP, IPv4)" "$2" free tcp "${ip4[outside]}" 443 from=10.77.0.66
	ask "$1 (TCP, IPv6)" "$2" free tcp "${ip6[outside]}" 443 from=fd77::66
	ask "$1 (UDP, IPv4)" "$2" free udp "${ip4[outside]}" 443 from=10.77.0.66
	ask "$1 (ping, IPv6)" "$2" free ping "${ip6[outside]}" from=fd77::66
	answers
}
spoof "a foreign source address is dropped" silent
dropped=$(status | jq '.counters.egress."spoofed-source".packets')
if [ "${dropped:-0}" -ge 4 ]; then
	ok "spoofed packets are counted as such"
else
	not_ok "spoofed packets are counted as such" "counted ${dropped:-nothing}"
fi
check "the source check can be left out" load "$work/bundle" --no-source-check
spoof "without source check, any source passes" ok

conntrack=$(status | jq -c .conntrack)
if jq -e '.ipv4.flows > 0 and .ipv6.flows > 0 and .recorded > 0 and .no_room == 0' \
	<<<"$conntrack" >/dev/null; then
	ok "status tells what conntrack holds"
else
	not_ok "status tells what conntrack holds" "$conntrack"
fi

check "unload succeeds" unload
ask "after unload, everything passes" ok cart tcp web 9090
answers

tap_done
