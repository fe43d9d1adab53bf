#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# polc diff --git in repositories of every kind, which the test makes: what is read of a revision,
# what is not and said so, the files on disk, and the environment of hooks.
set -u
POLC_SRCDIR=${POLC_SRCDIR:-$(dirname "$0")/../..}
# shellcheck source=tests/golden/lib.sh
. "$POLC_SRCDIR/tests/golden/lib.sh"
command -v git >/dev/null || skip_all "there is no git"
mkdir "$work/tmp"
export TMPDIR=$work/tmp

# --- helpers ---

# status WANTED ARGUMENT...: of polc diff; what it prints lands in out and err.
status() {
	local wanted=$1 got

	shift
	"$POLC" diff "$@" >"$work/out" 2>"$work/err"
	got=$?
	[ $got -eq "$wanted" ] || { echo "status $got, not $wanted" && cat "$work/err"; }
}

# wider ARGUMENT...: the second side allows more, as it has no policy web.
wider() {
	status 1 "$@"
	grep -q '^wider:' "$work/out" || cat "$work/out"
}

refuses() { ! "$@"; }

# start NAME OPTION...: an empty repository, and we are in it.
start() {
	git -c init.defaultBranch=main init -q "${@:2}" "$work/$1"
	cd "$work/$1" || exit 99
}

save() { git add -A && git commit -qm "$1" && git tag "$1"; }

# policy PORT: shuts app web but for a port.
policy() { echo "policy web for { app = web } { ingress { allow from { app = a } on tcp/$1 } }"; }

# --- what is read ---

start plain
mkdir -p net/deep other .hidden net/.hidden
policy 80 | tee net/web.pol net/deep/notes.txt >.hidden/web.pol
cp net/web.pol other/web.pol
echo 'this parses as nothing {' | tee other/broken.pol >net/.hidden/broken.pol
save old
git rm -q net/web.pol
policy 81 >net/deep/notes.txt
save new
git worktree add -q "$work/tree" old
check_empty "a path is read, and nothing beside it" wider --git old..new net
rm -f ".git/objects/$(git rev-parse new:net/deep/notes.txt | sed 's|^..|&/|')"
rm -f ".git/objects/$(git rev-parse new:other/broken.pol | sed 's|^..|&/|')"
check_empty "no object is asked for that is not read" wider --git old..new net
check_empty "one that is read and missing is bad input" status 2 --git old..new other
check "and named" grep -q "'old:other/broken.pol'.* missing" "$work/err"
cd other || exit 99
check_empty "paths may lead up" wider --git old..new ../net/./deep/..
check_empty "but not out of the repository" status 2 --git old..new ../../net
check "which is said" grep -q "no path in the repository" "$work/err"
cd .. || exit 99
check_empty "a hidden file that is named is read" status 0 --git old..new .hidden/web.pol
cd "$work/tree/net" || exit 99
check_empty "in a work tree of its own" wider --git old..new .
git clone -q --bare --shared "$work/plain" "$work/bare.git" 2>/dev/null
cd "$work/bare.git" || exit 99
check_empty "in a bare repository" wider --git old..new net

start sha --object-format=sha256
policy 80 >web.pol
save old
git rm -q web.pol && touch none.pol
save new
check_empty "with SHA-256" wider --git old..new

start import
mkdir app lib
echo 'import "../lib/all.pol"' >app/main.pol
echo 'import "more"' >lib/all.pol
mkdir lib/more
policy 80 >lib/more/web.pol
save old
: >lib/more/web.pol
save new
check_empty "what a file imports is read at its revision, wherever it lies" wider --git old..new app
check "under its name" grep -q 'old:app/\.\./lib/more/web.pol' "$work/out"
echo 'import "../../outside.pol"' >app/main.pol
policy 80 >"$work/outside.pol"
save outside
check_empty "no revision has what lies outside" status 2 --git new..outside app
check "and that is said" grep -q "outside:app/main.pol' imports '../../outside.pol'" "$work/err"

