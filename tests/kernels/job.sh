#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# usage: job.sh OBJECTS SCRIPT...
# On the kernel under test: do the objects of all shapes, OBJECTS/CLANG/SHAPE.o, pass its verifier;
# and do real packets meet what policy says, in these scripts of tests/? TAP; the numbers of the
# verifier go to /run/report/steps, "CLANG SHAPE STEPS STEPS" a line. A kernel that is older than
# polc needs is only asked for its refusal.
objects=$1
shift
# shellcheck source=tests/tap.sh
. "$POLC_SRCDIR/tests/tap.sh"
kernel="Linux $(uname -r)"

said_at() { echo "# $1: done after $(cut -d ' ' -f 1 /proc/uptime) s"; }

# judged ok|no PATH STEPS STEPS: what `verify` said of an object.
judged() {
	local verdict=$1 path=$2 compiler shape

	shape=$(basename "$path" .o)
	compiler=$(basename "$(dirname "$path")")
	if [ "$verdict" = ok ]; then
		ok "$kernel: $compiler, shape $shape"
		echo "$compiler $shape $3 $4" >>/run/report/steps
	else
		not_ok "$kernel: $compiler, shape $shape"
		echo "$compiler $shape refused refused" >>/run/report/steps
	fi
}

# The checks of a script are ours, with the kernel in front; a script that ends early is a fault.
run() {
	local said=/run/said status

	bash "$POLC_SRCDIR/tests/$1" >$said 2>&1
	status=$?
	tap_adopt "$kernel: $1: " <$said
	[ $status -eq 0 ] || grep -q '^not ok' $said || not_ok "$kernel: $1 comes to its end" "status $status"
	said_at "$1"
}

is_old() { [ "$(printf '%s\n' 5.12 "$(uname -r)" | sort -V | tail -n 1)" = 5.12 ]; }

if is_old; then
	run kernels/old.sh
else
	while read -r line; do
		# shellcheck disable=SC2086 # words
		case $line in
		'ok '*) judged ok ${line#ok } ;;
		'not ok '*) judged no ${line#not ok } ;;
		*) echo "$line" ;;
		esac
	done < <("$POLC_BUILDDIR/tests/kernels/verify" "$objects"/*/*.o)
	said_at "the shapes"
	for script in "$@"; do
		run "$script"
	done
fi
tap_done
