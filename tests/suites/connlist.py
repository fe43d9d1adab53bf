#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""polc reach beside the connection lists of np-guard (suites/np-guard/connlist).

Of every pair of workloads, and of workloads and outside addresses, np-guard says which ports are
open. Asked are the first and the last port of each of its ranges, their neighbours, and a few that
are everywhere, one probe each. Cases about objects that polc does not read are out of scope, by kind.
TAP on standard output.
"""
import glob
import ipaddress
import json
import os
import re
import subprocess
import sys
import tempfile

import yaml

# What these cases turn on, and why they are no cases for polc yet.
OUT_OF_SCOPE = {
    "AdminNetworkPolicy": "no reader yet",
    "BaselineAdminNetworkPolicy": "no reader yet",
    "MultiNetworkPolicy": "secondary networks",
    "NetworkAttachmentDefinition": "secondary networks",
    "UserDefinedNetwork": "secondary networks",
    "ClusterUserDefinedNetwork": "secondary networks",
    "VirtualMachine": "secondary networks",
    "Ingress": "what an ingress controller opens",
    "Route": "what an ingress controller opens",
}
# np-guard lets policies select them; for polc they are host traffic (suites/README.md, decision 2).
HOST_TRAFFIC = "hostNetwork"
PORTS = [("tcp", 80), ("udp", 53), ("sctp", 9)]


def documents(folder):
    for path in sorted(glob.glob(folder + "/manifests/**/*", recursive=True)):
        if not path.endswith((".yaml", ".yml", ".json")):
            continue
        with open(path, encoding="utf-8") as f:
            for doc in yaml.safe_load_all(f):
                if not isinstance(doc, dict):
                    continue
                # The items of a PodList need not say that they are pods.
                kind = str(doc.get("kind")).removesuffix("List") or None
                for d in doc.get("items") or [doc]:
                    yield {"kind": kind, **d}


def workloads(docs):
    """polc's name of each endpoint -> np-guard's name of it, or None: host traffic."""
    names = {}
    for d in docs:
        meta = d.get("metadata") or {}
        name = "%s/%s" % (meta.get("namespace") or "default", meta.get("name"))
        spec = d.get("spec") or {}
        pod = spec if d.get("kind") == "Pod" else (spec.get("template") or {}).get("spec")
        if not isinstance(pod, dict) or "containers" not in pod or not d.get("kind"):
            continue
        owners = meta.get("ownerReferences") or []
        kind = d.get("kind")
        if kind == "Pod" and owners:
            owner = owners[0]
            name_there = "%s/%s[%s]" % (name.split("/")[0], owner["name"], owner.get("kind") or kind)
        else:
            name_there = "%s[%s]" % (name, kind)
        names[name] = None if pod.get(HOST_TRAFFIC) else name_there
    return names


def external_range(name):
    m = re.match(r"([0-9.]+)-([0-9.]+)\[External\]$", name)
    return m and tuple(int(ipaddress.ip_address(x)) for x in m.groups())


class Expected:
    def __init__(self, connections):
        self.pairs = {}
        self.ranges = set()
        for c in connections:
            for end in (c["src"], c["dst"]):
                if external_range(end):
                    self.ranges.add(end)
            self.pairs[c["src"], c["dst"]] = c["conns"]

    def addresses(self):
        """The first and the last address of every range, and an address in none of them."""
        edges = {a for r in self.ranges for a in external_range(r)} | {int(ipaddress.ip_address("203.0.113.7"))}
        return sorted(str(ipaddress.ip_address(a)) for a in edges)

    def ports(self):
        found = set(PORTS)
        for conns in self.pairs.values():
            for proto, ranges in conns.items() if conns != "all" else ():
                for lo, hi in ranges:
                    found |= {(proto.lower(), p) for p in (lo - 1, lo, hi, hi + 1) if 0 < p < 65536}
        return sorted(found)

    def names_of(self, end):
        """np-guard's names of an end: of an address, all ranges that hold it."""
        if not end.startswith("cidr:"):
            return [end]
        at = int(ipaddress.ip_address(end[5:]))
        return [r for r in self.ranges if external_range(r)[0] <= at <= external_range(r)[1]]

    def allows(self, src, dst, proto, port):
        for s in self.names_of(src):
            for d in self.names_of(dst):
                conns = self.pairs.get((s, d), {})
                if conns == "all" or any(lo <= port <= hi for lo, hi in conns.get(proto.upper(), [])):
                    return True
        return False


