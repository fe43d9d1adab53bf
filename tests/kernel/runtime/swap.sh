#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A new bundle takes over at once, under traffic, without a wrong verdict in between.
#
#   POLC_SWAP_SECONDS   how long a storm lasts, with swap after swap (4)
# shellcheck disable=SC2016,SC2119 # evaluated later; functions without arguments
# shellcheck source=tests/kernel/runtime/lib.sh
. "$POLC_SRCDIR/tests/kernel/runtime/lib.sh"

kernel_start
node_up
workload_up web 10.77.0.2 fd77::2
workload_up cart 10.77.0.3 fd77::3 7070 7072
workload_up db 10.77.0.4 fd77::4 7070 7072
workload_up app 10.77.0.5 fd77::5
attach=(--attach shop/web=web --attach shop/cart=cart --attach shop/db=db --attach shop/app=app)

# policy NAME CART_PORTS DB_PORTS [EXTRA]: what web and app may reach on cart and on db.
policy() {
	{
		pods
		may_reach cart "$2"
		may_reach db "$3"
		echo "${4:-}"
	} >"$work/$1.yaml"
	build "$1" "$work/$1.yaml" || exit 1
}

pods() {
	local w

	for w in web cart db app; do pod "$w"; done
}

# may_reach TO PORTS: from web and app, as both ends see it.
may_reach() {
	local from

	for from in web app; do
		network_policy "$from-to-$1" "$from" "policyTypes: [Ingress, Egress],
			egress: [{to: [{podSelector: {matchLabels: {app: $1}}}], ports: [$2]}]"
	done
	network_policy "$1" "$1" "policyTypes: [Ingress, Egress],
		ingress: [{from: [{podSelector: {matchLabels: {app: web}}},
			{podSelector: {matchLabels: {app: app}}}], ports: [$2]}]"
}

port() { echo "{port: $1}, {port: $1, protocol: UDP}"; }
# Two that agree on 7070 and 7072 and differ in everything that tables are made of.
policy one "$(port 7070)" "$(port 7070)"
policy two "$(port 7070), {port: 100, endPort: 6000}" "$(port 7070), {port: 9}" "
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: more, namespace: shop}
spec:
  podSelector: {}
  ingress:
    - from: [{ipBlock: {cidr: 192.0.2.0/24, except: [192.0.2.64/26]}}]
      ports: [{port: 22}]
"
policy none "$(port 9)" "$(port 9)"
# The same of these ports by programs of other shapes: no peer counts, not even the node, only ports.
pods >"$work/pods.yaml"
{
	echo 'let echo = ports { tcp/7070, udp/7070 }'
	echo 'policy clients for { app in (web, app) } {
		ingress { }
		egress { allow to all on echo, tcp/80, udp/80 }
	}'
	echo 'policy servers for { app in (cart, db) } {
		ingress { allow from all on echo }
		egress { }
	}'
} >"$work/ports.pol"
build ports "$work/pods.yaml" "$work/ports.pol" || exit 1

check "a bundle loads" load "$work/one" "${attach[@]}"

# --- swap under traffic ------------------------------------------------------------------

seconds=${POLC_SWAP_SECONDS:-4}

# storm DENIED_PORT BUNDLE...: a storm from two workloads while the bundles alternate; all that it
# says, in three lines.
storm() {
	local denied=$1 from pids=()

	shift
	for from in web app; do
		nsenter --net="/run/netns/$kt_id-$from" -- nice -n 19 "$talk" storm 7070 "$denied" "${ip4[cart]}" \
			"${ip6[cart]}" "${ip4[db]}" "${ip6[db]}" >"$work/storm.$from" &
		pids+=($!)
	done
	kt_pids+=("${pids[@]}")
	for from in web app; do await grep -q ready "$work/storm.$from"; done
	inside node "$POLC_BUILDDIR/tests/kernel/runtime/swapper" "$pins" "$seconds" "${@/#/$work/}"
	kill -USR1 "${pids[@]}"
	wait "${pids[@]}"
	grep -hvx ready "$work/storm.web" "$work/storm.app"
}

# drops DENIED_PORT: packets dropped for any reason that a storm does not give, one reason a line.
drops() {
	status | jq -r --arg denied "$1" '.counters | to_entries[] | .key as $dir | .value |
		to_entries[] | select(.key | IN("policy", "reply", "related", "link") or
		($denied != "0" and . == "policy-denied") | not) |
		"\($dir) \(.key) \(.value.packets)"'
}

# weathers NAME DENIED_PORT BUNDLE...: the storm finds every answer, and nothing else.
weathers() {
	local name=$1

	shift
	drops "$1" >"$work/before"
	storm "$@" >"$work/summary" 2>&1
	drops "$1" >"$work/after"
	if grep -Eq '^[0-9]+ swaps$' "$work/summary" && cmp -s "$work/before" "$work/after" &&
		[ 2 = "$(grep -Ec '^udp [1-9][0-9]* lost 0 tcp [1-9][0-9]* failed 0 leaked 0$' \
			"$work/summary")" ]; then
		ok "$name ($(xargs <"$work/summary"))"
	else
		not_ok "$name" "$(<"$work/summary")" "$(diff "$work/before" "$work/after")"
	fi
}

