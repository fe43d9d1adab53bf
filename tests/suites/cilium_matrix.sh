#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Cilium's matrix of allow, deny and requests; see cilium_matrix.py.
exec python3 "$POLC_SRCDIR/tests/suites/cilium_matrix.py"
