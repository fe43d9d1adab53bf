# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A node with workloads, each in a network namespace of its own, for tests with real packets.
# Source this, then: kernel_start, node_up, workload_up ..., and end with tap_done.
# Everything made here is gone when the script ends, however it ends.

# shellcheck disable=SC2016,SC2120 # shells in a namespace; optional arguments
# shellcheck source=tests/tap.sh
. "$POLC_SRCDIR/tests/tap.sh"

talk=$POLC_BUILDDIR/tests/kernel/runtime/talk
kt_id=polc-$$
work=
pins=          # the pin directory, on a bpf file system of this test
kt_pids=()
kt_spaces=()
declare -A ip4=() ip6=()

kernel_start() {
	if [ "$(id -u)" != 0 ]; then
		[ "${POLC_ALLOW_SKIP:-}" != 1 ] || skip_all "kernel tests need root"
		echo "Bail out! kernel tests need root (POLC_ALLOW_SKIP=1 skips them)"
		exit 1
	fi
	trap kernel_stop EXIT
	trap 'exit 1' INT TERM
	work=$(mktemp -d "${TMPDIR:-/tmp}/polc-kernel-XXXXXX")
	mkdir "$work/bpf" "$work/answers"
	if ! mount -t bpf bpf "$work/bpf"; then
		echo "Bail out! no bpf file system here: BPF is needed (no test was run)"
		exit 1
	fi
	pins=$work/bpf/polc
}

kernel_stop() {
	local status=$? pid space

	trap - EXIT INT TERM
	for pid in ${kt_pids[@]+"${kt_pids[@]}"}; do
		kill "$pid" 2>/dev/null
	done
	wait 2>/dev/null
	for space in ${kt_spaces[@]+"${kt_spaces[@]}"}; do
		ip netns delete "$space" 2>/dev/null
	done
	if [ -n "$work" ]; then
		umount "$work/bpf" 2>/dev/null
		rm -rf "$work"
	fi
	exit "$status"
}

# As kernel_start, where policies judge requests: the proxies end with the script, too.
judging_start() {
	command -v haproxy >/dev/null || skip_all "haproxy is missing: install the Debian package haproxy"
	kernel_start
	trap judging_stop EXIT
}
judging_stop() {
	local status=$?

	unload >/dev/null 2>&1
	(exit "$status")
	kernel_stop
}

# inside NAME COMMAND...: not `ip netns exec`, which hides the bpf file system.
inside() {
	local space=$kt_id-$1

	shift
	nsenter --net="/run/netns/$space" -- "$@"
}

# background NAME COMMAND...: inside that namespace, and killed at the end. Its own process, not
# a shell's child that would outlive the shell.
background() {
	nsenter --net="/run/netns/$kt_id-$1" -- "${@:2}" &
	kt_pids+=($!)
}

# batch NAME: the commands of `ip` that come on standard input, in one go.
batch() { inside "$1" ip -batch -; }

space_up() {
	local space=$kt_id-$1

	ip netns add "$space" || exit 1
	kt_spaces+=("$space")
	# Addresses that are usable at once, and no ICMP rate limit in the way of a test.
	inside "$1" bash -c 'ip link set lo up && cd /proc/sys/net &&
		echo 0 >ipv4/icmp_ratelimit && echo 0 >ipv6/icmp/ratelimit
		for f in ipv6/conf/{all,default}/accept_dad; do echo 0 >$f; done'
}

node_up() {
	space_up node
	inside node bash -c 'cd /proc/sys/net &&
		echo 1 >ipv4/ip_forward && echo 1 >ipv6/conf/all/forwarding'
}

