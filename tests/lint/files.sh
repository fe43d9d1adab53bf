# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the lint scripts look at: the project's own files, never what a build leaves behind.
# shellcheck source=tests/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/../tap.sh"

cd "${POLC_SRCDIR:-$(dirname "${BASH_SOURCE[0]}")/../..}" || exit 99

rooms=(lang compiler verifier codegen bpf runtime tests examples doc)

# Every file of the project, one a line: from git where there is a checkout, else from disk.
project_files() {
	if git -c safe.directory='*' rev-parse --git-dir >/dev/null 2>&1; then
		git -c safe.directory='*' ls-files --cached --others --exclude-standard |
			while read -r f; do [ ! -f "$f" ] || echo "$f"; done
	else
		find "${rooms[@]}" LICENSES .ci -type f \
			! -name '*.o' ! -name '*.a' ! -name '*.log' ! -name '*.trs' ! -name '.dirstamp' \
			! -path '*/.deps/*' ! -path '*/.libs/*'
		ls configure.ac Makefile.am LICENSE ./*.md .clang-format
	fi 2>/dev/null | sed 's|^\./||' | LC_ALL=C sort
}

# C as people write it: no golden output, no examples of bad input.
c_files() {
	project_files | grep -E '\.[ch]$' | grep -v '^tests/golden/'
}

scripts() {
	project_files | while read -r f; do
		case $f in
		*.sh | *.bash) echo "$f" ;;
		*.*) ;;
		*) ! head -n 1 "$f" | grep -q '^#!/bin/bash' || echo "$f" ;;
		esac
	done
}