start names
mkdir -p ./-dir $'line\nbreak' '*' ':(top)'
policy 80 | tee ./-dir/-x.pol $'line\nbreak/\xff.pol' '*/web.pol' ':(top)/web.pol' >'a b.pol'
chmod +x 'a b.pol'
save old
find . -name '*.pol' -exec cp /dev/null {} \;
save new
check_empty "an executable file" wider --git old..new 'a b.pol'
check_empty "a name like an option" wider --git old..new -- -dir/-x.pol
check_empty "a name with a new line, and bytes that are no text" wider --git old..new $'line\nbreak'
check_empty "and in JSON" status 1 --git old..new --format json $'line\nbreak'
check "which is whole" jq -e '.relation == "wider" and (.added[0].cause | length) == 1' "$work/out"
check_empty "a star is a name" wider --git old..new '*'
check_empty "and only that" status 2 --git old..new '*.pol'
check_empty "so is a pathspec" wider --git old..new ':(top)'
check_empty "which has no magic" status 2 --git old..new ':(glob)**'
policy 80 >./-
save dash
check_empty "a dash is a file" status 0 --tighten-only --git new..dash -- -
check_empty "on disk, too" status 0 --git dash -- - </dev/null

# --- links, filters ---

start links
mkdir net real
policy 80 >real/policy.txt
ln -s ../real/policy.txt net/web.pol
ln -s ../real net/folder
ln -s real door
policy 80 | sed 's/web/same/g' >net/same.pol
save old
: >real/policy.txt
save new
check_empty "a link to a file of the repository is followed in the revision" wider --git old..new net
policy 80 >real/web.pol
save more
check_empty "a path that is a link to a folder, too" status 0 --tighten-only --git new..more door
check_empty "one below it is refused" status 2 --git more door/web.pol
check "with the reason" grep -q "cannot read 'more:door/web.pol': 'door' is a link" "$work/err"
check_empty "in a folder one to a folder is left alone" status 0 --git new..more net
policy 80 >"$work/secret.pol"
ln -sf "$work/secret.pol" net/far.pol
save far
check_empty "a link that leads out is not followed" status 1 --git more..far net
check "and named" grep -q "^incomplete: link 'net/far.pol' is not compared: nothing became $work/secret.pol" "$work/out"
check "without what it leads to" refuses grep -q 'secret.pol:' "$work/out"
ln -sf ../../secret.pol net/far.pol
touch net/a.pol
save near
check_empty "a path that is one neither" status 1 --git more..near net/far.pol
check_empty "the same link on both sides is no change" status 0 --git near..near net
check "but told" grep -q "link 'net/far.pol' is not read" "$work/err"

start lfs
mkdir net
printf '*.yaml filter=lfs\n*.pol filter=evil\n' >.gitattributes
git config filter.evil.smudge "touch '$work/smudged'; cat"
git config filter.evil.clean cat
# pointer OBJECT
pointer() { printf 'version https://git-lfs.github.com/spec/v1\noid sha256:%064d\nsize 9\n' "$1"; }
pointer 1 >net/big.yaml
policy 80 >net/web.pol
save old
touch net/a.pol
save same
pointer 2 >net/big.yaml
save new
check_empty "a file of git LFS that is the same is no change" status 0 --git old..same
check "but told" grep -q "LFS file 'net/big.yaml' is not read" "$work/err"
check_empty "another is not compared" status 1 --git old..new
check "and named" grep -q "^incomplete: LFS file 'net/big.yaml' is not compared: sha256:0*1 became sha256:0*2" "$work/out"
check_empty "unless it may be left out" status 0 --allow-unread --git old..new
check "no filter is run" test ! -e "$work/smudged"

# --- partial clones ---

