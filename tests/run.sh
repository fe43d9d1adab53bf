#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# usage: tests/run.sh [--quick] [STAGE...]
#
# Every test of polc, on a bare Debian machine, as root or with sudo: installs the packages,
# builds a copy of the sources in a scratch folder (the source tree is only read), and runs the
# stages below. The last line is `N passed, N failed`; the status is 1 if anything failed.
#
#   --quick          leave out the slow stages (other kernels, sanitizers, valgrind, fuzzing, distcheck)
#   STAGE...         run only these, and what they need; kernels=VERSION,... tries these kernels
#                    instead of those that every run tries
#   POLC_TEST_DIR    use this scratch folder and keep it, so that the next run builds less
#   POLC_SUITES      where the conformance suites are (default: ../shared/suites)
#   POLC_ALLOW_SKIP  on CI (CI=true) a skipped test counts as failed, unless this is 1
#   FUZZ_SECONDS     how long each fuzz target runs (default: 6)
set -uo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)

# NAME | HOW IT COUNTS | SPEED | WHAT IT DOES
#   step: the stage is one check;  trs: the results of make check;  tap: `ok` lines in the log
stages=(
	"packages  | step | quick | the Debian packages are there, or get installed"
	"source    | step | quick | copy the sources, so that the tree stays as it is"
	"configure | step | quick | autoreconf and configure, out of tree"
	"grammar   | step | quick | the grammars have no conflict"
	"build     | step | quick | everything compiles without a warning"
	"lint      | trs  | quick | format, licences, rooms, scripts, spelling, documentation"
	"check     | trs  | quick | make check: unit, golden, kernel, suites, documentation"
	"demo      | step | quick | examples/demo.sh"
	"ready     | step | slow  | what the virtual machines need is fetched and compiled"
	"kernels   | tap  | slow  | Linux 6.1 and 6.12 in virtual machines: every shape, real packets"
	"sanbuild  | step | slow  | build with AddressSanitizer and UndefinedBehaviorSanitizer"
	"sancheck  | trs  | slow  | make check under the sanitizers"
	"valgrind  | tap  | slow  | the unit tests leak nothing and read nothing unset"
	"fuzz      | tap  | slow  | each fuzz target for a while"
	"distcheck | step | slow  | the release archive builds, tests, installs and uninstalls"
	"bench     | step | slow  | make bench, quickly: it works, and every verdict is right"
	"clean     | step | quick | the source tree is as it was"
)

asked=("$@")
quick=no
only=()
usual_kernels=(6.1 6.12)
kernels=("${usual_kernels[@]}")
while [ $# -gt 0 ]; do
	case $1 in
	--quick) quick=yes ;;
	-h | --help)
		sed -n '3,/^set /{ /^set /d; s/^# \{0,1\}//; p; }' "$0"
		exit 0
		;;
	-*)
		echo "tests/run.sh: unknown option $1 (see --help)" >&2
		exit 2
		;;
	kernels=*)
		IFS=, read -ra kernels <<<"${1#kernels=}"
		only+=(kernels)
		;;
	*) only+=("$1") ;;
	esac
	shift
done

# The kernel tests need root; so does the installation of packages.
if [ "$(id -u)" != 0 ]; then
	keep=CI,POLC_TEST_DIR,POLC_SUITES,POLC_ALLOW_SKIP,FUZZ_SECONDS
	exec sudo --preserve-env=$keep bash "$0" "${asked[@]}"
fi

export POLC_SUITES="${POLC_SUITES:-$root/../shared/suites}"
export LC_ALL=C.UTF-8 NO_COLOR=1
unset MAKEFLAGS MAKELEVEL
jobs=$(nproc)
scratch=${POLC_TEST_DIR:-$(mktemp -d "${TMPDIR:-/tmp}/polc-tests.XXXXXX")}
mkdir -p "$scratch/logs"
src=$scratch/source
build=$scratch/build
san=$scratch/sanitizers
passed=0 failed=0 skipped=0
# Half of the time of a quick build goes into what the second level gains, which tests do not need.
optimise=()
[ $quick = no ] || optimise=(CFLAGS='-g -O1')
# What one test has compiled another need not.
export POLC_CACHE_DIR="$scratch/objects"

# --- the stages -----------------------------------------------------------------------------

in_git() { git -c safe.directory='*' -C "$root" rev-parse --git-dir >/dev/null 2>&1; }
tree_state() {
	if in_git; then
		git -c safe.directory='*' -C "$root" status --porcelain --ignored
	else
		find "$root" | sort
	fi
}

stage_packages() { bash "$root/tests/install-packages.sh" build demo test; }

