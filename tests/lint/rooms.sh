#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The rooms of doc/architecture.md: a file includes headers of its own room and of the rooms
# below it, and no chain of includes leads back to where it began.
set -u
# shellcheck source=tests/lint/files.sh
. "$(dirname "$0")/files.sh"

# "FILE INCLUDED" for each include of a file of the project; an include without a path is
# looked up beside the file.
includes() {
	project_files | grep -E '^(lang|compiler|verifier|codegen|bpf|runtime)/.*\.([chly]|def)$' |
		while read -r f; do
			sed -n 's/^[ \t]*#[ \t]*include[ \t]*"\([^"]*\)".*/\1/p' "$f" | while read -r inc; do
				if [ -e "$inc" ]; then
					echo "$f $inc"
				elif [ -e "$(dirname "$f")/$inc" ]; then
					echo "$f $(dirname "$f")/$inc"
				fi
			done
		done
}

# Which rooms each room may look into. What proves programs looks at programs, which the rest of the
# verifier does not know.
upward() {
	awk '
	BEGIN {
		allowed["base"] = " base "
		allowed["lang"] = " base lang "
		allowed["compiler"] = " base lang compiler "
		allowed["verifier"] = " base lang compiler verifier "
		allowed["codegen"] = " base lang compiler codegen bpf "
		allowed["prove"] = " base lang compiler verifier codegen bpf prove "
		allowed["runtime"] = " base lang compiler verifier codegen bpf prove runtime "
		allowed["bpf"] = " bpf "
	}
	function room(path) {
		if (path ~ /^lang\/base\//)
			return "base"
		if (path ~ /^verifier\/prove\//)
			return "prove"
		sub(/\/.*/, "", path)
		return path
	}
	index(allowed[room($1)], " " room($2) " ") == 0 {
		print $1 " includes " $2 ", but " room($1) " may include only:" allowed[room($1)]
	}'
}

reaches_up() { includes | upward; }

# On a node, what talks to the kernel knows nothing of the node's state, and neither of loads.
within_node() {
	includes | awk '
	function floor(path) {
		if (path ~ /^runtime\/node\/kernel\//)
			return 1
		if (path ~ /^runtime\/node\/state\//)
			return 2
		return path ~ /^runtime\/node\/load\// ? 3 : 0
	}
	floor($1) && floor($1) < floor($2) {
		print $1 " includes " $2 ", which stands above it"
	}'
}

# tsort names the members of a loop on standard error.
loops() { includes | awk '$1 != $2' | { tsort >/dev/null; } 2>&1; }

reads_private() {
	includes | awk '$2 ~ /_internal\.h$/ {
		split($1, from, "/"); split($2, to, "/")
		if (from[1] != to[1])
			print $1 " includes " $2 ", which is private to " to[1]
	}'
}

check_empty "every include leads down, to the same room or a lower one" reaches_up
check_empty "a node's kernel, state and load stand above each other in this order" within_node
check_empty "no include leads in a circle" loops
check_empty "no room includes a private header of another" reads_private
tap_done
