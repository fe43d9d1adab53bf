#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# On a kernel that lacks what the programs need, a load says so in plain words and leaves nothing.
# shellcheck disable=SC2119 # functions without arguments
# shellcheck source=tests/kernel/runtime/lib.sh
. "$POLC_SRCDIR/tests/kernel/runtime/lib.sh"

kernel_start
node_up
workload_up web 10.77.0.2 fd77::2
{
	pod web
	network_policy web web "policyTypes: [Ingress], ingress: []"
} >"$work/policy.yaml"
check "the policy builds" build bundle "$work/policy.yaml"

said=$(load "$work/bundle" --attach shop/web=web 2>&1)
status=$?
case $status:$said in
3:*'lacks '*'load on a node with Linux 5.12 or newer'*'[kernel-too-old]'*) ok "a load tells what is missing" ;;
*) not_ok "a load tells what is missing" "status $status" "$said" ;;
esac
printf '# %s\n' "$said"
if [ -e "$pins" ] || has_clsact web; then
	not_ok "and leaves nothing behind" "$(ls "$pins")"
else
	ok "and leaves nothing behind"
fi
tap_done
