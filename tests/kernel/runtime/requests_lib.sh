# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A node with two workloads and a stranger, shop with a server, and policies that judge requests between
# them. Source this first. A script that wants a slow machine to be waited for sets `patience`, in seconds.
# shellcheck source=tests/kernel/runtime/lib.sh
. "$POLC_SRCDIR/tests/kernel/runtime/lib.sh"

judging_start
# Where its proxies have their files.
run=/run/polc-$(printf %s "$(realpath -m "$pins")" | sha256sum | cut -c 1-12)
node_up
workload_up cart 10.77.0.2 fd77::2
workload_up shop 10.77.0.3 fd77::3 81
workload_up stranger 10.77.0.4 fd77::4

# A server that says whom it takes its client for, and the path that it got.
cat >"$work/server.cfg" <<'CFG'
defaults
  mode http
  timeout connect 10s
  timeout client 60s
  timeout server 60s
frontend server
  bind :::80 v4v6
  http-request return status 200 content-type text/plain lf-string "%[src] %[method] %[path]\n"
CFG
background shop haproxy -db -f "$work/server.cfg"

# Policies of shop's ingress and of cart's egress.
shop_lets() { printf 'policy shop for { app = shop } { ingress {\n%s\n} }\n' "$1"; }
cart_lets() { printf 'policy cart for { app = cart } { egress {\n%s\n} }\n' "$1"; }
# shellcheck disable=SC2034 # used by the scripts
public='allow from { app = cart } on tcp/80 http { GET "/public/.*" }'
# shellcheck disable=SC2034
plain='allow from { app = cart } on tcp/81'

# enforce NAME POLICY...
enforce() {
	{ pol_endpoints cart shop stranger && printf '%s\n' "${@:2}"; } >"$work/$1.pol"
	build "$1" "$work/$1.pol" && load "$work/$1" --attach cart=cart --attach shop=shop
}
# get FROM URL [OPTION...]: the status; the body in $work/body.
get() { inside "$1" curl -s -o "$work/body" -w '%{http_code}' --path-as-is --max-time "${patience:-5}" "${@:2}"; }
# gets STATUS FROM PATH [OPTION...]: in both families.
gets() {
	local want=$1 from=$2 path=$3 at got

	for at in "${ip4[shop]}" "[${ip6[shop]}]"; do
		got=$(get "$from" "http://$at$path" "${@:4}")
		[ "$got" = "$want" ] || {
			echo "$at: $got, not $want"
			tail -n 3 "$run"/*/haproxy.log "$run/proxy.log"
			return 1
		}
	done
}
said() { grep -qx "$1" "$work/body" || { cat "$work/body"; return 1; }; }
# counted DIRECTION REASON: what the node has counted.
counted() { status | jq ".counters.$1.\"$2\".packets // 0"; }
