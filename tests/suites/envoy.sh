#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What `polc build --envoy` writes is held against the messages of Envoy's API (envoy.py), which a
# package of npm has: @grpc/grpc-js-xds, Apache-2.0. It is fetched, and where there is no network
# nothing of this is tried, which fails nobody's change.
set -u
POLC_SRCDIR=${POLC_SRCDIR:-$(dirname "$0")/../..}
# shellcheck source=tests/golden/lib.sh
. "$POLC_SRCDIR/tests/golden/lib.sh"

package=@grpc/grpc-js-xds version=1.14.1
sum=fd27db4119c139d5b59e8fe99d109bed04bff491302743ae3bf096667105c607
python=/usr/bin/python3

$python -c 'import google.protobuf' 2>/dev/null || skip_all "python3-protobuf is missing"
command -v protoc >/dev/null || skip_all "protoc is missing"
cd "$work" || exit 99
fetched() { timeout 60 npm pack --silent "$package@$version" >/dev/null 2>&1; }
if ! fetched && ! fetched; then
	ok "npm cannot fetch $package: nothing is held against it"
	tap_done
	exit
fi
check "the package is the one that is known" sha256sum -c --status <<<"$sum  grpc-grpc-js-xds-$version.tgz"
tar xf "grpc-grpc-js-xds-$version.tgz"
api="$work/package/deps"

# The package has a validate.proto that is older than the rest, and without this word, which says
# nothing of a field that is set.
find "$api/envoy-api" -name '*.proto' -exec sed -i 's/ignore_empty: *true//' {} +

compile() {
	protoc -I "$api/envoy-api" -I "$api/googleapis" -I "$api/protoc-gen-validate" -I "$api/xds" \
		--include_imports --descriptor_set_out="$work/api" \
		envoy/extensions/filters/http/rbac/v3/rbac.proto \
		envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto \
		envoy/config/bootstrap/v3/bootstrap.proto
}
check "the API compiles" compile

build() { "$POLC" build --quiet "$1" -o "$work/bundle" --envoy "$2"; }
keeps() { $python "$POLC_SRCDIR/tests/suites/envoy.py" "$work/api" "$1"; }

for name in shop denied none; do
	check "$name is built" build "$POLC_SRCDIR/tests/golden/envoy/$name.pol" "$name.json"
	check_empty "$name is a configuration of Envoy" keeps "$name.json"
done

# refuses NAME TEXT FILTER: what the filter of jq makes of a good configuration is a fault, told by TEXT.
refuses() {
	jq "$3" shop.json >altered.json
	check "$1 is none" grep -F "$2" <(keeps altered.json)
}
first='.rule_sets[0].http_filters[0].typed_config.rules.policies.unreadable'
refuses "one with an unknown field" 'has no field named "headr"' "$first.permissions[0].headr = {}"
refuses "one with an empty name" 'name: it is too short' "$first.permissions[0].not_rule.header.name = \"\""
refuses "one with an empty permission" 'none of rule is set' "$first.permissions[0] = {}"
refuses "one that is of nobody" 'principals: there are too few' "$first.principals = []"
refuses "one with an unknown option of paths" 'path_with_escaped_slashes_action' \
	'.http_connection_manager.path_with_escaped_slashes_action = "REFUSE"'
tap_done
