#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What polc check says of real policies; see findings.py.
exec python3 "$POLC_SRCDIR/tests/suites/findings.py"
