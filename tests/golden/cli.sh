#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The contract of the command line: exit status, where output goes, and that bad usage or
# input writes nothing.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
n=0

# expect STATUS NAME COMMAND...: runs the command; its output is in $work/out and $work/err
expect() {
	local want=$1 name=$2 got
	shift 2
	n=$((n + 1))
	"$@" >out 2>err </dev/null
	got=$?
	if [ "$got" -eq "$want" ]; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name: exit status $got, not $want"
		head -5 out err | sed 's/^/# /'
	fi
}

# holds NAME TEST...: one more check on what the last command left
holds() {
	local name=$1
	shift
	n=$((n + 1))
	if "$@" >/dev/null 2>&1; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
	fi
}

cat >good.pol <<'POL'
endpoint shop/web { labels { app = web } address 10.0.0.1 }
endpoint shop/db { labels { app = db } address 10.0.0.2 }

policy db for { app = db } {
  ingress {
    allow from { app = web } on tcp/5432
  }
}
POL
cat >requests.pol <<'POL'
endpoint shop/web { labels { app = web } address 10.0.0.1 }
endpoint shop/db { labels { app = db } address 10.0.0.2 }

policy db for { app = db } {
  ingress {
    allow from { app = web } on tcp/80 http {
      GET "/public/.*"
      POST "/cart" where header "X-Token" =~ "[0-9]+" and host "cart.shop"
      deny any "/public/secret"
    }
    allow from { app = web } on tcp/9092 kafka {
      consume topic "prices" client "web"
    }
    allow from { app = web } on tcp/81
  }
}
POL
cat >requests.json <<'JSON'
[{"from": "shop/web", "to": "shop/db", "port": "tcp/80"},
 {"from": "shop/web", "to": "shop/db", "port": "tcp/80", "request": {"method": "GET", "path": "/public/a?b=c"}},
 {"from": "shop/web", "to": "shop/db", "port": "tcp/80", "request": {"method": "GET", "path": "/public/secret"}},
 {"from": "shop/web", "to": "shop/db", "port": "tcp/80",
  "request": {"method": "POST", "path": "/cart", "host": "CART.shop:80", "headers": [["x-token", "42"]]}},
 {"from": "shop/web", "to": "shop/db", "port": "tcp/80", "request": {"grpc": "pkg.Svc/Method", "headers": []}},
 {"from": "shop/web", "to": "shop/db", "port": "tcp/9092",
  "request": {"kafka": {"api": "fetch", "topic": "prices", "client": "web"}}},
 {"from": "shop/web", "to": "shop/db", "port": "tcp/9092", "request": {"method": "GET", "path": "/"}},
 {"from": "shop/web", "to": "shop/db", "port": "tcp/81", "request": {"method": "GET", "path": "/"}},
 {"from": "shop/web", "to": "shop/db", "port": "tcp/82", "request": {"method": "GET", "path": "/"}}]
JSON
{
	# Twenty labels that can all be there or not: two to the twentieth kinds of peers.
	printf 'endpoint a { labels { k1 = v } address 10.0.0.1 }\npolicy keys for all { ingress {\n'
	for i in {1..20}; do echo "allow from { k$i = v } on tcp/80"; done
	echo '} }'
} >keys.pol
printf 'policy broken for {\n' >bad.pol
printf '[{"from":"shop/web","to":"shop/db","port":"tcp/5432"},{"from":"shop/web","to":"shop/db","port":"tcp/80"}]' >probes.json
wrong_probe='[{"from":"shop/wbe","to":"shop/db","port":"tcp/1"}]'

# A command that hangs is a failure like any other.
polc() { timeout 20 "$POLC" "$@"; }
check_stdin() { polc check - <good.pol; }
probe_wrong_name() { polc reach good.pol --probes - <<<"$wrong_probe"; }
fmt_full_device() { polc fmt good.pol >/dev/full; }

commands=$(polc --help | sed -n 's/^  \([a-z]*\)  .*/\1/p')

expect 0 "polc --version" polc --version
expect 0 "polc --help" polc --help
expect 2 "no command at all is a usage error" polc
holds "and it writes nothing to standard output" test ! -s out
expect 2 "an unknown command is a usage error" polc chekc
holds "and it suggests the command that was meant" grep -q "did you mean 'check'" err
for cmd in $commands; do
	expect 0 "polc $cmd --help" polc "$cmd" --help
	holds "the help of $cmd shows how to use it" grep -q "^usage: polc $cmd" out
	expect 2 "polc $cmd refuses an unknown option" polc "$cmd" --no-such-option
	expect 2 "polc $cmd refuses an unknown format" polc "$cmd" --format no-such-format
