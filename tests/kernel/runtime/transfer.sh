#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What requests that a policy allows carry passes as it would without one, whoever asks and however.
# shellcheck source=tests/kernel/runtime/lib.sh
. "$POLC_SRCDIR/tests/kernel/runtime/lib.sh"

talker=$POLC_SRCDIR/tests/kernel/runtime/http_talk.py
judging_start
node_up
workload_up cart 10.77.0.2 fd77::2
workload_up shop 10.77.0.3 fd77::3
workload_up outside 192.0.2.4 2001:db8::4
ip4[node]=10.77.0.1 ip6[node]=fd77::1
batch node <<-END
	address add ${ip4[node]}/32 dev lo
	address add ${ip6[node]}/128 dev lo nodad
	route replace ${ip4[shop]} dev shop src ${ip4[node]}
	route replace ${ip6[shop]} dev shop src ${ip6[node]}
END
background shop python3 "$talker" serve 80
await inside shop curl -s -o /dev/null http://127.0.0.1/
head -c $((100 << 20)) /dev/zero >"$work/large"

{
	pol_endpoints cart shop
	echo 'policy shop for { app = shop } { ingress { allow from all on tcp/80 http {'
	echo 'GET "/public/.*"'
	echo 'POST "/public/.*"'
	echo '} } }'
} >"$work/shop.pol"
enforce() { build shop "$work/shop.pol" && load "$work/shop" --attach cart=cart --attach shop=shop; }
# says WANT COMMAND...
says() {
	local got

	got=$("${@:2}" 2>&1)
	[ "$got" = "$1" ] || { echo "$got, not $1" && return 1; }
}
asks() { inside "$1" curl -s --max-time 20 -w '%{http_code}' "${@:2}"; }
talks() { inside cart timeout 20 python3 "$talker" "$@"; }
# The memory of the largest proxy, in KiB.
memory() {
	local pid
	for pid in $(pgrep -P "$(pgrep -f "polc proxy run --pin-dir $pins")"); do
		pgrep -P "$pid"
		echo "$pid"
	done | xargs -I{} sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\).*/\1/p' /proc/{}/status | sort -n | tail -n 1
}
half_closes() { printf 'GET /public/x HTTP/1.1\r\nHost: shop\r\n\r\n' | inside cart timeout 10 ncat "$1" 80 | tail -n 1; }

check "a policy is loaded" enforce
before=$(memory)
for family in 4 6; do
	declare -n address=ip$family
	at=${address[shop]} url=http://${address[shop]}
	[ $family = 4 ] || url="http://[$at]"
	check "much comes (IPv$family)" says "$((100 << 20)) 200" \
		asks cart -o /dev/null -w '%{size_download} %{http_code}' "$url/public/large"
	for how in "Content-Type: text/plain" "Transfer-Encoding: chunked" "Expect: 100-continue"; do
		check "much goes, with $how (IPv$family)" says "${address[cart]} $((100 << 20))"$'\n'200 \
			asks cart -H "Expect:" -H "$how" --data-binary "@$work/large" "$url/public/up"
	done
	check "a server that leaves early is seen to (IPv$family)" says "100 200" \
		asks cart -o /dev/null -w '%{size_download} %{http_code}' "$url/public/early"
	check "a client that ends its side has its answer (IPv$family)" says "${address[cart]} 0" half_closes "$at"
	check "and a slow one (IPv$family)" says 200 talks slow "$at" 80 /public/x
	check "a websocket carries what it will (IPv$family)" says "101 $((1 << 20))" \
		talks socket "$at" 80 /public/socket
	check "where a rule lets it begin (IPv$family)" says 403 talks socket "$at" 80 /private/socket
	for from in node outside; do
		check "the server knows who asks: $from (IPv$family)" says "${address[$from]} 3"$'\n'200 \
			asks $from -d abc "$url/public/x"
		check "who is judged as well: $from (IPv$family)" says "denied by policy"$'\n'403 \
			asks $from "$url/private"
	done
done
check "the proxy keeps nothing of all that" [ "$(memory)" -lt $((before + 20000)) ]
echo "# memory of the proxy: $before KiB before, $(memory) KiB behind"
tap_done
