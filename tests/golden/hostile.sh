#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Input from strangers (doc/hostile-input.md): what it can make polc read, show and write.
set -u
POLC_SRCDIR=${POLC_SRCDIR:-$(dirname "$0")/../..}
# shellcheck source=tests/golden/lib.sh
. "$POLC_SRCDIR/tests/golden/lib.sh"

cd "$work" || exit 1

# --- what is read ------------------------------------------------------------------------------

SECRET=token-4711
export SECRET

# refused DIR ARGUMENT...: exit status 2 with a reason, and nothing of the secret.
refused() {
	local said status

	cd "$work/$1" || return
	shift
	said=$("$POLC" check "$@" 2>&1 </dev/null)
	status=$?
	[ $status -eq 2 ] || { echo "exit status $status, not 2: $said" && return 1; }
	case $said in *"$SECRET"*) echo "told the secret: $said" && return 1 ;; esac
	grep -q "cannot read .*: \(it lies outside of\|it is of git's own\|it is not a regular\|an import is relative\)" \
		<<<"$said" || { echo "no reason: $said" && return 1; }
}

# imports NAME PATH: a policy that imports it.
imports() {
	printf 'import "%s"\n' "$2" >"repo/policies/$1.pol"
}

mkdir -p repo/.git repo/policies/sub repo/lib outside/dir
printf '%s\n' "$SECRET" >outside/secret
printf '%s: [\n' "$SECRET" >outside/dir/secret.yaml
printf '[http]\nextraheader = %s\n' "$SECRET" >repo/.git/config
printf 'policy lib for { app = lib } { ingress { allow from all } }\n' >repo/lib/lib.pol
cp repo/lib/lib.pol outside/fine.pol

imports environment /proc/self/environ
imports absolute "$work/outside/secret"
imports above ../../outside/secret
imports above-directory ../../outside/dir
imports git ../.git/config
imports through-link link
ln -s ../../outside/secret repo/policies/link
imports through-directory sub/dirlink/secret.yaml
ln -s ../../../outside/dir repo/policies/sub/dirlink
imports whole-directory sub/dirlink
imports fd fd-link
ln -s /proc/self/fd/0 repo/policies/fd-link
imports device device-link
ln -s /dev/stdin repo/policies/device-link
imports fifo pipe
mkfifo repo/policies/pipe
for kind in environment absolute above above-directory git through-link through-directory whole-directory \
	fd device fifo; do
	check "an import of what lies elsewhere is refused: $kind" refused repo "policies/$kind.pol"
done

mkdir tree other
ln -s /proc/self/environ tree/a.yaml
check "a link in a directory that leads out of it is refused" refused . tree
ln -sf ../outside/dir/secret.yaml tree/a.yaml
check "so is one to a file beside the directory" refused . tree
ln -sf /dev/stdin tree/a.yaml
# empty DIR: there is nothing in it to be read.
empty() {
	"$POLC" check "$work/$1" 2>&1 </dev/null | grep -q "file below the directory" || echo "something was read"
}
check_empty "one to a device is passed over" empty tree
mkdir -p kustomized
ln -s ../outside/dir/secret.yaml kustomized/kustomization.yaml
check "and one that a kustomization would be" refused . kustomized
check "and a link to git's own files" bash -c '
	mkdir -p gits/.git && cp repo/.git/config gits/.git/ && ln -s .git/config gits/a.yaml && '"
	$(declare -f refused); work=$work; refused . gits"

# reads DIR ARGUMENT...: exit status 0 or 1, and all is read.
reads() {
	local said status

	cd "$work/$1" || return
	shift
	said=$("$POLC" check "$@" 2>&1)
	status=$?
	[ $status -le 1 ] && grep -q ' 1 policy' <<<"$said" && return
	echo "exit status $status: $said"
	return 1
}

imports near ../lib/lib.pol
check "an import from elsewhere in the repository is read" reads repo policies/near.pol
mkdir -p linked/.git linked/a linked/b
cp repo/lib/lib.pol linked/b/
ln -s ../b/lib.pol linked/a/lib.pol
check "so is a link within the repository" reads linked a
ln -sf "$work/linked/b/lib.pol" linked/a/lib.pol
check "and one that is absolute" reads linked a
check "a file that is named may lie anywhere" reads repo ../outside/fine.pol
ln -s ../outside/fine.pol other/link.pol
check "and may be a link" reads . other/link.pol
printf 'import "../outside/fine.pol"\n' >other/both.pol
check "what is named later may be imported" reads . other/both.pol outside/fine.pol
check "and only then" refused other both.pol
printf 'import "lib.pol"\n' | (cd repo/lib && "$POLC" check - >"$work/said" 2>&1)
check "standard input imports from the current directory" grep -q ' 1 policy' "$work/said"

