#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a table in the code names, a page explains.
set -u
# shellcheck source=tests/lint/files.sh
. "$(dirname "$0")/files.sh"

# The quoted names of a table: "NAME" as the first string of each row.
diag_codes() {
	sed -n 's/^#define [A-Z_]*CODE_[A-Z0-9_]* *"\([^"]*\)".*/\1/p' lang/base/codes.h ./*/codes.h
}
reasons() { sed -n 's/^[ \t]*X([A-Z_0-9]*, "\([^"]*\)".*/\1/p' bpf/reasons.h; }
checks() { sed -n 's/^X([A-Z_0-9]*, "\([^"]*\)".*/\1/p' verifier/check/checks.def; }
commands() { sed -n 's/^COMMAND(\([a-z_]*\),.*/\1/p' runtime/cli/commands.def; }

# without_section PAGE TITLE...: those that no heading of the page names.
without_section() {
	local page=$1 title

	shift
	[ $# -gt 0 ] || echo "the table of $page is empty"
	for title in "$@"; do
		grep -qE "^#+ \`?$title\`?\$" "$page" || echo "$page: no section '$title'"
	done
}

# What the page explains and nothing can report any more.
stale_sections() {
	local page=$1 title

	shift
	# shellcheck disable=SC2016
	sed -n 's/^### `\(.*\)`$/\1/p' "$page" | while read -r title; do
		printf '%s\n' "$@" | grep -qxF -- "$title" || echo "$page: nothing reports '$title'"
	done
}

# shellcheck disable=SC2046
codes_undocumented() {
	without_section doc/diagnostics.md $(diag_codes) $(reasons)
	stale_sections doc/diagnostics.md $(diag_codes) $(reasons)
}

# shellcheck disable=SC2046
checks_undocumented() { without_section doc/checks.md $(checks); }

commands_undocumented() {
	local cmd

	for cmd in $(commands); do
		[ -f "doc/man/polc-$cmd.1.in" ] || echo "polc $cmd has no man page"
		grep -q "polc $cmd" README.md || echo "README.md does not name polc $cmd"
	done
}

check_empty "every code and every drop reason has a section in doc/diagnostics.md" codes_undocumented
check_empty "every check has a section in doc/checks.md" checks_undocumented
check_empty "every subcommand has a man page and a place in the README" commands_undocumented
tap_done
