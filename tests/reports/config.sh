#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The schema of the configuration and its reader take and refuse the same: what an editor marks is what
# polc would refuse.
set -u
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"

python3 -c 'import jsonschema, yaml' 2>/dev/null || skip_all "no python3-jsonschema or python3-yaml"
src=$(cd "${POLC_SRCDIR:-$(dirname "$0")/../..}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99
echo 'policy web for { app = web } { ingress { allow from { app = db } on tcp/80 } }' >web.pol
echo '{"format": 1, "findings": []}' >baseline.json

# In JSON, which the schema is about, as polc reads it: N.yaml becomes N.json.
to_json() {
	python3 -c '
import json, sys, yaml
for name in sys.argv[1:]:
    with open(name, encoding="utf-8") as f, open(name[:-4] + "json", "w", encoding="utf-8") as out:
        json.dump(yaml.safe_load(f), out)' "$@"
}
# The schema's faults, of all documents at once: the interpreter takes longer to start than to judge.
ask_schema() { python3 "$src/tests/reports/validate.py" "$src/doc/schemas/config.json" "$@" >faults; }
schema_takes() { ! grep "^$n.json:" faults; }
reader_takes() {
	"$POLC" check --config config.yaml web.pol >out 2>&1
	[ $? -le 1 ] || { cat out && return 1; }
}
refused() { ! "$@"; }
# The place of the mistake is told.
tells_place() { grep -qE '^config\.yaml:[0-9]+:[0-9]+: error: ' out || { cat out && return 1; }; }

lines=() expects=()
while IFS= read -r line; do
	case $line in
	'') continue ;;
	good: | bad:) expect=${line%:} && continue ;;
	esac
	lines+=("$line") expects+=("$expect")
	printf '%b\n' "$line" >"${#lines[@]}.yaml"
done <<'END'
good:
version: 1
{"version": 1}
version: 1\ninclude: []
version: 1\ninclude: [web.pol, a/b/..c, .]
version: 1\ninclude:
version: 1\nexclude: [vendor/, "!/a", "../x"]
version: 1\ninventories: [web.pol]
version: 1\npod-cidrs: [10.244.0.0/16, "fd00::/8"]
version: 1\nipblock: external
version: 1\nipblock: pods
version: 1\nlevels: {one-sided: off, shadowed: error, redundant: "off", contradiction: info, empty-rule: warning}
version: 1\nlevels:
version: 1\nbaseline: baseline.json
bad:
{}
[]
version
version: 2
version: "1"
version: 1\nexlude: [a]
version: 1\nkustomize: [a]
version: 1\ninclude: web.pol
version: 1\ninclude: [5]
version: 1\ninclude: [""]
version: 1\ninclude: [[a]]
version: 1\ninclude: [null]
version: 1\ninclude: [/etc]
version: 1\ninclude: [a/../..]
version: 1\ninventories: [../a]
version: 1\ninventories: {a: b}
version: 1\nexclude: {a: b}
version: 1\nexclude: [true]
version: 1\npod-cidrs: [anywhere]
version: 1\npod-cidrs: [7]
version: 1\npod-cidrs: 10.0.0.0/8
version: 1\nipblock: both
version: 1\nipblock: [pods]
version: 1\nlevels: [shadowed]
version: 1\nlevels: {shadowed: loud}
version: 1\nlevels: {shadowed: true}
version: 1\nlevels: {shadowed: 1}
version: 1\nlevels: {shadowed: null}
version: 1\nbaseline: /a
version: 1\nbaseline: ../a
version: 1\nbaseline: ""
version: 1\nbaseline: [a]
END

to_json [0-9]*.yaml
ask_schema [0-9]*.json
for ((n = 1; n <= ${#lines[@]}; n++)); do
	line=${lines[n - 1]}
	cp "$n.yaml" config.yaml
	if [ "${expects[n - 1]}" = good ]; then
		check "the schema takes $line" schema_takes
		check "the reader takes $line" reader_takes
	else
		check "the schema refuses $line" refused schema_takes
		check "the reader refuses $line" refused reader_takes
		check "with a place" tells_place
	fi
done
properties() { jq -r '.properties | keys[]' "$src/doc/schemas/config.json" | sort; }
undocumented() { properties | while read -r key; do grep -qF "\`$key\`" "$src/doc/configuration.md" || echo "$key"; done; }
check_empty "doc/configuration.md explains every key" undocumented
tap_done