# workload_up NAME IPV4 IPV6 [PORT...]: a namespace behind a routed veth, whose host side is
# the node's device NAME, with an echo server on the ports.
workload_up() {
	local name=$1 a4=$2 a6=$3 space=$kt_id-$1

	shift 3
	ip4[$name]=$a4
	ip6[$name]=$a6
	space_up "$name"
	batch node <<-END || exit 1
		link add $name type veth peer name eth0 netns $space
		link set $name up
		address add 169.254.1.1/32 dev $name
		address add fe80::1/64 dev $name nodad
		route add $a4 dev $name
		route add $a6 dev $name
	END
	batch "$name" <<-END || exit 1
		link set eth0 up
		address add $a4/32 dev eth0
		address add $a6/128 dev eth0 nodad
		route add 169.254.1.1 dev eth0
		route add default via 169.254.1.1
		route add default via fe80::1 dev eth0
	END
	if [ $# -gt 0 ]; then
		background "$name" "$talk" serve "$@" >"$work/$name.ready"
		await grep -q ready "$work/$name.ready"
	fi
}

# await COMMAND...: until it succeeds, ten seconds at most.
await() {
	local i

	for ((i = 0; i < 500; i++)); do
		! "$@" >/dev/null 2>&1 || return 0
		sleep 0.02
	done
	return 1
}

# --- polc on the node ------------------------------------------------------------------------

build() { "$POLC" build -q -o "$work/$1" "${@:2}"; }
load() { inside node "$POLC" load -q --pin-dir "$pins" "$@"; }
unload() { inside node "$POLC" unload -q --pin-dir "$pins" "$@"; }
status() { inside node "$POLC" status --pin-dir "$pins" --format json "$@"; }

# hooks: the tc programs on the node's devices, in a line: "web/ingress:12 web/egress:13 ...".
hooks() {
	inside node bpftool -j net | jq -r '[.[].tc[] |
		"\(.devname)/\(.kind | sub("clsact/"; "")):\(.id)"] | sort | join(" ")'
}
# has_clsact [DEVICE]: that one, or any.
has_clsact() { inside node tc qdisc show ${1:+dev "$1"} | grep -q clsact; }
# The kernel frees a program a moment after its last filter.
are_freed() {
	local id

	for id in "$@"; do
		! bpftool prog show id "${id##*:}" >/dev/null 2>&1 || return 1
	done
}

# --- questions -------------------------------------------------------------------------------

kt_names=() kt_words=() kt_askers=()

# ask NAME WORD FROM KIND TO [ARG...]: expects `talk KIND` from a workload to the address of
# another (or to a literal address) to say WORD, in both families where TO is a name. All
# questions go out at once, as the denied ones only wait; `answers` collects.
ask() {
	local name=$1 word=$2 from=$3 kind=$4 to=$5 patience=

	shift 5
	[ "$word" = silent ] || [ "$kind" = mtu ] || patience=ms=5000
	if [ -n "${ip4[$to]:-}" ]; then
		kt_ask "$name (IPv4)" "$word" "$from" "$kind" "${ip4[$to]}" "$@" $patience
		kt_ask "$name (IPv6)" "$word" "$from" "$kind" "${ip6[$to]}" "$@" $patience
	else
		kt_ask "$name" "$word" "$from" "$kind" "$to" "$@" $patience
	fi
}

kt_ask() {
	local n=${#kt_names[@]}

	kt_names+=("$1")
	kt_words+=("$2")
	inside "$3" "$talk" "${@:4}" >"$work/answers/$n" 2>&1 &
	kt_askers+=($!)
}

answers() {
	local n said

	wait ${kt_askers[@]+"${kt_askers[@]}"}
	for n in "${!kt_names[@]}"; do
		said=$(<"$work/answers/$n")
		if [ "$said" = "${kt_words[$n]}" ]; then
			ok "${kt_names[$n]}"
		else
			not_ok "${kt_names[$n]}" "expected ${kt_words[$n]}, got $said"
		fi
	done
	kt_names=() kt_words=() kt_askers=()
}

# --- policies --------------------------------------------------------------------------------

# pod NAME: an inventory object for a workload that is up, with the label app=NAME.
pod() {
	cat <<-END
		---
		apiVersion: v1
		kind: Pod
		metadata: {name: $1, namespace: shop, labels: {app: $1}}
		spec: {containers: [{name: main, image: none}]}
		status: {podIPs: [{ip: "${ip4[$1]}"}, {ip: "${ip6[$1]}"}]}
	END
}

# pol_endpoints NAME...: workloads that are up, in .pol, each with the label app=NAME.
pol_endpoints() {
	local name

	for name in "$@"; do
		echo "endpoint $name { labels { app = $name } address ${ip4[$name]} address ${ip6[$name]} }"
	done
}

# network_policy NAME APP SPEC: for the pods of an app; the rest of the spec in YAML flow style.
network_policy() {
	cat <<-END
		---
		apiVersion: networking.k8s.io/v1
		kind: NetworkPolicy
		metadata: {name: $1, namespace: shop}
		spec: {podSelector: {matchLabels: {app: $2}}, $3}
	END
}
