#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# CONNECT passes where a rule allows it, as its host, and leads where that says.
# shellcheck source=tests/proxy/lib.sh
. "$POLC_SRCDIR/tests/proxy/lib.sh"
command -v ncat >/dev/null || skip_all "ncat is missing: install the Debian package ncat"

cat >"$scratch/in.pol" <<'POL'
policy web for { app = web } {
  ingress {
    allow from all on tcp/80 http {
      any "/.*"
    }
    allow from all on tcp/81 http {
      CONNECT ".*" where host = "127.0.0.1"
    }
  }
}
POL
# Behind the proxy, and what is beyond it.
ncat -l 127.0.0.1 $server_port --proxy-type http -k &
pids+=($!)
origin_port=18095
server_at $origin_port
proxy_up "$scratch/in.pol"
check "what is beyond answers" answers $origin_port
check "the proxy answers" answers $proxy_port

# through RULE URL: the status of CONNECT.
through() {
	curl -s -o "$scratch/body" -w '%{http_connect}\n' --proxytunnel -x "http://127.0.0.1:$((proxy_port + $1 - 1))" "$2"
}
check "no rule that speaks of paths allows it" grep -qx 403 <(through 1 http://127.0.0.1:$origin_port/x)
check "a rule that names it does" grep -qx 200 <(through 2 http://127.0.0.1:$origin_port/x)
check "and it leads to its host" grep -q "^GET /x" "$scratch/body"
check "another host is not meant" grep -qx 403 <(through 2 http://127.0.0.2:$origin_port/x)

# raw TARGET HOST: the status line.
raw() { status_line 2 CONNECT "$@"; }
check "whose header says another host is refused" grep -q "^HTTP/1.1 400" \
	<(raw "127.0.0.2:$origin_port" "127.0.0.1:$origin_port")
check "a usual port may be said or not" grep -qv "^HTTP/1.1 400" <(raw 127.0.0.1:80 127.0.0.1:80)
check "or another port" grep -q "^HTTP/1.1 400" <(raw "127.0.0.1:$origin_port" "127.0.0.1:1")
check "or who asks for a path" grep -q "^HTTP/1.1 400" <(raw / 127.0.0.1:$origin_port)
tap_done
