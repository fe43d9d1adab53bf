# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The Test Anything Protocol for bash. Source this, call `check` or `ok`/`not_ok` for each
# behaviour, and end with `tap_done`.

tap_count=0
tap_failed=0

ok() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1"
}

# not_ok NAME [LINE...]: the lines say what was seen.
not_ok() {
	local name=$1

	shift
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $name"
	[ $# -eq 0 ] || printf '%s\n' "$@" | sed 's/^/# /'
}

skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

# check NAME COMMAND...: the command must succeed; what it printed is shown if it does not.
check() {
	local name=$1 out

	shift
	if out=$("$@" 2>&1); then
		ok "$name"
	else
		not_ok "$name" "$out"
	fi
}

# check_empty NAME COMMAND...: the command must print nothing; what it prints are the faults.
check_empty() {
	local name=$1 out

	shift
	out=$("$@" 2>&1)
	if [ -z "$out" ]; then
		ok "$name"
	else
		not_ok "$name" "$out"
	fi
}

# check_each FORMAT COMMAND ITEM...: COMMAND ITEM must succeed for each, `tap_at_once` of them (as many
# as there are processors), told in their order; FORMAT makes the name from the last part of ITEM.
check_each() {
	local format=$1 command=$2 at_once=${tap_at_once:-$(nproc)} item name said

	shift 2
	said=$(mktemp -d)
	for item in "$@"; do
		while [ "$(jobs -rp | wc -l)" -ge "$at_once" ]; do wait -n; done
		{ "$command" "$item" >"$said/${item##*/}" 2>&1 || touch "$said/${item##*/}.failed"; } &
	done
	wait
	for item in "$@"; do
		# shellcheck disable=SC2059 # it is a format
		name=$(printf "$format" "${item##*/}")
		if [ -e "$said/${item##*/}.failed" ]; then
			not_ok "$name" "$(<"$said/${item##*/}")"
		else
			ok "$name"
		fi
	done
	rm -rf "$said"
}

# tap_adopt PREFIX: the checks on standard input are ours, too, with PREFIX before their names; what
# else stands there are comments.
tap_adopt() {
	local line

	while IFS= read -r line; do
		case $line in
		'ok '*) ok "$1${line#ok * - }" ;;
		'not ok '*) not_ok "$1${line#not ok * - }" ;;
		1..*) ;;
		*) echo "# ${line#\# }" ;;
		esac
	done
}

skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}

tap_done() {
	echo "1..$tap_count"
	[ "$tap_failed" -eq 0 ]
}