start server
mkdir net big
seq 50 | while read -r i; do echo "$i" >"big/$i.yaml"; done
policy 80 >net/web.pol
save old
echo '# none' >net/web.pol
save new
git config uploadpack.allowFilter true
git config uploadpack.allowAnySHA1InWant true
git clone -q --no-checkout --filter=blob:none "file://$work/server" "$work/partial"
cd "$work/partial" || exit 99
missing() { git rev-list --objects --all --missing=print | grep -c '^?'; }
before=$(missing)
check_empty "a partial clone fetches what is read" wider --git old..new net
check "and nothing else" test "$((before - $(missing)))" = 2
git remote set-url origin "file://$work/nowhere"
check_empty "where it cannot, it says so" status 2 --git old..new big
check "by file and reason" grep -q "cannot read 'old:big/1.yaml': .*nowhere" "$work/err"

# --- submodules ---

start module
policy 80 >web.pol
save one
policy 81 >web.pol
save two
start super
mkdir vendor
policy 80 >web.pol
git -c protocol.file.allow=always submodule --quiet add "$work/module" vendor/base
git -C vendor/base checkout -q one
save old
touch a.pol
save same
git -C vendor/base checkout -q two
save new
one=$(git -C vendor/base rev-parse one) two=$(git -C vendor/base rev-parse two)
check_empty "a submodule that stayed is no change" status 0 --git old..same
check "and named" grep -q "submodule 'vendor/base' is not read; it is the same" "$work/err"
check_empty "one that changed is never equal" status 1 --git old..new
check "in words" refuses grep -q '^no change in what is allowed$' "$work/out"
check "and named" grep -qx "incomplete: submodule 'vendor/base' is not compared: $one became $two" "$work/out"
check "with a warning" grep -q "warning: submodule 'vendor/base'" "$work/err"
check_empty "nor when it only tightens" status 1 --tighten-only --git old..new vendor
check_empty "unless it may be left out" status 0 --allow-unread --git old..new vendor
check_empty "a path in it is in no revision, either" status 1 --git old..new vendor/base/web.pol
check_empty "JSON names it" status 1 --format json --git old..new
# shellcheck disable=SC2016 # they are those of jq
check "by its commits" jq -e --arg one "$one" --arg two "$two" '.not_compared ==
	[{kind: "submodule", path: "vendor/base", old: $one, new: $two}]' "$work/out"
check_empty "beside the path it does not matter" status 0 --git old..new web.pol
check "and is not named" refuses grep -q submodule "$work/err"
git rm -qf vendor/base && save gone
check_empty "one that is gone has changed" status 1 --git new..gone
check "to nothing" grep -q "$two became nothing" "$work/out"

# --- the files on disk ---

start disk
mkdir net
policy 80 >net/web.pol
save old
check_empty "one revision is compared with the files on disk" status 0 --git HEAD
echo '# none' >net/web.pol
check_empty "as they are, staged or not" wider --git HEAD
policy 80 >net/web.pol
policy 81 | sed 's/web/next/g' >net/next.pol
check_empty "untracked ones, too" status 0 --tighten-only --git HEAD net
check "under their own names" grep -q 'isolated by policy next .*, net/next.pol:1' "$work/out"
check_empty "nothing of them is in the index" status 0 --git HEAD..
check_empty "what is not in the revision is empty there" status 0 --tighten-only --git HEAD net/next.pol
check_empty "it is a change" status 1 --git HEAD net/next.pol
rm -r net
check_empty "what is gone from disk is empty there" wider --git HEAD net
check_empty "in neither it is bad input" status 2 --git HEAD nowhere
check "and named" grep -q "neither 'HEAD' nor 'the files on disk' has 'nowhere'" "$work/err"
cd "$work/bare.git" || exit 99
check_empty "a bare repository has none" status 2 --git old
check "and says so" grep -q "two revisions, as in old..HEAD" "$work/err"
cd "$work/super" || exit 99
git checkout -q new
check_empty "a submodule on disk is not compared" status 1 --git HEAD
check "and named" grep -q "^incomplete: submodule 'vendor/base' is not compared: $two became the files on disk" "$work/out"

