#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Calls of gRPC are judged: what its own library calls and serves works as without a policy, or is told no.
# shellcheck source=tests/kernel/runtime/lib.sh
. "$POLC_SRCDIR/tests/kernel/runtime/lib.sh"

# Debian's own, as the library is a package of Debian.
python=/usr/bin/python3
$python -c 'import grpc' 2>/dev/null || skip_all "no python3-grpcio"
talker=$POLC_SRCDIR/tests/kernel/runtime/grpc_talk.py
judging_start
node_up
workload_up cart 10.77.0.2 fd77::2
workload_up greeter 10.77.0.3 fd77::3
background greeter "$python" "$talker" serve 50051 >"$work/greeter.ready"
await grep -q ready "$work/greeter.ready"

# lets NAME ENTRY...: the greeter lets the cart make these calls.
lets() {
	{
		pol_endpoints cart greeter
		echo 'policy greeter for { app = greeter } { ingress {'
		echo 'allow from { app = cart } on tcp/50051 grpc {'
		printf '%s\n' "${@:2}"
		echo '} } }'
	} >"$work/$1.pol"
	build "$1" "$work/$1.pol" && load "$work/$1" --attach cart=cart --attach greeter=greeter
}
# calls FAMILY WANT METHOD...: one channel makes the calls, and these are their statuses.
calls() {
	local -n address=ip$1
	local at=${address[greeter]} want got

	[ "$1" = 4 ] || at="[$at]"
	want="$2 connections=1 as=${3:-${address[cart]}}"
	got=$(inside cart timeout 60 "$python" "$talker" call "$at:50051" "${@:4}")
	[ "$got" = "$want" ] || { echo "$got, not $want" && return 1; }
}
ticks() { wc -l <"$work/ticks$1"; }
hears_more_than() { [ "$(ticks "$2")" -gt "$1" ]; }
# goes_on FAMILY: the stream that is open hears something new.
goes_on() { await hears_more_than $(($(ticks "$1") + 2)) "$1"; }

hello=helloworld.Greeter
for family in 4 6; do
	check "without a policy all calls work (IPv$family)" \
		calls $family "OK OK OK" "" $hello/SayHello $hello/CountAll $hello/Chat
done
check "calls of one service are allowed" lets some 'call "helloworld.Greeter/(Say|Count|Chat).*"' \
	'deny call ".*/.*Secret"'
for family in 4 6; do
	check "a call works (IPv$family)" calls $family OK "" $hello/SayHello
	check "one that streams answers works (IPv$family)" calls $family OK nobody $hello/CountAll
	check "one that streams both ways works (IPv$family)" calls $family OK nobody $hello/Chat
	check "each kind is told when it is denied, and the connection lives on (IPv$family)" \
		calls $family "OK PERMISSION_DENIED OK PERMISSION_DENIED OK PERMISSION_DENIED OK OK" "" \
		$hello/SayHello $hello/SaySecret $hello/CountAll admin.Admin/CountAll \
		$hello/Chat admin.Admin/Chat $hello/Chat $hello/SayHello
done

# --- a stream that is open ------------------------------------------------------------------------

for family in 4 6; do
	at="${ip4[greeter]}"
	[ $family = 4 ] || at="[${ip6[greeter]}]"
	background cart timeout 120 "$python" "$talker" tick "$at:50051" $hello/Chat \
		>"$work/ticks$family" 2>"$work/tick$family.log"
done
for family in 4 6; do
	await test -s "$work/ticks$family"
	check "a stream is open (IPv$family)" goes_on $family
done
check "a policy with one entry more" lets more 'call "helloworld.Greeter/Chat"' 'call "admin.Admin/Say"'
for family in 4 6; do
	check "leaves it open (IPv$family)" goes_on $family
	check "and tells the next calls by what it says (IPv$family)" \
		calls $family "OK PERMISSION_DENIED OK" "" admin.Admin/Say $hello/SayHello $hello/Chat
done
for ((i = 0; i < 4; i++)); do
	lets turn$i 'call "helloworld.Greeter/.*"' "call \"other.Other$i/Say\"" || break
done
check "policies that keep its rule come one after the other" [ $i -eq 4 ]
for family in 4 6; do
	check "and it goes on (IPv$family)" goes_on $family
	check "without a fault (IPv$family)" test ! -s "$work/tick$family.log"
done
check "its entry goes" lets gone 'call "helloworld.Greeter/Say.*"'
for family in 4 6; do
	check "the next call is denied (IPv$family)" calls $family "PERMISSION_DENIED OK" "" \
		$hello/Chat $hello/SayHello
done
tap_done
