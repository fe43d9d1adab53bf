#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A new bundle takes over at once, under traffic, without a wrong verdict in between.
# shellcheck disable=SC2016,SC2119 # evaluated later; functions without arguments
# shellcheck source=tests/kernel/lib.sh
. "$POLC_SRCDIR/tests/kernel/lib.sh"

kernel_start
node_up
workload_up web 10.77.0.2 fd77::2
workload_up cart 10.77.0.3 fd77::3 7070 7072
workload_up db 10.77.0.4 fd77::4 7070 7072
attach=(--attach shop/web=web --attach shop/cart=cart --attach shop/db=db)

# policy NAME CART_PORTS DB_PORTS [EXTRA]: what web may reach on cart and on db.
policy() {
	{
		pod web
		pod cart
		pod db
		may_reach cart "$2"
		may_reach db "$3"
		echo "${4:-}"
	} >"$work/$1.yaml"
	build "$1" "$work/$1.yaml" || exit 1
}

# may_reach TO PORTS: from web, as both ends see it.
may_reach() {
	network_policy "to-$1" web "policyTypes: [Ingress, Egress],
		egress: [{to: [{podSelector: {matchLabels: {app: $1}}}], ports: [$2]}]"
	network_policy "$1" "$1" "policyTypes: [Ingress, Egress],
		ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [$2]}]"
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

check "a bundle loads" load "$work/one" "${attach[@]}"

# --- swap under traffic ------------------------------------------------------------------

swaps=12

# storm DENIED_PORT: the summary line of a storm during which the bundles alternate.
storm() {
	local n pid

	nsenter --net="/run/netns/$kt_id-web" -- "$talk" storm 7070 "$1" "${ip4[cart]}" \
		"${ip6[cart]}" "${ip4[db]}" "${ip6[db]}" >"$work/storm" &
	pid=$!
	kt_pids+=("$pid")
	sleep 0.2
	for ((n = 0; n < swaps; n += 2)); do
		load "$work/two" || echo "swap $n failed"
		load "$work/one" || echo "swap $((n + 1)) failed"
	done
	kill -USR1 "$pid"
	wait "$pid"
	cat "$work/storm"
}

drops() { status | jq '[.counters[] | to_entries[] | select(.key | IN("policy", "reply", "related",
	"link") | not) | .value.packets] | add'; }

before=$(drops)
storm 0 >"$work/summary"
after=$(drops)
if grep -Eq '^udp [1-9][0-9]* lost 0 tcp [1-9][0-9]* failed 0 leaked 0$' "$work/summary" &&
	[ "$before" = "$after" ]; then
	ok "allowed traffic loses nothing over $swaps swaps ($(<"$work/summary"))"
else
	not_ok "allowed traffic loses nothing over $swaps swaps" "$(<"$work/summary")" \
		"dropped $before before, $after after" "$(status)"
fi

storm 7072 >"$work/summary"
if grep -Eq '^udp [1-9][0-9]* lost 0 tcp [1-9][0-9]* failed 0 leaked 0$' "$work/summary"; then
	ok "what both deny never passes over $swaps swaps ($(<"$work/summary"))"
else
	not_ok "what both deny never passes over $swaps swaps" "$(<"$work/summary")"
fi

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
sed -i 's/"format": *1/"format": 2/' "$work/bad/manifest.json"
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
