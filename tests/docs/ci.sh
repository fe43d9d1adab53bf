#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The pipelines of examples/ci and the pre-commit hooks: their very commands, in a repository
# whose last commit opens a port.
set -u
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"

python3 -c 'import yaml' 2>/dev/null || skip_all "no python3-yaml"
src=$(cd "${POLC_SRCDIR:-$(dirname "$0")/../..}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/repo" && ln -s "$POLC" "$work/bin/polc"
export PATH="$work/bin:$PATH" HOME="$work" GIT_CONFIG_NOSYSTEM=1
cd "$work/repo" || exit 99

commit() { git add -A && git -c user.name=t -c user.email=t@example.org commit -qm "$1"; }
git init -q . && mkdir policies && cp "$src"/examples/shop/* policies/ && commit old
git update-ref refs/remotes/origin/main HEAD
cat >policies/opened.pol <<'POL'
policy opened for { app = web } {
  egress {
    allow to cidr 192.0.2.0/24 on tcp/443
  }
}
POL
commit new
export POLICIES=policies/ GITHUB_BASE_REF=main GITHUB_STEP_SUMMARY="$work/summary"
CI_MERGE_REQUEST_DIFF_BASE_SHA=$(git rev-parse origin/main)
export CI_MERGE_REQUEST_DIFF_BASE_SHA

# run KIND FILE: every command of it, as the service would; the output is in $work/out
run() {
	local command="" line steps=0

	: >"$work/out"
	while IFS= read -r line; do
		if [ "$line" != "#end" ]; then
			command+="$line"$'\n'
			continue
		fi
		steps=$((steps + 1))
		timeout 60 bash -eo pipefail -c "$command" >>"$work/out" 2>&1 </dev/null || {
			echo "exit status $? of: $command"
			cat "$work/out"
			return 1
		}
		command=""
	done < <(python3 "$src/tests/docs/steps.py" "$1" "$2")
	[ "$steps" -ge 2 ]
}

check "the GitHub workflow passes on sound policies" run github "$src/examples/ci/github.yml"
check "and its summary tells of the port that was opened" grep -q 'tcp/443' "$work/summary"
check "the GitLab job passes on sound policies" run gitlab "$src/examples/ci/gitlab.yml"
check "and keeps what was opened" grep -q 'tcp/443' diff.txt
check "and a report" jq -e '.version == "2.1.0"' polc.sarif
rm -f diff.txt polc.sarif
check "the pre-commit hooks pass on sound policies" run hooks "$src/.pre-commit-hooks.yaml"
check_empty "and leave canonical files as they are" git status --porcelain

cat >policies/nobody.pol <<'POL'
policy nobody for { app = web, app = db } { egress { } }
POL
commit worse
fails() { ! run "$@" >/dev/null; }
check "the GitHub workflow fails on a finding" fails github "$src/examples/ci/github.yml"
check "with an annotation" grep -q '^::warning file=policies/nobody.pol,line=1,' "$work/out"
check "the GitLab job fails on a finding" fails gitlab "$src/examples/ci/gitlab.yml"
check "the pre-commit hook fails on a finding" fails hooks "$src/.pre-commit-hooks.yaml"
tap_done
