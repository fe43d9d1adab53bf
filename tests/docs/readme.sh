#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The README tells the truth: its example is the one in examples/, the output that it shows is the
# output of the commands that it shows, its table has every command, and its links lead somewhere.
#
# With --update it writes example, output and table into the README instead.
set -u
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"

readme=$POLC_SRCDIR/README.md
commands_def=$POLC_SRCDIR/runtime/cli/commands.def
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# block MARKER: the fenced block behind the line `<!-- MARKER -->`, without the fence.
block() {
	awk -v marker="<!-- $1 -->" '
		$0 == marker { near = 1; next }
		near && /^```/ { if (inside) exit; inside = 1; next }
		inside' "$readme"
}

example() { sed '/^# SPDX/d; /^# flow/d; /^# finds/d' "$POLC_SRCDIR/examples/first.pol"; }

# Runs every line `$ COMMAND` of a console block and prints it with what it says.
session() {
	cd "$work" && example >first.pol || return
	sed -n 's/^\$ //p' | while read -r line; do
		echo "\$ $line"
		PATH="$(dirname "$POLC"):$PATH" NO_COLOR=1 bash -c "$line" 2>&1 </dev/null
	done
}

table() {
	sed -n 's/^COMMAND(\([a-z]*\), "\(.*\)", "\(.*\)").*/\1\x1f\2\x1f\3/p' "$commands_def" |
		while IFS=$'\x1f' read -r name args summary; do
			args=${args//|/\\|}
			echo "| \`polc $name${args:+ $args}\` | $summary |"
		done
}

shown_table() { grep -E '^\| `polc ' "$readme"; }

update() {
	block run | session >"$work/console"
	table >"$work/table"
	example >"$work/example"
	awk -v work="$work" '
		function put(file,   line) { while ((getline line <(work "/" file)) > 0) print line }
		/^<!-- file first.pol -->/ { which = "example" }
		/^<!-- run -->/ { which = "console" }
		/^```/ && which { print; fence++; if (fence == 1) put(which); else { which = ""; fence = 0 } next }
		which && fence { next }
		/^\| `polc / { next }
		{ print }
		/^\| command \| does \|/ { in_table = 1; next }
		in_table { put("table"); in_table = 0 }' "$readme" >"$work/README.md"
	cp "$work/README.md" "$readme"
}

if [ "${1:-}" = --update ]; then
	update
	exit
fi

same() { diff <("$1") <("$2"); }
example_shown() { block 'file first.pol'; }
output_shown() { block run; }
output_real() { block run | session; }

dead_links() {
	local page=$1 link

	grep -oE '\]\([^)#]+[)#]' "$page" | sed 's/^](//; s/.$//' | while read -r link; do
		case $link in
		http*) ;;
		*) [ -e "$(dirname "$page")/$link" ] || echo "$page: $link leads nowhere" ;;
		esac
	done
}

# A path in backquotes is a place in the tree, unless a NAME in it stands for any.
# shellcheck disable=SC2016
missing_paths() {
	grep -oE '`(lang|compiler|verifier|codegen|bpf|runtime|tests|examples|doc|\.ci)/[^` ]*`' "$1" |
		tr -d '`' | grep -v NAME | sort -u | while read -r path; do
		[ -e "$POLC_SRCDIR/$path" ] || echo "$(basename "$1") names $path, which does not exist"
	done
}

check "the example of the README is examples/first.pol" same example_shown example
check "the output that the README shows is what the commands print" same output_shown output_real
check "the README has every command with its summary" same shown_table table
for page in "$POLC_SRCDIR"/*.md "$POLC_SRCDIR"/doc/*.md; do
	check_empty "every link of $(basename "$page") leads somewhere" dead_links "$page"
	check_empty "every path in $(basename "$page") is there" missing_paths "$page"
done
check "the demo and the test command of the README can be run" \
	test -x "$POLC_SRCDIR/examples/demo.sh" -a -x "$POLC_SRCDIR/tests/run.sh"
tap_done
