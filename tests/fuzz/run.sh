#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# run.sh [SECONDS [NAME...]]: builds the fuzz targets tests/fuzz/fuzz_NAME.c with clang's
# libFuzzer, ASan and UBSan in a folder of its own and runs each for SECONDS (20 by default; a third
# of it where the input is small) of a processor, all at once, from its seeds: tests/fuzz/seeds/NAME, the golden inputs of that name, the examples.
# An input that fails is kept; the report says where.
set -u
POLC_SRCDIR=$(cd "${POLC_SRCDIR:-$(dirname "$0")/../..}" && pwd)
# shellcheck source=tests/tap.sh
. "$POLC_SRCDIR/tests/tap.sh"
seconds=${1:-20}
declare -A small=([flat]=3 [ignore]=3 [project]=3 [regex]=3)
shift $(($# > 0))
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
	for f in "$POLC_SRCDIR"/tests/fuzz/fuzz_*.c; do
		f=${f##*/fuzz_}
		targets+=("${f%.c}")
	done
fi
if ! command -v clang >/dev/null; then
	not_ok "clang builds the fuzz targets" "install the Debian package clang"
	tap_done
	exit 1
fi

scratch=$(mktemp -d)
found=${POLC_FUZZ_FOUND:-${TMPDIR:-/tmp}/polc-fuzz-found}
trap 'rm -rf "$scratch"' EXIT
rooms="runtime/libruntime.a codegen/libcodegen.a compiler/libcompiler.a lang/liblang.a"
sanitize=-fsanitize=address,undefined
flags="-g1 -O1 -fno-omit-frame-pointer -fno-sanitize-recover=undefined"

build_library() {
	cd "$scratch" || return 1
	"$POLC_SRCDIR/configure" --quiet CC=clang \
		CFLAGS="$flags $sanitize -fsanitize=fuzzer-no-link" || return 1
	# shellcheck disable=SC2086
	make -s -j"$(nproc)" $rooms tests/lib/libpolctest.a
}

build_target() {
	local libs

	cd "$scratch" || return 1
	libs=$(echo '@LIBBPF_LIBS@ @LIBELF_LIBS@ @YAML_LIBS@ @Z3_LIBS@ @JANSSON_LIBS@ @LIBMD_LIBS@ @PCRE2_LIBS@' |
		./config.status --quiet --file=-) || return 1
	# shellcheck disable=SC2086
	clang -std=gnu11 $flags $sanitize,fuzzer -I"$POLC_SRCDIR" -I. \
		"$POLC_SRCDIR/tests/fuzz/fuzz_$1.c" \
		tests/lib/libpolctest.a $rooms $libs -o "fuzz_$1"
}

# Copies, as libFuzzer writes what it finds into the first folder and reads the others.
seeds() {
	local from

	mkdir -p "$scratch/corpus-$1"
	for from in "$POLC_SRCDIR/tests/fuzz/seeds/$1" "$POLC_SRCDIR/tests/golden/$1" \
		"$POLC_SRCDIR/examples"; do
		[ -d "$from" ] && find "$from" -type f -size -64k ! -name '*.expected'
	done | while read -r f; do cp "$f" "$scratch/corpus-$1/$(sha256sum "$f" | cut -c1-16)"; done
}

fuzz() {
	local dict=$POLC_SRCDIR/tests/fuzz/$1.dict options

	options=(-max_total_time="$((shared_seconds / ${small[$1]:-1}))" -timeout=25 -rss_limit_mb=2048 -max_len=65536
		-artifact_prefix="$found/$1-")
	[ ! -f "$dict" ] || options+=("-dict=$dict")
	seeds "$1"
	mkdir -p "$found"
	(cd "$scratch" && "./fuzz_$1" "${options[@]}" "corpus-$1") >"$scratch/$1.log" 2>&1 && return
	tail -n 60 "$scratch/$1.log"
	return 1
}

check "the library builds for fuzzing" build_library
check_each "fuzz_%s builds" build_target "${targets[@]}"
# All of them at once, for as long as it takes until each has had its time of a processor.
processors=$(nproc)
[ "$processors" -le ${#targets[@]} ] || processors=${#targets[@]}
[ ${#targets[@]} -gt 1 ] || small=()
thirds=0
for target in "${targets[@]}"; do thirds=$((thirds + 3 / ${small[$target]:-1})); done
shared_seconds=$((seconds * thirds / 3 / processors))
tap_at_once=${#targets[@]} check_each "fuzz_%s finds nothing" fuzz "${targets[@]}"
tap_done
