#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# polc check --emit-smt2: other solvers, each in a process of its own, answer every question as
# polc's did.
set -u
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/../tap.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
src=$(cd "${POLC_SRCDIR:-$(dirname "$0")/../..}" && pwd)
cd "$work" || exit 99

cat >all.pol <<'POL'
policy db for { app = db } {
  ingress {
    deny from { tier in (a, b) } on tcp/1-100
    allow from { tier in (b, c), zone = z } on tcp/50-200
    allow from { tier = a, zone = z } on tcp/60
    allow from { tier = b, zone = z } on tcp/150
    allow from cidr 10.0.0.0/8 on tcp/443
    allow from cidr 10.1.0.0/16 on tcp/443
    allow from { app = web, app = db } on tcp/1
  }
  egress { allow to { app = web } on tcp/80 }
}
policy union for { app = u } {
  ingress {
    deny from { k = v } on tcp/1-100
    deny from { k = v } on tcp/101-200
    allow from { k = v } on tcp/50-150
  }
}
assert "closed" { never { tier = c } -> { app = db } on tcp/1-49  never { zone = z } -> { app = db } }
POL

emit() { timeout 100 "$POLC" check --emit-smt2 "$@" >out 2>&1 </dev/null; }
recorded() { sed -n 's/^(set-info :status \(.*\))$/\1/p' "$1"; }
# disagreements SOLVER DIR: the files that it answers in another way than they say
disagreements() {
	local file got

	for file in "$2"/*.smt2; do
		got=$(timeout 60 "$1" "$file" 2>&1)
		[ "$got" = "$(recorded "$file")" ] || echo "$file: $got, not $(recorded "$file")"
	done
}
answers() { cat "$1"/*.smt2 | sed -n 's/^(set-info :status \(.*\))$/\1/p' | sort -u | xargs; }
asked() { find "$1" -name "*-$2.smt2" | grep -q .; }

emit all all.pol
emit shop "$src/examples/shop"
check "questions of both answers are written" test "$(answers all)" = "sat unsat"
for name in conflict shadowed assert-failed; do
	check "and some of the check '$name'" asked all "$name"
done
check "a file says what it asks" grep -q '^; about the .* rule of policy db (ingress) at all.pol:' -r all
for solver in z3 cvc5; do
	for dir in all shop; do
		name="$solver answers every question on '$dir' as polc recorded it"
		if command -v "$solver" >/dev/null; then
			check_empty "$name" disagreements "$solver" "$dir"
		else
			skip "$name" "no $solver here"
		fi
	done
done
emit all all.pol
check "a directory with something in it is refused" test $? -eq 2
check "and polc says so" grep -q 'all is not empty' out
emit nowhere/all all.pol
check "one that cannot be made is a fault" test $? -eq 3
rm -rf again && emit again all.pol
# Up to the numbers that the solver gives to terms, which depend on where its memory is.
questions() { (cd "$1" && tail -n +1 -- *.smt2 | sed 's/[?$]x[0-9]*/x/g'); }
check "the same input asks the same questions" diff <(questions all) <(questions again)
tap_done
