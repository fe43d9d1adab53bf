# SPDX-License-Identifier: Apache-2.0
# usage: awk -f explain.awk CODES.H... PAGE.md...
# Writes the table of runtime/cli/explain.h: a row for each section of a page that a code heads. The
# headers tell which codes are no errors, by the first word of their comment.
BEGIN {
	kinds["Mistakes in the input"] = "input"
	kinds["Bundles"] = "bundle"
	kinds["Between a bundle and the kernel"] = "node"
	kinds["Suppressions and baselines"] = "report"
	kinds["Faults in polc"] = "fault"
	kinds["Why a packet passed or was dropped"] = "packet"
	print "/* Made by runtime/cli/explain.awk from the pages of doc/. */"
	print "#include \"runtime/cli/explain.h\"\n"
	print "const struct explanation explanations[] = {"
}

function end_section() {
	if (code != "")
		print "\t\tNULL}},"
	code = blank = ""
	started = 0
}

function begin_section(name, kind) {
	end_section()
	code = name
	if (kind == "") {
		print "explain.awk: no kind for what '" name "' is under: " section >"/dev/stderr"
		exit failed = 1
	}
	page = FILENAME
	sub(/.*\//, "", page)
	printf "\t{.code = \"%s\", .kind = \"%s\", .level = \"%s\", .page = \"doc/%s\",\n", code, kind, level[code], page
	print "\t .lines = (const char *const[]){"
}

# Without the marks of a link, which leads nowhere here.
function plain(s,    from, text) {
	while (match(s, /\[[^][]*\]\([^()]*\)/)) {
		text = substr(s, RSTART + 1, RLENGTH - 1)
		from = RSTART + RLENGTH
		sub(/\]\(.*/, "", text)
		s = substr(s, 1, RSTART - 1) text substr(s, from)
	}
	return s
}

function put(s) {
	if (s == "") {
		blank = started
		return
	}
	if (blank)
		print "\t\t\"\","
	blank = 0
	started = 1
	gsub(/\\/, "\\\\", s)
	gsub(/"/, "\\\"", s)
	printf "\t\t\"%s\",\n", s
}

FILENAME ~ /\.h$/ {
	if ($0 ~ /^#define [A-Z_]*CODE_/ && match($0, /\/\* (note|warning): /)) {
		name = $3
		gsub(/"/, "", name)
		level[name] = substr($0, RSTART + 3, RLENGTH - 5)
	}
	next
}

/^```/ { fenced = !fenced; if (code != "" && started) blank = 1; next }
!fenced && /^##* / {
	title = $0
	sub(/^#* /, "", title)
	coded = title ~ /^`[a-z0-9-]+`$/
	if ($0 ~ /^## / && !coded)
		section = title
	if (!coded)
		end_section()
	else
		begin_section(substr(title, 2, length(title) - 2), $0 ~ /^## / ? "check" : kinds[section])
	next
}
code != "" { put(fenced ? ($0 == "" ? "" : "    " $0) : plain($0)) }

END {
	if (failed)
		exit 1
	end_section()
	print "};\n"
	print "const size_t n_explanations = sizeof(explanations) / sizeof(*explanations);"
}
