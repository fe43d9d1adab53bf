#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# --kustomize: with the tool itself where there is one, and with others of its name for all that can go wrong.
set -u
POLC_SRCDIR=${POLC_SRCDIR:-$(dirname "$0")/../..}
# shellcheck source=tests/golden/lib.sh
. "$POLC_SRCDIR/tests/golden/lib.sh"

cd "$work" || exit 99
mkdir base prod bin
cat >base/kustomization.yaml <<'YAML'
resources: [np.yaml]
YAML
cat >base/np.yaml <<'YAML'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: shut}
spec: {podSelector: {}, policyTypes: [Ingress]}
YAML
cat >prod/kustomization.yaml <<'YAML'
namespace: prod
resources: [../base]
patches:
- path: ports.yaml
YAML
cat >prod/ports.yaml <<'YAML'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: shut}
spec: {ingress: [{ports: [{port: 80}]}]}
YAML

# ends STATUS WORDS ARGUMENT...: polc says these words and exits so; it finds programs in $search.
search=$PATH
ends() {
	local want=$1 words=$2 status

	shift 2
	PATH=$search "$POLC" "$@" >out 2>&1
	status=$?
	if [ "$status" != "$want" ] || ! grep -qF -- "$words" out; then
		echo "exit status $status, not $want with '$words'"
		cat out
	fi
}

if command -v kubectl kustomize >/dev/null; then
	check_empty "what comes of a kustomization is read, its patches applied" \
		ends 0 '1 policy, 1 rule' check --kustomize prod
	check_empty "two of them are compared" ends 1 'newly allowed' diff --kustomize base --kustomize prod
	check_empty "what cannot be rendered is told in the tool's words" \
		ends 2 'nowhere' check --kustomize nowhere
else
	skip "what comes of a kustomization is read" "neither kubectl nor kustomize is installed"
fi

# tool NAME SCRIPT: a program of this name is all that is found.
tool() {
	printf '#!/bin/sh\n%s\n' "$2" >"bin/$1"
	chmod +x "bin/$1"
}
search=$work/bin

check_empty "without a tool the package is named" ends 2 'kubernetes-client' check --kustomize prod
# shellcheck disable=SC2016 # for the tool
tool kustomize '[ "$*" = "build -- prod" ] || exit 9; while read -r line; do echo "$line"; done <base/np.yaml'
check_empty "kustomize does where there is no kubectl" ends 0 '1 policy, 0 rules' check --kustomize prod
tool kubectl 'echo apiVersion: v1; echo "it does not work" >&2; exit 3'
check_empty "a tool that fails is no input" ends 2 'kubectl kustomize prod' check --kustomize prod
check_empty "and says why" ends 2 'it does not work' check --kustomize prod base
tool kubectl 'exit 0'
check_empty "nothing is no input" ends 2 'empty-input' check --kustomize prod
tool kubectl 'echo "not: [yaml"'
check_empty "nor is what is no YAML" ends 2 'kustomize:prod:' check --kustomize prod
tool kubectl 'exit 3'
check_empty "diff takes OLD and NEW or neither" ends 2 'write it twice' diff --kustomize prod base
check_empty "and not three" ends 2 'write it twice' \
	diff --kustomize prod --kustomize prod --kustomize prod
check_empty "other commands take it" ends 2 "kubectl kustomize prod" reach --kustomize prod
tap_done
