#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A load or unload that is killed, or fails, at any of its steps: at every moment each hook has
# a program, and all of them the old or the new policy, and the next command leaves everything in
# order.
#
#   POLC_CRASH_EVERY   only every so manieth step (1)
#   POLC_CRASH_FROM    and this one first, counted from 0 (drawn)
# shellcheck disable=SC2016,SC2119 # evaluated later; functions without arguments
# shellcheck source=tests/kernel/runtime/lib.sh
. "$POLC_SRCDIR/tests/kernel/runtime/lib.sh"

fault=$POLC_BUILDDIR/tests/kernel/runtime/fault.so
every=${POLC_CRASH_EVERY:-1}
from=${POLC_CRASH_FROM:-$((RANDOM % every))}
[ "$every" = 1 ] || echo "# every step of $every, from POLC_CRASH_FROM=$from"

kernel_start
node_up
workload_up web 10.77.0.2 fd77::2
workload_up cart 10.77.0.3 fd77::3

# bundle NAME PORT: of two, by other tables.
bundle() {
	{
		pod web
		pod cart
		network_policy web web "policyTypes: [Ingress, Egress],
			egress: [{to: [{podSelector: {matchLabels: {app: cart}}}], ports: [{port: $2}]}]"
		network_policy cart cart "policyTypes: [Ingress, Egress],
			ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: $2}]}]"
	} >"$work/$1.yaml"
	build "$1" "$work/$1.yaml" || exit 1
}
bundle old 7070
bundle new 7071
# By programs of other shapes, too: no peer counts, not even the node.
{ pod web && pod cart; } >"$work/pods.yaml"
{
	echo 'policy web for { app = web } { ingress { } egress { allow to all on tcp/7071 } }'
	echo 'policy cart for { app = cart } { ingress { allow from all on tcp/7071 } egress { } }'
} >"$work/shapes.pol"
build shapes "$work/pods.yaml" "$work/shapes.pol" || exit 1
old=$work/old new=$work/new
attach=(--attach shop/web=web --attach shop/cart=cart)

# --- what was done, and what is there --------------------------------------------------------

# faulty KIND STEP COMMAND...: the preload library counts from 1. ASan wants to come first.
faulty() {
	LD_PRELOAD=$fault POLC_FAULT=$1 POLC_FAULT_AT=$2 POLC_FAULT_LOG=${steps_log:-} \
		ASAN_OPTIONS=verify_asan_link_order=0 "${@:3}" >"$work/out" 2>&1
}

is_empty() { [ -z "$(hooks)" ] && ! has_clsact && [ ! -e "$pins" ]; }
# What polc says and what the kernel has, asked once for all the questions to it.
look() { said=$(status) there=$(hooks); }
says() { jq -e "$@" >/dev/null <<<"$said"; }
has_every_hook() { [ "$(wc -w <<<"$there")" = 4 ]; }
# Nothing half-done, everything of one generation.
is_settled() {
	says '.interrupted == false and ([.endpoints[].generation] | unique | length) == 1' &&
		has_every_hook
}

# steps STRIDE COMMAND...: the steps to try: four up to the last program that is loaded, then,
# where things change, every step or every so manieth. Of these all, or those that were asked for.
steps() {
	local stride=$1 last total

	shift
	steps_log=$work/steps
	rm -f "$steps_log"
	faulty none 0 "$@" || cat "$work/out" >&2
	steps_log=
	last=$(awk '$2 == "bpf" && $3 == 5 { n = $1 } END { print n + 0 }' "$work/steps")
	total=$(wc -l <"$work/steps")
	{
		[ "$last" = 0 ] || seq 1 $((last / 4 + 1)) "$last"
		seq $((last + 1)) "$stride" "$total"
	} | awk -v every="$every" -v from="$from" '(NR - 1) % every == from % every'
}

# All endpoints are under one policy.
is_whole() { says '([.endpoints[].bundle] | unique | length) == 1'; }

