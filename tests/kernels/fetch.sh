#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# usage: fetch.sh VERSION DIR
# A kernel of Debian into DIR: DIR/vmlinuz, DIR/lib/modules and DIR/release, its full version.
# VERSION is the beginning of one, say 6.1; the newest package of it is taken. What this release of
# Debian does not have is looked for in others, through lists of our own: the system's stay as they
# are. Generic kernels only: those for clouds cannot share a folder with the host.
set -euo pipefail

version=$1 dir=$2
apt=() # options that make apt look elsewhere

# newest: the package with the highest version among the names that fit.
newest() {
	local names

	names=$(apt-cache "${apt[@]}" pkgnames "linux-image-$version" |
		grep -E "^linux-image-${version//./\\.}([.+-][-0-9a-z.+~]*)?-amd64\$" |
		grep -vE -- '-(cloud|rt|dbg|unsigned)' || true)
	# shellcheck disable=SC2086 # many names
	[ -z "$names" ] || apt-cache "${apt[@]}" show --no-all-versions $names |
		awk -v RS= '{
			name = version = ""
			for (i = 1; i < NF; i++) {
				if ($i == "Package:") name = $(i + 1)
				if ($i == "Version:") version = $(i + 1)
			}
			# A package that only depends on another one holds no kernel.
			if (!/\nDepends:[^\n]* linux-image-/) print version, name
		}' | sort -V | tail -n 1 | cut -d ' ' -f 2
}

# archives: where this system's packages come from, a line each.
archives() {
	local file

	for file in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
		[ -f "$file" ] || continue
		tr -s ' ' '\n' <"$file" | grep -E '^[a-z]+://.*/debian(-security)?/?$' || true
	done
}

look_elsewhere() {
	local lists=$dir/apt at keys=/usr/share/keyrings/debian-archive-keyring.gpg

	mkdir -p "$lists/lists/partial" "$lists/cache/archives/partial"
	archives | sort -u | while read -r at; do
		case ${at%/} in
		*-security) set -- bullseye-security trixie-security ;;
		*) set -- bullseye trixie trixie-backports forky sid ;;
		esac
		for suite in "$@"; do
			echo "deb [signed-by=$keys] ${at%/} $suite main"
		done
	done >"$lists/sources.list"
	apt=(-o "Dir::Etc::sourcelist=$lists/sources.list" -o Dir::Etc::sourceparts=-
		-o "Dir::State::lists=$lists/lists" -o "Dir::Cache=$lists/cache" -o APT::Sandbox::User=root)
	# A suite that is not there is no fault.
	apt-get "${apt[@]}" -qq update || true
}

[ ! -s "$dir/release" ] || exit 0
mkdir -p "$dir"
cd "$dir"
package=$(newest)
if [ -z "$package" ]; then
	look_elsewhere
	package=$(newest)
fi
if [ -z "$package" ]; then
	echo "no package of Debian that is reachable here holds a kernel $version" >&2
	exit 1
fi
release=${package#linux-image-}
echo "fetching $package"
# In newer ones the image, its modules and the list of what is no module have packages of their own.
parts=("$package")
for part in "linux-base-$release" "linux-binary-$release" "linux-modules-$release"; do
	[ -z "$(apt-cache "${apt[@]}" pkgnames "$part")" ] || parts+=("$part")
done
apt-get "${apt[@]}" -q -o APT::Sandbox::User=root download "${parts[@]}"
rm -rf tree
for part in ./*.deb; do
	dpkg -x "$part" tree
done
rm -rf ./*.deb apt
if [ -d tree/usr/lib/modules ]; then
	modules=tree/usr/lib/modules
else
	modules=tree/lib/modules
fi
rm -rf lib
mkdir -p lib
mv "$modules" lib/modules
mv "$(find tree lib -name "vmlinuz*" -type f -size +1M | head -n 1)" vmlinuz
rm -rf tree
depmod -b "$dir" "$release"
echo "$release" >release
