#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# An HAProxy that the module does not know asks by Lua, and judges alike.
export POLC_PROXY_LUA=1 POLC_ROUNDS=300
exec bash "$POLC_SRCDIR/tests/proxy/judge.sh"
