#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Attaching and detaching: what load, unload and status do to devices, pins and filters, and
# that they leave alone what is not theirs.
# shellcheck disable=SC2016,SC2119 # evaluated later; functions without arguments
# shellcheck source=tests/kernel/runtime/lib.sh
. "$POLC_SRCDIR/tests/kernel/runtime/lib.sh"

kernel_start
node_up
workload_up web 10.77.0.2 fd77::2
workload_up cart 10.77.0.3 fd77::3 7070
workload_up db 10.77.0.4 fd77::4

# bundle NAME PORT WORKLOAD...: one that knows these and lets web reach cart on the port.
bundle() {
	local name=$1 port=$2 w

	shift 2
	{
		for w in "$@"; do pod "$w"; done
		network_policy web web "policyTypes: [Ingress, Egress], egress: [{to: [{podSelector:
			{matchLabels: {app: cart}}}], ports: [{port: $port}]}]"
	} >"$work/$name.yaml"
	build "$name" "$work/$name.yaml" || exit 1
}
bundle all 7070 web cart db
bundle other 7071 web cart db
# Another shape: no ports, IPv6 tells nobody apart.
{
	for w in web cart db; do pod "$w"; done
	network_policy web web "policyTypes: [Ingress, Egress], egress: [{to: [{ipBlock:
		{cidr: 10.77.0.3/32}}]}]"
} >"$work/shape.yaml"
build shape "$work/shape.yaml" || exit 1
bundle fewer 7070 web cart
all=(--attach shop/web=web --attach shop/cart=cart --attach shop/db=db)

# fails CODE WORD COMMAND...: exit status 2, or 3 for faults of the system, and this error code.
fails() {
	local code=$1 word=$2 got=0

	shift 2
	"$@" >"$work/out" 2>&1 || got=$?
	cat "$work/out"
	[ "$got" = "$code" ] && grep -qF "[$word]" "$work/out"
}
state_of() { status | jq -r --arg name "shop/$1" '.endpoints[] | select(.name == $name) | .state'; }
# is WANT COMMAND...: prints exactly this.
is() {
	local want=$1 got

	shift
	got=$("$@" 2>&1)
	echo "wanted: $want, got: $got"
	[ "$got" = "$want" ]
}
is_clean() { [ -z "$(hooks)" ] && ! has_clsact && [ ! -e "$pins" ]; }
attached() { status | jq -r '[.endpoints[].name] | join(" ")'; }
number_of_hooks() { hooks | wc -w; }

# --- nothing there -----------------------------------------------------------------------

check "status of a node without policy says so" is false eval "status | jq .loaded"
check "unloading nothing is fine" unload
check "a load that names nothing, where nothing is attached, is refused" \
	fails 2 nothing-to-do load "$work/all"
check "and leaves nothing" is_clean
check "unloading an endpoint that is not attached is refused" \
	fails 2 not-attached unload shop/web

# The kernel's word on the programs, without a trace of them afterwards.
measured() {
	"$POLC" build "$work/all.yaml" -o "$work/measured" --measure --format json >"$work/out" &&
		[ "$(jq -r .resources.kernel "$work/out")" = "Linux $(uname -r)" ] &&
		jq -e '[.resources.shapes[] | .ingress, .egress | .verified >= .instructions / 4] |
			length >= 2 and all' "$work/out"
}
check "the kernel verifies the programs of a build when asked" measured
measured_in_text() {
	"$POLC" build "$work/all.yaml" -o "$work/measured" --measure >"$work/out" &&
		grep -qxF "measured on Linux $(uname -r)" "$work/out"
}
check "and tells which kernel that was" measured_in_text
check "and keeps none of them" is_clean

# --- names and devices ------------------------------------------------------------------------

check "an endpoint that the bundle lacks is refused" \
	fails 2 unknown-endpoint load "$work/all" --attach shop/wbe=web
check "with a proposal" grep -q "did you mean shop/web" "$work/out"
check "a device that does not exist is refused" \
	fails 2 no-device load "$work/all" --attach shop/web=nothing0
check "a device for two endpoints is refused" \
	fails 2 named-twice load "$work/all" --attach shop/web=web --attach shop/db=web