complaints=
complain() { complaints+="step $step: $1"$'\n'; }
verdict() {
	[ "$2" != 0 ] || complaints+="no step was tried"$'\n'
	if [ -z "$complaints" ]; then ok "$1 ($2 steps)"; else not_ok "$1" "$complaints"; fi
	complaints=
}

# In turn with a load and with an unload.
turn=$from
go_on() {
	turn=$((turn + 1))
	if [ $((turn % 2)) = 0 ]; then
		load "$new" "${attach[@]}" || complain "the next load fails"
		look
		is_settled || complain "the next load leaves it unsettled: $(ls "$pins")"
	else
		unload || complain "unload fails"
		is_empty || complain "unload leaves $(hooks; ls "$pins")"
	fi
}

# --- killed --------------------------------------------------------------------------------

# swap_killed BUNDLE EVERY: at all of its steps, or every so manieth.
swap_killed() {
	load "$old" "${attach[@]}" || exit 1
	mapfile -t at < <(steps "$2" load "$1")
	for step in "${at[@]}"; do
		load "$old" "${attach[@]}" || complain "cannot load the old bundle"
		! faulty kill "$step" load "$1" || complain "was not killed"
		look
		has_every_hook || complain "a hook without a program: $there"
		is_whole || complain "endpoints under several policies: $said"
		go_on
	done
}
swap_killed "$new" 1
verdict "a swap killed at any step leaves one policy on every hook, and the next command ends it" \
	${#at[@]}
swap_killed "$work/shapes" 2
verdict "so does a swap to programs of other shapes" ${#at[@]}

unload
mapfile -t at < <(steps 3 load "$old" "${attach[@]}")
for step in "${at[@]}"; do
	unload || complain "unload fails"
	! faulty kill "$step" load "$old" "${attach[@]}" || complain "was not killed"
	go_on
done
verdict "a first load killed at any step can be repeated and unloaded" ${#at[@]}

load "$old" "${attach[@]}"
mapfile -t at < <(steps 3 unload)
for step in "${at[@]}"; do
	load "$old" "${attach[@]}" || complain "cannot load"
	! faulty kill "$step" unload || complain "was not killed"
	go_on
done
verdict "an unload killed at any step can be repeated, or loaded over" ${#at[@]}

# --- failed --------------------------------------------------------------------------------

# is_under BUNDLE: all endpoints are.
is_under() {
	says --arg id "$(sha256sum <"$1/manifest.json" | cut -d " " -f 1)" \
		'([.endpoints[].bundle] | unique) == [$id]'
}
# swap_failing BUNDLE EVERY
swap_failing() {
	local before

	load "$old" "${attach[@]}"
	mapfile -t at < <(steps "$2" load "$1")
	for step in "${at[@]}"; do
		load "$old" || complain "cannot load the old bundle"
		before=$(hooks)
		if faulty error "$step" load "$1"; then # one that can be done without, or later
			look
			is_under "$1" || complain "succeeded without effect"
			continue
		fi
		grep -q error "$work/out" || complain "failed without a word"
		look
		[ "$there" = "$before" ] || complain "from $before to $there"
		is_under "$old" || complain "not under the old policy"
		is_settled || complain "unsettled: $(ls "$pins")"
	done
}
swap_failing "$new" 1
verdict "a swap that fails at any step leaves every hook under the old policy" ${#at[@]}
swap_failing "$work/shapes" 2
verdict "so does one to programs of other shapes" ${#at[@]}

unload
mapfile -t at < <(steps 3 load "$old" "${attach[@]}")
unload
for step in "${at[@]}"; do
	if ! faulty error "$step" load "$old" "${attach[@]}"; then
		[ -z "$(hooks)" ] || complain "leaves filters: $(hooks)"
	fi
	unload || complain "unload fails"
	is_empty || complain "unload leaves $(hooks; ls "$pins")"
done
verdict "a first load that fails at any step attaches nothing" ${#at[@]}

tap_done
