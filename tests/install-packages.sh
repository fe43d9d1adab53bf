#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# usage: install-packages.sh SECTION...
# Installs those Debian packages of the named sections of packages.txt that are missing; of a line
# `PACKAGE COMMAND` only where nobody has the command, which another package may have brought.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)

section() {
	awk -v want="[$1]" '/^\[/ { on = $0 == want; next } on && NF && !/^#/' "$here/packages.txt"
}

is_installed() {
	[ "$(dpkg-query -W -f='${Status}' "$1" 2>/dev/null)" = "install ok installed" ]
}

missing=()
for name in "$@"; do
	while read -r package command; do
		if [ -n "$command" ] && command -v "$command" >/dev/null; then continue; fi
		is_installed "$package" || missing+=("$package")
	done < <(section "$name")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null; then
	echo "missing packages: ${missing[*]}" >&2
	echo "This is no Debian system: install their like by hand, then run again." >&2
	exit 1
fi
as_root=()
if [ "$(id -u)" != 0 ]; then
	as_root=(sudo)
fi
echo "installing ${missing[*]}"
"${as_root[@]}" apt-get -qq update
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
	apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null
