#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Requests are judged on real connections between workloads, by the rules of either end or of both,
# and nothing goes around.
# shellcheck disable=SC2016 # evaluated later
# shellcheck source=tests/kernel/runtime/requests_lib.sh
. "$POLC_SRCDIR/tests/kernel/runtime/requests_lib.sh"

no_device() { [ "$(devices)" -eq 0 ]; }
no_process() { ! pgrep -f "polc proxy run --pin-dir $pins"; }
devices() { inside node ip -j link | jq -r '.[].ifname' | grep -c '^polc_'; }

# --- at the end that is asked ---------------------------------------------------------------------

check "a policy that judges requests is loaded" enforce ingress "$(shop_lets "$public
$plain")"
check "what an entry allows passes" gets 200 cart /public/a
check "in the name of the client" said "${ip6[cart]} GET /public/a"
check "what none allows is denied" gets 403 cart /private
check "whatever it is written like" gets 403 cart /public/../private
check "another method is denied" gets 403 cart /public/a -X POST
check "what is forwarded is what was judged" gets 200 cart /public/b/../c
check "in its normal form" said "${ip6[cart]} GET /public/c"
check "HTTP/2 is judged as well" gets 200 cart /public/a --http2-prior-knowledge
check "and denied" gets 403 cart /private --http2-prior-knowledge
ask "a rule without requests concerns the connection alone" ok cart tcp shop 81
answers
check "who has no rule reaches nobody" gets 000 stranger /public/a --connect-timeout 1
check "packets to the proxy are counted" [ "$(counted ingress proxy)" -gt 0 ]
check "and answers to it" [ "$(counted egress proxy-reply)" -gt 0 ]

# What each entry decided is counted: none matches, and then each.
counts() {
	status --rules "$work/$1" | jq -c '[.rules[].requests // empty | [.unmatched, .entries[].requests]]'
}
shows() { inside node "$POLC" status --pin-dir "$pins" --rules "$work/$1" | grep -q "$2"; }
check "what each entry decided is counted" [ "$(counts ingress)" = "[[8,6]]" ]
check "and shown" shows ingress "allow in line 5 of the rule at .*ingress.pol:5:1, policy shop$"

# Who listens is told of each, with the rule that decided.
background node timeout 60 "$POLC" monitor --pin-dir "$pins" --rules "$work/ingress" --format json >"$work/told"
background node timeout 60 "$POLC" monitor --pin-dir "$pins" >"$work/said"
# told FILTER: a line of JSON that is so.
told() { jq -se "any(.[]; $1)" "$work/told"; }
await eval 'get cart "http://${ip4[shop]}/public/first"; told ".request.path == \"/public/first\""'
get cart "http://[${ip6[shop]}]/secret" -X POST >"$work/status"
check "who listens is told of what is allowed" told '.verdict == "allow" and .status == 200 and .direction == "ingress" and
	.request == {method: "GET", host: "'"${ip4[shop]}"'", path: "/public/first"} and .source.name == "cart" and
	.destination == {name: "shop", address: "'"${ip4[shop]}"'", port: 80} and .rule.policy == "shop" and .rule.line == 5'
check "and of what is denied" await told '.verdict == "deny" and .status == 403 and .request.path == "/secret" and
	.request.method == "POST" and (.rule | not)'
check "also another one, without names" await grep -q "POST .*/secret: denied, status 403 in [0-9]* ms, as no entry matches\$" "$work/said"

# What is refused before any rule is asked, too.
check "two readings are refused" gets 400 cart /public/%2fx
check "and told" await told '.verdict == "deny" and .status == 400 and .request.path == "/public/%2fx" and
	.refused == "its path has an escaped slash, a backslash or a NUL" and (.rule | not)'
head -c 40000 /dev/zero | tr '\0' c | sed 's/^/Cookie: /' >"$work/large"
check "headers that are too large are refused" gets 431 cart /public/x -H "@$work/large"
check "and told with the name of the largest" await told '.status == 431 and .largest == "cookie"'
check "in words, too" await grep -q "/public/x: refused, as its headers are larger than 32 KiB, most of it by 'cookie', status 431" \
	"$work/said"
