#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Rule sets are swapped under many connections of HTTP/1.1 and HTTP/2: what both of two rule sets allow always
# passes, what neither does never, no connection ends and no request is lost.
# shellcheck source=tests/proxy/lib.sh
. "$POLC_SRCDIR/tests/proxy/lib.sh"
# shellcheck disable=SC2034 # read by storm.sh
storm_at=127.0.0.1:$proxy_port storm_from=()
# shellcheck source=tests/proxy/storm.sh
. "$POLC_SRCDIR/tests/proxy/storm.sh"

seconds=${POLC_SWAP_SECONDS:-5} connections=125
for which in a b; do
	printf 'policy web for { app = web } { ingress {\nallow from { app = a } on tcp/80 http {\n%s\n} } }\n' \
		"$(storm_entries $which)" >"$scratch/$which.pol"
done
ulimit -n 8192
server_up
proxy_up "$scratch/a.pol"
check "the server answers" answers $server_port
check "the proxy answers" answers $proxy_port

swaps=0
swap() {
	local which=a

	[ $((++swaps % 2)) = 0 ] || which=b
	"$gateway" publish "$scratch/$which.pol" "$state" && [ "$(ask 1 /only-$which/x | tail -n 1)" = 200 ]
}
wrong=
storm "$seconds" $connections
while storm_lasts; do
	swap || wrong+=" $swaps"
done
echo "# $swaps swaps"
check "each rule set judges from the next request on" test -z "$wrong"
check "there were enough" test $swaps -ge "$seconds"
storm_checks
tap_done
