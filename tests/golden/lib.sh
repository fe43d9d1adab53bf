# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The polc command under test. Source this with POLC_SRCDIR set: then POLC and POLC_SRCDIR are
# absolute, $work is an empty directory that is gone when the script ends, and git knows of nobody's
# configuration. End with tap_done.

POLC_SRCDIR=$(realpath "$POLC_SRCDIR")
# shellcheck source=tests/tap.sh
. "$POLC_SRCDIR/tests/tap.sh"
: "${POLC:?names the polc command to test}"
[ -x "$POLC" ] || skip_all "$POLC is not built"
POLC=$(realpath "$POLC")
export POLC POLC_BPF_DIR=${POLC_BPF_DIR:-$POLC_SRCDIR/bpf}

for variable in $(compgen -e GIT_); do unset "$variable"; done
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.org
export GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.org

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
