# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Completion of polc for bash. Commands, options and formats come from the program that is being
# completed (`polc --help`, `polc COMMAND --help`), so this file never disagrees with it.

_polc_commands() {
	"$1" --help 2>/dev/null | awk '/^  [a-z]/ { print $1 }'
}

# The options of a command: "-f --format NAME" a line, with what there is of it.
_polc_options() {
	"$1" "$2" --help 2>/dev/null | awk '/^  [ -]/ { sub(/,/, " "); print substr($0, 1, 35) }'
}

_polc_option_words() {
	_polc_options "$1" "$2" | awk '{ for (i = 1; i <= NF; i++) if ($i ~ /^-/) print $i }'
}

# The name of the argument that an option takes; nothing if it takes none.
_polc_argument_of() {
	_polc_options "$1" "$2" | awk -v option="$3" '
		{ for (i = 1; i <= NF; i++) if ($i == option && $NF !~ /^-/) { print $NF; exit } }'
}

_polc_formats() {
	"$1" "$2" --help 2>/dev/null | sed -n 's/^Formats: //p'
}

_polc_words() {
	local cur=$1

	shift
	mapfile -t COMPREPLY < <(compgen -W "$*" -- "$cur")
}

# _polc_files CUR PATTERN: directories, and files whose name matches.
_polc_files() {
	local f

	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(
		compgen -d -- "$1"
		compgen -f -- "$1" | while IFS= read -r f; do
			[[ -d $f || ! $f =~ $2 ]] || printf '%s\n' "$f"
		done
	)
}

_polc_endpoints() {
	"$1" endpoint list --format json 2>/dev/null |
		grep -o '"name": *"[^"]*"' | sed 's/.*: *"//; s/"$//'
}

_polc_value() {
	local polc=$1 cmd=$2 option=$3 cur=$4

	case $option in
	-f | --format) _polc_words "$cur" "$(_polc_formats "$polc" "$cmd")" ;;
	--color) _polc_words "$cur" auto always never ;;
	--ipblock) _polc_words "$cur" pods external ;;
	--expect) _polc_words "$cur" allow deny ;;
	--fail-on) _polc_words "$cur" error warning note never ;;
	-i | --inventory) _polc_files "$cur" '\.(pol|ya?ml|json)$' ;;
	--config) _polc_files "$cur" '\.ya?ml$' ;;
	--probes) _polc_files "$cur" '\.json$' ;;
	-o | --output | --pin-dir | --kustomize) _polc_files "$cur" '^$' ;;
	esac
}

_polc_operand() {
	local polc=$1 cmd=$2 cur=$3

	case $cmd in
	check | build | reach | why) _polc_files "$cur" '\.(pol|ya?ml|json)$' ;;
	explain) _polc_words "$cur" "$("$polc" explain 2>/dev/null | awk '{ print $1 }')" ;;
	fmt) _polc_files "$cur" '\.pol$' ;;
	load) _polc_files "$cur" '^$' ;;
	unload) _polc_words "$cur" "$(_polc_endpoints "$polc")" ;;
	endpoint) _polc_words "$cur" add list ;;
	peer) _polc_words "$cur" list put remove ;;
	proxy) _polc_words "$cur" run ;;
	help) _polc_words "$cur" "$(_polc_commands "$polc")" ;;
	esac
}

_polc() {
	local polc=${COMP_WORDS[0]} cmd=${COMP_WORDS[1]:-} cur=${COMP_WORDS[COMP_CWORD]}
	local prev=${COMP_WORDS[COMP_CWORD - 1]}

	COMPREPLY=()
	# bash breaks --format=json into three words.
	if [[ $cur == '=' ]]; then
		cur=
	elif [[ $prev == '=' ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	if ((COMP_CWORD == 1)); then
		_polc_words "$cur" "$(_polc_commands "$polc")" help --help --version
	elif [[ $prev == -* && -n $(_polc_argument_of "$polc" "$cmd" "$prev") ]]; then
		_polc_value "$polc" "$cmd" "$prev" "$cur"
	elif [[ $cur == -* ]]; then
		_polc_words "$cur" "$(_polc_option_words "$polc" "$cmd")"
	else
		_polc_operand "$polc" "$cmd" "$cur"
	fi
}

complete -F _polc polc
