#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""polc beside Cilium's matrix of allow, deny and requests (suites/cilium-policy/matrix), whose policies are
translated to .pol.

An empty rule allows nothing, and isolates. Of a connection the matrix says whether it stands: it is l7
here if some of its requests pass and others do not. TAP on standard output; arguments: see judged.py.
"""
import csv
import os
import sys
import tempfile

import yaml

import judged
from judged import Case, Probe, known, quoted

SUITE = os.environ.get("POLC_SUITES", "") + "/cilium-policy/matrix"
UNWRITABLE = {}
SUBJECT = "subject"
LABELS = {SUBJECT: 'foo = ""', "foo": 'foo = ""', "bar": 'bar = ""'}


def selector(spec):
    known(spec, {"matchLabels"})
    return "{ %s }" % ", ".join("%s = %s" % (k, quoted(v)) for k, v in spec["matchLabels"].items())


def requests(rules):
    known(rules, {"http"})
    for rule in rules.get("http", []):
        known(rule, {"method", "path"})
        yield "%s %s" % (rule["method"], quoted(rule["path"]))


def lines(action, rule):
    known(rule, {"fromEndpoints", "toPorts"})
    if not rule:
        return
    peers = ", ".join(selector(s) for s in rule.get("fromEndpoints", [])) or "all"
    for ports in rule.get("toPorts", [{}]):
        known(ports, {"ports", "rules"})
        on = ", ".join("%s/%s" % (p["protocol"].lower(), p["port"]) for p in ports.get("ports", []))
        asks = "\n".join(requests(ports.get("rules", {})))
        yield "    %s from %s%s%s\n" % (action, peers, " on " + on if on else "",
                                       " http { %s }" % asks if asks else "")


def policy(document):
    spec = document["spec"]
    known(spec, {"endpointSelector", "ingress", "ingressDeny"})
    body = [text for action, field in (("allow", "ingress"), ("deny", "ingressDeny"))
            for rule in spec.get(field, []) for text in lines(action, rule)]
    return "policy %s for %s {\n  ingress {\n%s  }\n}\n" % (
        document["metadata"]["name"], selector(spec["endpointSelector"]), "".join(body))


def wanted(row, rows):
    """Of a connection some of whose requests pass and some do not: l7."""
    asked = {r["verdict"] for r in rows if (r["from"], r["port"]) == (row["from"], row["port"]) and r["http"] != "-"}
    return "l7" if row["http"] == "-" and len(asked) > 1 else row["verdict"]


def probe(row, rows):
    method, path = (None, "/") if row["http"] == "-" else row["http"].split()
    return Probe(row["from"], SUBJECT, int(row["port"]), wanted(row, rows), method, path)


def main():
    if not os.path.exists(SUITE + "/expected.tsv"):
        print("1..0 # SKIP no suite cilium-policy/matrix (set POLC_SUITES)")
        return 0
    rows_of = {}
    with open(SUITE + "/expected.tsv", encoding="utf-8") as f:
        for row in csv.DictReader(f, delimiter="\t"):
            rows_of.setdefault(row["case"], []).append(row)

    def make(name):
        with open("%s/%s.yaml" % (SUITE, name), encoding="utf-8") as f:
            text = policy(yaml.safe_load(f))
        return Case(name, LABELS, text, [probe(r, rows_of[name]) for r in rows_of[name]])

    with tempfile.TemporaryDirectory() as work:
        return judged.main("cilium-policy/matrix", sorted(rows_of), make, UNWRITABLE, 1710, work)


sys.exit(main())