# --- empty sides ---

start empty
echo '# none yet' >comment.pol
printf -- '---\n# none\n---\n' >comment.yaml
printf '{"apiVersion": "v1", "kind": "List", "items": []}' >list.json
: >nothing.yaml
save none
policy 80 >first.pol
save first
for file in comment.pol comment.yaml list.json nothing.yaml missing.pol; do
	[ $file = missing.pol ] || git show "none:$file" >"$work/$file"
	git checkout -q none
	git rm -q --ignore-unmatch $file
	mkdir $file
	policy 80 >$file/web.pol
	save "first-$file"
	check_empty "the first policy narrows what $file allows" status 0 --tighten-only --git "none..first-$file" $file
	check "in words" grep -q '^narrower:' "$work/out"
	check_empty "and taking it away widens" wider --git "first-$file..none" $file
done
check_empty "the first policy narrows what a folder allows" status 0 --tighten-only --git none..first
check_empty "and taking it away widens" wider --git first..none
for file in comment.pol comment.yaml list.json nothing.yaml; do
	check_empty "without git, $file is empty, too" status 0 --tighten-only "$work/$file" missing.pol
	check "in words" grep -q '^narrower:' "$work/out"
done

# --- the environment ---

start hooks
mkdir net
policy 80 >net/web.pol
save old
echo '# none' >net/web.pol
git add -A
# in_env VARIABLE=VALUE: two revisions of the repository import, in spite of that.
in_env() {
	cd "$work/import" && env "$1" "$POLC" diff --git old..new app >"$work/out" 2>"$work/err"
	grep -q '^wider:' "$work/out" || cat "$work/out" "$work/err"
}
check_empty "a foreign index is left alone" in_env GIT_INDEX_FILE="$work/hooks/.git/index"
for variable in GIT_TRACE=1 GIT_TRACE=2 GIT_TRACE_SETUP=2 GIT_LITERAL_PATHSPECS=0 GIT_GLOB_PATHSPECS=1 \
	GIT_ICASE_PATHSPECS=1 GIT_EXTERNAL_DIFF=/bin/false GIT_PREFIX=nowhere/ GIT_PAGER=/bin/false \
	GIT_NAMESPACE=x GIT_DEFAULT_HASH=sha256 GIT_REFLOG_ACTION=x GIT_ATTR_SOURCE=nowhere; do
	check_empty "$variable changes nothing" in_env "$variable"
done
check "nothing of a trace is told" test ! -s "$work/err"
check_empty "a foreign GIT_DIR is left alone" in_env GIT_DIR="$work/hooks/.git"
check_empty "so is one that is nowhere" in_env GIT_DIR="$work/nowhere"
check_empty "and a foreign GIT_WORK_TREE" in_env GIT_WORK_TREE="$work/hooks"
GIT_OBJECT_DIRECTORY=$work/hooks/.git/objects check_empty "and the objects of the foreign one" \
	in_env GIT_DIR="$work/hooks/.git"
cd "$work/import/app" || exit 99
GIT_DIR=$work/import/.git check_empty "the repository's own GIT_DIR does not make a folder its top" \
	wider --git old..new .
mkdir "$work/elsewhere" && cd "$work/elsewhere" || exit 99
GIT_DIR=$work/import/.git check_empty "GIT_DIR names the repository" wider --git old..new app
GIT_DIR=$work/import/.git GIT_WORK_TREE=$work/import check_empty "GIT_WORK_TREE its files" status 2 --git new app
GIT_CEILING_DIRECTORIES=$work/import check_empty "GIT_CEILING_DIRECTORIES bounds the search" \
	status 2 --git old..new
