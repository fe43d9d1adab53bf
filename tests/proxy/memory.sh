#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A thousand rule sets of a hundred entries each, all of them asked, in little memory.
#
#   POLC_SETS   how many (1000)
# shellcheck source=tests/proxy/lib.sh
. "$POLC_SRCDIR/tests/proxy/lib.sh"

sets=${POLC_SETS:-1000} entries=100 most=256 # MiB
proxy_port=20000
awk -v sets="$sets" -v entries=$entries 'BEGIN {
	print "policy web for { app = web } {\ningress {"
	for (i = 1; i <= sets; i++) {
		printf "allow from { app = a%d } on tcp/80 http {\n", i
		for (j = 1; j <= entries; j++)
			printf "GET \"/team-%d/(v1|v2)/items-%d/[0-9a-f]+/.*\" where header \"X-Team\" =~ \"t%d-.*\"\n", i, j, j % 10
		print "}"
	}
	print "}\n}"
}' >"$scratch/in.pol"
ulimit -n 8192
server_up
proxy_up "$scratch/in.pol"
check "the proxy answers" answers $proxy_port

# Each rule set is asked for what its last entry alone allows, and for what none does.
asks_all() {
	awk -v sets="$sets" -v entries=$entries -v port=$proxy_port 'BEGIN {
		for (i = 1; i <= sets; i++)
			for (right = 0; right < 2; right++) {
				if (n++) print "next"
				print "silent\nshow-error\noutput = /dev/null\nwrite-out = \"%{http_code}\\n\""
				printf "header = \"X-Team: t%d-a\"\n", entries % 10
				printf "url = \"http://127.0.0.1:%d/team-%d/v2/items-%d/ff/x\"\n",
					port + i - 1, right ? i : i + 1, entries
			}
	}' >"$scratch/curl"
	curl -K "$scratch/curl" | sort | uniq -c | awk '{ print $2, $1 }' >"$scratch/got"
	cat "$scratch/got"
	printf '200 %d\n403 %d\n' "$sets" "$sets" | cmp - "$scratch/got"
}
check "each of $sets rule sets judges" asks_all
mib() { awk '/^Pss:/ { n += $2 } END { print int(n / 1024) }' "/proc/${pids[-1]}/smaps_rollup"; }
now=$(mib)
echo "# $now MiB for $sets rule sets of $entries entries"
check "in less than $most MiB" test "$now" -lt $most
tap_done
