#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a program of a node links: what it needs to load a bundle, neither the solver nor the readers
# of policies, whose faults and updates are then none of the node's.
# shellcheck source=tests/tap.sh
. "$POLC_SRCDIR/tests/tap.sh"

node=$POLC_BUILDDIR/tests/kernel/runtime/swapper # loads bundles
has() { nm "$node" | grep -qE " [Tt] $1\$"; }
check "a program of a node loads bundles" has rt_load
linked() { ldd "$node" | grep -oE "lib($1)\.so[^ ]*"; }
check_empty "it links no solver and no reader of YAML" linked 'z3|yaml'
inside() { nm "$node" | grep -E " [Tt] ($1)"; }
check_empty "no parser of policies, and no resolver, is in it" inside 'yyparse|lang_read|pol_|ir_resolve'
check_empty "nothing of the verifier, and no table is compiled" inside 'smt_|checker_|check_run|diff_run|reach_|cls_build'
check_empty "no compiler is run" inside 'gen_clang|gen_emit'
tap_done
