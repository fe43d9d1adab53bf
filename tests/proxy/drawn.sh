# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Requests that are drawn, and what becomes of each beside what the interpreter says. Set before:
#   scratch      a directory
#   gateway      the program of that name here
#   drawn_at     where the rules of drawn_policy listen, number n at a port n - 1 further than
#   drawn_port   that of the first
#   drawn_from   what to run a client with: a command before its own, or nothing
# shellcheck disable=SC2154 # what is set before

drawn_seed=${POLC_SEED:-$RANDOM}
RANDOM=$drawn_seed
echo "# POLC_SEED=$drawn_seed"

# drawn_policy: for shop, each rule at a port of its own.
drawn_policy() {
	cat <<-'POL'
		policy shop for { app = shop } {
			ingress {
				allow from { app = cart } on tcp/81 http {
					GET "/public/.*"
				}
				allow from { app = cart } on tcp/82 http {
					any ".*" where header "X-Token" =~ "[0-9]+"
					deny any "/admin.*"
				}
				allow from { app = cart } on tcp/83 grpc {
					call "a\\.B/C"
				}
				allow from { app = cart } on tcp/84 http {
					any "/(a|b)*/c" where host = "shop" and header "A" = "1"
					GET "/.*x.*" where header "A" = "2"
					POST "/a/.*"
					deny POST "/a/b"
				}
				allow from { app = cart } on tcp/85 http {
					any ".*"
				}
				allow from { app = cart } on tcp/86 http {
					any ".*"
					deny any ".*" where header "X-Bad" = "1"
				}
			}
		}
	POL
}

# shellcheck disable=SC2034 # read by their names
methods=(GET GET POST PUT DELETE PATCH FOO)
paths=(/ /a /a/b /a/b/c /c /public /public/ /public/x /admin /admin/x /adminx /x /abxba /a.B/C /a.B/CD /b/a/c
	/ab/c /Public/x /public/%C3%A9)
headers=("X-Token: 1" "X-Token: 12a" "x-token: 77" "A: 1" "A: 2" "a: 2" "A: 3" "B: 1")
# shellcheck disable=SC2034
hosts=(shop 127.0.0.1)
pick() {
	local -n from=$1

	picked=${from[RANDOM % ${#from[@]}]}
}
# draw PATH...: requests that differ in these alone.
draw() {
	local picked rule=$((RANDOM % 5 + 1)) method path rest

	pick methods
	method=$picked
	pick hosts
	rest=$'\tHost: '$picked
	while [ $((RANDOM % 2)) = 0 ]; do
		pick headers
		rest+=$'\t'$picked
	done
	for path in "$@"; do printf '%s\t%s\t%s%s\n' "$rule" "$method" "$path" "$rest"; done
}

# curl's configuration for these requests: one process, which keeps its connections.
as_curl() {
	awk -F '\t' -v at="$drawn_at" -v port="$drawn_port" '{
		if (NR > 1) print "next"
		printf "silent\nshow-error\npath-as-is\nurl = \"http://%s:%d%s\"\nrequest = \"%s\"\n", at, port + $1 - 1, $3, $2
		for (i = 4; i <= NF; i++) printf "header = \"%s\"\n", $i
		print "output = /dev/null\nwrite-out = \"%{http_code}\\n\""
	}'
}
over_http1() {
	as_curl >"$scratch/curl"
	"${drawn_from[@]}" curl -K "$scratch/curl"
}

# Those of each rule one behind the other on one connection, all of them before the first answer; they
# are sorted by their rules.
over_pipeline() {
	local rule

	for rule in 1 2 3 4 5; do
		awk -F '\t' -v rule=$rule '$1 == rule {
			printf "%s %s HTTP/1.1\r\nContent-Length: 0\r\n", $2, $3
			for (i = 4; i <= NF; i++) printf "%s\r\n", $i
			printf "\r\n"
		} END { printf "GET / HTTP/1.1\r\nHost: last\r\nConnection: close\r\n\r\n" }' >"$scratch/raw" <"$scratch/requests"
		# shellcheck disable=SC2016 # of the inner shell
		"${drawn_from[@]}" timeout 60 bash -c 'exec 3<>"/dev/tcp/$1/$2" || exit; cat "$3" >&3 & cat <&3' \
			- "${drawn_at//[][]/}" $((drawn_port + rule - 1)) "$scratch/raw" |
			awk '/^HTTP\/1.1 / { if (said) print said; said = $2 }'
	done
}

# Requests that differ in their paths alone, all of them in their order: streams of one connection.
over_http2() {
	local rule method path headers rest name='' uris=() options=()

	while IFS=$'\t' read -r rule method path headers; do
		if [ "$path" = "${paths[0]}" ]; then
			streams
			name=$method uris=() options=()
			while [ -n "$headers" ]; do
				IFS=$'\t' read -r rest headers <<<"$headers"
				options+=(-H "${rest/Host:/:authority:}")
			done
		fi
		uris+=("http://$drawn_at:$((drawn_port + rule - 1))$path")
	done
	streams
}
streams() {
	[ ${#uris[@]} -eq 0 ] || "${drawn_from[@]}" nghttp -nv --no-dep -H ":method: $name" "${options[@]}" "${uris[@]}" |
		sed 's/\x1b\[[0-9;]*m//g' | awk '
			/send HEADERS frame/ { match($0, /stream_id=[0-9]+/); order[++n] = substr($0, RSTART + 10, RLENGTH - 10) }
			/recv \(stream_id=[0-9]+\) :status: / { match($0, /stream_id=[0-9]+/)
				status[substr($0, RSTART + 10, RLENGTH - 10)] = $NF }
			END { for (i = 1; i <= n; i++) print status[order[i]] }'
}

# judges_alike OVER: as many connections as there are listeners, whatever the requests are.
judges_alike() {
	drawn_policy >"$scratch/drawn.pol"
	"$gateway" judge "$scratch/drawn.pol" <"$scratch/requests" >"$scratch/want"
	echo "# $(sort "$scratch/want" | uniq -c | tr '\n' ' ')"
	"$1" <"$scratch/requests" >"$scratch/got" 2>"$scratch/errors"
	head -n 5 "$scratch/errors"
	paste "$scratch/want" "$scratch/got" "$scratch/requests" | awk '$1 != $2' | head -n 5 >"$scratch/wrong"
	cat "$scratch/wrong"
	[ ! -s "$scratch/wrong" ] && [ "$(wc -l <"$scratch/got")" = "$(wc -l <"$scratch/want")" ]
}

# judges_all N [NAME]: N requests each over HTTP/1.1, one after the other and all at once, and HTTP/2.
judges_all() {
	local n=$1 name=${2:-} picked

	for _ in $(seq "$n"); do
		pick paths
		draw "$picked"
	done >"$scratch/unsorted"
	sort -s -n -k 1,1 "$scratch/unsorted" >"$scratch/requests"
	check "random requests are judged as by the interpreter (HTTP/1.1$name)" judges_alike over_http1
	check "many before the first answer, too (HTTP/1.1$name)" judges_alike over_pipeline
	for _ in $(seq $((n / ${#paths[@]}))); do draw "${paths[@]}"; done >"$scratch/requests"
	check "random requests are judged as by the interpreter (HTTP/2$name)" judges_alike over_http2
}
