#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# HAProxy judges every request as the interpreter does: HTTP/1.1 and HTTP/2, many on one connection;
# what it forwards is what was judged, and what has two readings is refused.
# shellcheck source=tests/proxy/lib.sh
. "$POLC_SRCDIR/tests/proxy/lib.sh"

# shellcheck disable=SC2034 # read by drawn.sh
drawn_at=127.0.0.1 drawn_port=$proxy_port drawn_from=()
# shellcheck source=tests/proxy/drawn.sh
. "$POLC_SRCDIR/tests/proxy/drawn.sh"

drawn_policy >"$scratch/in.pol"

gets() {
	local want=$1
	shift
	[ "$(ask "$@" | tail -n 1)" = "$want" ] || {
		ask "$1" -v "${@:2}" 2>&1
		return 1
	}
}
# forwards WANTED RULE [OPTION...] PATH: the first line of what the server got.
forwards() {
	local want=$1 got
	shift
	got=$(ask "$@" | head -n 1)
	[ "$got" = "$want" ] || {
		echo "wanted: $want" "got: $got"
		return 1
	}
}

server_up
proxy_up "$scratch/in.pol"
check "the server answers" answers $server_port
check "the proxy answers" answers $proxy_port
says_lua() { grep -q "^polc: requests are judged by Lua" "$state/haproxy.cfg.log"; }
if [ -n "${POLC_PROXY_LUA:-}" ]; then
	check "Lua is asked, and says so" says_lua
else
	check "Lua is not asked" eval '! says_lua'
fi
check "what an entry allows passes" gets 200 1 /public/x
check "what none allows is denied" gets 403 1 /
check "a header is looked at" gets 200 2 -H "X-Token: 12" /a
check "and its value" gets 403 2 -H "X-Token: 1b" /a
check "each of its values" gets 200 2 -H "X-Token: b" -H "x-token: 3" /a
check "an entry denies" gets 403 2 -H "X-Token: 12" /admin
check "a call passes" gets 200 3 -X POST /a.B/C
check "another one is answered as gRPC answers" \
	grep -qi "^grpc-status: 7" <(ask 3 -i -X POST --http2-prior-knowledge -H "content-type: application/grpc" /a.B/D)
check "and with status 200" gets 200 3 -X POST --http2-prior-knowledge -H "content-type: application/grpc" /a.B/D
check "in each version of HTTP, as gRPC-Web is called" \
	grep -qi "^grpc-status: 7" <(ask 3 -i -X POST --http1.1 -H "content-type: application/grpc-web" /a.B/D)
# More than windows and buffers hold: the answer is there before the request has ended.
head -c 30000000 /dev/zero >"$scratch/large"
for version in --http1.1 --http2-prior-knowledge; do
	check "who has much to send is told as well ($version)" \
		gets 403 1 $version -H "Expect:" --data-binary "@$scratch/large" /
	check "in the same words ($version)" \
		[ "$(ask 1 $version -H "Expect:" --data-binary "@$scratch/large" / | head -n 1)" = "denied by policy" ]
done
# Who never ends what is denied has every answer, and takes no more than a part of the proxy.
exec 3> >(python3 "$POLC_SRCDIR/tests/proxy/unending.py" $proxy_port 500 >"$scratch/unending")
for ((i = 0; i < 100; i++)); do
	[ ! -s "$scratch/unending" ] || break
	sleep 0.1
done
check "requests that never end are answered" [ "$(<"$scratch/unending")" = "500 answers" ]
held=$(echo "show stat denied 2 -1" | ncat -w 1 -U "$state/admin.sock" | awk -F, '$2 == "BACKEND" { print $5 }')
check "and few of them are kept" [ "$held" -le 260 ]
check "beside them others are judged" gets 200 1 --http2-prior-knowledge /public/x
check "and denied" gets 403 1 --http2-prior-knowledge -X POST /
exec 3>&-
for version in --http1.1 --http2-prior-knowledge; do
	check "what is in front of .. is not there ($version)" gets 403 1 $version /public/../admin
	check "nor in codes ($version)" gets 403 1 $version /public/%2e%2e/admin
	check "what is forwarded is in its normal form ($version)" \
		forwards "GET /public/a/c?q=../x upgrade=" 1 $version "//public/./a/b/%2e%2e//%63?q=../x"
	for path in /public/%2fx /public/%5cx '/public/a\b' /public/%00 '/public/..;/x' /public/%252e; do
		check "what has two readings is refused: $path ($version)" gets 400 1 $version "$path"
	done
