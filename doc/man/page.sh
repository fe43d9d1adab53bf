#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# usage: page.sh POLC PAGE.in
# Writes a man page: the template, with @TITLE@, @HEAD@ (title, NAME, SYNOPSIS), @COMMANDS@,
# @OPTIONS@ and @EXIT@ filled in from what the program itself says, so that the page and the program agree.
set -euo pipefail

polc=$1
template=$2
page=$(basename "$template" .in)
section=${page##*.}
name=${page%.*}
version=$("$polc" --version)
command=
[ "$name" = polc ] || [ "$section" != 1 ] || command=${name#polc-}
if [ -n "$command" ]; then
	help=$("$polc" "$command" --help)
else
	help=$("$polc" --help)
fi

# Dashes and backslashes as roff wants them in text that somebody may copy.
roff() { sed 's/\\/\\e/g; s/-/\\-/g; s/^\./\\\&./; s/\.\.\./.\\|.\\|./g'; }

summary() { sed -n '1s/^[^:]*: //p' <<<"$help"; }
usage() { sed -n 's/^usage: polc //p' <<<"$help"; }

title() { printf '.TH %s %s "" "%s" "polc manual"\n' "${name^^}" "$section" "$version"; }

head_of_page() {
	title
	printf '.SH NAME\n%s \\- %s\n' "$(roff <<<"$name")" "$(summary | roff)"
	printf '.SH SYNOPSIS\n.B polc\n%s\n' "$(usage | roff)"
}

# The lines `  left     right` of the help, in two columns.
commands() {
	awk '/^  [a-z]/ { name = $1; $1 = ""; sub(/^ /, ""); print name; print }' <<<"$help" |
		while read -r name && read -r text; do
			printf '.TP\n.BR polc\\-%s (1)\n%s\n' "$name" "$(roff <<<"$text")"
		done
}

options() {
	awk '/^  [ -]/ { print substr($0, 3, 32); print substr($0, 36) }' <<<"$help" |
		while read -r left && read -r text; do
			printf '.TP\n.B %s\n%s\n' "$(roff <<<"$left")" "$(roff <<<"$text")"
		done
	sed -n 's/^Formats: //p' <<<"$help" | while read -r first rest; do
		printf '.PP\nFormats:\n.B %s\n(the default)%s.\n' "$first" "${rest:+, ${rest// /, }}"
	done
}

exit_status() {
	cat <<'END'
.SH "EXIT STATUS"
.TP
.B 0
Fine.
.TP
.B 1
Findings, a difference, or a failed proof.
.TP
.B 2
Bad input or usage. Nothing was written or changed.
.TP
.B 3
An internal or system fault.
END
}

while IFS= read -r line; do
	case $line in
	@TITLE@) title ;;
	@HEAD@) head_of_page ;;
	@COMMANDS@) commands ;;
	@OPTIONS@) options ;;
	@EXIT@) exit_status ;;
	*) printf '%s\n' "$line" ;;
	esac
done <"$template"