stage_source() {
	mkdir -p "$src"
	# A kept scratch folder must not keep files that the project no longer has.
	find "$src" -mindepth 1 -maxdepth 1 ! -name 'configure' ! -name 'aclocal.m4' \
		! -name 'config.h.in*' ! -name 'Makefile.in' ! -name 'build-aux' ! -name 'm4' \
		-exec rm -rf {} +
	cd "$root"
	if in_git; then
		git -c safe.directory='*' ls-files -z --cached --others --exclude-standard |
			while IFS= read -r -d '' f; do
				[ ! -e "$f" ] || printf '%s\0' "$f"
			done | tar --null -T - -cf - | tar -xf - -C "$src"
	else
		tar --exclude='./build*' -cf - . | tar -xf - -C "$src"
	fi
}

stage_configure() {
	cd "$src"
	if [ ! -x configure ] || [ configure.ac -nt configure ]; then
		autoreconf -fi
	fi
	mkdir -p "$build"
	cd "$build"
	[ -f Makefile ] || "$src/configure" --enable-werror "${optimise[@]}"
}

stage_grammar() {
	cd "$src"
	find . -name '*.y' | while read -r grammar; do
		echo "$grammar"
		bison -Wall -Wcounterexamples -Werror -o "$scratch/grammar.c" "$grammar"
	done
}

# The empty TESTS builds the test programs and runs none.
stage_build() { make -C "$build" -j"$jobs" all && make -C "$build" -j"$jobs" check TESTS=; }
stage_lint() { make -C "$build" -k -j"$jobs" lint; }
# Random tests draw for a time, not a number, and each run draws what no run has drawn before; of the steps
# at which a load is killed it takes every sixth one. The quick ones draw less, and take fewer steps and
# some of the cases of the suites; half of them wait, and nothing else computes meanwhile.
stage_check() {
	if [ $quick = yes ]; then
		POLC_SECONDS=${POLC_SECONDS:-1} POLC_SWAP_SECONDS=1 POLC_CRASH_EVERY=10 POLC_SUITE_EVERY=3 POLC_SETS=200 \
			make -C "$build" -k -j"$((jobs + 1))" check-quick
		return
	fi
	export POLC_SECONDS=${POLC_SECONDS:-2} POLC_CRASH_EVERY=${POLC_CRASH_EVERY:-6}
	make -C "$build" -k -j"$jobs" check
}

# With the polc that was just built, which has its datapath headers in the sources.
stage_demo() { POLC="$build/polc" POLC_BPF_DIR="$src/bpf" bash "$src/examples/demo.sh"; }

