#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every file says its licence, and the right one for its room.
set -u
# shellcheck source=tests/lint/files.sh
. "$(dirname "$0")/files.sh"

# Data whose bytes are the test, and formats without comments.
has_no_comments() {
	case $1 in
	LICENSE | LICENSES/* | tests/lint/words.txt | *.json | *.tsv | *.svg | *.gitignore | .clang-format) return 0 ;;
	tests/golden/*.am | tests/golden/*.sh | tests/golden/*.c) return 1 ;;
	tests/golden/* | tests/fuzz/corpus/* | tests/fuzz/seeds/*) return 0 ;;
	*) return 1 ;;
	esac
}

wanted_licence() {
	case $1 in
	bpf/*.[ch] | tests/golden/codegen/*) echo 'GPL-2.0-only OR BSD-2-Clause' ;;
	*) echo 'Apache-2.0' ;;
	esac
}

wrong_licences() {
	project_files | while read -r f; do
		has_no_comments "$f" && continue
		head -n 3 "$f" | grep -qE "SPDX-License-Identifier: $(wanted_licence "$f")( |\$)" ||
			echo "$f: no line 'SPDX-License-Identifier: $(wanted_licence "$f")' at its head"
	done
}

missing_texts() {
	for f in LICENSE LICENSES/{Apache-2.0,GPL-2.0-only,BSD-2-Clause}.txt; do
		[ -s "$f" ] || echo "$f is missing"
	done
}

check_empty "every file says the licence of its room" wrong_licences
check_empty "the text of every licence is there" missing_texts
tap_done
