#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Requests are judged on a node whose own firewall drops what its conntrack finds invalid, as kube-proxy's
# rules do: it sees each connection whole, or not at all.
# shellcheck source=tests/kernel/runtime/requests_lib.sh
. "$POLC_SRCDIR/tests/kernel/runtime/requests_lib.sh"
command -v nft >/dev/null || skip_all "nft is missing: install the Debian package nftables"

# Beside the node, behind a device that is nobody's endpoint; with a server, too.
workload_up outside 10.77.9.2 fd77:9::2
background outside haproxy -db -f "$work/server.cfg"
inside node ip address add fd77::1/128 dev lo # a client of IPv6 has an address that leads back
inside node nft -f - <<'NFT'
table inet firewall {
	chain forward {
		type filter hook forward priority filter
		ct state invalid counter drop
	}
	chain input {
		type filter hook input priority filter
		ct state invalid counter drop
	}
	chain output {
		type filter hook output priority filter
		ct state invalid counter drop
	}
}
NFT
dropped() { inside node nft -j list table inet firewall | jq '[.. | .counter? | .packets? // empty] | add'; }
none_dropped() { [ "$(dropped)" = 0 ] || { inside node nft list table inet firewall; return 1; }; }

# asks WHO...: each is judged, from its own address.
asks() {
	local who

	for who in "$@"; do
		check "$who is let through" gets 200 "$who" /public/a
		check "in its own name" said "${ip6[$who]} GET /public/a"
		check "$who is denied" gets 403 "$who" /private
	done
}

check "a policy of the end that is asked is loaded" enforce ingress "$(shop_lets \
	'allow from all on tcp/80 http { GET "/public/.*" }')"
asks cart outside
check "the node is let through" gets 200 node /public/a
check "and denied" gets 403 node /private
check "a policy of the end that asks is loaded" enforce egress "$(cart_lets \
	'allow to all on tcp/80 http { GET "/public/.*" }')"
asks cart
gets_outside() { [ "$(get cart "http://${ip4[outside]}$2")$(get cart "http://[${ip6[outside]}]$2")" = "$1$1" ]; }
check "a server elsewhere answers" gets_outside 200 /public/a
check "where the rules let it" gets_outside 403 /private
check "policies of both ends are loaded" enforce both \
	"$(shop_lets 'allow from all on tcp/80 http { GET "/public/.*" }')" \
	"$(cart_lets 'allow to all on tcp/80 http { any "/.*" }')"
asks cart
asks outside
check "the firewall has dropped nothing" none_dropped
tap_done
