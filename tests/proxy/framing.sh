#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Raw messages of the suite, which smuggle requests past those who read them otherwise: what has to be
# rejected does not reach the server, and what reaches it has one reading.
# shellcheck source=tests/proxy/lib.sh
. "$POLC_SRCDIR/tests/proxy/lib.sh"

cat >"$scratch/in.pol" <<'POL'
policy web for { app = web } {
  ingress {
    allow from all on tcp/80 http {
      any ".*"
    }
  }
}
POL
# shellcheck disable=SC2016 # of jq
others='select(.type == "request" or .type == null) |
	(if .verdict != "reject" then "any" elif .bytes | test("0d0a(20|09)") then "reject-or-unfold" else "reject" end) as $need |
	"\(.id // "llhttp-\(input_line_number)") \($need) \(.bytes)"'
from=$POLC_SUITES/http-normalisation
{
	jq -r '"\(.id) \(.need) \(.bytes)"' "$from/framing.jsonl"
	# What their readers refuse; a line that is folded may be put in one (RFC 9112, section 5.2).
	jq -r "$others" "$from/llhttp.jsonl" "$from/go-net-http.jsonl"
} >"$scratch/messages"
proxy_up "$scratch/in.pol"
check "the proxy answers" answers $proxy_port
tap_adopt "" < <("$POLC_BUILDDIR/tests/proxy/framing" $proxy_port $server_port <"$scratch/messages")
tap_done
