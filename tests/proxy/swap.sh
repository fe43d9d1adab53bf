#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Rule sets are swapped under many connections of HTTP/1.1 and HTTP/2: what both of two rule sets allow always
# passes, what neither does never, no connection ends and no request is lost.
# shellcheck disable=SC2016 # of awk
# shellcheck source=tests/proxy/lib.sh
. "$POLC_SRCDIR/tests/proxy/lib.sh"

seconds=${POLC_SWAP_SECONDS:-5} connections=125
for which in a b; do
	cat >"$scratch/$which.pol" <<-POL
		policy web for { app = web } {
		  ingress {
		    allow from { app = a } on tcp/80 http {
		      GET "/both"
		      GET "/only-$which/.*"
		    }
		  }
		}
	POL
done
ulimit -n 8192
server_up
proxy_up "$scratch/a.pol"
check "the server answers" answers $server_port
check "the proxy answers" answers $proxy_port

# load NAME PATH OPTION...: what came is in NAME.
load() {
	local name=$1 path=$2

	shift 2
	h2load -c $connections -t 1 -D "$seconds" "$@" "http://127.0.0.1:$proxy_port$path" >"$scratch/$name" 2>&1 &
	loads+=($!)
}
loads=()
load both-1 /both --h1
load both-2 /both -m 10
load neither-1 /neither --h1
load neither-2 /neither -m 10

swaps=0
swap() {
	local which=a

	[ $((++swaps % 2)) = 0 ] || which=b
	"$gateway" publish "$scratch/$which.pol" "$state" && [ "$(ask 1 /only-$which/x | tail -n 1)" = 200 ]
}
wrong=
while kill -0 "${loads[0]}" 2>/dev/null; do
	swap || wrong+=" $swaps"
done
wait "${loads[@]}"
echo "# $swaps swaps"
check "each rule set judges from the next request on" test -z "$wrong"
check "there were enough" test $swaps -ge "$seconds"
for name in both-1 both-2 neither-1 neither-2; do
	want=2xx
	[ "${name%-*}" = both ] || want=4xx
	sed 's/^/# /' "$scratch/$name" | grep -E "requests:|status codes:"
	check "every request has its answer ($name)" awk -v want="$want" '
		/^requests:/ { done = $6; ok = $10 == 0 && $12 == 0 && $14 == 0 }
		/^status codes:/ { for (i = 3; i < NF; i += 2) n[$(i + 1)] = $i
			n["5xx"] += 0; right = n[want ","] + n[want] }
		END { exit !(done > 1000 && right == done) }' "$scratch/$name"
done
tap_done
