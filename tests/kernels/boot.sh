#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# usage: boot.sh KERNEL REPORT SECONDS COMMAND [ARG...]
# Runs a command as root in a virtual machine with the kernel that fetch.sh has put into KERNEL.
# It sees this system's files, and what it writes is lost, but for /run/report, which is the folder
# REPORT here. The machine has one processor, no network and no disk, and is emulated: no
# virtualisation by the hardware is needed. Its console goes to REPORT/console, what the command
# prints to REPORT/output, its status to REPORT/status.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
kernel=$1 report=$2 seconds=$3
shift 3
release=$(<"$kernel/release")
tree=$report/initrd

# Modules that the root file system is behind, in the order of loading.
add_modules() {
	local module path

	for module in virtio_pci 9pnet_virtio 9p overlay; do
		modprobe -d "$kernel" -S "$release" --show-depends "$module"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r path; do
		module=${path##*/}
		module=${module%.xz}
		case $path in
		*.xz) xz -dc "$path" >"$tree/modules/$module" ;;
		*) cp "$path" "$tree/modules/$module" ;;
		esac
		echo "$module"
	done >"$tree/modules/order"
}

rm -rf "$tree"
mkdir -p "$tree"/{bin,modules,proc,dev,host,layer,root}
cp /bin/busybox "$tree/bin/busybox"
ln -s busybox "$tree/bin/sh"
cp "$here/init.sh" "$tree/init"
chmod +x "$tree/init"
add_modules
(cd "$tree" && find . | cpio -o -H newc --quiet | gzip -1) >"$report/initrd.gz"
rm -rf "$tree"

{
	printf 'export KERNEL=%q\n' "$kernel"
	export -p | grep -E '^declare -x (POLC_[A-Z_]*|POLC|LC_ALL|NO_COLOR)=' || true
} >"$report/environment"
printf '%q ' "$@" >"$report/job"
rm -f "$report/output" "$report/status"

share() {
	echo -fsdev "local,id=$1,path=$2,security_model=none,multidevs=remap$3" \
		-device "virtio-9p-pci,fsdev=$1,mount_tag=$1"
}
# The plainest of processors, as what it lacks need not be emulated, and a kernel that clears no memory
# twice, guards against no neighbour and waits for nobody.
# shellcheck disable=SC2046
timeout -k 5 "$seconds" qemu-system-x86_64 -accel tcg,thread=multi -cpu qemu64 -smp 1 -m 3072 \
	-nodefaults -nographic -no-reboot -serial stdio -kernel "$kernel/vmlinuz" \
	-initrd "$report/initrd.gz" -append "console=ttyS0 quiet loglevel=3 panic=-1 \
mitigations=off nokaslr audit=0 lsm= init_on_alloc=0 rcupdate.rcu_expedited=1 GUEST=$here/guest.sh" \
	$(share host / ,readonly=on) $(share report "$report" "") </dev/null >"$report/console" 2>&1 ||
	true
[ -s "$report/status" ] || {
	echo "the virtual machine with Linux $release did not come to the end:" >&2
	tail -n 20 "$report/console" | tr -d '\r' >&2
	exit 1
}
