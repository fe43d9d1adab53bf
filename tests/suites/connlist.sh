#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The connection lists of np-guard; see connlist.py.
exec python3 "$POLC_SRCDIR/tests/suites/connlist.py"
