#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The first process of the virtual machine: the host's files, read-only, under a layer of memory
# that takes what is written; then tests/kernels/guest.sh in there. B is busybox.
# shellcheck disable=SC3040,SC2086
B=/bin/busybox
share="-o trans=virtio,version=9p2000.L,cache=loose,msize=262144"

$B mount -t proc proc /proc
$B mount -t devtmpfs dev /dev
while read -r module; do
	$B insmod "/modules/$module" || echo "insmod $module failed"
done </modules/order
$B mount -t 9p $share,ro host /host || $B poweroff -f
$B mount -t tmpfs tmpfs /layer
$B mkdir /layer/upper /layer/work
$B mount -t overlay overlay -o lowerdir=/host,upperdir=/layer/upper,workdir=/layer/work /root
for at in /root/proc /root/sys /root/dev /root/run; do
	$B mkdir -p $at
done
$B mount --move /proc /root/proc
$B mount --move /dev /root/dev
$B mount -t sysfs sys /root/sys
$B mount -t tmpfs tmpfs /root/run
$B mkdir /root/run/report
$B mount -t 9p -o trans=virtio,version=9p2000.L report /root/run/report
exec $B chroot /root /bin/bash "$GUEST"
