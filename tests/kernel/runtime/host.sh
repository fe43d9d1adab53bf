#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Host traffic: what a kubelet asks of the pods of its node passes whatever a Kubernetes policy says,
# and nobody else profits; where policy is our own, it says `allow from host` or it does not.
# shellcheck disable=SC2016,SC2119 # evaluated later; functions without arguments
# shellcheck source=tests/kernel/runtime/lib.sh
. "$POLC_SRCDIR/tests/kernel/runtime/lib.sh"

kernel_start
node_up
workload_up web 10.77.0.2 fd77::2 8080
workload_up cart 10.77.0.3 fd77::3 7070
workload_up outside 203.0.113.9 2001:db8::9
# An address that the node sends nothing from on its own.
inside node ip address add 10.77.255.1/32 dev lo
background node "$talk" serve 10250 >"$work/kubelet.ready"
await grep -q ready "$work/kubelet.ready"
both=(--attach shop/web=web --attach shop/cart=cart)

{
	pod web
	pod cart
	network_policy closed web "policyTypes: [Ingress, Egress]"
} >"$work/kubernetes.yaml"
{
	for w in web cart; do
		echo "endpoint shop/$w { labels { app = $w } address ${ip4[$w]} address ${ip6[$w]} }"
	done
	echo 'policy closed for { app = web } { ingress { } egress { } }'
	echo 'policy cart for { app = cart } { ingress { allow from host on tcp/7070 } }'
} >"$work/own.pol"

check "the Kubernetes policy builds" build kubernetes "$work/kubernetes.yaml"
check "and loads" load "$work/kubernetes" "${both[@]}"
ask "the node probes an isolated pod over TCP" ok node tcp web 8080
ask "and by ping" ok node ping web
ask "another pod does not reach it" silent cart tcp web 8080
ask "nor does the world" silent outside tcp web 8080
answers
ask "an isolated pod reaches its node" ok web tcp 169.254.1.1 10250
ask "and nobody else" silent web tcp cart 7070
answers

why() { "$POLC" why "$work/kubernetes.yaml" --from node --to shop/web --port tcp/8080; }
check "polc why knows the node" eval 'why | grep -q "Kubernetes lets the node of a pod reach it"'

check "a load can be told that the node has no address" \
	load "$work/kubernetes" --node-address none
ask "then nobody is the node" silent node tcp web 8080
answers
check "or which one" load "$work/kubernetes" --node-address 10.77.255.1
ask "and only this one is host traffic" silent node tcp "${ip4[web]}" 8080
answers
check "the next load finds them again" load "$work/kubernetes"
ask "and the node probes again" ok node tcp web 8080
answers

check "a policy of our own builds" build own "$work/own.pol"
check "and loads in its place" load "$work/own"
ask "without allow from host the node is kept out" silent node tcp web 8080
ask "with it, it comes in" ok node tcp cart 7070
ask "on the port that is allowed" silent node tcp cart 7071
ask "and no pod comes in with it" silent web tcp cart 7070
ask "nor does the world come in" silent outside tcp cart 7070
answers

# The node has an address that the inventory gives to cart.
inside node ip address add 10.77.0.3/32 dev lo
check "an endpoint's address on the node is told" \
	eval 'inside node "$POLC" load --pin-dir "$pins" "$work/own" 2>&1 | grep -q "gives to endpoint shop/cart.*\[node-address\]"'
inside node ip address del 10.77.0.3/32 dev lo

check "a node address is an address" \
	eval '! load "$work/own" --node-address here 2>"$work/err" &&
		grep -q "takes an IP address or none" "$work/err"'
unload
tap_done