def polc(*args):
    return subprocess.run([os.environ["POLC"], *args], capture_output=True, text=True, check=False)


def probes_of(names, expected):
    """Probes, and np-guard's answer to each."""
    there = {**{n: t for n, t in names.items() if t},
             **{"cidr:" + a: "cidr:" + a for a in expected.addresses()}}
    probes, wanted = [], []
    for src, src_there in there.items():
        for dst, dst_there in there.items():
            if src_there == dst_there or (src.startswith("cidr:") and dst.startswith("cidr:")):
                continue
            for proto, port in expected.ports():
                probes.append({"from": src, "to": dst, "port": "%s/%d" % (proto, port)})
                wanted.append(expected.allows(src_there, dst_there, proto, port))
    return probes, wanted


def manifests_for_polc(folder, docs, work):
    """Two cases name policies as Kubernetes would not take them, and polc with it: a_b becomes a-b."""
    odd = {d["metadata"]["name"] for d in docs if d.get("kind") == "NetworkPolicy" and "_" in d["metadata"]["name"]}
    if not odd:
        return folder + "/manifests"
    for path in glob.glob(folder + "/manifests/**/*.yaml", recursive=True):
        with open(path, encoding="utf-8") as f:
            text = f.read()
        for name in odd:
            text = text.replace("name: " + name, "name: " + name.replace("_", "-"))
        with open(os.path.join(work, os.path.basename(path)), "w", encoding="utf-8") as f:
            f.write(text)
    return work


def compare(folder):
    """The number of probes and the first difference; or why the case is out of scope."""
    docs = list(documents(folder))
    kinds = {d.get("kind") for d in docs} & set(OUT_OF_SCOPE)
    if kinds:
        return None, "%s: %s" % (", ".join(sorted(kinds)), OUT_OF_SCOPE[sorted(kinds)[0]])
    with open(folder + "/expected.json", encoding="utf-8") as f:
        expected = Expected(json.load(f)["connections"])
    probes, wanted = probes_of(workloads(docs), expected)
    if not probes:
        return None, "all its pods use the network of their host"
    with tempfile.NamedTemporaryFile("w", suffix=".json") as f, tempfile.TemporaryDirectory() as work:
        json.dump(probes, f)
        f.flush()
        run = polc("reach", manifests_for_polc(folder, docs, work), "--ipblock=external", "--format", "json",
                   "--probes", f.name)
    if run.returncode:
        return len(probes), run.stderr
    got = [flow["verdict"] == "allow" for flow in json.loads(run.stdout)["flows"]]
    wrong = [(p, w) for p, w, g in zip(probes, wanted, got) if w != g]
    return len(probes), "%d differ; np-guard says %s of %s" % (len(wrong), wrong[0][1], wrong[0][0]) if wrong else None


def main():
    folders = sorted(glob.glob(os.environ.get("POLC_SUITES", "") + "/np-guard/connlist/*/"))
    if not folders:
        print("1..0 # SKIP no suite np-guard/connlist (set POLC_SUITES)")
        return 0
    print("1..%d" % (len(folders) + 1))
    failed = compared = 0
    for i, folder in enumerate(folders, 1):
        name = os.path.basename(folder.rstrip("/"))
        n, difference = compare(folder.rstrip("/"))
        if n is None:
            print("# %s is out of scope: %s" % (name, difference))
            print("ok %d - %s is out of scope" % (i, name))
            continue
        compared += 1
        failed += difference is not None
        print("%s %d - %s: %d probes agree" % ("not ok" if difference else "ok", i, name, n))
        for line in (difference or "").splitlines():
            print("# " + line)
    few = compared < 20
    print("%s %d - %d cases were compared" % ("not ok" if few else "ok", len(folders) + 1, compared))
    return 1 if failed or few else 0


sys.exit(main())