# --- what is shown -----------------------------------------------------------------------------

esc=$'\033' bidi=$'\u202e' nel=$'\xc2\x85' zero=$'\u200b' line=$'\u2028' bad=$'\xff'
nasty="${esc}[2J$bidi$nel$zero$line$bad##[add-mask]x ##vso[task.x]y"

mkdir -p "nasty/$bidi##[group]dir"
cd nasty || exit 1
yaml_nasty='\e[2J\u202e\u0085\u200b\u2028##[add-mask]x ##vso[task.x]y\n::set-env name=a::b\n  ::stop-commands::x'
cat >"::error file=x::y.yaml" <<YAML
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: "$yaml_nasty", namespace: "$yaml_nasty"} # ${nasty%"$bad"*}##[debug]
spec:
  podSelector: {matchLabels: {"$yaml_nasty": "$yaml_nasty"}}
  "$yaml_nasty": 1
  ingress: [{ports: [{port: "$yaml_nasty"}], from: [{ipBlock: {cidr: "$yaml_nasty"}}]}]
---
{apiVersion: "$yaml_nasty/v1", kind: "${yaml_nasty}Policy", metadata: {name: x}}
---
{apiVersion: cilium.io/v2, kind: "CiliumNetworkPolicy", metadata: {name: "$yaml_nasty"}}
YAML
cp "::error file=x::y.yaml" "$bidi##[group]dir/::set-output name=x::${esc}[31m$bad"$'\n'"::debug::y.yaml"
printf 'a: %s\n' "$nasty" >"  ::warning::.yaml"
printf 'policy "%s" for { app = "%s" } { # %s\n' "::x" "##[x]" "##vso[y] $zero" >"##[error]x.pol"
printf 'import "::x%s"\npolicy %s' "##[a]" "$nasty" >"section_start:1:x.pol"
mkdir good
cat >"good/::notice::$bidi.pol" <<'POL'
endpoint shop/web { labels { app = web } address 10.0.0.1 }
endpoint shop/db { labels { app = db } address ::1:2 }
policy db for { app = db } { ingress { allow from { app = web } on tcp/5432 } } # ##[set-output name=a]b
assert "##[error]" { never { app = web } -> { app = db } on tcp/5432 }
assert { never from { app = web } to { app = db } on tcp/5432 }
POL
sed '/^assert/d' "good/::notice::$bidi.pol" >"good/::notice::$bidi.pol.x"
mkdir clean
mv "good/::notice::$bidi.pol.x" "clean/::notice::$bidi.pol"
printf '{apiVersion: "x.y/v1", kind: "%sNetworkPolicy", metadata: {name: x}, spec: {podSelector: {}, ingress: []}}\n' \
	"$yaml_nasty" | sed 's|x.y/v1|crd.projectcalico.org/v1|' >"clean/::x.json.yaml"

# The bytes of what is hidden in doc/hostile-input.md, and of no UTF-8; a tab and a newline are none.
hidden='[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f\xad]|\xd8\x9c|\xe1\xa0\x8e|\xe2\x80[\x8b-\x8f\xa8-\xae]|\xe2\x81[\xa0-\xaf]'
hidden="$hidden"'|\xef\xbb\xbf|\xef\xbf[\xb9-\xbb]|\xf3\xa0[\x80\x81]|\xff'
command='##\[|##vso\[|^[ \t]*(section_start:|section_end:|::(?!(error|warning|notice) (file=[^:]*,)?title=polc%3A [a-z-]+::))'

# shows ARGUMENT...: what polc says of the nasty files is fit to be seen; it says something.
shows() {
	"$POLC" "$@" >"$work/said" 2>&1
	[ -s "$work/said" ] || echo "nothing is said"
	[ "$*" = "${*/github/}" ] && grep -anP '^::' <"$work/said" | head -3
	LC_ALL=C grep -anP "$hidden|$command" <"$work/said" | head -3 | cat -v
}

