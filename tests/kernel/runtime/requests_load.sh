#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Many requests between workloads are judged as the interpreter judges them, and go on while policies are
# loaded: what both of two allow always passes, what neither does never, and no connection ends but for
# other rules.
#
#   POLC_ROUNDS   how many requests of each kind (2000)
#   POLC_SWAPS    how many loads under traffic (200)
# shellcheck disable=SC2034 # read by drawn.sh and storm.sh
# shellcheck source=tests/kernel/runtime/lib.sh
. "$POLC_SRCDIR/tests/kernel/runtime/lib.sh"

judging_start
node_up
workload_up cart 10.77.0.2 fd77::2
workload_up shop 10.77.0.3 fd77::3
workload_up stranger 10.77.0.4 fd77::4
scratch=$work
gateway=$POLC_BUILDDIR/tests/proxy/gateway
drawn_port=81 drawn_from=(nsenter "--net=/run/netns/$kt_id-cart" --) storm_from=("${drawn_from[@]}")
# shellcheck source=tests/proxy/drawn.sh
. "$POLC_SRCDIR/tests/proxy/drawn.sh"
# shellcheck source=tests/proxy/storm.sh
. "$POLC_SRCDIR/tests/proxy/storm.sh"
ulimit -n 16384

cat >"$work/server.cfg" <<CFG
defaults
  mode http
  timeout connect 10s
  timeout client 60s
  timeout server 60s
frontend server
  bind :::80-86 v4v6
  http-request return status 200 content-type text/plain string "here\n"
frontend numbers
  bind 127.0.0.1:90
  stats enable
  stats uri /
CFG
background shop haproxy -db -f "$work/server.cfg"

# make NAME POLICY...
make() {
	{
		pol_endpoints cart shop stranger
		printf '%s\n' "${@:2}"
	} >"$work/$1.pol"
	build "$1" "$work/$1.pol"
}
put() { load "$work/$1" --attach cart=cart --attach shop=shop; }
status_of() { inside cart curl -s -o "$work/body" -w '%{http_code}' --max-time 5 "http://${ip4[shop]}$1"; }

# --- verdicts -----------------------------------------------------------------------------------------

make drawn "$(drawn_policy)"
check "a policy of several rules is loaded" put drawn
for f in 4 6; do
	drawn_at=${ip4[shop]}
	[ $f = 4 ] || drawn_at=[${ip6[shop]}]
	judges_all "${POLC_ROUNDS:-2000}" ", IPv$f"
done

# --- loads under traffic ------------------------------------------------------------------------------

# Rules of both ends, which differ in what they say of requests alone.
for which in a b; do
	make $which "policy shop for { app = shop } { ingress {
		allow from { app = cart } on tcp/80 http { $(storm_entries $which) } } }" \
		"policy cart for { app = cart } { egress {
		allow to { app = shop } on tcp/80 http { $(storm_entries $which) } } }"
done
check "a policy of both ends is loaded" put a
wanted=${POLC_SWAPS:-200} swaps=0 wrong=''
swap() {
	local which=a

	[ $((++swaps % 2)) = 0 ] || which=b
	load "$work/$which" && [ "$(status_of /only-$which/x)" = 200 ]
}
storm_at=${ip4[shop]}
# So many requests a connection and second leave some of the machine to the loads.
rate=4
while [ $swaps -lt "$wanted" ] && [ "$tap_failed" -eq 0 ]; do
	storm 10 125 --rps=$rate
	while storm_lasts; do swap || wrong+=" $swaps"; done
	storm_checks
done
echo "# $swaps loads"
check "each policy judges from its load on" test -z "$wrong"

# --- other rules --------------------------------------------------------------------------------------

# ingress NAME RULE...: of shop.
ingress() { make "$1" "policy shop for { app = shop } { ingress {" "${@:2}" "} }"; }
from() { echo "allow from { app = $1 } on tcp/80 http { $2 }"; }
ingress old "$(from cart 'GET "/both" GET "/old"')"
ingress less "$(from cart 'GET "/both"')"
ingress taken "$(from stranger 'GET "/both" GET "/old"')" "$(from cart 'GET "/both"')"
ingress joined "$(from cart 'GET "/both"')" "$(from cart 'GET "/more"')"

# What has come to the server.
seen() {
	inside shop curl -s "http://127.0.0.1:90/;csv" |
		awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "req_tot") at = i } /^server,FRONTEND/ { print $at }'
}
# revokes OLD NEW: no connection that is there when NEW is loaded has a request at the server after it.
revokes() {
	local before old new

	put "$1" || return
	before=$(seen)
	storm_pids=()
	storm_load old-1 /old 3 100 --h1 --rps=$rate
	storm_load old-2 /old 3 100 -m 10 --rps=$rate
	sleep 1
	load "$work/$2" || return
	sleep 0.5 # what is under way arrives
	old=$(seen)
	wait "${storm_pids[@]}"
	new=$(seen)
	echo "$before before, $old with $1, $new with $2"
	grep -hE "requests:|status codes:" "$work/old-1" "$work/old-2"
	[ "$new" = "$old" ] && if [ "$1" = old ]; then [ $((old - before)) -gt 200 ]; else [ "$old" = "$before" ]; fi
}
for new in less taken joined; do
	check "what is allowed no more passes no more ($new)" revokes old $new
done
check "what never was allowed is not by another's rule" revokes less taken

tap_done
