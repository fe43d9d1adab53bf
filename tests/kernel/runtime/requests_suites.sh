#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Real requests under policies of others, some of each suite: what passes through the datapath and the
# proxy is what the suite says. tests/suites/cilium_proxy.sh and cilium_matrix.sh ask about all of them.
#
#   POLC_SEED    which are drawn
#   POLC_DRAWN   how many of each suite (2)
# shellcheck source=tests/kernel/runtime/lib.sh
. "$POLC_SRCDIR/tests/kernel/runtime/lib.sh"

[ -d "${POLC_SUITES:-}/cilium-proxy-l7" ] || skip_all "no suite cilium-proxy-l7 (set POLC_SUITES)"
judging_start
seed=${POLC_SEED:-$RANDOM}
echo "# drawn with POLC_SEED=$seed"
for suite in cilium_proxy cilium_matrix; do
	python3 "$POLC_SRCDIR/tests/suites/$suite.py" --draw "${POLC_DRAWN:-2}" "$seed" "$work"
done

# The ends of all cases, with a server each.
node_up
number=1
while read -r name; do
	number=$((number + 1))
	workload_up "$name" 10.77.0.$number fd77::$number
done < <(cut -f 1 "$work"/*.ends | sort -u)
{
	cat <<-'CFG'
		defaults
		  mode http
		  timeout connect 10s
		  timeout client 60s
		  timeout server 60s
		frontend server
		  http-request return status 200
	CFG
	cut -f 3 "$work"/*.tsv | sort -un | sed 's/.*/  bind :::& v4v6/'
} >"$work/server.cfg"
for name in "${!ip4[@]}"; do background "$name" haproxy -db -f "$work/server.cfg"; done
for name in "${!ip4[@]}"; do
	await inside "$name" curl -s -o /dev/null "http://127.0.0.1:$(cut -f 3 "$work"/*.tsv | head -n 1)"
done

# enforce CASE
enforce() {
	local name labels attach=()

	unload 2>/dev/null
	while IFS=$'\t' read -r name labels; do
		echo "endpoint $name { labels { $labels } address ${ip4[$name]} address ${ip6[$name]} }"
		attach+=(--attach "$name=$name")
	done <"$work/$1.ends" >"$work/in.pol"
	cat "$work/$1.pol" >>"$work/in.pol"
	build "$1" "$work/in.pol" && load "$work/$1" "${attach[@]}"
}

# judged FROM ADDRESS PORT VERDICT METHOD PATH [HEADER...]: what is denied has the answer of the proxy, or none.
judged() {
	local got want=200

	got=$(inside "$1" curl -s -o /dev/null -w '%{http_code}' --path-as-is --connect-timeout 1 --max-time 10 \
		-X "$5" "${@:7}" "http://$2:$3$6")
	[ "$4" = allow ] || want='403|000'
	[[ $got =~ ^($want)$ ]] || echo "$5 $6 from $1 to $2, port $3: $got, not $want"
}

# passes CASE: all its probes at once, in both families.
passes() {
	local from to port verdict method path headers header at options

	while IFS=$'\t' read -r from to port verdict method path headers; do
		options=()
		while IFS= read -r header; do
			[ -z "$header" ] || options+=(-H "$header")
		done < <(tr '\t' '\n' <<<"$headers")
		for at in "${ip4[$to]}" "[${ip6[$to]}]"; do
			judged "$from" "$at" "$port" "$verdict" "$method" "$path" "${options[@]}" &
		done
	done <"$work/$1.tsv"
	wait
}

for case in "$work"/*.tsv; do
	case=$(basename "$case" .tsv)
	check "$case is loaded" enforce "$case"
	check_empty "$case: requests are judged as its suite says" passes "$case"
done
tap_done
