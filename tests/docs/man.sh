#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The man pages: well-formed, complete, and saying what the program says.
set -u
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"

command -v man >/dev/null || skip_all "man is not installed"
pages=$POLC_BUILDDIR/doc/man

warnings() {
	{ LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$1" >/dev/null; } 2>&1
}
# As a person reads it, without the hyphens and stops of the layout.
text_of() { LC_ALL=C.UTF-8 MANWIDTH=2000 man -E UTF-8 -l "$1" | col -bx; }

# Every long option of the help stands in the page.
options_missing() {
	local cmd=$1 option

	"$POLC" "$cmd" --help | grep -oE '^ +(-[a-zA-Z],)? +--[a-z0-9-]+' | grep -oE -- '--[a-z0-9-]+' |
		while read -r option; do
			grep -qF -- "$option" <<<"$2" || echo "$option"
		done
}

# The example of polc-language(7) as a person would copy it.
language_example_parses() {
	local dir status

	dir=$(mktemp -d)
	echo '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}' >"$dir/cluster.yaml"
	sed -n '/^\.nf/,/^\.fi/{ /^\./d; s/\\-/-/g; p; }' "$pages/polc-language.7" >"$dir/example.pol"
	"$POLC" check "$dir/example.pol"
	status=$?
	[ -s "$dir/example.pol" ] || status=2
	rm -rf "$dir"
	[ $status -le 1 ]
}

placeholders() { grep -n '^@' "$@"; }

for page in "$pages"/*.[1-8]; do
	check_empty "$(basename "$page") is well-formed" warnings "$page"
done
check "the example of polc-language(7) is good .pol" language_example_parses
check_empty "no page has a placeholder left" placeholders "$pages"/*.[1-8]
commands=$(sed -n 's/^COMMAND(\([a-z_]*\),.*/\1/p' "$POLC_SRCDIR/runtime/cli/commands.def")
for cmd in $commands; do
	text=$(text_of "$pages/polc-$cmd.1")
	check_empty "polc-$cmd(1) explains every option" options_missing "$cmd" "$text"
	check "polc-$cmd(1) opens with what the command does" \
		grep -qF -- "$("$POLC" "$cmd" --help | sed -n '1s/^[^:]*: //p')" <<<"$text"
done
tap_done