done
expect 0 "a clean policy is fine" polc check good.pol
expect 0 "a policy from standard input is fine" check_stdin
expect 2 "a policy that does not parse is bad input" polc check bad.pol
holds "the diagnostic names file, line and column" grep -q '^bad.pol:2:1: error: ' out
expect 2 "a missing file is bad input" polc check nowhere.pol
cat >refused.yaml <<'YAML'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {}
  ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: ["2001:db8::/32"]}}]}]
YAML
while read -r line; do
	read -ra command <<<"$line"
	expect 2 "what the API server refuses is no input of polc ${command[0]}" polc "${command[@]}"
	holds "which says where it is" grep -q '^refused.yaml:6:59: error: .*\[bad-address\]' <(cat out err)
done <<'COMMANDS'
check refused.yaml good.pol
build -o refused refused.yaml good.pol
reach refused.yaml good.pol
why refused.yaml good.pol --from shop/web --to shop/db --port tcp/5432
diff good.pol refused.yaml
diff refused.yaml good.pol
COMMANDS
holds "and builds nothing" test ! -e refused
expect 2 "counters of another kind are bad usage" polc build --counters all -o b good.pol
expect 2 "a count of events is a number from 1 on" polc monitor --count 0
expect 2 "JSON diagnostics keep the exit status" polc check --format json bad.pol
holds "and are JSON" jq -e '.errors == 1 and .diagnostics[0].line == 2' out
expect 2 "SARIF diagnostics keep the exit status" polc check --format sarif bad.pol
holds "and are SARIF 2.1.0" jq -e '.version == "2.1.0" and (.runs[0].results | length) == 1' out
expect 2 "GitHub annotations keep the exit status" polc check --format github bad.pol
holds "and are workflow commands" grep -q '^::error file=bad.pol,line=2,col=1.*,title=polc%3A syntax::' out
cp bad.pol 'a,b:c%.pol'
expect 2 "a file may have any name" polc check --format github 'a,b:c%.pol'
holds "and its special characters are escaped" grep -q '^::error file=a%2Cb%3Ac%25.pol,line=2,' out
expect 2 "a build without -o is a usage error" polc build good.pol
expect 2 "a build of a bad policy is bad input" polc build bad.pol -o bundle
holds "and leaves no bundle" test ! -e bundle
expect 0 "a build of a good policy" polc build good.pol -o bundle
holds "leaves a manifest" jq -e '.format == 6 and (.compiler | test("^clang [0-9.]+$"))' bundle/manifest.json
holds "which tells shapes by a short name and by what they can do" jq -e '.shapes | length == 2 and
	all(.[]; (.name | test("^[0-9a-f]{12}$")) and (.features | length > 0))' bundle/manifest.json