weathers "allowed traffic loses nothing over swaps of tables" 0 two one
weathers "what both deny never passes over swaps of tables" 7072 two one
weathers "allowed traffic loses nothing over swaps of programs" 0 ports one
weathers "what both deny never passes over swaps of programs" 7072 ports one

# A load that is killed right after its store, before the first filter follows: every packet finds
# its program by a tail call. Before the steps are counted, both banks hold what they will hold.
load "$work/one"
load "$work/ports"
load "$work/one"
faulty() {
	LD_PRELOAD=$POLC_BUILDDIR/tests/kernel/runtime/fault.so ASAN_OPTIONS=verify_asan_link_order=0 \
		POLC_FAULT=$1 POLC_FAULT_AT=$2 POLC_FAULT_LOG=$work/steps load "$3" >"$work/out" 2>&1
}
faulty none 0 "$work/ports"
load "$work/one"
step=$(awk '$2 == "mmap" { store = 1; n = 0 } store && $2 == "send" && !n { n = $1 } END { print n }' \
	"$work/steps")
old=$(hooks)
faulty kill "$step" "$work/ports"
killed_after_store() {
	status
	echo "step $step of:" "$(xargs <"$work/steps")"
	echo "filters before: $old, now: $(hooks)"
	[ "$(hooks)" = "$old" ] && [ "$(status | jq .interrupted)" = true ] && [ "$(status |
		jq -r .bundle)" = "$(sha256sum <"$work/ports/manifest.json" | cut -d " " -f 1)" ]
}
check "a load killed after its store has moved all, by filters of the old programs" killed_after_store
ask "what the new policy allows passes (TCP)" ok web tcp cart 7070
ask "what the new policy allows passes (UDP)" ok app udp db 7070
ask "what it denies does not pass" silent web tcp cart 7072
ask "nor from elsewhere" silent db udp cart 7072
answers
seconds=0
weathers "traffic through tail calls loses nothing" 0 ports
check "the next load brings the filters after" load "$work/ports"
followed() { ! echo "$old $(hooks)" | tr ' ' '\n' | sort | uniq -d | grep .; }
check "all of them" followed

# --- revocation ---------------------------------------------------------------------------

load "$work/one"
ticks() { wc -l <"$work/ticks.$1"; }
grows() {
	local from i

	from=$(ticks "$1")
	for ((i = 0; i < 100; i++)); do
		sleep 0.05
		[ "$(ticks "$1")" -le $((from + 2)) ] || return 0
	done
	return 1
}
is_still() {
	local from

	from=$(ticks "$1")
	sleep 0.5
	[ "$(ticks "$1")" = "$from" ]
}

background web "$talk" hold "${ip4[cart]}" 7070 ms=5000 >"$work/ticks.4"
background web "$talk" hold "${ip6[cart]}" 7070 ms=5000 >"$work/ticks.6"
for f in 4 6; do check "a TCP connection lives (IPv$f)" grows $f; done
check "a swap to a policy that still allows it" load "$work/two"
for f in 4 6; do check "the connection lives on (IPv$f)" grows $f; done
check "a swap to a policy that revokes it" load "$work/none"
sleep 0.1 # what was under way arrives
for f in 4 6; do check "the connection is dead at once (IPv$f)" is_still $f; done
check "a swap back" load "$work/one"
for f in 4 6; do check "the connection goes on where TCP had stopped (IPv$f)" grows $f; done

# --- what must change nothing ---------------------------------------------------------------

before=$(hooks)
unchanged() { [ "$(hooks)" = "$before" ]; }
# refused STATUS COMMAND...: fails with this status and an error.
refused() {
	local want=$1 got=0

	shift
	"$@" >"$work/out" 2>&1 || got=$?
	cat "$work/out"
	[ "$got" = "$want" ] && grep -q 'error: ' "$work/out" && unchanged
}
copy() {
	rm -rf "$work/bad"
	cp -r "$work/none" "$work/bad"
}

copy
objects=("$work"/bad/shapes/*.o)
printf x | dd of="${objects[0]}" bs=1 seek=100 conv=notrunc 2>/dev/null
check "a bundle with a tampered program is refused" refused 2 load "$work/bad"
copy
echo ' ' >>"$work/bad/maps/endpoints.json"
check "a bundle with a tampered table is refused" refused 2 load "$work/bad"
copy
sed -i 's/"format": *[0-9]*/"format": 999/' "$work/bad/manifest.json"
check "a bundle of another version is refused" refused 2 load "$work/bad"
copy
rm "$work/bad/ir.json"
check "a bundle with a missing file is refused" refused 2 load "$work/bad"
check "a bundle that is no directory is refused" refused 2 load "$work/none.yaml"
for f in 4 6; do check "after all of them the old policy is in force (IPv$f)" grows $f; done

check "the same bundle can be loaded again" load "$work/one"
check "and again with the same devices" load "$work/one" "${attach[@]}"
for f in 4 6; do check "the connection does not notice (IPv$f)" grows $f; done

tap_done