every=("::error file=x::y.yaml" "  ::warning::.yaml" "##[error]x.pol" "section_start:1:x.pol")
for format in text json github sarif gitlab junit; do
	check_empty "check --format $format shows no hidden character and no command" \
		shows check --format $format .
	check_empty "nor of files that are named, --format $format" shows check -v --format $format "${every[@]}"
	check_empty "nor of findings, --format $format" shows check --format $format good
done
for format in json csv dot html table; do
	check_empty "nor does reach --format $format" shows reach --format $format clean
	check_empty "nor its errors, --format $format" shows reach --format $format "${every[@]}"
done
for format in text json; do
	check_empty "nor does why --format $format" \
		shows why --format $format --from shop/web --to shop/db --port tcp/5432 clean
	check_empty "nor does diff --format $format" shows diff --format $format good clean
	check_empty "nor its errors, --format $format" shows diff --format $format . clean
done
check_empty "nor does fmt --check" shows fmt --check clean
check_empty "nor does build" shows build -o "$work/bundle-of-nasty" "${every[@]}"
check_empty "nor does a message about an option" shows check "--$nasty"
check_empty "nor one about a value" shows check --fail-on "$nasty" .
check_empty "nor a pattern that leaves something out" shows check -v --exclude "::$nasty" --exclude "*$nasty" .

mkdir -p "$work/bin"
printf '#!/bin/sh\nprintf "%%b" "%s\\n::set-env name=PATH::/x\\n\\302\\240::stop-commands::x\\n" >&2\nexit 1\n' "$yaml_nasty" \
	>"$work/bin/kubectl"
chmod +x "$work/bin/kubectl"
kustomizes() {
	PATH=$work/bin:$PATH shows check --format "$1" --kustomize "::x"
}
for format in text json github sarif; do
	check_empty "nor kubectl's own words, --format $format" kustomizes $format
done

(
	git init -q . && git add -A clean && git -c user.name=a -c user.email=a@b commit -qm a &&
		git branch "x$bidi##[group]" && printf 'policy x for all {}\n' >"clean/::y$bidi.pol" &&
		ln -s /etc/passwd "clean/::l$bidi.yaml" && git add -A clean &&
		git -c user.name=a -c user.email=a@b commit -qm b
) >/dev/null 2>&1
for format in text json; do
	check_empty "nor names of revisions, --format $format" \
		shows diff -v --format $format --git "x$bidi##[group]..HEAD" clean
	check_empty "nor what cannot be compared, --format $format" \
		shows diff -v --format $format --git "x$bidi##[group]" clean
done
rm -rf .git
cd "$work" || exit 1

"$POLC" reach --format csv nasty/clean 2>/dev/null | cut -d, -f1-3 >said
check_empty "no field of --format csv begins as a formula does" grep -nE '(^|,)"?[=+@-]' said
# --- what is written ---------------------------------------------------------------------------

cat >policy.pol <<'POL'
endpoint shop/web { labels { app = web } address 10.0.0.1 }
policy web for { app = web } { ingress { allow from { app = web } on tcp/80 } }
POL
builds() {
	"$POLC" build policy.pol -o "$1" >"$work/said" 2>&1
}

# refuses PATTERN DIR: exit status 2, and the reason.
refuses() {
	builds "$2"
	[ $? -eq 2 ] && grep -q "$1" "$work/said" && return
	cat "$work/said"
	return 1
}

# modes MASK DIRECTORIES FILES: what a bundle and a baseline get of a umask.
modes() {
	local wrong

	(umask "$1" && builds "bundle-$1" && "$POLC" check policy.pol --write-baseline "base-$1" >/dev/null 2>&1)
	wrong=$(find "bundle-$1" "base-$1" -printf '%y %m %p\n' | grep -v "^d $2 \|^f $3 ")
	[ -f "base-$1" ] && [ -d "bundle-$1/maps" ] || wrong="nothing was written"
	[ -z "$wrong" ] || { echo "$wrong" && return 1; }
}