holds "and so does the head of a program" grep -q '^ \*   in4 *judges IPv4 to the endpoint' bundle/shapes/*.bpf.c
holds "leaves what it costs a node" jq -e '.identities == 65536 and (.shapes | length) == 2 and
	all(.node[]; .now <= .worst and .worst <= .limit)' bundle/resources.json
expect 0 "what it costs is in the JSON of a build" polc build good.pol -o bundle --format json
holds "as in the bundle" test "$(jq -S .resources out)" = "$(jq -S . bundle/resources.json)"
mkdir -p one/shop two/deep/shop
cp good.pol one/shop
cp good.pol two/deep/shop
here=$PWD
built_in() {
	(cd "$1" && polc build "$2" -o "$here/placed" >/dev/null && sha256sum <"$here/placed/manifest.json") >>hashes
}
built_anywhere() {
	: >hashes
	built_in . one/shop && built_in one shop/good.pol && built_in one/shop . &&
		built_in / "$here/two/deep/shop" && built_in two/deep/shop "../shop/good.pol"
}
expect 0 "a build names sources as it likes" built_anywhere
holds "and a bundle does not depend on where they lie" test "$(sort hashes | uniq -c | awk '{ print $1 }')" = 5
holds "nor tell it" test "$(grep -rl "$here" placed | wc -l)" = 0
expect 2 "a policy that could outgrow a node is refused" polc build keys.pol -o large
holds "with the limit" grep -q 'would need 65537 peer classes, and it has room for 32767 \[resource-limit\]' err
holds "and the policy that costs most" grep -q "policy 'keys' takes part with 20 peers" err
holds "and no bundle" test ! -e large
expect 0 "it is built for fewer identities" polc build keys.pol -o large --identities 1000
expect 2 "identities are a number" polc build good.pol -o b --identities many
expect 2 "a node has an endpoint at least" polc build good.pol -o b --node-endpoints 0
mkdir -p precious && echo data >precious/file
expect 2 "a build does not overwrite what is no bundle" polc build good.pol -o precious
holds "and keeps what was there" grep -q data precious/file
expect 0 "probes are answered" polc reach good.pol --probes probes.json --format json
holds "in order" jq -e '[.flows[].verdict] == ["allow", "deny"]' out
expect 2 "a probe of an unknown endpoint is bad input" probe_wrong_name
holds "and nothing is answered" test ! -s out
expect_probe() { printf '{"from":"shop/web","to":"shop/db","port":"%s","expect":"%s"}' "$@"; }
echo "[$(expect_probe tcp/5432 allow), $(expect_probe tcp/80 deny)]" >met.json
echo "[$(expect_probe tcp/5432 allow), $(expect_probe tcp/80 allow)]" >unmet.json
echo "[$(expect_probe tcp/80 depends)]" >bad.json
expect 0 "probes that come as expected" polc reach good.pol --probes met.json
holds "are not told" sh -c "! grep expected out"
expect 1 "one that does not" polc reach good.pol --probes unmet.json
holds "is told below the table" grep -qx 'probes\[1\]: shop/web -> shop/db on tcp/80: allow was expected, but the verdict is deny' out
holds "and no other is" test "$(grep -c expected out)" -eq 1
expect 1 "so it is as CSV" polc reach good.pol --probes unmet.json --format csv
holds "beside it" grep -q '^probes\[1\]: shop/web -> shop/db on tcp/80: allow was expected' err
holds "not in it" sh -c "! grep expected out"
expect 1 "as JSON, too" polc reach good.pol --probes unmet.json --format json
holds "in members" jq -e '[.flows[].met] == [true, false] and .flows[1].expected == "allow"' out
expect 2 "probes expect allow or deny" polc reach good.pol --probes bad.json
holds "which is said" grep -q "probes\[0\]: 'expect' takes \"allow\" or \"deny\", not \"depends\"" err
expect 2 "why needs a flow" polc why good.pol
expect 0 "why explains a denial" polc why good.pol --from shop/web --to shop/db --port tcp/80
odd=$(printf 'odd\xff.pol')
cp good.pol "$odd"
expect 0 "why of a file whose name is no UTF-8" polc why "$odd" --from shop/web --to shop/db --port tcp/80 --format json
holds "shows it as it can" jq -e '.directions[1].steps[0].governing[0] | .file == "odd?.pol" and .line == 4' out
expects() { polc why good.pol --from shop/web --to shop/db "$@"; }
expect 0 "why --expect of the verdict" expects --port tcp/80 --expect deny
expect 1 "and of the other one" expects --port tcp/80 --expect allow
holds "which says so below the story" grep -q '^allow was expected, but the verdict is deny$' out
expect 1 "as JSON, too" expects --port tcp/5432 --expect deny --format json
holds "with what was expected" jq -e '.verdict == "allow" and .expected == "deny" and .met == false' out
expect 2 "why --expect takes a verdict" expects --port tcp/80 --expect depends
expect 1 "what requests decide is no allow" polc why requests.pol --from shop/web --to shop/db --port tcp/80 --expect allow
expect 0 "why in JSON" polc why good.pol --from shop/web --to shop/db --port tcp/80 --format json
holds "says the verdict" jq -e '.verdict == "deny"' out
expect 0 "check takes rules that judge requests" polc check requests.pol
expect 2 "build does not where Kafka is asked" polc build requests.pol -o l7
holds "and says so, with the place of the rule" \
	test "$(cat out err | grep -c "^requests.pol:.*polc build does not judge requests of Kafka yet.*\[not-supported\]")" -eq 1
holds "and no bundle is left" test ! -e l7
sed '/kafka/,/}/d' requests.pol >http.pol
expect 0 "but where HTTP is" polc build http.pol -o l7
holds "with a set of rules that judges" test "$(find l7/l7 -name '*.l7' -size +0 | wc -l)" -eq 1
expect 1 "diff does" polc diff good.pol requests.pol --format json
holds "and shows requests" jq -e '[.added[], .removed[]] | any(.witness.request)' out
expect 0 "reach tells where requests decide" polc reach requests.pol --port tcp/80
holds "with a sign of its own, and what it means" grep -q '^7 l7: requests decide' out
holds "and counts it for itself" grep -q '^tcp/80: 1 of 2 flows allowed, 1 with some requests$' out
expect 0 "probes have requests" polc reach requests.pol --probes requests.json --format json
holds "which are allowed or denied" jq -e '[.flows[].verdict] ==
	["l7", "allow", "deny", "allow", "deny", "allow", "deny", "allow", "deny"]' out
holds "by the direction that looks at them" jq -e '.flows[0].ingress == "l7" and
	.flows[0].egress == "allow" and .flows[1].ingress == "allow"' out
expect 0 "a graph marks what requests decide" polc reach requests.pol --port tcp/80 --format dot
holds "at the port" grep -q 'label="tcp/80 l7"' out
for i in {1..4100}; do
	printf '%s\n' '---' "{apiVersion: v1, kind: Pod, metadata: {name: p$i, namespace: m}, spec: {}}"
done >many.yaml
for format in csv json; do
	expect 2 "$format of too many flows is refused" polc reach many.yaml --port tcp/80 --format "$format"
	holds "with their number" grep -q '16 810 000 flows would be listed.*--group \[limit\]$' err
done
expect 0 "and answered in groups" polc reach many.yaml --port tcp/80
holds "with the same number, but for nobody to itself" grep -q '^tcp/80: 16805900 of 16805900 flows' out
# A million flows, 40 MB of text, in 100 MB of address space; no sanitizer has enough of that.
head -2000 many.yaml >fewer.yaml
csv_of_a_million() { polc reach fewer.yaml --port tcp/80 --format csv; }
if ! nm "$POLC" 2>/dev/null | grep -q __asan_init; then
	in_little_memory() { (ulimit -v 100000 && csv_of_a_million); }
	expect 0 "a list of flows takes no memory for each" in_little_memory
	holds "and has them all" test "$(wc -l <out)" -eq 1000001
fi
full_list() { csv_of_a_million >/dev/full; }
expect 3 "it ends where nothing more can be written" full_list
holds "which is said once" test "$(wc -l <err)" -eq 1
expect 2 "a page shows flows, not requests" polc reach requests.pol --probes requests.json --format html
printf '[{"from":"shop/web","to":"shop/db","port":"tcp/80","request":{"method":"GET","pth":"/"}}]' >bad.json
expect 2 "a request with an unknown member is bad input" polc reach requests.pol --probes bad.json
holds "which is named" grep -q "probes\[0\]: this request has no member 'pth'" err
whence() { polc why requests.pol --from shop/web --to shop/db --port tcp/80 "$@"; }
expect 0 "why tells which rules ask" whence
holds "and that requests decide" grep -q '^ingress of shop/db: l7 (requests decide, each by itself)$' out
expect 0 "why names the entry that allows a request" whence --request "GET /public/a"
holds "with its place" grep -q '^      requests.pol:7:7$' out
expect 0 "why names the entry that denies one" whence --request "GET /public/secret" --format json
holds "in JSON as well" jq -e '.verdict == "deny" and (.directions[1] | .reason == "request-denied" and
	.steps[0].rules[0].entry.line == 9 and .nearest.change == "drop-entry")' out
expect 0 "why says that no entry names a request" whence --request "GET /other"
holds "and what would" grep -q 'nearest change: let this rule name the request' out
expect 0 "headers are given one by one" whence --request "POST /cart" --header "X-Token: 7" --header "Host: cart.shop"
holds "and looked at" grep -q 'a rule names the request' out
expect 2 "a header needs a request" whence --header "A: b"
expect 2 "a request has a method and a path" whence --request "GET"
expect 2 "a header has a name and a value" whence --request "GET /" --header "A"
cat >unread.yaml <<'YAML'
{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicyList, items: [{}, {}]}
---
{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: deny}}
YAML
unread='incomplete: 3 policies are not read (CiliumNetworkPolicy 2, AuthorizationPolicy 1)'
kinds='[.incomplete[] | "\(.kind) \(.apiVersion) \(.count) \(.file) \(.line)"] ==
	["CiliumNetworkPolicy cilium.io/v2 2 unread.yaml 1", "AuthorizationPolicy security.istio.io/v1 1 unread.yaml 3"]'
expect 1 "policies that are not read are worth a warning" polc check good.pol unread.yaml
holds "for each kind" test "$(grep -c '^unread.yaml:.*: warning: .*\[skipped\]$' out)" = 2
holds "and are counted" grep -qxF "$unread" out
expect 1 "a quiet check says why it fails" polc check -q good.pol unread.yaml
holds "by kind and in all" test "$(grep -c '\[skipped\]$' out) $(tail -n 1 out)" = "2 $unread"
expect 1 "JSON of a check counts them" polc check good.pol unread.yaml --format json
holds "by kind, with the first place" jq -e "$kinds" out
expect 1 "SARIF of a check counts them" polc check good.pol unread.yaml --format sarif
holds "as notifications" jq -e '.runs[0].invocations[0].toolExecutionNotifications |
	map(.level) == ["warning", "warning"] and (.[0].message.text | test("CiliumNetworkPolicy.*: 2$")) and
	.[1].locations[0].physicalLocation.region.startLine == 3' out
expect 1 "annotations count them, also if quiet" polc check -q good.pol unread.yaml --format github
holds "in one of their own" grep -qxF "::warning title=polc%3A incomplete::${unread#*: }" out
expect 0 "a table of flows is incomplete" polc reach -q good.pol unread.yaml
holds "and says so" test "$(tail -n 1 out)" = "$unread"
expect 0 "so are probes" polc reach -q good.pol unread.yaml --probes probes.json
holds "which say so as well" test "$(tail -n 1 out)" = "$unread"
expect 0 "JSON of flows counts them" polc reach -q good.pol unread.yaml --format json
holds "by kind, too" jq -e "$kinds and (.connections | length > 0)" out
expect 0 "a list for other programs has no place for that" polc reach -q good.pol unread.yaml --format csv
holds "so it stands beside it" grep -qxF "$unread" err
expect 0 "a graph has a label" polc reach -q good.pol unread.yaml --format dot
holds "that says so" grep -qF "label=\"$unread\";" out
expect 0 "a page has a banner" polc reach -q good.pol unread.yaml --format html
holds "that says so without a script" grep -qxF "<p id=\"incomplete\" role=\"alert\">$unread</p>" out
printf '{apiVersion: a.b/v1, kind: "<b>&NetworkPolicy"}' >odd.yaml
expect 0 "a kind may have any name" polc reach -q good.pol odd.yaml --format html
holds "which is text on the page" grep -q '(&#60;b&#62;&#38;NetworkPolicy 1)</p>$' out
expect 0 "why tells it" polc why -q good.pol unread.yaml --from shop/web --to shop/db --port tcp/80
holds "below the story" test "$(tail -n 1 out)" = "$unread"
expect 0 "and in JSON" polc why -q good.pol unread.yaml --from shop/web --to shop/db --port tcp/80 --format json
holds "as everywhere" jq -e "$kinds" out
expect 1 "a build is refused" polc build -q good.pol unread.yaml -o unread
holds "and says why" grep -qxF "$unread" err
holds "and what to do" grep -q -e '--allow-unread' err
holds "and leaves no bundle" test ! -e unread
expect 1 "a build for a program is refused" polc build -q good.pol unread.yaml -o unread --format json
holds "with the kinds and no bundle" jq -e ".bundle == null and $kinds" out
expect 0 "unless it may leave them out" polc build good.pol unread.yaml -o unread --allow-unread
holds "which it says" grep -qxF "$unread" out
holds "and the bundle is there" test -e unread/manifest.json
expect 0 "policies of an inventory are no gap" polc build good.pol -i unread.yaml -o unread
expect 0 "a whole answer says nothing of it" polc reach good.pol --format json
holds "in JSON" jq -e 'has("incomplete") | not' out
expect 0 "nor does a page" polc reach good.pol --format html
holds "have a banner" test "$(grep -c 'id="incomplete"' out)" = 0
expect 0 "fmt writes the canonical form" polc fmt good.pol
printf 'policy  x for all { ingress { } }\n' >x.pol
expect 1 "fmt --check finds a file that is not canonical" polc fmt --check x.pol
expect 0 "fmt -w rewrites it" polc fmt -w x.pol
expect 0 "and then it is canonical" polc fmt --check x.pol
expect 2 "fmt of a file that does not parse is bad input" polc fmt -w bad.pol
holds "and leaves the file alone" grep -q '^policy broken for {$' bad.pol
expect 3 "a full device is a system fault" fmt_full_device
# A full disk: 64 KiB in a mount of our own, which goes with its process.
full_disk() {
	unshare -m bash -s "$1" <<-'SH'
		mount -t tmpfs -o size=64k none "$1" && cp y.pol "$1/f.pol" || exit 1
		head -c 100000 /dev/zero >"$1/fill"
		"$POLC" fmt -w "$1/f.pol" 2>&1 && exit 1
		cmp y.pol "$1/f.pol" && ls "$1"
	SH
}
printf 'policy  y for all { ingress { } }\n' >y.pol
if [ "$(id -u)" = 0 ]; then
	mkdir -p disk
	expect 0 "fmt -w on a full disk keeps the file as it was" full_disk disk
	holds "and says why" grep -q "No space left on device" out
	holds "and leaves nothing beside it" test "$(tail -n 2 out | xargs)" = "f.pol fill"
fi
echo "1..$n"
