#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: driver.sh DRIVER ARG...
# Runs automake's driver of a test and notes in the test's .trs file how long it took:
# ":seconds: N.NNN", a line that automake passes over.
begin=$(date +%s%N)
"${SHELL:-/bin/sh}" "$@"
status=$?
end=$(date +%s%N)
while [ $# -gt 1 ] && [ "$1" != -- ]; do
	if [ "$1" = --trs-file ] && [ -f "$2" ]; then
		awk -v ns=$((end - begin)) 'BEGIN { printf ":seconds: %.3f\n", ns / 1e9 }' >>"$2"
	fi
	shift
done
exit $status