done
check "a request without a host is refused" gets 400 1 -H "Host:" --http1.0 /public/x
check "or with an empty one" gets 400 1 -H "Host;" /public/x
# says TARGET HOST: the status.
says() { status_line 1 GET "$@" | cut -d ' ' -f 2; }
check "a target may say its host" grep -qx 200 <(says http://shop/public/x shop)
for target in 'http://evil?@shop/public/x' 'http://evil\admin\?@shop/public/x' http://u@shop/public/x ftp://shop/public/x \
	http:///public/x http://bank/public/x; do
	check "and no other one: $target" grep -qx 400 <(says "$target" shop)
done
check "a change of the protocol is not forwarded" forwards "GET /public/x upgrade=" 1 -H "Connection: Upgrade" -H "Upgrade: h2c" /public/x
check "nor beside that of websockets" forwards "GET /public/x upgrade=" 1 -H "Connection: Upgrade" -H "Upgrade: websocket" -H "Upgrade: h2c" /public/x
check "websockets are forwarded" forwards "GET /public/x upgrade=websocket" 1 -H "Connection: Upgrade" -H "Upgrade: websocket" \
	-H "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" -H "Sec-WebSocket-Version: 13" /public/x

# What is not in its normal form takes another way than what is: both end in the form that HAProxy makes.
cat >"$scratch/normal.cfg" <<-CFG
	global
	  expose-experimental-directives
	defaults
	  mode http
	  timeout client 60s
	frontend normal
	  bind 127.0.0.1:18070
	  http-request normalize-uri percent-decode-unreserved strict
	  http-request normalize-uri fragment-strip
	  http-request normalize-uri path-merge-slashes
	  http-request normalize-uri path-strip-dot
	  http-request normalize-uri path-strip-dotdot full
	  http-request return status 200 content-type text/plain lf-string "%[method] %[pathq] upgrade=\n"
CFG
run_haproxy "$scratch/normal.cfg"
check "a server that makes normal forms answers" answers 18070
odd=(/ / . .. a b %41 %7e %2E %2f %25 %20 "%c3" ';' '?' '#' "\\" // ./ /../ /./)
odd_path() {
	local n=$((RANDOM % 8 + 1)) i

	printf /
	for ((i = 0; i < n; i++)); do printf %s "${odd[RANDOM % ${#odd[@]}]}"; done
	echo
}
# fetch PORT: of each path of `odd`, by one client. What is behind the path is the server's to read.
fetch() {
	sed "s|.*|url = \"http://127.0.0.1:$1&\"|; s|\\\\|&&|g" "$scratch/odd" >"$scratch/odd.$1"
	curl -s --path-as-is -K "$scratch/odd.$1"
}
normal_or_refused() {
	local ours theirs passed=0

	for ((i = 0; i < 1500; i++)); do odd_path; done >"$scratch/odd"
	while IFS=$'\t' read -r ours theirs; do
		[ "$ours" = "refused: two readings" ] && continue
		[ "$ours" = "$theirs" ] || { echo "ours: $ours" "theirs: $theirs"; return 1; }
		((passed++))
	done < <(paste <(fetch $((proxy_port + 4))) <(fetch 18070) | sed 's/?[^\t]*//g; s/ upgrade=//g')
	[ $passed -gt 100 ] || { echo "only $passed passed"; return 1; }
}
check "paths that are drawn are forwarded in their normal form, or refused" normal_or_refused

# A header that says no is not lost behind others, however large these are.
large() {
	local size=$1 filler

	filler=$(head -c "$size" /dev/zero | tr '\0' a)
	ask 6 -H "X-Filler: $filler" "${@:2}" / | tail -n 1
}
for size in 1000 8000 14000 16300 16500 32000; do
	check "a large request is denied for its last header ($size)" grep -qx 403 <(large $size -H "X-Bad: 1")
done
for version in --http1.1 --http2-prior-knowledge; do
	check "and passes without ($version)" grep -qx 200 <(large 32000 $version)
	for size in 33000 45000 63000; do
		check "one that is too large is refused ($size, $version)" grep -qx 431 <(large $size $version)
		check "what has a body, too ($size, $version)" grep -qx 431 <(large $size $version -d x)
	done
	check "a call as gRPC refuses it ($version)" grep -qi "^grpc-status: 8" <(
		ask 3 -i -X POST $version -H "content-type: application/grpc" \
			-H "X-Filler: $(head -c 40000 /dev/zero | tr '\0' a)" /a.B/C)
	check "one with two readings, too ($version)" grep -qi "^grpc-status: 13" <(
		ask 3 -i -X POST $version -H "content-type: application/grpc" /a.B%2fC)
done

# --- random requests, as the interpreter judges them ------------------------------------------------

judges_all "${POLC_ROUNDS:-2000}"

# --- paths of the suite -------------------------------------------------------------------------------

# Refused, or forwarded in the form of the suite.
reads_alike() {
	local profile path good form status got

	while IFS=$'\t' read -r profile path good form; do
		case $profile in envoy-rfc3986 | envoy-merge-slashes) ;; *) continue ;; esac
		path=$(jq -r . <<<"$path")
		[ "${path:0:1}" = / ] || continue # no client sends it
		got=$(ask 5 "$path")
		status=${got##*$'\n'}
		[ "$status" = 400 ] && continue
		[ "$good" = 1 ] || { echo "$path must be refused: $got"; return 1; }
		[ "$(head -n 1 <<<"$got")" = "GET $(jq -r . <<<"$form") upgrade=" ] || {
			echo "$path: $got"
			return 1
		}
	done <"$POLC_SUITES/http-normalisation/paths.tsv"
}
check "paths are read as the suite says, or refused" reads_alike

# --- what is not there denies --------------------------------------------------------------------------

# One that asks has its files until it is told that some changed.
tell() { head -c 2 /dev/urandom | dd of="$state/sets/changes" bs=1 seek=4 conv=notrunc status=none; }
publish() { "$gateway" publish "$scratch/in.pol" "$state"; }
whole=$scratch/R1.l7
cp "$state/sets/R1.l7" "$whole"
rm "$state/sets/R1.l7"
tell
check "without its rule set a listener lets nothing pass" gets 000 1 /public/x
check "nor over HTTP/2" gets 000 1 --http2-prior-knowledge /public/x
check "and the others judge" gets 200 2 -H "X-Token: 12" /a
publish
check "a rule set that is published judges" gets 200 1 /public/x
head -c 100 "$whole" >"$state/sets/new" && mv "$state/sets/new" "$state/sets/R1.l7"
tell
check "with half a rule set a listener lets nothing pass" gets 000 1 /public/x
sed -i 's|/public/|/other/|' "$scratch/in.pol"
publish
check "another rule set judges from the next request on" gets 403 1 /public/x
check "and allows what it allows" gets 200 1 /other/x
tap_done
