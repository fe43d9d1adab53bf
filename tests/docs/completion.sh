#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The bash completion, driven as readline drives it.
set -u
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"
# shellcheck source=doc/completion/polc.bash
. "$POLC_SRCDIR/doc/completion/polc.bash"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99
touch a.pol b.yaml c.txt
mkdir dir

# complete WORD...: the proposals for the last word, one a line, sorted.
completions() {
	COMP_WORDS=("$POLC" "$@")
	COMP_CWORD=$#
	COMPREPLY=()
	_polc
	printf '%s\n' "${COMPREPLY[@]}" | sort
}

# offers NAME "EXPECTED..." WORD...
offers() {
	local name=$1 want=$2 got

	shift 2
	got=$(completions "$@" | xargs)
	if [ "$got" = "$want" ]; then ok "$name"; else not_ok "$name" "wanted: $want" "got: $got"; fi
}

all_commands=$(sed -n 's/^COMMAND(\([a-z_]*\),.*/\1/p' "$POLC_SRCDIR/runtime/cli/commands.def")
# shellcheck disable=SC2086
offers "the first word is any command, help or a general option" \
	"$(printf '%s\n' $all_commands help --help --version | sort | xargs)" ""
offers "a command is completed from its beginning" "check" ch
offers "an option is completed from its beginning" "--inventory --ipblock" check --i
offers "each command offers its own options" "--werror" check --we
offers "no command offers the options of another" "" fmt --we
offers "a format is one of those the command knows" "github gitlab json junit sarif text" check --format ""
offers "a format is completed behind an equals sign" "sarif" check --format = s
offers "colour is one of three words" "always auto never" build --color ""
offers "what fails a check is one of four levels" "error never note warning" check --fail-on ""
offers "an input is a policy, an inventory or a directory" "a.pol b.yaml dir" check ""
offers "a configuration is YAML" "b.yaml dir" check --config ""
offers "only .pol files are formatted" "a.pol dir" fmt ""
offers "a bundle is a directory" "dir" load ""
offers "help is completed with a command" "reach" help re
offers "a code is completed from its beginning" "shadowed" explain shad
offers "an endpoint is listed or added" "add list" endpoint ""
offers "a peer is listed, put or removed" "list put remove" peer ""

options_of() { "$POLC" "$1" --help | grep -oE '^ +(-[a-zA-Z],)? +--[a-z0-9-]+' | grep -oE -- '--[a-z0-9-]+' | sort | xargs; }
for cmd in $all_commands; do
	offers "every option of polc $cmd is offered" "$(options_of "$cmd")" "$cmd" --
done
tap_done