if builds bundle; then
	check "with a umask of 022 others may read what is written" modes 022 755 644
	check "with a umask of 077 nobody else may" modes 077 700 600
	check "a bundle is replaced" builds bundle
	touch bundle/notes.txt
	check "but not one with somebody's file in it" refuses "'notes.txt' in it is not polc's" bundle
	rm bundle/notes.txt && mkdir bundle/maps/mine
	check "nor with somebody's directory" refuses "'maps/mine' in it is not polc's" bundle
	check "which is still there" test -d bundle/maps/mine -a -f bundle/manifest.json
	rmdir bundle/maps/mine
	ln -s /nowhere/at/all dangling
	check "a link that leads nowhere is no place for a bundle" refuses 'exists and is no bundle' dangling
	ln -s bundle current
	check "a link to a bundle stays one" builds current
	check "and still is" test -L current -a -d bundle/maps
else
	skip "bundles keep what is not polc's" "no bundle can be built here"
fi
# writes_baseline PATH
writes_baseline() {
	"$POLC" check policy.pol --write-baseline "$1"
}
keeps_mode() {
	echo '{"format": 1, "findings": []}' >kept && chmod 640 kept && writes_baseline kept &&
		[ "$(stat -c %a kept)" = 640 ]
}
check "a baseline keeps the permissions that it has" keeps_mode
keeps_others() {
	local to

	mkfifo fifo
	for to in fifo /dev/null .; do
		writes_baseline "$to" && return 1
	done
	[ -p fifo ] && [ -c /dev/null ]
}
check "a baseline replaces no directory and no device" keeps_others
printf 'policy  web for {app=web}{ingress{allow from all}}\n' >format.pol
ln -s format.pol format-link.pol
keeps_link() {
	"$POLC" fmt -w format-link.pol && [ -L format-link.pol ] && "$POLC" fmt --check format.pol
}
check "fmt -w writes through a link" keeps_link
mkdir full && touch full/mine
keeps_directory() {
	"$POLC" check policy.pol --emit-smt2 full
	[ $? -eq 2 ] && [ "$(ls full)" = mine ]
}
check "--emit-smt2 writes into no directory that holds something" keeps_directory

# --- IPv4 in the form of IPv6 ------------------------------------------------------------------

# mapped STATUS COMMAND...: refused, or left out with a warning, and said why.
mapped() {
	local want=$1

	shift
	"$POLC" "$@" >"$work/said" 2>&1
	[ $? -eq "$want" ] && grep -q 'IPv4 .*in the form of IPv6' "$work/said" && return
	cat "$work/said"
	return 1
}

echo 'policy x for all { ingress { allow from cidr ::ffff:10.0.0.0/104 } }' >m1.pol
echo 'policy x for all { ingress { allow from cidr 10.0.0.0/8 except ::ffff:10.1.0.0/112 } }' >m2.pol
echo 'endpoint a/b { labels { a = b } address ::ffff:10.0.0.1 }' >m3.pol
pod='{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a}]}, status:'
echo "$pod {podIPs: [{ip: '::ffff:10.0.0.1'}]}}" >m4.yaml
echo "$pod {podIP: '::FFFF:a00:1'}}" >m5.yaml
sed "s/RANGE/::ffff:10.0.0.0\\/104/" >m6.yaml <<'YAML'
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: a},
 spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: "RANGE"}}]}]}}
YAML
for file in m1.pol m2.pol m3.pol m4.yaml m5.yaml m6.yaml; do
	check "IPv4 in the form of IPv6 is refused: $file" mapped 2 check $file
done
echo "{apiVersion: v1, kind: Node, metadata: {name: n}, spec: {podCIDR: '::ffff:10.0.0.0/104'}}" >node.yaml
check "a Node's is left out, which is said" mapped 1 check policy.pol -i node.yaml
check "--pod-cidr refuses it" mapped 2 check --pod-cidr ::ffff:10.0.0.0/104 policy.pol
check "so does an end of a flow" mapped 2 why --from cidr:::ffff:10.0.0.1 --to shop/web --port tcp/80 policy.pol
echo '[{"from": "cidr:::ffff:10.0.0.1", "to": "shop/web", "port": "tcp/80"}]' >probes.json
check "and a probe" mapped 2 reach --probes probes.json policy.pol
check "and the address of a node" mapped 2 load --node-address ::ffff:10.0.0.1 bundle
mkdir project && printf "version: 1\npod-cidrs: ['::ffff:10.0.0.0/104']\n" >project/.polc.yaml
check "and the configuration" mapped 2 check --config project/.polc.yaml policy.pol
tap_done
