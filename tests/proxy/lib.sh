# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A proxy that judges by the rules of a policy, and a server behind it that answers with what it got,
# both on a loopback of their own. Source this first: it begins the script again in a network
# namespace, which ends with it.
if [ -z "${PROXY_NET:-}" ]; then
	PROXY_NET=1 exec unshare --net bash "$0" "$@"
fi
# shellcheck source=tests/tap.sh
. "$POLC_SRCDIR/tests/tap.sh"

command -v haproxy >/dev/null || skip_all "haproxy is missing: install the Debian package haproxy"
gateway=$POLC_BUILDDIR/tests/proxy/gateway
scratch=$(mktemp -d)
state=$scratch/state
export POLC_RULE_SETS=$state/sets
proxy_port=18080 server_port=18090
pids=()

proxy_stop() {
	[ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null
	wait
	rm -rf "$scratch"
}
trap proxy_stop EXIT
ip link set lo up

# run_haproxy CONFIGURATION: in the background, with what it says in CONFIGURATION.log.
run_haproxy() {
	haproxy -db -f "$1" >"$1.log" 2>&1 &
	pids+=($!)
}

answers() {
	local try

	for try in $(seq 100); do
		curl -s -o /dev/null "http://127.0.0.1:$1/" && return
		sleep 0.05
	done
	echo "nothing answers at port $1 after $try tries"
	return 1
}

# Both before they answer; outside of `check`, which would forget whom to end.
# The server says the method, the path and the query that it got, and whether it may change the protocol.
server_at() { # PORT
	cat >"$scratch/server.cfg" <<-CFG
		global
		  tune.bufsize 65536
		defaults
		  mode http
		  timeout connect 10s
		  timeout client 60s
		  timeout server 60s
		frontend server
		  bind 127.0.0.1:$1
		  http-request return status 200 content-type text/plain lf-string "%[method] %[pathq] upgrade=%[req.fhdr(upgrade)]\n"
	CFG
	run_haproxy "$scratch/server.cfg"
}
server_up() { server_at "$server_port"; }

# proxy_up POLICY: the listener of its rule number n is at port $proxy_port + n - 1.
proxy_up() {
	"$gateway" make "$1" "$state" "$POLC_BUILDDIR/runtime/proxy" \
		"$POLC_BUILDDIR/runtime/proxy/polc.lua" $proxy_port 127.0.0.1:$server_port || return
	run_haproxy "$state/haproxy.cfg"
}

# status_line RULE METHOD TARGET HOST: of the answer to a request that has these as they stand here.
status_line() {
	exec 3<>"/dev/tcp/127.0.0.1/$((proxy_port + $1 - 1))"
	printf '%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "${@:2}" >&3
	timeout 5 head -n 1 <&3
	exec 3>&-
}

# ask RULE [CURL OPTION...] PATH: what came, and the status in a line of its own.
ask() {
	local rule=$1 path=${*: -1}

	shift
	curl -s --path-as-is -w '%{http_code}\n' "${@:1:$#-1}" \
		"http://127.0.0.1:$((proxy_port + rule - 1))$path"
}
