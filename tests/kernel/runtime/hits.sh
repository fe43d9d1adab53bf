#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What each rule counts and what a node tells of the packets that it drops, with real packets.
# shellcheck disable=SC2016 # evaluated later
# shellcheck source=tests/kernel/runtime/lib.sh
. "$POLC_SRCDIR/tests/kernel/runtime/lib.sh"

kernel_start
node_up
workload_up web 10.79.0.2 fd79::2 7000 7001
workload_up db 10.79.0.3 fd79::3
workload_up outside 203.0.113.9 2001:db8::9 # no policy is loaded on it

cat >"$work/policy.pol" <<'END'
endpoint shop/db {
  labels { app = db }
  address 10.79.0.3
  address fd79::3
}
endpoint shop/web {
  labels { app = web }
  address 10.79.0.2
  address fd79::2
}
policy front for { app = web } {
  ingress {
    allow from { app = db } on udp/7000
    allow from { app = db } on udp/7001
    deny from cidr 203.0.113.0/24, cidr 2001:db8::/32
  }
}
END

# send FROM ADDRESS PORT N: so many datagrams of four bytes, quickly.
send() {
	inside "$1" bash -c 'exec 3>"/dev/udp/$0/$1"
		for ((i = 0; i < $2; i++)); do printf text >&3; done 2>/dev/null' "$2" "$3" "$4"
}
monitor() { inside node "$POLC" monitor --pin-dir "$pins" --format json "$@"; }
# hits FILTER: packets of the one rule of the node's status that jq selects.
hits() {
	status --rules "$work/rules" | jq "[.rules[] | select($1) | .packets] | add"
}
at() { echo ".rule.at != null and (.rule.at | endswith(\":$1:5\"))"; }
closed='.default.policies != null'

check "a bundle that counts rules and tells events builds" \
	build rules --counters rules --events "$work/policy.pol"
check "it loads" load "$work/rules" --attach shop/web=web --attach shop/db=db

send db 10.79.0.2 7000 25
send db fd79::2 7000 5
send db 10.79.0.2 7001 10
send db 10.79.0.2 7002 7
send outside 10.79.0.2 7000 3
send outside 2001:db8::77 7000 1 # nobody is there
send outside fd79::2 7001 2

check "an allow rule counts its packets, of both families" [ "$(hits "$(at 13)")" = 30 ]
check "its neighbour counts its own" [ "$(hits "$(at 14)")" = 10 ]
check "a deny rule counts its packets" [ "$(hits "$(at 15)")" = 5 ]
check "the default deny counts the rest" [ "$(hits "$closed")" = 7 ]
check "the text names the rule by its place" \
	eval 'inside node "$POLC" status --pin-dir "$pins" --rules "$work/rules" |
		grep -Eq "^ +10 +[0-9]+  ingress allow .*policy.pol:14:5, policy front$"'
check "no more is counted than by reason" [ "$(status |
	jq '.counters.ingress["policy-denied"].packets')" = 12 ]

monitor --rules "$work/rules" --count 12 --timeout 5 >"$work/events"
check "each dropped packet was told, in order" [ "$(jq -rs '[.[].source.address] | join(" ")' \
	"$work/events")" = "$(printf '10.79.0.3 %.0s' 1 2 3 4 5 6 7)$(printf '203.0.113.9 %.0s' 1 2 3
	)2001:db8::9 2001:db8::9" ]
