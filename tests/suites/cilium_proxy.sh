#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The cases of Cilium's proxy; see cilium_proxy.py.
exec python3 "$POLC_SRCDIR/tests/suites/cilium_proxy.py"