check "two devices for an endpoint are refused" \
	fails 2 named-twice load "$work/all" --attach shop/web=web --attach shop/web=db
check "replacing only, where nothing is attached, is refused" \
	fails 2 not-attached load "$work/all" --replace-only --attach shop/web=web
check "a pin directory that is on no bpf file system is refused" \
	fails 2 no-bpffs inside node "$POLC" load --pin-dir "$work/nothing" "$work/all" "${all[@]}"
check "after all of these nothing is left" is_clean

# --- adding, swapping, removing ------------------------------------------------------------

check "one endpoint is attached" load "$work/all" --attach shop/web=web
check "a second load adds another" load "$work/all" --attach shop/cart=cart
check "both are attached" is "shop/cart shop/web" attached
ids() { hooks | tr ' ' '\n' | sed 's/.*://' | sort -u; }
before=$(hooks)
check "a load that names nothing swaps all" load "$work/other"
check "policies of the same shapes need no other programs" is "$before" hooks
check "the policy is the new one" is "$(sha256sum <"$work/other/manifest.json" | cut -d " " -f 1)" \
	eval "status | jq -r .bundle"
check "a load of other shapes swaps all" load "$work/shape"
swapped() {
	[ "$(number_of_hooks)" = 4 ] &&
		! echo "$before $(hooks)" | tr ' ' '\n' | sort | uniq -d | grep -q web
}
check "hooks of an endpoint of another shape have new programs" swapped
check "all are of one generation" is 1 eval "status | jq '[.endpoints[].generation] | unique | length'"
# shellcheck disable=SC2046
check "the old programs are gone from the kernel" await are_freed $(tr ' ' '\n' <<<"$before" | grep web)
check "an attached endpoint cannot move to another device" \
	fails 2 already-attached load "$work/all" --attach shop/web=db
check "an attached device cannot get another endpoint" \
	fails 2 already-attached load "$work/all" --attach shop/db=web
check "a third endpoint is added" load "$work/all" --attach shop/db=db
check "endpoints of one shape share their programs" is 4 eval 'ids | wc -l'
check "a bundle that lacks an attached endpoint is refused" \
	fails 2 unknown-endpoint load "$work/fewer"
check "unless it may be detached" load "$work/fewer" --detach-unknown
check "which leaves the others" is "shop/cart shop/web" attached
check "and no clsact on the detached device" eval '! has_clsact db'
check "a device can change hands by --detach-unknown" eval \
	'load "$work/all" --attach shop/db=db && load "$work/fewer" --detach-unknown'
unload shop/web
load "$work/all" --attach shop/db=db
takes_over() {
	load "$work/fewer" --detach-unknown --attach shop/web=db &&
		[ "$(attached)" = "shop/cart shop/web" ] && [ "$(number_of_hooks)" = 4 ] &&
		[ "$(state_of web)" = attached ]
}
check "or in one load, from the endpoint that is detached to another" takes_over
check "one endpoint is unloaded" unload shop/web
check "the other is still attached" is "shop/cart" attached
check "an endpoint named twice is unloaded once" unload shop/cart shop/cart
check "with the last endpoint everything goes" is_clean
# shellcheck disable=SC2086
check "and the programs with it" await are_freed $before

# --- others on the device --------------------------------------------------------------------

tc() { inside node tc "$@"; }
tc qdisc add dev web clsact
tc filter add dev web ingress pref 7 protocol ip u32 match u32 0 0 flowid 1:1
check "a device with filters of others can be attached" load "$work/all" "${all[@]}"
check "unload succeeds" unload
check "it leaves the others' clsact and filter" eval "tc filter show dev web ingress | grep -q 'pref 7'"
check "and takes its own" eval '[ -z "$(hooks)" ] && ! has_clsact cart'

check "a load makes a clsact" load "$work/all" --attach shop/db=db
tc filter add dev db egress pref 9 protocol ip u32 match u32 0 0 flowid 1:1
check "unload succeeds beside a filter that came later" unload
check "it leaves a clsact that others use by now" eval "tc filter show dev db egress | grep -q 'pref 9'"
tc qdisc del dev db clsact

