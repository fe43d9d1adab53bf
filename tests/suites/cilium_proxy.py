#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""polc beside the cases of Cilium's proxy (suites/cilium-proxy-l7), whose policies are translated to .pol.

There a remote is a number, its identity: here an endpoint with that label, and the endpoint of the
policy has another one, as a policy speaks of one direction and end alone. What no rule allows is denied,
also where no policy is. The rule with the greater precedence decides, here the lower rank; who passes
goes on behind a precedence, which here is the next tier.
TAP on standard output; arguments: see judged.py.
"""
import glob
import json
import os
import re
import sys
import tempfile

import yaml

import judged
from judged import Case, Probe, Unwritable, quoted

SUITE = os.environ.get("POLC_SUITES", "") + "/cilium-proxy-l7"
PROXY = "a rule for one of several proxies of a port"
SECRET = "a value that a secret holds"
SERVER_NAMES = "names of TLS servers"
KAFKA = "messages of Kafka that name several topics"
UNWRITABLE = {"case014": PROXY, "case046": SECRET, "case052": SERVER_NAMES, "case054": SERVER_NAMES,
              "kafka.json": KAFKA}
# Fields with a meaning here; whatever else is there leaves the case out.
RULE_FIELDS = {"remote_policies", "deny", "precedence", "pass_precedence", "http_rules"}
LEFT_OUT = {"proxy_id": PROXY, "server_names": SERVER_NAMES, "value_sds_secret": SECRET}
SUBJECT = "s%d"
REMOTE = "r%d"
# Of a request that has none: one that no rule speaks of.
NO_METHOD = "NONE"


def known(fields, those):
    judged.known(fields, those, LEFT_OUT)


# --- rules -----------------------------------------------------------------------------------------

def value(match):
    """The expression that matches the whole value."""
    known(match, {"name", "exact_match", "safe_regex_match"})
    if "exact_match" in match:
        return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", match["exact_match"])
    return match["safe_regex_match"]["regex"]


def entry(rule):
    """`GET "/path" where header "X" =~ "value"`."""
    method, path, conditions = "any", ".*", []
    known(rule, {"headers", "header_matches"})
    for match in rule.get("header_matches", []):
        known(match, {"name", "value"})
    for match in rule["headers"]:
        if match["name"] == ":path":
            path = value(match)
        elif match["name"] == ":method":
            method = match["exact_match"]
        else:
            conditions.append("header %s =~ %s" % (quoted(match["name"]), quoted(value(match))))
    return "%s %s%s" % (method, quoted(path), " where " + " and ".join(conditions) if conditions else "")


def action(rule):
    if rule.get("deny"):
        return "deny"
    return "pass" if "pass_precedence" in rule else "allow"


def line(direction, ports, rule):
    known(rule, RULE_FIELDS)
    remotes = rule.get("remote_policies")
    peers = "{ identity in (%s) }" % ", ".join('"%d"' % r for r in remotes) if remotes else "all"
    requests = [entry(r) for r in rule.get("http_rules", {}).get("http_rules", [])]
    return "    %s %s %s on %s%s\n" % (
        action(rule), "from" if direction == "ingress" else "to", peers, ports,
        " http { %s }" % "\n".join(requests) if requests else "")


def rules(resource):
    """(precedence, behind which it passes, direction, line) of each rule."""
    known(resource, {"@type", "endpoint_ips", "endpoint_id", "ingress_per_port_policies",
                     "egress_per_port_policies"})
    for direction in ("ingress", "egress"):
        for ports in resource.get(direction + "_per_port_policies", []):
            known(ports, {"port", "end_port", "rules"})
            lo = ports.get("port", 0)
            text = "tcp/%d-%d" % (lo, ports.get("end_port") or lo) if lo else "tcp"
            for rule in ports.get("rules", [{}]):
                yield (rule.get("precedence", 0), rule.get("pass_precedence"), direction,
                       line(direction, text, rule))


# --- policies --------------------------------------------------------------------------------------

def tiers(listed):
    """The rules of each tier, the first one first. A tier ends where somebody goes on."""
    cuts = sorted({behind for _, behind, _, _ in listed if behind is not None}, reverse=True)
    for precedence, behind, _, _ in listed:
        if behind is not None and [c for c in cuts if behind < c < precedence]:
            raise Unwritable("a rule that passes over several tiers")
    edges = [float("inf"), *cuts, float("-inf")]
    for above, cut in zip(edges, edges[1:]):
        yield [r for r in listed if cut < r[0] <= above]


def tier_text(number, last, subject, listed):
    """A policy for each precedence."""
    out = []
    for precedence in sorted({r[0] for r in listed}, reverse=True):
        out.append("policy p%d-%d rank %d for { subject = \"%d\" } {\n" %
                   (subject, precedence, 10000 - precedence, subject))
        for direction in ("ingress", "egress"):
            of = "".join(r[3] for r in listed if r[0] == precedence and r[2] == direction)
            out.append("  %s {\n%s  }\n" % (direction, of))
        out.append("}\n")
    text = "".join(out)
    return text if last else "tier t%d-%d before default {\n%s}\n" % (subject, number, text)


def policy(subject, resource):
    listed = list(rules(resource))
    parts = list(tiers(listed))
    text = "".join(tier_text(i, i + 1 == len(parts), subject, part) for i, part in enumerate(parts))
    return text + "policy p%d for { subject = \"%d\" } { ingress { } egress { } }\n" % (subject, subject)


# --- probes ----------------------------------------------------------------------------------------

def probe(asked, subject):
    ends = [REMOTE % asked["remote_id"], SUBJECT % subject]
    if asked["direction"] == "egress":
        ends.reverse()
    headers = dict(asked.get("headers") or {})
    method = headers.pop(":method", NO_METHOD) if headers else None
    path = headers.pop(":path", "/")
    return Probe(*ends, asked["port"], "allow" if asked["allowed"] else "deny", method, path,
                 list(headers.items()))


def make(name):
    if name == "kafka.json":
        raise Unwritable(KAFKA)
    with open("%s/%s/policy.yaml" % (SUITE, name), encoding="utf-8") as f:
        resources = yaml.safe_load(f).get("resources") or []
    with open("%s/%s/expected.json" % (SUITE, name), encoding="utf-8") as f:
        asked = json.load(f)["probes"]
    at = {ip: r["endpoint_id"] for r in resources for ip in r["endpoint_ips"]}
    subjects = {p["endpoint_ip"]: at.get(p["endpoint_ip"], 42) for p in asked}
    of = {r["endpoint_id"]: r for r in resources}
    labels = {SUBJECT % s: 'subject = "%d"' % s for s in subjects.values()}
    labels.update({REMOTE % r: 'identity = "%d"' % r for r in sorted({p["remote_id"] for p in asked})})
    policies = "".join(policy(s, of.get(s, {})) for s in sorted(set(subjects.values())))
    return Case(name, labels, policies, [probe(p, subjects[p["endpoint_ip"]]) for p in asked])


def main():
    names = sorted(os.path.basename(f.rstrip("/")) for f in glob.glob(SUITE + "/case*/"))
    if not names:
        print("1..0 # SKIP no suite cilium-proxy-l7 (set POLC_SUITES)")
        return 0
    with tempfile.TemporaryDirectory() as work:
        return judged.main("cilium-proxy-l7", names + ["kafka.json"], make, UNWRITABLE, 173, work)


sys.exit(main())
