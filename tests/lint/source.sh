#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The form of the sources: formatted, short, finished, spelled.
set -u
# shellcheck source=tests/lint/files.sh
. "$(dirname "$0")/files.sh"

max_lines=700

too_long() {
	c_files | grep -v '^tests/' | while read -r f; do
		n=$(wc -l <"$f")
		[ "$n" -le $max_lines ] || echo "$f has $n lines; over $max_lines a file holds two ideas"
	done
}

# The words are in two halves here so that this file does not find itself.
unfinished() {
	project_files | grep -E '\.([chly]|def|sh|bash|am|ac|awk)$|^\.ci/' |
		xargs grep -nwE 'TO''DO|FIX''ME|XX''X|HA''CK'
}

dead_code() {
	c_files | xargs grep -nE '^[ \t]*#[ \t]*if 0|^[ \t]*//'
}

tracked_white_space() {
	project_files | grep -vE '^tests/(golden|fuzz)/|^LICENSE' | xargs grep -nIE '[ 	]+$'
}

# On all processors, a few files at a time.
spread() { xargs -P "$(nproc)" -n 24 "$@"; }

misformatted() {
	c_files | spread clang-format --dry-run -Werror 2>&1 | grep -E 'error:' | head -n 40
}

shell_faults() {
	scripts | spread shellcheck --external-sources --source-path=SCRIPTDIR --source-path=. \
		--severity=style --exclude=SC1091
}

misspelled() {
	project_files | grep -vE '^tests/(golden|fuzz|suites)/|^LICENSE' |
		spread codespell --ignore-words=tests/lint/words.txt
}

# need TOOL NAME CHECK: a missing tool is a skipped check, never a passed one.
need() {
	if command -v "$1" >/dev/null; then
		check_empty "$2" "$3"
	else
		skip "$2" "$1 is not installed"
	fi
}

check_empty "no source file is longer than $max_lines lines" too_long
check_empty "no source file says that it is unfinished" unfinished
check_empty "no code is commented out" dead_code
check_empty "no line ends in white space" tracked_white_space
need clang-format "every C file is in the one format (make format)" misformatted
need shellcheck "every script passes shellcheck" shell_faults
need codespell "every word is spelled as the dictionary has it" misspelled
tap_done
