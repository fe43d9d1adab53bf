#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Requests through the proxies in short, for machines that are slow: judged at either end and at both,
# and other rules end a connection. tests/kernel/runtime/requests.sh goes into it.
patience=60
# shellcheck source=tests/kernel/runtime/requests_lib.sh
. "$POLC_SRCDIR/tests/kernel/runtime/requests_lib.sh"

check "policies of both ends are loaded" enforce both "$(shop_lets "$public")" \
	"$(cart_lets 'allow to { app = shop } on tcp/80 http { any "/.*/a" }')"
check "both let it pass" gets 200 cart /public/a
check "the server sees the client through both" said "${ip6[cart]} GET /public/a"
check "one of them does not" gets 403 cart /public/b
check "nor the other one, of HTTP/2" gets 403 cart /private/a --http2-prior-knowledge
check "packets to the proxy are counted" [ "$(counted ingress proxy)" -gt 0 ]
check "and answers to it" [ "$(counted egress proxy-reply)" -gt 0 ]

# One connection: a request, other rules, and the same request again.
cat >"$work/client" <<'SH'
exec 3<>"/dev/tcp/$1/80"
cat <&3 &
for step in now "$2"; do
	while [ "$step" != now ] && [ ! -e "$step" ]; do sleep 0.1; done
	printf 'GET /public/a HTTP/1.1\r\nHost: shop\r\n\r\n' >&3
done
wait
SH
background cart timeout 300 bash "$work/client" "${ip4[shop]}" "$work/loaded" >"$work/held" 2>/dev/null
held=${kt_pids[-1]}
await grep -q 200 "$work/held"
more='allow from { app = cart } on tcp/80 http { GET "/more" }'
check "another rule joins" enforce joined "$(shop_lets "$public
$more")"
touch "$work/loaded"
wait "$held"
check "a connection of before ends" [ "$(grep -c ^HTTP "$work/held")" -eq 1 ]
check "a new one has the rules of now" gets 200 cart /more
check "unload succeeds" unload
check "and without a policy all passes" gets 200 cart /private
tap_done