check "a default deny is told with the policy that isolates" [ "$(jq -rs '.[0].decision.default |
	"\(.tier) \(.policies[0].name)"' "$work/events")" = "default front" ]
check "a deny is told with the place of its rule" [ "$(jq -rs '.[7].decision.rule |
	"\(.policy.name) \(.at | sub(".*/"; ""))"' "$work/events")" = "front policy.pol:15:5" ]
check "both ends are named where they are known" [ "$(jq -rs '.[0] |
	"\(.endpoint) \(.direction) \(.reason) \(.source.name) \(.destination.name) \(.destination.port)"' \
	"$work/events")" = "shop/web ingress policy-denied shop/db shop/web 7002" ]
check "an end outside has no name" [ "$(jq -s '.[7].source.name' "$work/events")" = null ]
check "the length is the packet's" [ "$(jq -s '.[0].length' "$work/events")" = 46 ]

send db 10.79.0.2 7002 1
check "the text of an event says the same" \
	eval 'inside node "$POLC" monitor --pin-dir "$pins" --rules "$work/rules" --count 1 --timeout 5 |
		grep -Eq "^20[0-9:T.-]+Z ingress shop/web: udp 10.79.0.3:[0-9]+ \(shop/db\) -> 10.79.0.2:7002 \(shop/web\), 46 bytes: policy-denied by default deny, tier default, policy front$"'
inside db ip address add 10.79.0.66/32 dev lo
inside db ping -q -c 1 -W 1 -I 10.79.0.66 10.79.0.2 >"$work/ping" 2>&1
check "a packet that policy did not decide has a reason and no rule" [ "$(monitor \
	--rules "$work/rules" --count 1 --timeout 5 | jq -r '"\(.endpoint) \(.direction) \(.reason) \(.decision) \(.protocol)"')" = \
	"shop/db egress spoofed-source null 1" ]

# What was dropped before a load is told with the names of its own policy, by the monitor that comes
# after it, and by one that has seen both.
sed 's/policy front /policy later /' "$work/policy.pol" >"$work/later.pol"
check "another policy builds" build later --events --counters rules "$work/later.pol"
who() { jq -rs '[.[].decision.default.policies[0].name] | join(" ")' "$1"; }
both=(--rules "$work/rules" --rules "$work/later")
send db 10.79.0.2 7002 1
load "$work/later" || not_ok "it loads"
send db 10.79.0.2 7002 1
monitor "${both[@]}" --count 2 --timeout 5 >"$work/events"
check "an older packet has the names of the policy that dropped it" \
	[ "$(who "$work/events")" = "front later" ]
check "and of its endpoint" [ "$(jq -rs '[.[].endpoint] | join(" ")' "$work/events")" = "shop/web shop/web" ]
monitor "${both[@]}" --count 3 --timeout 5 >"$work/events" &
watching=$!
sleep 0.3
for policy in rules later rules; do
	load "$work/$policy"
	send db 10.79.0.2 7002 1
done
wait "$watching"
check "a monitor follows from load to load" [ "$(who "$work/events")" = "front later front" ]

# A flood: what is told and what is not add up, and little is told.
monitor --timeout 2 >"$work/flood" &
flood=$!
sleep 0.3
begin=$(date +%s%N)
send db 10.79.0.2 7002 5000
spent=$((($(date +%s%N) - begin) / 10000000)) # intervals of the budget
wait "$flood"
told=$(grep -c policy-denied "$work/flood")
check "what is told of a flood and what is suppressed add up" \
	[ "$((told + $(jq -s '[.[].suppressed // 0] | add' "$work/flood")))" = 5000 ]
check "a flood is told within the budget of the CPUs" \
	[ "$told" -le $(((64 + spent + 1) * $(nproc))) ]
check "and all of it is counted" [ "$(hits "$closed")" = 5001 ]

check "the same policy without counters builds" build plain --counters none "$work/policy.pol"
check "the rules of a bundle that is not in force are refused" \
	eval 'load "$work/plain"; ! status --rules "$work/rules" 2>"$work/refused" &&
		grep -q other-bundle "$work/refused"'
check "a bundle that does not count rules says so" \
	eval '! status --rules "$work/plain" 2>"$work/refused" && grep -q not-counted "$work/refused"'
before=$(status | jq -c .counters)
send db 10.79.0.2 7002 3
check "without counters nothing is counted" [ "$(status | jq -c .counters)" = "$before" ]

check "a load begins to count anew" \
	eval 'load "$work/rules" && [ "$(hits "$closed")" = 0 ] && [ "$(hits "$(at 13)")" = 0 ]'
send db 10.79.0.2 7000 4
check "and goes on" [ "$(hits "$(at 13)")" = 4 ]
check "unloading leaves nothing behind" eval 'unload && [ ! -e "$pins" ]'
check "there is nothing to monitor then" \
	eval '! monitor --count 1 2>"$work/refused" && grep -q not-counted "$work/refused"'
tap_done
