#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The page of `polc reach --format html`, in a browser: what it shows is what the JSON says, and a
# person can search it, walk it with the keyboard, print it, and trust it with any name.
set -u
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"

command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null || skip_all "no chromium"
src=$(cd "${POLC_SRCDIR:-$(dirname "$0")/../..}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 99

# Thousands of pods of 30 teams with ten applications each, which three hundred groups stand for.
many_pods() {
	local apps=(web api db cache queue worker auth mail search batch) team i app
	local seen='[{podSelector: {matchLabels: {app: %s}}}]'

	for ((team = 10; team < 40; team++)); do
		for ((i = 0; i < 10; i++)); do
			printf -- "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: for-%s, namespace: team-%d}\n" "${apps[i]}" $team
			# shellcheck disable=SC2059
			printf "spec: {podSelector: {matchLabels: {app: %s}}, ingress: [{from: $seen, ports: [{port: %d}]}]}\n" \
				"${apps[i]}" "${apps[(i + team) % 10]}" $((8000 + i % 6))
		done
	done
	for ((i = 0; i < 5000; i++)); do
		team=$((10 + i % 30)) app=${apps[i / 30 % 10]}
		printf -- "---\napiVersion: v1\nkind: Pod\nmetadata: {name: %s-%d, namespace: team-%d, labels: {app: %s}}\nstatus: {podIP: 10.1.%d.%d}\n" \
			"$app" $i $team "$app" $((i / 250)) $((i % 250 + 1))
	done
}

# asked ARGUMENT...: the options that ask for the flows of the page, as JSON has none without: the ports that
# are asked for if none is named, and all endpoints, the world and the node, unless ends are named, or stand
# in groups
asked() {
	local everybody=1

	case " $* " in
	*" --probes "*) return ;;
	*" --from "* | *" --group "*) everybody=0 ;;
	esac
	"$POLC" reach "$@" --from world --format csv -q 2>/dev/null | awk -F, -v everybody=$everybody '
		NR > 1 && !port[$3]++ { print "--port", $3 }
		NR > 1 && everybody && !end[$2]++ { print "--from", $2, "--to", $2 }
		END {
			if (NR < 2) print "--port tcp/80"
			else if (everybody) print "--from world --to world --from host --to host"
		}'
}

# ask NAME ARGUMENT...: as a page and as JSON
ask() {
	timeout 60 "$POLC" reach "${@:2}" --format html -q >"$1.html" 2>>err || cat err
	# shellcheck disable=SC2046 # options and their arguments
	timeout 60 "$POLC" reach "${@:2}" $(asked "${@:2}") --format json -q >"$1.json" 2>>err || cat err
}

cat >'<img src=x onerror=alert(2)>.pol' <<'POL'
endpoint shop/web { labels { app = web } address 10.0.0.1 }
endpoint shop/db { labels { app = db } address 10.0.0.2 }
policy db for { app = db } {
  ingress { # </script><script>alert(3)</script>
    allow from { app = web } on tcp/5432 # </script><script>alert(4)</script> <!--<script>
  }
}
POL
many_pods >many.yaml
cat >asked.json <<'JSON'
[{"from": "shop/web", "to": "shop/db", "port": "tcp/5432"},
 {"from": "shop/db", "to": "shop/web", "port": "tcp/80"},
 {"from": "cidr:203.0.113.7", "to": "shop/db", "port": "tcp/5432"}]
JSON
ask shop "$src/examples/shop"
ask outside "$src/examples/shop" --from cidr:203.0.113.7 --from shop/web --from shop/db \
	--to shop/db --to shop/web --to cidr:203.0.113.8
cat >requests.pol <<'POL'
endpoint shop/web { labels { app = web } address 10.0.0.1 }
endpoint shop/db { labels { app = db } address 10.0.0.2 }
policy db for { app = db } { ingress { allow from { app = web } on tcp/80 http { GET "/" } } }
POL
ask requests requests.pol
ask inside requests.pol --from shop/web --to shop/db
# thirty endpoints of three namespaces, and one more
for ((i = 0; i < 31; i++)); do
	printf 'endpoint ns%d/pod%d { labels { app = a%d } address 10.0.0.%d }\n' $((i % 3)) $i $((i % 5)) $((i + 1))
done >crowd.pol
cat >>crowd.pol <<'POL'
policy shut for namespace ns0 { app = a0 } { ingress { allow from { app = a1 } on tcp/80 } egress { } }
policy open for namespace ns1 all { ingress { allow from all on tcp/443 } }
policy some for namespace ns2 all {
  ingress { allow from { app = a2 } on tcp/80 }
  egress { allow to cidr 203.0.113.0/24 on tcp/443 }
}
POL
ask crowd crowd.pol
grep -v pod30 crowd.pol >few.pol
ask few few.pol
printf 'endpoint %s { labels { app = x } address 10.8.0.%d }\n' '"host"' 1 '"world"' 2 >called.pol
ask called called.pol
ask ungoverned few.pol --from host --to world
# nothing tells the node from these, but that it is none of them
printf 'endpoint a%d { labels { app = x } }\n' 1 2 3 >alike.pol
ask alike alike.pol --group
ask hostile '<img src=x onerror=alert(2)>.pol'
ask probes '<img src=x onerror=alert(2)>.pol' --probes asked.json
ask many many.yaml --group
echo 'policy db for { app = db } { ingress { } }' >nobody.pol
ask nobody nobody.pol
echo 'endpoint lone { labels { app = lone } address 10.9.0.1 }' >lone.pol
mkdir "it's <b>"
sed 's/policy db/policy store/' requests.pol >$'it\'s <b>/\e[31m\u202e&amp;.pol'
ask named nobody.pol $'it\'s <b>/\e[31m\u202e&amp;.pol' --inventory lone.pol
"$POLC" reach - --format html -q <requests.pol >stdin.html
POLC_SRCDIR=$src exec timeout 120 python3 "$src/tests/reports/page.py" "$work"
