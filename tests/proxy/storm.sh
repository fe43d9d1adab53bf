# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Requests over many connections of HTTP/1.1 and HTTP/2 while two policies, a and b, take turns: what both
# allow always passes, what neither does never, no connection ends and no request is lost. Set before:
#   scratch      a directory
#   storm_at     where they go, as a URL has it
#   storm_from   what to run a client with: a command before its own, or nothing
# shellcheck disable=SC2016,SC2154 # of awk; what is set before

# storm_entries a|b: what that policy allows.
storm_entries() { printf 'GET "/both"\nGET "/only-%s/.*"\n' "$1"; }

# storm SECONDS CONNECTIONS [OPTION...]: as many of each of four kinds, which ends by itself; options of h2load.
storm() {
	storm_pids=()
	storm_load both-1 /both "$@" --h1
	storm_load both-2 /both "$@" -m 10
	storm_load neither-1 /neither "$@" --h1
	storm_load neither-2 /neither "$@" -m 10
}
# storm_load NAME PATH SECONDS CONNECTIONS OPTION...: what came is in NAME.
storm_load() {
	"${storm_from[@]}" h2load -c "$4" -t 1 -D "$3" "${@:5}" "http://$storm_at$2" >"$scratch/$1" 2>&1 &
	storm_pids+=($!)
}
storm_lasts() { kill -0 "${storm_pids[0]}" 2>/dev/null; }

# storm_checks: when it is over.
storm_checks() {
	local name want

	wait "${storm_pids[@]}"
	for name in both-1 both-2 neither-1 neither-2; do
		want=2xx
		[ "${name%-*}" = both ] || want=4xx
		sed 's/^/# /' "$scratch/$name" | grep -E "requests:|status codes:"
		check "every request has its answer ($name)" awk -v want="$want" '
			/^requests:/ { done = $6; whole = $12 == 0 && $14 == 0 }
			/^status codes:/ { for (i = 3; i < NF; i += 2) n[$(i + 1)] = $i
				n["5xx"] += 0; right = n[want ","] + n[want] }
			END { exit !(whole && done > 1000 && right == done) }' "$scratch/$name"
	done
}
