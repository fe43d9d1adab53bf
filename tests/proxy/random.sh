#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Random rule sets and requests: what HAProxy does is what the interpreter says.
# shellcheck source=tests/proxy/lib.sh
. "$POLC_SRCDIR/tests/proxy/lib.sh"

seed=${POLC_SEED:-$((RANDOM * 32768 + RANDOM))} sets=300 requests=200
sets_at="$POLC_BUILDDIR/tests/proxy/random_sets"
echo "# POLC_SEED=$seed"
server_up
mkdir "$state"
"$sets_at" make "$seed" $sets "$state" "$POLC_BUILDDIR/runtime/proxy" "$POLC_BUILDDIR/runtime/proxy/polc.lua" \
	20000 127.0.0.1:$server_port
run_haproxy "$state/haproxy.cfg"
check "the server answers" answers $server_port
check "the proxy answers" answers 20000
check "$sets rule sets judge $requests requests each as the interpreter does" \
	"$sets_at" ask "$seed" $sets $requests 20000
tap_done