tc filter add dev web ingress pref 1 protocol ip u32 match u32 0 0 flowid 1:1
check "a filter of others at our priority is an error" \
	fails 2 foreign-filter load "$work/all" "${all[@]}"
check "and nothing was attached" eval '[ -z "$(hooks)" ] && ! has_clsact cart'
tc qdisc del dev web clsact
tc qdisc add dev web ingress
check "an ingress qdisc in the place of clsact is an error" \
	fails 2 foreign-filter load "$work/all" "${all[@]}"
tc qdisc del dev web ingress

check "a second pin directory cannot take a hook that the first has" eval \
	'load "$work/all" --attach shop/web=web &&
	fails 2 foreign-filter load "$work/all" --pin-dir "$pins-2" --attach shop/web=web'
check "but it can have other devices" load "$work/all" --pin-dir "$pins-2" --attach shop/db=db
check "and is unloaded by itself" unload --pin-dir "$pins-2"
check "the first is still there" is 2 number_of_hooks
unload

# --- when others interfere ---------------------------------------------------------------------

load "$work/all" "${all[@]}"
check "status sees an attached endpoint" is attached state_of web
tc qdisc del dev web clsact
check "status sees that filters were removed" is broken state_of web
check "the next load puts them back" load "$work/other"
check "and the endpoint is whole again" is attached state_of web

inside node ip link set web down
inside node ip link set web name web1
inside node ip link set web1 up
check "a renamed device keeps its policy" is attached state_of web
check "status knows its new name" is web1 eval "status | jq -r '.endpoints[] | select(.name == \"shop/web\") | .device'"
check "and the next load finds it" load "$work/all"

before=$(hooks)
rm "$pins/polc_metrics"
bpftool map create "$pins/polc_metrics" type array key 4 value 8 entries 1 name other
check "a pinned map of another layout is an error" fails 2 incompatible-pin load "$work/other"
check "and the old policy stays" is "$before" hooks
rm "$pins/polc_metrics"
check "a pinned map that is missing is an error, as programs still use it" \
	fails 2 incompatible-pin load "$work/other"
check "and the old policy stays then, too" is "$before" hooks
check "unload does without it" unload
check "and leaves nothing" is_clean
load "$work/other" --attach shop/web=web1 --attach shop/cart=cart --attach shop/db=db
before=$(hooks)

size=$(bpftool -j map show pinned "$pins/polc_state" | jq .bytes_value)
mv "$pins/polc_state" "$pins/kept"
bpftool map create "$pins/polc_state" type array key 4 value "$size" entries 1 flags 1024 name polc_state_v0
check "state of another ABI is an error, also where its size is the same" \
	fails 2 incompatible-pin load "$work/other"
rm "$pins/polc_state"
mv "$pins/kept" "$pins/polc_state"
check "and that leaves the old policy, too" is "$before" hooks

check "status runs beside a load that holds the lock" eval 'flock "$pins" true && status'
flock "$pins" sleep 0.5 &
check "a load waits for another to end" load "$work/all"
wait $!

inside node ip link delete db
check "status sees that a device is gone" is gone state_of db
check "the next load sweeps it" eval 'load "$work/all" && [ "$(attached)" = "shop/cart shop/web" ]'
inside node ip link delete web1
check "unload sweeps a device that is gone" unload
check "and leaves nothing" is_clean

# --- two namespaces -----------------------------------------------------------------------------

load "$work/all" --attach shop/cart=cart
space_up other
elsewhere() { inside other "$POLC" "$1" -q --pin-dir "$pins" "${@:2}"; }
check "from another network namespace, status sees where it is" is elsewhere eval \
	"elsewhere status --format json | jq -r '.endpoints[0].state'"
check "unload from there is refused" fails 2 other-namespace elsewhere unload
check "load from there is refused" fails 2 other-namespace elsewhere load "$work/all"
ip netns delete "$kt_id-node"
check "when the namespace is gone, its endpoints are forgotten" eval \
	"await is gone eval \"elsewhere status --format json | jq -r '.endpoints[0].state'\" &&
	elsewhere unload && [ ! -e '$pins' ]"

tap_done
