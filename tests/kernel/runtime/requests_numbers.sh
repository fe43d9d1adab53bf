#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Where all numbers of listeners were given to some rules, they come again, but never one that a connection
# has come to: what such a connection has asked before is not judged by the rules of others.
# shellcheck disable=SC2016 # evaluated later
# shellcheck source=tests/kernel/runtime/requests_lib.sh
. "$POLC_SRCDIR/tests/kernel/runtime/requests_lib.sh"
command -v bpftool >/dev/null || skip_all "no bpftool"

# A server that answers /late when it may, and writes down what it was asked.
cat >"$work/server.py" <<'PY'
import http.server, os, socket, sys, time

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_words):
        pass

    def do_GET(self):
        with open(sys.argv[1] + "/asked", "a") as asked:
            asked.write(self.path + "\n")
        while self.path == "/late" and not os.path.exists(sys.argv[1] + "/go"):
            time.sleep(0.05)
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"here\n")

class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6

Server(("::", 85), Handler).serve_forever()
PY
background shop /usr/bin/python3 "$work/server.py" "$work"

# rule WHO PORT PATH...
rule() { printf 'allow from %s on tcp/%s http {%s }\n' "$1" "$2" "$(printf ' GET "%s"' "${@:3}")"; }
cart='{ app = cart }' stranger='{ app = stranger }'
# number N: it has rules.
number() { [ -e "$run/ingress/sets/$1.l7" ]; }
# gives N NAME RULE: the rules get this number.
gives() {
	local before

	before=$(ls "$run/ingress/sets")
	enforce "$2" "$(shop_lets "$3")" && number "$1" && return
	echo "before: $before" "after: $(ls "$run/ingress/sets")"
	return 1
}
# As if so many others had come and gone.
fill() {
	local key value i

	value=$(bpftool -j map lookup pinned "$pins/polc_listeners" key 1 0 0 0 |
		jq -r '.value | map(ltrimstr("0x")) | .[0] = "7a" | join(" ")')
	for ((i = 2; i < 4096; i++)); do
		key=$(printf '%02x %02x 00 00' $((i % 256)) $((i / 256)))
		echo "map update pinned $pins/polc_listeners key hex $key value hex $value"
	done >"$work/fill"
	bpftool batch file "$work/fill" >/dev/null
}
asked() { grep -qx "$1" "$work/asked"; }

check "the first rules get the first number" gives 1 first "$(rule "$cart" 85 /late)"
for f in 4 6; do
	declare -n at=ip$f
	background cart timeout 60 bash -c 'exec 3<>"/dev/tcp/$1/85"
		printf "GET /%s HTTP/1.1\r\nHost: shop\r\n\r\n" late stranger >&3
		cat <&3' - "${at[shop]}" >"$work/late$f"
done
clients=("${kt_pids[@]: -2}")
both_wait() { [ "$(grep -cx /late "$work/asked")" -eq 2 ]; }
check "two connections ask for more than one thing" await both_wait
check "all numbers were given to some rules" fill
# From now on these connections have other rules: answers still come to them, and they are told nothing.
other=$(rule all 85 /none)
check "others get numbers that are not led to" enforce second "$(shop_lets "$other
$(rule "$stranger" 81 /stranger)")"
check "which are the next ones" eval 'number 2 && number 3'
check "and again" gives 4 third "$(rule "$stranger" 82 /stranger)
$other"
check "but none that has connections" gives 5 fourth "$(rule "$stranger" 83 /stranger)
$other"
check "as the first one has" eval '! number 1'
touch "$work/go"
ended() { ! kill -0 "${clients[@]}" 2>/dev/null; }
check "the connections end" await ended
check "what they asked is not judged by the rules of others" eval '! asked /stranger'
check "a number comes again when its connections have ended" gives 1 fifth "$(rule "$stranger" 80 /stranger /more)
$other"
check "its rules judge" gets 200 stranger /more
check "and deny" gets 403 stranger /other
check "rules that have a number keep it" gives 1 sixth "$(rule "$stranger" 80 /stranger /less)
$other"
check "with what they say now" gets 403 stranger /more
check "and of each request" gets 200 stranger /less
check "who is no client of theirs reaches nobody" gets 000 cart /stranger --connect-timeout 1

# --- where nobody can tell --------------------------------------------------------------------------

# As the programs are told, the namespace of the proxy is one of nobody.
ip netns add "$kt_id-empty" && kt_spaces+=("$kt_id-empty")
inside node ip netns set "$kt_id-empty" 119
read -ra right < <(bpftool -j map lookup pinned "$pins/polc_proxy" key 0 0 0 0 | jq -r '.value | map(ltrimstr("0x")) | join(" ")')
wrong=("${right[@]}")
wrong[4]=77 wrong[5]=00 wrong[6]=00 wrong[7]=00
tell() { bpftool map update pinned "$pins/polc_proxy" key 0 0 0 0 value hex "$@"; }
late=$(rule "$stranger" 84 /)
fails() { ! enforce seventh "$(shop_lets "$late")" 2>"$work/why"; }
check "the proxy cannot be found" tell "${wrong[@]}"
check "numbers of others are not given then" fails
check "and the load says why" grep -q "all 4095 listeners that the proxy of ingress has for rules about requests are in use" \
	"$work/why"
check "whatever it is" grep -q "note: which of them have no connection any more, nobody can tell: " "$work/why"
tell "${right[@]}"
runner=$(pgrep -f "polc proxy run --pin-dir $pins")
kill -KILL "$runner"
gone() { ! inside node ip link show polc_in 2>/dev/null; }
check "the proxies are gone" await gone
check "and nothing has a connection" enforce eighth "$(shop_lets "$late")"
tap_done