mv "$work/import/.git/objects" "$work/objects" && mkdir "$work/import/.git/objects"
cd "$work/import" || exit 99
GIT_OBJECT_DIRECTORY=$work/objects check_empty "GIT_OBJECT_DIRECTORY holds its objects" wider --git old..new app
GIT_ALTERNATE_OBJECT_DIRECTORIES=$work/objects check_empty "or GIT_ALTERNATE_OBJECT_DIRECTORIES" \
	wider --git old..new app
check_empty "without them there are none" status 2 --git old..new app
mv "$work/objects/"* "$work/import/.git/objects/"
GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.fsmonitor GIT_CONFIG_VALUE_0="touch $work/monitor" \
	check_empty "no monitor is run" wider --git old..new app
check "for whatever reason" test ! -e "$work/monitor"

# hook REPOSITORY NAME COMMAND...: what git runs there; its exit status lands in $work/hook.
hook() {
	local at

	at=$(git -C "$1" rev-parse --absolute-git-dir)/hooks/$2
	mkdir -p "${at%/*}"
	{
		printf '#!/bin/bash\n'
		printf '%q ' "${@:3}"
		printf '>%q 2>&1; echo $? >%q\n' "$work/out" "$work/hook"
	} >"$at"
	chmod +x "$at"
}

cd "$work/hooks" || exit 99
hook . pre-commit "$POLC" diff --git HEAD net
git commit -qm new net/web.pol
check "in a pre-commit hook" test "$(<"$work/hook")" = 1
check "the files on disk are compared" grep -q '^wider:' "$work/out"
rm "$work/hook"
git reset -q --soft HEAD^
hook . pre-commit env -C "$work/import" "$POLC" diff --git old..new app
git commit -qm new net/web.pol
check "in a hook that goes on to another repository" test "$(<"$work/hook")" = 1
check "that one is compared" grep -q '^wider:' "$work/out"
git tag new
hook . post-checkout "$POLC" diff --git old..new net
rm "$work/hook"
git worktree add -q "$work/hooked" old
check "in a hook of a work tree" test "$(<"$work/hook")" = 1
git clone -q --bare "$work/hooks" "$work/hooks.git"
policy 80 >net/web.pol
git -c core.hooksPath=/dev/null commit -qam shut
hook "$work/hooks.git" pre-receive "$POLC" diff --git "main..$(git rev-parse HEAD)" net
git push -q "$work/hooks.git" HEAD:main
check "in a pre-receive hook" test "$(<"$work/hook")" = 1
check "revisions in quarantine are read" grep -q '^narrower:' "$work/out"
rm "$work/hook"
policy 82 >net/web.pol
git -c core.hooksPath=/dev/null commit -qam other
hook "$work/hooks.git" pre-receive env -C "$work/import" "$POLC" diff --git old..new app
git push -q "$work/hooks.git" HEAD:main
check "from there to another repository, too" test "$(<"$work/hook")" = 1

# --- hostile trees ---

start hostile
policy 80 >web.pol
save old
blob=$(git hash-object -w web.pol)
# tree NAME MODE OBJECT: one of a single entry, whatever it is called.
tree() {
	{ printf '%s %s\0' "$2" "$1" && perl -e 'print pack "H*", shift' "$3"; } |
		git hash-object -t tree -w --literally --stdin
}
deep=$(tree .. 40000 "$(tree escaped.pol 100644 "$blob")")
git tag up "$(git commit-tree -m up "$deep")"
check_empty "a name that leads up is not written" wider --git old..up
git tag slash "$(git commit-tree -m slash "$(tree /web.pol 100644 "$blob")")"
check_empty "a name that no file has is bad input" status 2 --git old..slash
check "and named" grep -q "cannot read 'slash:/web.pol': no file can have that name" "$work/err"
git tag typed "$(git commit-tree -m typed "$(tree web.pol 100644 "$deep")")"
check_empty "so is a file that is none" status 2 --git old..typed
check_empty "nothing temporary is left" ls -A "$work/tmp"
tap_done