# A full run takes the plain clang of this release of Debian and, on a kernel that it draws, one of the others,
# which it draws, too; on the other kernel it sends the less usual packets. One that is asked for kernels does
# all on all of them.
kernels_clangs=
kernels_traffic=
kernels_other=
[ ${#only[@]} -gt 0 ] || {
	kernels_clangs="clang-14 $(shuf -n 1 -e clang-13 clang-15 clang-16 clang-19)"
	read -rd '' kernels_traffic kernels_other < <(shuf -e "${kernels[@]}") || true
}

try_kernels() {
	echo "# compilers: ${kernels_clangs:-all}, the second on: ${kernels_other:-all}; less usual packets on: ${kernels_traffic:-all}"
	export KERNELS_CLANGS=$kernels_clangs KERNELS_OTHER=$kernels_other KERNELS_TRAFFIC=$kernels_traffic
	export POLC="$build/polc" POLC_BPF_DIR="$src/bpf" POLC_SRCDIR="$src" POLC_BUILDDIR="$build"
	export POLC_PROXY_DIR="$build/runtime/proxy"
	KERNELS_DIR="$scratch/kernels" bash "$src/tests/kernels/run.sh" "$@" "${kernels[@]}"
}

# It does no more than what the next stage would begin with, but can go on beside others.
stage_ready() {
	bash "$root/tests/install-packages.sh" kernels
	try_kernels --ready
}

# Compiling takes too long in a virtual machine: what the scripts build is in the cache when they have
# run here.
stage_kernels() {
	local script scripts=(kernel/runtime/policy kernel/runtime/traffic kernels/requests kernels/node) all=()

	if [ "${kernels[*]}" != "${usual_kernels[*]}" ]; then
		all=(--all)
		scripts+=(kernel/runtime/hits kernel/runtime/swap kernel/runtime/lifecycle)
	fi
	export POLC="$build/polc" POLC_BPF_DIR="$src/bpf" POLC_SRCDIR="$src" POLC_BUILDDIR="$build"
	export POLC_PROXY_DIR="$build/runtime/proxy"
	for script in "${scripts[@]}"; do
		[ ! "$build/tests/$script.trs" -nt "$scratch/tree-before" ] || continue # by `make check`
		POLC_SWAP_SECONDS=0 bash "$src/tests/$script.sh" >/dev/null 2>&1 || true
	done
	try_kernels ${all[@]+"${all[@]}"}
}

# What gcc gains by -O2 on programs with sanitizers is less than what it costs; reports need lines, no types.
stage_sanbuild() {
	mkdir -p "$san"
	cd "$san"
	[ -f Makefile ] || "$src/configure" --enable-werror --enable-sanitizers CFLAGS='-g1 -O1'
	make -j"$jobs" all
	make -j"$jobs" check TESTS=
}

# What the sanitizers are after shows with less: random tests are shorter, and so are storms of packets; of
# the steps at which a load is killed, the situations and the cases of the suites each run takes others. What
# is left out is in tests/tests.am.
stage_sancheck() {
	POLC_SECONDS=1 POLC_SWAP_SECONDS=1 POLC_CRASH_EVERY=10 POLC_SUITE_EVERY=6 POLC_FIELD_EVERY=5 \
		make -C "$san" -k -j"$jobs" check-sanitized
}

# AddressSanitizer sees leaks and what lies beside an object, too; so each run takes a quarter of the programs.
stage_valgrind() {
	POLC_VALGRIND_EVERY=4 POLC_SRCDIR="$src" POLC_BUILDDIR="$build" bash "$src/tests/valgrind.sh"
}

stage_fuzz() {
	POLC_SRCDIR="$src" POLC_BUILDDIR="$build" bash "$src/tests/fuzz/run.sh" "${FUZZ_SECONDS:-6}"
}

# The numbers of such a machine mean nothing.
stage_bench() { make -C "$build" bench BENCH_FLAGS=--quick; }

# That the archive is whole and builds, installs and goes again. The programs are the same as above:
# a compiler that does not optimize says as much about that, in half the time, and so does one random draw.
# shellcheck disable=SC2016 # a variable of make
stage_distcheck() {
	POLC_ROUNDS=1 XZ_OPT=-1 make -C "$build" -j"$jobs" distcheck TESTS='$(QUICK_TESTS)' \
		DISTCHECK_CONFIGURE_FLAGS=CFLAGS=-O0
}

stage_clean() {
	tree_state | diff "$scratch/tree-before" - || {
		echo "the tests changed the source tree: lines with < were there before, > are new"
		return 1
	}
}

# --- running and counting -------------------------------------------------------------------

count() { grep -cE "$1" "$2" || true; }

# Each check of one test program. That a program with failed checks ended with an error is no
# failure of its own.
trs_results() {
	awk '/^:test-result: / {
		if ($2 != "ERROR") print $2
		failed += $2 == "FAIL" || $2 == "XPASS"; errors += $2 == "ERROR"
	}
	END { if (errors && !failed) print "ERROR" }' "$1"
}

# The slowest test programs of this run: seconds, those of a processor, where, which.
show_slowest() {
	local found

	found=$(find "$build" "$san" -name '*.trs' -newer "$scratch/tree-before" -exec \
		awk -v top="$scratch/" '/^:seconds: / { seconds = $2 }
			/^:busy: / {
				name = FILENAME
				sub(top, "", name)
				sub(/\.trs$/, "", name)
				printf "%8.1f s %7.1f s busy  %s\n", seconds, $2, name
			}' {} + 2>/dev/null | sort -rn | head -n 20)
	[ -z "$found" ] || printf 'the slowest tests\n%s\n' "$found"
}

# Sets n_pass, n_fail and n_skip for a finished stage.
tally() {
	local how=$1 status=$2 log=$3 results=$scratch/results

	case $how in
	step) if [ "$status" -eq 0 ]; then echo PASS; else echo FAIL; fi >"$results" ;;
	trs)
		find "$build" "$san" -name '*.trs' -newer "$scratch/started" 2>/dev/null |
			sort >"$scratch/finished"
		while read -r trs; do trs_results "$trs"; done <"$scratch/finished" >"$results"
		;;
	tap) sed -n 's/^ok.*# SKIP.*/SKIP/p; t; s/^1\.\.0 # SKIP.*/SKIP/p; t
		s/^ok .*/PASS/p; s/^not ok .*/FAIL/p' "$log" >"$results" ;;
	esac
	n_pass=$(count '^(PASS|XFAIL)' "$results")
	n_fail=$(count '^(FAIL|XPASS|ERROR)' "$results")
	n_skip=$(count '^SKIP' "$results")
	# A stage that broke before it could say what failed, or that ran nothing at all.
	if [ "$n_fail" -eq 0 ] && { [ "$status" -ne 0 ] || [ $((n_pass + n_skip)) -eq 0 ]; }; then
		n_fail=1
	fi
	if [ "${CI:-}" = true ] && [ "${POLC_ALLOW_SKIP:-}" != 1 ]; then
		n_fail=$((n_fail + n_skip))
	fi
}

