#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# usage: examples/demo.sh
#
# polc from policy to packets, on one bare Debian machine, as root or with sudo: installs the
# packages, builds polc, compiles the policies of a small web shop, loads them on three
# workloads in network namespaces of their own, and holds real connections and requests against
# what the policies say. All traffic stays inside these namespaces, and all of it is cleaned up.
# The status is 0 if everything behaved as the policies say, else 1.
#
#   POLC       use this polc and build nothing (with POLC_BPF_DIR, the headers of bpf/, and
#              POLC_PROXY_DIR, what its proxies are made of, if that is not beside it)
#   NO_COLOR   no colours
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
export POLC_BPF_DIR="${POLC_BPF_DIR:-$root/bpf}"
PATH=$PATH:/usr/sbin:/sbin
wrong=0
finished=no

# --- how it looks ---------------------------------------------------------------------------

bold='' dim='' red='' green='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$'\e[1m' dim=$'\e[2m' red=$'\e[1;31m' green=$'\e[32m' plain=$'\e[0m'
fi
step_number=0
step() {
	step_number=$((step_number + 1))
	printf '\n%s%d  %s%s\n' "$bold" $step_number "$1" "$plain"
}
say() { printf '   %s\n' "$*"; }
shown() { printf '   %s$ %s%s\n' "$dim" "$*" "$plain"; }
indent() { sed 's/^/   /'; }

verdict() {
	if [ "$1" = yes ]; then
		say "${green}ok${plain}     $2"
	else
		say "${red}WRONG${plain}  $2"
		wrong=$((wrong + 1))
	fi
}

# --- what is needed -------------------------------------------------------------------------

# Quietly, unless it fails.
run_quietly() {
	local log

	log=$(mktemp)
	if ! "$@" >"$log" 2>&1; then
		tail -n 30 "$log"
		rm -f "$log"
		exit 1
	fi
	rm -f "$log"
}

build() {
	local dir=$root/build

	[ -x "$root/configure" ] || (cd "$root" && run_quietly autoreconf -fi)
	mkdir -p "$dir"
	cd "$dir"
	[ -f Makefile ] || run_quietly "$root/configure"
	run_quietly make -j"$(nproc)"
	cd "$root"
	POLC=$dir/polc
}

prepare() {
	if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
		echo "demo.sh: namespaces and eBPF need root: run it as root, or install sudo" >&2
		exit 2
	fi
	if [ -n "${POLC:-}" ]; then
		bash "$root/tests/install-packages.sh" demo | indent
		POLC=$(realpath -e "$POLC")
	else
		bash "$root/tests/install-packages.sh" build demo | indent
		say "building polc (the first time takes a minute) ..."
		build
	fi
	export POLC
	# One that was built and not installed has it beside it.
	if [ -z "${POLC_PROXY_DIR:-}" ] && [ -e "$(dirname "$POLC")/runtime/proxy/polc_l7.so" ]; then
		export POLC_PROXY_DIR=${POLC%/*}/runtime/proxy
	fi
	if [ "$(id -u)" != 0 ]; then
		exec sudo POLC="$POLC" POLC_BPF_DIR="$POLC_BPF_DIR" \
			${POLC_PROXY_DIR:+POLC_PROXY_DIR="$POLC_PROXY_DIR"} \
			NO_COLOR="${NO_COLOR:-}" bash "$0"
	fi
}

# --- three workloads, the node between them, and a customer outside --------------------------

names=(outside web cart db)
declare -A port=([outside]=443 [web]=8080 [cart]=7070 [db]=5432)
declare -A ip4=([outside]=203.0.113.7 [web]=10.244.1.2 [cart]=10.244.1.3 [db]=10.244.1.4)
declare -A ip6=([outside]=2001:db8::7 [web]=fd00:244:1::2 [cart]=fd00:244:1::3
	[db]=fd00:244:1::4)
work=
pids=()

ns() { echo "polc-demo-$$-$1"; }
# Not `ip netns exec`, which hides the BPF file system.
inside() {
	local name=$1

	shift
	nsenter --net="/run/netns/$(ns "$name")" -- "$@"
}

clean_up() {
	local status=$? name

	trap - EXIT
	trap '' INT TERM
	for pid in ${pids[@]+"${pids[@]}"}; do
		kill "$pid" 2>/dev/null || true
	done
	if [ -n "$work" ]; then
		if mountpoint -q "$work/bpf"; then
			inside node "$POLC" unload -q --pin-dir "$work/bpf/polc" >/dev/null 2>&1 || true
			umount "$work/bpf" || true
		fi
		rm -rf "$work"
	fi
	# Whatever still runs in namespaces that are ours alone was started here.
	for name in node "${names[@]}"; do
		ip netns pids "$(ns "$name")" 2>/dev/null | xargs -r kill -KILL 2>/dev/null || true
		ip netns delete "$(ns "$name")" 2>/dev/null || true
	done
	[ $finished = yes ] || echo "${red}The demo ended early; everything is cleaned up.${plain}"
	exit "$status"
}

add_namespace() {
	ip netns add "$(ns "$1")"
	inside "$1" ip link set lo up
	inside "$1" bash -c 'echo 0 | tee /proc/sys/net/ipv6/conf/{all,default}/accept_dad' >/dev/null
}

# A veth pair from the node to the workload, and routes both ways.
add_workload() {
	local name=$1 a4=${ip4[$1]} a6=${ip6[$1]}

	add_namespace "$name"
	inside node ip link add "$name" type veth peer name eth0 netns "$(ns "$name")"
	inside node ip link set "$name" up
	inside node ip address add 169.254.1.1/32 dev "$name"
	inside node ip address add fe80::1/64 dev "$name" nodad
	inside node ip route add "$a4" dev "$name"
	inside node ip route add "$a6" dev "$name"
	inside "$name" ip link set eth0 up
	inside "$name" ip address add "$a4/32" dev eth0
	inside "$name" ip address add "$a6/128" dev eth0 nodad
	inside "$name" ip route add 169.254.1.1 dev eth0
	inside "$name" ip route add default via 169.254.1.1
	inside "$name" ip route add default via fe80::1 dev eth0
}

# Each workload serves its port: it says its name, then ticks for as long as somebody listens.
start_server() {
	local name=$1 try

	inside "$name" ncat -lk -p "${port[$name]}" \
		-c "echo $name; while sleep 0.1; do echo tick; done" >/dev/null 2>&1 &
	pids+=($!)
	for ((try = 0; try < 50; try++)); do
		! greets "$name" 127.0.0.1 "${port[$name]}" "$name" 1 || return 0
		sleep 0.1
	done
	echo "demo.sh: the server of $name does not start" >&2
	exit 1
}

build_network() {
	local name

	work=$(mktemp -d "${TMPDIR:-/tmp}/polc-demo.XXXXXX")
	mkdir "$work/bpf"
	mount -t bpf bpf "$work/bpf"
	add_namespace node
	inside node bash -c 'echo 1 >/proc/sys/net/ipv4/ip_forward
		echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
	for name in "${names[@]}"; do
		add_workload "$name"
		start_server "$name"
	done
}

# --- connections ----------------------------------------------------------------------------

# greets FROM ADDRESS PORT NAME SECONDS: does a real TCP connection bring the greeting?
# shellcheck disable=SC2016
greets() {
	inside "$1" timeout "$5" bash -c \
		'exec 3<>"/dev/tcp/$0/$1" && read -r line <&3 && [ "$line" = "$2" ]' \
		"$2" "$3" "$4" 2>/dev/null
}

# Whoever is to be let through may take its time on a busy machine.
patience() { if [ "$1" = allow ]; then echo 20; else echo 1.5; fi; }

# try KIND FROM TO ADDRESS EXPECTED: prints allow or deny, as it really was.
try() {
	local kind=$1 from=$2 to=$3 address=$4 seconds

	seconds=$(patience "$5")
	case $kind in
	tcp) greets "$from" "$address" "${port[$to]}" "$to" "$seconds" ;;
	ping) inside "$from" timeout "$seconds" ping -q -c 1 "$address" >/dev/null 2>&1 ;;
	esac && echo allow || echo deny
}

# Every pair, TCP and ping, both families: "KIND FROM TO FAMILY" a line.
questions() {
	local from to kind family

	for from in "${names[@]}"; do
		for to in "${names[@]}"; do
			[ "$from" != "$to" ] || continue
			for kind in tcp ping; do
				for family in 4 6; do
					echo "$kind $from $to $family"
				done
			done
		done
	done
}

address_of() { if [ "$2" = 4 ]; then echo "${ip4[$1]}"; else echo "${ip6[$1]}"; fi; }

port_word() {
	case $1$3 in
	tcp*) echo "tcp/${port[$2]}" ;;
	ping4) echo icmp/8 ;;
	ping6) echo icmp6/128 ;;
	esac
}

# What the policies say, one verdict a question: polc reach answers the list in its order.
ask_policy() {
	local kind from to family sep='['

	while read -r kind from to family; do
		printf '%s{"from": "cidr:%s", "to": "cidr:%s", "port": "%s"}' "$sep" \
			"$(address_of "$from" "$family")" "$(address_of "$to" "$family")" \
			"$(port_word "$kind" "$to" "$family")"
		sep=,
	done <"$work/questions" >"$work/probes.json"
	echo ']' >>"$work/probes.json"
	"$POLC" reach -q --format csv --probes "$work/probes.json" "$@" |
		awk -F, 'NR > 1 { print $6 }' >"$work/expected"
}

# What really happens: all at once, as those that are dropped only wait.
try_all() {
	local kind from to family want n=0

	rm -rf "$work/answers"
	mkdir "$work/answers"
	while read -r kind from to family want; do
		n=$((n + 1))
		try "$kind" "$from" "$to" "$(address_of "$to" "$family")" "$want" \
			>"$work/answers/$(printf %04d $n)" &
		pids+=($!)
	done < <(paste -d ' ' "$work/questions" "$work/expected")
	for n in "${pids[@]: -n}"; do
		wait "$n" || true
	done
	cat "$work/answers"/* >"$work/seen"
}

# One line a pair: what the policy says for TCP and ping, and what each family did.
show_table() {
	paste -d ' ' "$work/questions" "$work/expected" "$work/seen" | awk \
		-v green="$green" -v red="$red" -v dim="$dim" -v plain="$plain" \
		-v ports="outside:443 web:8080 cart:7070 db:5432" '
		BEGIN {
			n = split(ports, list, " ")
			for (i = 1; i <= n; i++) { split(list[i], w, ":"); service[w[1]] = list[i] }
			printf "   %-9s %-13s %-7s %-5s %-7s %-7s %-5s %-5s\n", "from", "to",
				"tcp", "IPv4", "IPv6", "ping", "IPv4", "IPv6"
		}
		function cell(want, seen,   sign) {
			sign = seen == "allow" ? "+" : "-"
			if (want != seen) return red sign "!   " plain
			return (seen == "allow" ? green : dim) sign "   " plain
		}
		{
			if ($1 == "tcp" && $4 == 4) printf "   %-9s %-13s ", $2, service[$3]
			if ($4 == 4) { word = $5; first = cell($5, $6) }
			else {
				if ($5 != word) word = "mixed"
				printf "%-7s %s  %s%s", word, first, cell($5, $6), $1 == "tcp" ? "    " : "\n"
			}
		}'
}

compare() {
	local good total

	total=$(wc -l <"$work/questions")
	good=$(paste -d ' ' "$work/expected" "$work/seen" | awk '$1 == $2' | wc -l)
	verdict "$([ "$good" -eq "$total" ] && echo yes)" \
		"$good of $total connections did what the policies say (+ answered, - no answer)"
}

ticks() { wc -l <"$work/ticks"; }

# A TCP connection from web to cart that hears a tick every 100 ms.
open_connection() {
	: >"$work/ticks"
	# shellcheck disable=SC2016
	inside web bash -c 'exec 3<>"/dev/tcp/$0/$1"; exec cat <&3' "${ip4[cart]}" "${port[cart]}" \
		>"$work/ticks" 2>/dev/null &
	pids+=($!)
}

# hears SECONDS: does the connection hear something new within this time?
hears() {
	local before deadline=$((SECONDS + $1))

	before=$(ticks)
	while [ $SECONDS -le $deadline ]; do
		sleep 0.1
		[ "$(ticks)" -le "$before" ] || return 0
	done
	return 1
}

# A server of HTTP beside the cart's other one: it says whom it takes its client for, and what
# request it got.
start_catalogue() {
	local try

	cat >"$work/catalogue.cfg" <<-'CFG'
		defaults
		  mode http
		  timeout connect 10s
		  timeout client 60s
		  timeout server 60s
		frontend catalogue
		  bind 0.0.0.0:7071
		  bind :::7071 v6only
		  http-request return status 200 content-type text/plain lf-string "to %[src]: %[method] %[path]\n"
	CFG
	inside cart haproxy -db -f "$work/catalogue.cfg" >/dev/null 2>&1 &
	pids+=($!)
	for ((try = 0; try < 50; try++)); do
		! inside cart curl -s -o /dev/null --max-time 1 http://127.0.0.1:7071/ || return 0
		sleep 0.1
	done
	echo "demo.sh: the server of the catalogue does not start" >&2
	exit 1
}

# asks METHOD PATH FAMILY: a request from web to the catalogue, held against what the policies say.
asks() {
	local url=http://${ip4[cart]}:7071$2 want=403 got

	[ "$3" = 4 ] || url="http://[${ip6[cart]}]:7071$2"
	! "$POLC" why -q shop catalogue --from shop/web --to shop/cart --port tcp/7071 \
		--request "$1 $2" --header "Host: ${url:7}" | grep -q '^[^ ]* -> .*: allow' || want=200
	shown "curl$([ "$1" = GET ] || echo " -X $1") $url"
	got=$(inside web curl -s -X "$1" -w '%{stderr}%{http_code}' --max-time 20 "$url" 2>&1 || true)
	verdict "$([ "${got: -3}" = $want ] && echo yes)" "${got: -3}    $(head -n 1 <<<"${got%???}")"
}

load() { inside node "$POLC" load --pin-dir "$work/bpf/polc" "$@" | indent; }

# --- the story ------------------------------------------------------------------------------

echo "${bold}polc: a web shop, from policy to packets${plain}"
prepare
trap clean_up EXIT
trap 'exit 130' INT TERM
cd "$root/examples"

step "Check the policies: Kubernetes NetworkPolicies, and a tier of guardrails before them"
shown "polc check shop"
"$POLC" check shop | indent

build_network

step "Compile them into eBPF programs and tables for exactly these workloads"
shown "polc build shop -o shop.bundle"
"$POLC" build shop -o "$work/shop.bundle" | sed "s|$work/||" | indent

step "Load them on three workloads, each in a network namespace of its own"
shown "polc load shop.bundle --attach shop/web=web --attach shop/cart=cart --attach shop/db=db"
load "$work/shop.bundle" --attach shop/web=web --attach shop/cart=cart --attach shop/db=db

step "Real connections, against what the policies say"
questions >"$work/questions"
ask_policy shop
try_all
show_table
compare

step "Why does the web front not reach the database?"
shown "polc why shop --from shop/web --to shop/db --port tcp/5432"
"$POLC" why shop --from shop/web --to shop/db --port tcp/5432 | indent

step "An incident: freeze the cart while web talks to it"
open_connection
verdict "$(hears 5 && echo yes)" "before: the open connection web -> cart ticks"
"$POLC" build -q shop incident -o "$work/freeze.bundle" >/dev/null
shown "polc build shop incident -o freeze.bundle && polc load freeze.bundle"
load "$work/freeze.bundle"
sleep 0.3
verdict "$(hears 1 || echo yes)" "frozen: the same connection hears nothing"
shown "polc load shop.bundle"
load "$work/shop.bundle"
verdict "$(hears 10 && echo yes)" "over: it goes on, as TCP sends again what was lost"

step "Requests: of the cart's catalogue web may GET what is public, and nothing else"
start_catalogue
sed -n '/^policy/,$p' catalogue/catalogue.pol | indent
"$POLC" build -q shop catalogue -o "$work/catalogue.bundle" >/dev/null
shown "polc build shop catalogue -o catalogue.bundle && polc load catalogue.bundle"
load "$work/catalogue.bundle"
for family in 4 6; do
	asks GET /public/prices $family
	asks POST /public/prices $family
	asks GET /private/orders $family
done

step "What the node counted"
shown "polc status"
inside node "$POLC" status --pin-dir "$work/bpf/polc" | indent

finished=yes
echo
if [ $wrong -eq 0 ]; then
	echo "${green}Every connection and every request did as the policies say.${plain}"
else
	echo "${red}Not everything was as the policies say: see WRONG above.${plain}"
fi
[ $wrong -eq 0 ]
