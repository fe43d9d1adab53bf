#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The proxies reload under traffic, as they do when rules need more listeners than there are: no request
# fails, and none is judged otherwise.
#
#   POLC_RELOADS   how often (20)
# shellcheck disable=SC2016 # a script of its own
# shellcheck source=tests/kernel/runtime/requests_lib.sh
. "$POLC_SRCDIR/tests/kernel/runtime/requests_lib.sh"

python=/usr/bin/python3
talker=$POLC_SRCDIR/tests/kernel/runtime/grpc_talk.py
$python -c 'import grpc' 2>/dev/null || skip_all "no python3-grpcio"
reloads=${POLC_RELOADS:-20}
ulimit -n 16384
background shop "$python" "$talker" serve 50051 >"$work/greeter.ready"
await grep -q ready "$work/greeter.ready"

runner() { pgrep -f "polc proxy run --pin-dir $pins"; }
# workers DIRECTION: how many its proxy has begun.
workers() { grep -c 'New worker .* forked' "$run/$1/haproxy.log"; }
began() { [ "$(workers ingress)" -ge "$1" ] && [ "$(workers egress)" -ge "$1" ]; }
# reload N: until both have N workers.
reload() {
	kill -HUP "$(runner)"
	await began "$1"
}

asks=$(cart_lets 'allow to { app = shop } on tcp/80 http { any "/.*" }
allow to { app = shop } on tcp/50051 grpc { call ".*/.*" }')
greets='allow from { app = cart } on tcp/50051 grpc { call "a.B/Say" }'
check "a policy is loaded" enforce both "$(shop_lets "$public
$greets")" "$asks"
check "what it allows passes" gets 200 cart /public/a
seconds=$((reloads + 4))
# No rate, as with one h2load does not come again where it has to; and it writes no Host
# that HAProxy takes for an IPv6 address.
inside cart timeout $((seconds + 60)) bash -c 'until [ $SECONDS -ge $2 ]; do
		h2load --h1 -c 20 -n 1000 "http://$1/public/a" || exit
	done' - "${ip4[shop]}" $seconds >"$work/http" 2>&1 &
kt_pids+=($!)
for f in 4 6; do
	at=${ip4[shop]}
	[ $f = 4 ] || at=[${ip6[shop]}]
	inside cart timeout $((seconds + 60)) "$python" "$talker" repeat "$at:50051" a.B/Say 10 $seconds >"$work/grpc$f" &
	kt_pids+=($!)
done
callers=("${kt_pids[@]: -3}")
sleep 1
for ((i = 1; i <= reloads; i++)); do
	reload $((i + 1)) || break
	[ "$(get cart "http://${ip4[shop]}/public/a")/$(get cart "http://${ip4[shop]}/private")" = 200/403 ] || break
done
check "the proxies reload $reloads times, and judge as before" [ "$i" -gt "$reloads" ]
wait "${callers[@]}"
echo "# HTTP/1.1: $(grep -c '^requests:' "$work/http") thousand; gRPC: $(cat "$work"/grpc? | xargs)"
none_fails() { ! grep -E '^(requests:|status codes:)' "$work/http" | grep -vE ' 0 failed, 0 errored, 0 timeout|: 1000 2xx'; }
check "no request of HTTP/1.1 fails" none_fails
for f in 4 6; do
	check "no call of gRPC fails (IPv$f)" grep -qE '^[1-9][0-9]* OK$' "$work/grpc$f"
done

# One connection, which is there when there are more rules than listeners.
for ((i = 1; i <= 300; i++)); do
	echo "allow from cidr { 192.0.2.$((i % 256))/32 } on tcp/$((1000 + i)) http { GET \"/\" }"
done >"$work/rules"
mkfifo "$work/paths"
exec 5<>"$work/paths"
inside cart timeout 60 bash -c 'exec 3<>"/dev/tcp/$1/80" <"$2"
	while read -r path; do
		printf "GET %s HTTP/1.1\r\nHost: shop\r\n\r\n" "$path" >&3
		IFS=" " read -r -t 5 _ status _ <&3 || status=end
		echo "$status"
		while IFS= read -r -t 0.2 _ <&3; do :; done
	done' - "${ip4[shop]}" "$work/paths" >"$work/held" &
kt_pids+=($!)
held() {
	echo "$1" >&5
	await test "$(wc -l <"$work/held")" -ge "$2"
	sleep 0.5
	[ "$(sed -n "$2p" "$work/held")" = "$3" ] || { cat "$work/held"; return 1; }
}
check "a connection is there" held /public/a 1 200
check "three hundred rules come" enforce many "$(shop_lets "$(<"$work/rules")
$public
$greets")" "$asks"
check "the proxies have listeners for them" await began $((reloads + 2))
check "requests are judged" gets 200 cart /public/a
check "and denied" gets 403 cart /private
tap_done