nonsense() { echo nonsense | inside cart timeout 5 ncat -w 2 "${ip4[shop]}" 80 | grep -q "^HTTP/1.1 400"; }
check "what is no request is refused" nonsense
check "and told" await told '.refused == "it is no request of HTTP, or larger than 63 KiB" and .source.name == "cart" and
	.destination.name == "shop"'

# So is what comes to rules that cannot be read.
unread() {
	local set

	for set in "$run"/ingress/sets/*.l7; do
		head -c 100 "$set" >"$set.half" && mv "$set.half" "$set" || return
	done
	head -c 2 /dev/urandom | dd of="$run/ingress/sets/changes" bs=1 seek=4 conv=notrunc status=none
}
check "a rule set is damaged" unread
check "nothing passes by it" gets 000 cart /public/unread
check "and who listens is told why" await told '.verdict == "deny" and .request.path == "/public/unread" and
	.refused == "its rules are gone or cannot be read" and .source.name == "cart" and (.rule | not)'

# One that takes all the connections that it can get leaves room for others.
cat >"$work/greedy.py" <<'PY'
import resource, socket, sys, time
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
held = []
for i in range(min(most - 50, 20000)):
    try:
        held.append(socket.create_connection((sys.argv[1], 80), 2))
        held[-1].send(b"GET /public/x HTTP/1.1\r\nHost: x\r\nX: ")
    except OSError:
        break
print(len(held), flush=True)
time.sleep(20)
PY
check "many may ask" enforce all "$(shop_lets 'allow from all on tcp/80 http { GET "/public/.*" }')"
background stranger python3 "$work/greedy.py" "${ip4[shop]}" >"$work/greedy"
greedy=${kt_pids[-1]}
await test -s "$work/greedy"
check "who holds as many connections as can be keeps nobody from asking" gets 200 cart /public/a
kill "$greedy"
check "the first policy is in force" load "$work/ingress"

# --- at the end that asks, and at both ------------------------------------------------------------

check "a policy of the end that asks is loaded" enforce egress "$(cart_lets \
	'allow to { app = shop } on tcp/80 http { any "/.*" where header "X-Token" =~ "[0-9]+" }')"
check "a header is looked at" gets 200 cart /private -H "X-Token: 12"
check "the server sees the client" said "${ip6[cart]} GET /private"
check "each of its values" gets 403 cart /private -H "X-Token: a"
check "and its absence" gets 403 cart /private
check "policies of both ends are loaded" enforce both "$(shop_lets "$public")" \
	"$(cart_lets 'allow to { app = shop } on tcp/80 http { any "/.*/a" }')"
check "both let it pass" gets 200 cart /public/a
check "the server sees the client through both" said "${ip6[cart]} GET /public/a"
check "one of them does not" gets 403 cart /public/b
check "nor the other one" gets 403 cart /private/a

# --- connections that are there when a policy is loaded ---------------------------------------------

# The client of one connection: a path a line, a status a line; from the end of the connection on, "end".
cat >"$work/client" <<'SH'
trap '' PIPE
exec 3<>"/dev/tcp/$1/80" <"$2" || exit
while read -r path; do
	status=end length=0
	printf 'GET %s HTTP/1.1\r\nHost: shop\r\n\r\n' "$path" >&3 2>/dev/null
	while IFS=$' \r' read -r -t 5 name value _ <&3 && [ -n "$name" ]; do
		[ "$status" != end ] || status=$value
		[ "${name,,}" != content-length: ] || length=$value
	done 2>/dev/null
	head -c "$length" <&3 >/dev/null
	echo "$status"
done
SH
connections=0
# Outside of `check`, which would forget whom to end. Pipes are opened for both, as one end alone waits.
connect() {
	local f paths

	asked=0
	connections=$((connections + 1))
	for f in 4 6; do
		local -n at=ip$f
		paths=$work/paths$f.$connections
		mkfifo "$paths"
		if [ $f = 4 ]; then exec 4<>"$paths"; else exec 6<>"$paths"; fi
		background cart bash "$work/client" "${at[shop]}" "$paths" >"$work/held$f"
	done
}
has_said() { [ "$(cat "$work/held4" "$work/held6" | wc -l)" -ge $((2 * asked)) ]; }
# held STATUS PATH: on the connections that are there, in both families; not by `check`.
held() {
	asked=$((asked + 1))
	echo "$2" >&4
	echo "$2" >&6
	await has_said
	held=$(tail -qn 1 "$work/held4" "$work/held6" | xargs)
	[ "$held" = "$1 $1" ]
}
# holds NAME STATUS PATH
holds() { if held "$2" "$3"; then ok "$1"; else not_ok "$1" "$held, not $2"; fi; }
of_cart='allow from { app = cart } on tcp/80 http { GET "/cart" }'
of_stranger='allow from { app = stranger } on tcp/80 http { GET "/stranger" }'

check "a policy for one client is loaded" enforce one "$(shop_lets "$of_cart")"
check "its request passes" gets 200 cart /cart
connect
holds "on a connection that stays, too" 200 /cart
holds "another one is denied there" 403 /stranger
check "a rule for another client comes before" enforce two "$(shop_lets "$of_stranger
$of_cart")"
holds "the connection does not notice" 200 /cart
holds "and has no part in that rule" 403 /stranger
check "the rule says something else" enforce three "$(shop_lets "$of_stranger
${of_cart/\/cart/\/else}")"
holds "the connection has what it says now" 403 /cart
holds "from the next request on" 200 /else
check "the rules are again what they were" load "$work/two"
# The inventory of before, with another label for cart.
sed 's/endpoint cart { labels { app = cart }/endpoint cart { labels { app = stranger }/' "$work/two.pol" >"$work/moved.pol"
build moved "$work/moved.pol"
check "the client becomes another one" load "$work/moved"
holds "the connection that it had ends" end /cart
check "a new one has the other rule" gets 200 cart /stranger
check "and not the one of before" gets 403 cart /cart
check "the client is again what it was" load "$work/two"
connect
holds "its connection has its rule" 200 /cart
more='allow from { app = cart } on tcp/80 http { GET "/more" }'
check "another rule joins" enforce joined "$(shop_lets "$of_cart
$more")"
holds "the connection ends, as other rules judge it" end /cart
check "a new one has both of its rules" gets 200 cart /cart
check "that one, too" gets 200 cart /more
# --- the introduction's examples ------------------------------------------------------------------

# row WANT REQUEST...: the statuses of requests by cart, all on one connection, each of which is
# "METHOD PATH [TOKEN]"; in both families.
row() {
	local want=$1 at request method path token got
	local -a words

	for at in "${ip4[shop]}" "[${ip6[shop]}]"; do
		words=()
		for request in "${@:2}"; do
			read -r method path token <<<"$request"
			words+=(${words[@]+--next} -o /dev/null -w '%{http_code}/%{num_connects} '
				-X "$method" "http://$at$path" ${token:+-H "X-Token: $token"})
		done
		got=$(inside cart curl -s --max-time 5 "${words[@]}")
		[ "$got" = "$want " ] || { echo "$at: $got" && return 1; }
	done
}
# at_once WANT PATH...: the same of streams of one connection of HTTP/2, which begin together.
at_once() {
	local want=$1 at got

	shift
	for at in "${ip4[shop]}" "[${ip6[shop]}]"; do
		got=$(inside cart timeout 5 nghttp -nv --no-dep "${@/#/http://$at}" |
			sed -nE 's/.*recv \(stream_id=([0-9]+)\) :status: ([0-9]+)/\1 \2/p' |
			sort -n | awk '{ printf "%s ", $2 }')
		[ "$got" = "$want " ] || { echo "$at: $got" && return 1; }
	done
}

check "allow GET on /public/.*, deny all else" enforce public \
	"$(shop_lets 'allow from all on tcp/80 http { GET "/public/.*" }')"
check "each request of a connection is judged by itself" \
	row "200/1 403/0 403/0 403/0 403/0 403/0 200/0" "GET /public/a" "POST /public/a" \
	"DELETE /public/a" "GET /" "GET /publicity" "GET /public" "GET /public/?x=/private"
check "and each stream" at_once "200 403 403 200" /public/a / /publicity /public/
check "whoever asks" gets 200 stranger /public/a
check "is told no" gets 403 stranger /private
check "header X-Token: [0-9]+ required on every request" enforce token \
	"$(shop_lets 'allow from all on tcp/80 http { any ".*" where header "X-Token" =~ "[0-9]+" }')"
check "a request without it is denied, whatever came before" \
	row "200/1 403/0 200/0 403/0 403/0 403/0 200/0" "GET / 12" "GET /" "POST /a 0" \
	"GET / 12a" "GET / x12" "GET / 1,2" "DELETE /b 007"
check "one without a value is, too" gets 403 cart / -H "X-Token;"
check "its name is written anyhow" gets 200 cart / -H "x-tOKEN: 5"

# --- the way there --------------------------------------------------------------------------------

check "an open policy is loaded" enforce open "$(shop_lets 'allow from { app = cart } on tcp/80 http { any "/.*" }')"
# Connections one after the other from the same port, each closed by the proxy; where the client was faster,
# it is not to wait itself.
again() {
	local i

	inside cart bash -c 'echo 0 >/proc/sys/net/ipv4/tcp_max_tw_buckets'
	for ((i = 0; i < 20; i++)); do
		[ "$(get cart "http://${ip4[shop]}/x" --local-port 40001 -H 'Connection: close')" = 200 ] || {
			echo "connection $i from one port fails"
			return 1
		}
	done
}
check "a client comes again from the same port" again
check "much is transferred whole" gets 200 cart "/$(head -c 6000 /dev/zero | tr '\0' a)"
check "the proxies have a device each" [ "$(devices)" -eq 2 ]
check "a policy without requests is loaded" enforce plain "$(shop_lets "$plain")"
check "and the proxies are gone" no_device
ask "its connections pass" ok cart tcp shop 81
answers
check "and no others" gets 000 cart /x --connect-timeout 1
check "the first policy is loaded again" load "$work/ingress"
check "it lets pass" gets 200 cart /public/a
runner=$(pgrep -f "polc proxy run --pin-dir $pins")
kill -KILL "$runner"
check "without the proxies nothing passes" gets 000 cart /public/a --connect-timeout 1
check "and nothing of them remains" await no_device
check "a load starts them again" load "$work/ingress"
check "and all is well" gets 200 cart /public/a
check "unload" unload
check "leaves no device" no_device
check "nor a process" no_process
check "nor a file" test ! -e "$run"
check "without a policy all passes" gets 200 cart /private

# --- a proxy that does not start ------------------------------------------------------------------

mkdir "$work/parts"
cp "$POLC_PROXY_DIR"/polc_l7.so "$POLC_PROXY_DIR"/*.bpf.o "$work/parts"
echo 'error("no rules today")' >"$work/parts/polc.lua"
fails() { ! POLC_PROXY_DIR=$work/parts load "$work/ingress" --attach cart=cart --attach shop=shop 2>"$work/why"; }
check "a load whose proxies do not start fails" fails
check "and says why" grep -q 'note: .*the proxy that judges requests of ingress has ended at its start' "$work/why"
check "all passes as before" gets 200 cart /private
check "no device is left" no_device
check "nor a process" no_process
check "with its parts it loads" enforce ingress "$(shop_lets "$public")"
check "and judges" gets 403 cart /private
tap_done
