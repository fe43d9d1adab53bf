#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the kernel does not take: a fault of the system, told in its own words, that changes nothing.
# shellcheck disable=SC2016,SC2119 # evaluated later; functions without arguments
# shellcheck source=tests/kernel/runtime/lib.sh
. "$POLC_SRCDIR/tests/kernel/runtime/lib.sh"

kernel_start
node_up
workload_up web 10.77.0.2 fd77::2
{
	pod web
	network_policy web web "ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/24}}], ports: [{port: 80}]}]"
} >"$work/web.yaml"
build good "$work/web.yaml" || exit 1

# The same policy by programs that read a page without a bound, which no verifier lets pass.
mkdir "$work/headers"
cp "$POLC_BPF_DIR"/*.h "$work/headers"
sed -i 's/\*POLC_AT(p->v, i, POLC_PAGE)/p->v[i]/' "$work/headers/pages.h"
! cmp -s "$POLC_BPF_DIR/pages.h" "$work/headers/pages.h" || exit 1
POLC_BPF_DIR=$work/headers build bad "$work/web.yaml" || exit 1

# fails STATUS CODE COMMAND...
fails() {
	local want=$1 code=$2 got=0

	shift 2
	"$@" >"$work/out" 2>&1 || got=$?
	cat "$work/out"
	[ "$got" = "$want" ] && grep -q "error: .*\[$code\]\$" "$work/out"
}
says() { grep -E -- "$1" "$work/out" || { cat "$work/out" && false; }; }
lines() { wc -l <"$work/out"; }
is_empty() { [ -z "$(hooks)" ] && ! has_clsact && [ ! -e "$pins" ]; }

# --- a kernel --------------------------------------------------------------------------------

# as KIND COMMAND...: by another kernel, or for another user.
as() {
	LD_PRELOAD=$POLC_BUILDDIR/tests/kernel/runtime/fault.so POLC_FAULT=$1 \
		ASAN_OPTIONS=verify_asan_link_order=0 "${@:2}"
}
check "a kernel that lacks something is a fault of the system" \
	fails 3 kernel-too-old as old load "$work/good" --attach shop/web=web
check "told plainly" says "^polc: error: this kernel \(Linux $(uname -r)\) lacks atomic exchange in \
BPF programs, which Linux 5.12 brought: load on a node with Linux 5.12 or newer \[kernel-too-old\]\$"
check "and nothing else" [ "$(lines)" = 1 ]
check "it leaves nothing" is_empty
check "measuring says so, too" fails 3 kernel-too-old as old "$POLC" build "$work/web.yaml" \
	-o "$work/measured" --measure
check "who may not use BPF is told that" \
	fails 3 permission as denied load "$work/good" --attach shop/web=web
check "and not that the kernel is too old" eval '! says kernel-too-old'
unload

# --- a program ---------------------------------------------------------------------------------

check "a first load that the verifier refuses is a fault of the system" \
	fails 3 verifier load "$work/bad" --attach shop/web=web
check "and leaves nothing" is_empty
check "a good one loads" load "$work/good" --attach shop/web=web
check "a node that has loaded is not asked again what it lacks" as old load "$work/good"
before=$(hooks)
check "a swap that the verifier refuses is one, too" fails 3 verifier load "$work/bad"
check "the old policy stays" [ "$(hooks)" = "$before" ]
check "in force" [ "$(status | jq -r .bundle)" = \
	"$(sha256sum <"$work/good/manifest.json" | cut -d " " -f 1)" ]
check "the verifier's word is there" says "note: the verifier says: .*(unbounded|invalid|outside)"
# Before 6.10 a log has no places, and texts only of sources that clang finds by their mapped names.
source_line=$(grep -n 'p->v\[i\]' "$work/headers/pages.h" | cut -d : -f 1)
if says "it stopped at" >/dev/null; then
	check "and the source that it stopped at" \
		says "note: it stopped at: (.*p->v\[i\].*|.*pages.h:$source_line)\$"
fi
check "and what this is" says "note: this is Linux $(uname -r) and the programs come from clang [0-9.]+; "
check "and what was tried" says "tried are Linux [0-9., ]+ and [0-9.]+ with clang [0-9, ]+ and [0-9]+\$"
check "and where there is more" says "note: -v shows the whole log"
short=$(lines)
check "-v" fails 3 verifier load -v "$work/bad"
check "shows more" [ "$(lines)" -gt $((short + 20)) ]
check "down to the instructions" says "note: [0-9]+: \([0-9a-f]{2}\) "
check "measuring tells of a refusal as well" fails 3 verifier env POLC_BPF_DIR="$work/headers" \
	"$POLC" build "$work/web.yaml" -o "$work/measured" --measure
check "in the same words" says "note: the verifier says: "
check "the good one still loads" load "$work/good"

tap_done
