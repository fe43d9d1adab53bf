#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every unit test program under valgrind: no leak, no invalid access, no use of what was never
# written. Part of tests/run.sh, not of `make check`: it takes minutes. TAP on standard output.
#
#   POLC_VALGRIND_EVERY   only every so manieth program (1), beginning with one that is drawn
#
# usage: tests/valgrind.sh [PROGRAM...]      (all of tests/unit without an argument)
set -u

srcdir=${POLC_SRCDIR:-$(cd "$(dirname "$0")/.." && pwd)}
builddir=${POLC_BUILDDIR:-$PWD}
. "$srcdir/tests/tap.sh"

export POLC_SRCDIR=$srcdir POLC_BUILDDIR=$builddir
# Random tests need fewer rounds here: what valgrind looks for does not depend on luck.
export POLC_ROUNDS=${POLC_ROUNDS:-5}
export POLC=${POLC:-$builddir/polc} POLC_BPF_DIR=${POLC_BPF_DIR:-$srcdir/bpf}

under_valgrind() {
	valgrind -q --leak-check=full --show-leak-kinds=definite,indirect,possible \
		--errors-for-leak-kinds=definite,indirect,possible --error-exitcode=99 \
		--suppressions="$srcdir/tests/valgrind.supp" "$1"
}

command -v valgrind >/dev/null || skip_all "valgrind is missing: install the Debian package valgrind"
# Text, messages and states by the megabyte: what valgrind looks for is there in the first of them, and in
# test_ruleset, too, and the sanitizers see them all.
too_large=" test_pol_size test_unlisted test_dfa "

programs=("$@")
if [ ${#programs[@]} -eq 0 ]; then
	every=${POLC_VALGRIND_EVERY:-1}
	from=$((RANDOM % every))
	[ "$every" = 1 ] || echo "# every program of $every, from number $from"
	number=0
	for program in "$builddir"/tests/unit/*/test_*; do
		case $too_large in *" ${program##*/} "*) continue ;; esac
		if [ ! -x "$program" ] || [ ! -f "$program" ]; then continue; fi
		[ $((number++ % every)) -ne "$from" ] || programs+=("$program")
	done
fi
[ ${#programs[@]} -gt 0 ] || skip_all "no unit test programs in $builddir/tests/unit: run 'make check' first"
# AddressSanitizer and valgrind both want the whole address space.
if nm "${programs[0]}" 2>/dev/null | grep -q __asan_init; then
	skip_all "the programs are built with sanitizers"
fi
check_each "%s is clean under valgrind" under_valgrind "${programs[@]}"
tap_done
