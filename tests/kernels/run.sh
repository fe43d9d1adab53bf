#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# usage: run.sh [--ready | --all] VERSION...
# Everything that tests/kernels/job.sh does, on these kernels, each in a virtual machine, as many at
# once as there are processors. TAP. What came of each shape, kernel and compiler is written to
# KERNELS_DIR/table.md, as it stands in doc/kernels.md. With --all, more of the scripts of
# tests/kernel than every run has the time for; with --ready, only what the machines need is fetched and
# compiled, for a run after this one.
#
#   KERNELS_DIR      where kernels, objects and reports are kept
#   KERNELS_CLANGS   the compilers, as "clang-14 clang-19"; otherwise all that a refusal names as tried
#   KERNELS_OTHER    the one of the kernels that takes the objects of all of these; others take the first's
#   KERNELS_TRAFFIC  the one of them on which traffic.sh runs; otherwise all
#   POLC_CACHE_DIR   objects that this polc has compiled before: compiling takes a minute in there
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/tap.sh
. "$POLC_SRCDIR/tests/tap.sh"
mapfile -t compilers < <(sed -n '/define RT_TRIED_CLANGS/,/^$/s/.*X("\([0-9]*\)").*/clang-\1/p' \
	"$POLC_SRCDIR/runtime/node/kernel/tried.h")
[ -z "${KERNELS_CLANGS:-}" ] || read -ra compilers <<<"$KERNELS_CLANGS"
scripts=(kernel/runtime/policy.sh kernel/runtime/traffic.sh kernels/requests.sh kernels/node.sh)
objects=$KERNELS_DIR/objects
seconds=${KERNELS_SECONDS:-900} # until a machine that hangs is ended
export POLC_SWAP_SECONDS=1

only_ready=no
case ${1:-} in
--ready)
	shift
	only_ready=yes
	;;
--all)
	shift
	scripts+=(kernel/runtime/{hits,swap,lifecycle}.sh)
	;;
esac
if [ $# -eq 0 ]; then
	echo "usage: run.sh [--ready | --all] VERSION..." >&2
	exit 2
fi

compile() {
	rm -rf "${objects:?}/$1"
	mkdir -p "$objects/$1"
	"$POLC_BUILDDIR/tests/kernels/shapes" "$(command -v "$1")" "$objects/$1"
}

# boot VERSION: what it is told there goes to reports/VERSION/output.
boot() {
	local report=$KERNELS_DIR/reports/$1 from=$objects script these=()

	for script in "${scripts[@]}"; do
		[ "${script##*/}" = traffic.sh ] && [ "${KERNELS_TRAFFIC:-$1}" != "$1" ] || these+=("$script")
	done
	rm -rf "$report"
	mkdir -p "$report"
	# A folder of its own, as the machine sees the whole of it.
	if [ "${KERNELS_OTHER:-$1}" != "$1" ]; then
		from=$KERNELS_DIR/objects-$1
		rm -rf "$from"
		mkdir "$from"
		cp -r "$objects/${compilers[0]}" "$from/"
	fi
	bash "$here/boot.sh" "$KERNELS_DIR/$1" "$report" "$seconds" \
		bash "$here/job.sh" "$from" "${these[@]}" || return
	grep -q '^1\.\.' "$report/output" || {
		tail -n 5 "$report/output"
		return 1
	}
}

# told VERSION: the numbers of a kernel as a table in Markdown, shapes down, compilers across; the
# larger of the steps of both programs, in thousands.
told() {
	local report=$KERNELS_DIR/reports/$1

	awk -v release="$(<"$KERNELS_DIR/$1/release")" -v compilers="${compilers[*]}" '
		{
			steps[$2, $1] = $3 == "refused" ? "refused" : sprintf("%.0f", ($3 > $4 ? $3 : $4) / 1000)
			if (!seen[$2]++) shapes[++n] = $2
		}
		END {
			m = split(compilers, list, " ")
			printf "### Linux %s\n\n| shape |", release
			for (i = 1; i <= m; i++) printf " %s |", list[i]
			printf "\n|---|"
			for (i = 1; i <= m; i++) printf "--:|"
			printf "\n"
			for (k = 1; k <= n; k++) {
				printf "| `%s` |", shapes[k]
				for (i = 1; i <= m; i++) printf " %s |", steps[shapes[k], list[i]]
				printf "\n"
			}
			printf "\n"
		}' "$report/steps"
}

fetched=()
for version in "$@"; do
	if said=$(bash "$here/fetch.sh" "$version" "$KERNELS_DIR/$version" 2>&1); then
		fetched+=("$version")
	else
		not_ok "a kernel $version is there" "$said"
	fi
done

check_each "the shapes compile with %s" compile "${compilers[@]}"
if [ $only_ready = yes ]; then
	tap_done
	exit
fi
check_each "the machine with Linux %s came to its end" boot ${fetched[@]+"${fetched[@]}"}
for version in ${fetched[@]+"${fetched[@]}"}; do
	[ ! -e "$KERNELS_DIR/reports/$version/output" ] ||
		tap_adopt "" <"$KERNELS_DIR/reports/$version/output"
done
for version in ${fetched[@]+"${fetched[@]}"}; do
	[ ! -e "$KERNELS_DIR/reports/$version/steps" ] || told "$version"
done >"$KERNELS_DIR/table.md"
tap_done