# The checks of a TAP log that failed or were skipped, with the lines that say why.
tap_faults() {
	awk '/^(ok|not ok) |^1\.\./ { shown = 0 }
		/^not ok / || /# SKIP/ || /^Bail out/ { shown = 12 }
		shown-- > 0 && !/^(PASS|FAIL|SKIP|ERROR): /' "$@"
}

show_failure() {
	local how=$1 log=$2 trs

	case $how in
	step) tail -n 30 "$log" ;;
	tap) tap_faults "$log" | head -n 60 ;;
	trs)
		while read -r trs; do
			grep -qE '^:test-result: (FAIL|ERROR|XPASS|SKIP)' "$trs" || continue
			echo "${trs%.trs}:"
			tap_faults "${trs%.trs}.log" | head -n 30
			tail -n 3 "${trs%.trs}.log" | grep '^ERROR'
		done <"$scratch/finished"
		[ -s "$scratch/finished" ] || tail -n 30 "$log"
		;;
	esac | sed 's/^/      /'
	echo "      (all of it: $log)"
}

# Notes how it ended, as the shell forgets those that end long before they are waited for, and for how long
# processors worked for it.
perform() (
	set -e
	rm -f "$scratch/logs/$1.status"
	trap 'echo $? >"$scratch/logs/$1.status"; times >"$scratch/logs/$1.times"' EXIT
	"stage_$1" >"$scratch/logs/$1.log" 2>&1 </dev/null
)

busy() {
	tr ms ' \n' <"$1" | awk '{ s += 60 * $1 + $2 } END { printf "%.0f", s }'
}

run_stage() {
	local name=$1 how=$2 log=$scratch/logs/$1.log begin=$SECONDS status verdict

	if [ "${under_way[$name]:-}" ]; then
		wait "${under_way[$name]}" 2>/dev/null
	else
		touch "$scratch/started"
		perform "$name"
	fi
	status=$(cat "$scratch/logs/$name.status" || echo 1)
	tally "$how" "$status" "$log"
	passed=$((passed + n_pass)) failed=$((failed + n_fail)) skipped=$((skipped + n_skip))
	verdict="$n_pass passed"
	[ "$n_fail" -eq 0 ] || verdict+=", $n_fail FAILED"
	[ "$n_skip" -eq 0 ] || verdict+=", $n_skip skipped"
	[ "$how" != step ] || verdict=$([ "$n_fail" -eq 0 ] && echo ok || echo FAILED)
	printf '  %-10s %4d s  %4d s busy  %s\n' "$name" $((SECONDS - begin)) \
		"$(busy "$scratch/logs/$name.times")" "$verdict"
	[ $((n_fail + n_skip)) -eq 0 ] || show_failure "$how" "$log"
	return "$n_fail"
}

# What every other stage stands on: without it there is nothing to test.
is_ground() {
	case $1 in packages | source | configure | build) return 0 ;; *) return 1 ;; esac
}

is_wanted() {
	local name=$1 speed=$2 w

	[ "${#only[@]}" -gt 0 ] || { [ $quick = no ] || [ "$speed" = quick ]; }
	local by_default=$?
	[ "${#only[@]}" -gt 0 ] || return $by_default
	is_ground "$name" && return 0
	for w in "${only[@]}"; do
		[ "$w" != "$name" ] || return 0
		[ "$w" != sancheck ] || [ "$name" != sanbuild ] || return 0
		[ "$w" != kernels ] || [ "$name" != ready ] || return 0
	done
	return 1
}

# begin_beside NICE STAGE...: half of the tests wait, for the kernel or for packets that must not come.
# What only computes begins beside them, gets what they leave of the processors (NICE 5) or a fair share
# (0, where questions to the solver have a limit of time), and is waited for in its turn. A stage of make
# check cannot: what it found is told by when it began.
declare -A under_way=()
begin_beside() {
	local nicer=$1 name

	shift
	for name in "$@"; do
		is_wanted "$name" slow || continue
		{
			renice -n $(($(nice) + nicer)) -p "$BASHPID" >/dev/null
			perform "$name"
		} &
		under_way[$name]=$!
	done
}

tree_state >"$scratch/tree-before"
echo "polc tests, logs in $scratch/logs"
for row in "${stages[@]}"; do
	IFS='|' read -r name how speed _ <<<"$row"
	name=${name// /} how=${how// /} speed=${speed// /}
	is_wanted "$name" "$speed" || continue
	case $name in
	check) begin_beside 5 ready sanbuild ;;
	kernels) begin_beside 0 valgrind ;;
	distcheck) begin_beside 5 bench ;;
	esac
	run_stage "$name" "$how" || ! is_ground "$name" || break
done

show_slowest
[ "$skipped" -eq 0 ] || echo "$skipped skipped"
if [ "$failed" -eq 0 ] && [ -z "${POLC_TEST_DIR:-}" ]; then
	rm -rf "$scratch"
fi
printf 'total %d s\n' $SECONDS
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
