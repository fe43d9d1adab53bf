# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Policies that keep polc busy for longer than any budget that the tests give it. Each function writes one
# of them.

# Questions to the solver: under half a second of a processor goes to one.
slow_assertions() {
	awk 'BEGIN {
		for (i = 0; i < 200; i++)
			printf "policy p%d for { k%d = a } { ingress { allow from { k%d in (a, b) } on tcp/%d-%d } }\n",
				i, i % 30, (i * 7 + 1) % 30, i + 1, i + 31
		print "assert \"much\" {"
		for (i = 0; i < 900; i++)
			printf "  never { k%d = a, k%d != b } -> { k%d = a, k%d in (b, c) } on tcp/%d\n",
				i % 30, i * 3 % 30, i * 5 % 30, i * 11 % 30, i % 200 + 300
		print "}"
	}'
}

# Endpoints that hardly any two rules treat alike: minutes of a processor.
slow_endpoints() {
	awk 'function digit(i, n) { return int(i / 3 ^ n) % 3 }
	BEGIN {
		for (i = 0; i < 2187; i++) {
			printf "endpoint n/e%d { labels { k0 = v%d", i, digit(i, 0)
			for (k = 1; k < 7; k++)
				printf ", k%d = v%d", k, digit(i, k)
			printf " } address 10.0.%d.%d }\n", int(i / 256), i % 256
		}
		for (i = 0; i < 300; i++)
			printf "policy p%d for { k%d = v%d, k%d = v%d } { ingress { allow from { k%d = v%d } on tcp/%d } }\n",
				i, i % 7, int(i / 7) % 3, (i + 1) % 7, int(i / 21) % 3, (i + 3) % 7, i % 3, i + 1
	}'
}

# Each policy looks at five of sixty labels: no two regions of a comparison with nothing are alike.
slow_changes() {
	awk 'BEGIN {
		for (i = 0; i < 700; i++)
			printf "policy p%d for { k%d = a, k%d != b } { ingress { allow from { k%d in (a, b), !k%d } on tcp/%d deny from { k%d = c } on udp } }\n",
				i, i % 60, i * 7 % 60, (i * 3 + 1) % 60, (i * 5 + 2) % 60, i + 1, i * 11 % 60
	}'
}

# workloads NUMBER: Deployments without addresses, which may be wherever prefixes tell addresses apart.
workloads() {
	awk -v n="$1" 'BEGIN {
		for (i = 0; i < n; i++)
			printf "--- {apiVersion: apps/v1, kind: Deployment, metadata: {name: d%d}, spec: {selector: {matchLabels: {a: v%d}}, template: {metadata: {labels: {a: v%d}}, spec: {containers: [{name: c, ports: [{name: p%d, containerPort: %d}]}]}}}}\n",
				i, i, i, i, i + 1
	}'
}

# scattered NUMBER: policies for these, each with a prefix that touches no other one.
scattered() {
	awk -v n="$1" 'BEGIN {
		for (i = 0; i < n; i++)
			printf "--- {apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p%d}, spec: {podSelector: {matchLabels: {a: v%d}}, ingress: [{from: [{ipBlock: {cidr: %d.%d.7.0/24}}]}]}}\n",
				i, i, i % 200 + 1, int(i / 200)
	}'
}

# far NUMBER: one policy with as many of these prefixes.
far() {
	awk -v n="$1" 'BEGIN {
		print "policy p for all { ingress { allow from cidr {"
		for (i = 0; i < n; i++)
			printf " %d.%d.7.0/24%s", i % 200 + 1, int(i / 200), i + 1 < n ? "," : ""
		print " } including endpoints } }"
	}'
}
