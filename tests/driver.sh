#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: driver.sh DRIVER ARG...
# Runs automake's driver of a test and notes in the test's .trs file how long it took, and for how long
# of that a processor worked: ":seconds: N.NNN" and ":busy: N.NN", lines that automake passes over.
begin=$(date +%s%N)
"${SHELL:-/bin/sh}" "$@"
status=$?
end=$(date +%s%N)
# That of the processes that have ended, in hundredths: no fork may come between the shell and its own.
read -r stat </proc/$$/stat
while [ $# -gt 1 ] && [ "$1" != -- ]; do
	if [ "$1" = --trs-file ] && [ -f "$2" ]; then
		echo "${stat##*) }" | awk -v ns=$((end - begin)) '{
			printf ":seconds: %.3f\n:busy: %.2f\n", ns / 1e9, ($14 + $15) / 100
		}' >>"$2"
	fi
	shift
done
exit $status
