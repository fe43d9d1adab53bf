# SPDX-License-Identifier: Apache-2.0
"""Policies and probes of others, asked of polc in two ways: the interpreter (`polc reach --probes`), and
the compiled tables and rule sets (tests/suites/compiled). What of a suite cannot be written in .pol is
known by name, and no other case may be left out.

  --draw N SEED DIR   asks nobody, but writes N cases with requests to DIR, for a proxy to judge:
                      NAME.pol without endpoints, NAME.ends (name, labels) and NAME.tsv (from, to, port,
                      verdict, method, path, headers)
"""
import json
import os
import random
import subprocess
import sys


class Unwritable(Exception):
    """Why a policy cannot be said in .pol."""


class Probe:
    """A connection, or a request if it has a method; wanted is allow, deny or l7."""
    def __init__(self, src, dst, port, wanted, method=None, path="/", headers=()):
        self.src, self.dst, self.port, self.wanted = src, dst, port, wanted
        self.method, self.path, self.headers = method, path, list(headers)

    def as_json(self):
        out = {"from": self.src, "to": self.dst, "port": "tcp/%d" % self.port}
        if self.method:
            out["request"] = {"method": self.method, "path": self.path, "headers": self.headers}
        return out

    def request(self):
        return [self.method, self.path, *("%s: %s" % h for h in self.headers)] if self.method else []

    def as_line(self):
        return "\t".join([self.src, self.dst, str(self.port), *self.request()]) + "\n"

    def __str__(self):
        return "%s -> %s tcp/%d %s" % (self.src, self.dst, self.port, " ".join(self.request()))


class Case:
    """labels: those of each endpoint by name, as text of .pol."""
    def __init__(self, name, labels, policies, probes):
        self.name, self.labels, self.policies, self.probes = name, labels, policies, probes

    def text(self):
        ends = ["endpoint %s { labels { %s } address 10.0.0.%d }\n" % (name, labels, i)
                for i, (name, labels) in enumerate(self.labels.items(), 1)]
        return "".join(ends) + self.policies


def known(fields, those, left_out=None):
    """A policy with any other field is left out; the reasons by field, if there are any."""
    for field in fields:
        if field not in those:
            raise Unwritable((left_out or {}).get(field, "the field " + field))


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


# --- asking ----------------------------------------------------------------------------------------

def run(*args, given=""):
    done = subprocess.run(args, input=given, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr or "%s: exit status %d" % (args[0], done.returncode))
    return done.stdout


def interpreted(case, work):
    with open(work + "/probes.json", "w", encoding="utf-8") as f:
        json.dump([p.as_json() for p in case.probes], f)
    said = run(os.environ["POLC"], "reach", "-q", work + "/in.pol", "--format", "json", "--probes", f.name)
    return [flow["verdict"] for flow in json.loads(said)["flows"]]


def compiled(case, work):
    return run(os.environ["POLC_BUILDDIR"] + "/tests/suites/compiled", work + "/in.pol",
               given="".join(p.as_line() for p in case.probes)).split()


def differences(case, work):
    with open(work + "/in.pol", "w", encoding="utf-8") as f:
        f.write(case.text())
    for who in (interpreted, compiled):
        said = who(case, work)
        if len(said) != len(case.probes):
            yield "%d answers to %d probes, %s" % (len(said), len(case.probes), who.__name__)
        for p, got in zip(case.probes, said):
            if got != p.wanted:
                yield "%s: %s, not %s (%s)" % (p, got, p.wanted, who.__name__)


# --- the proxy -------------------------------------------------------------------------------------

def write(path, rows):
    with open(path, "w", encoding="utf-8") as f:
        f.writelines("\t".join(row) + "\n" for row in rows)


def requests_decide(case, one):
    return {"allow", "deny"} == {p.wanted for p in case.probes
                                 if p.method and (p.src, p.dst, p.port) == (one.src, one.dst, one.port)}


def draw(cases, n, seed, folder):
    """Of those where a request passes and another one between the same ends does not."""
    fit = [c for c in cases if any(requests_decide(c, p) for p in c.probes)]
    for case in random.Random(seed).sample(fit, min(n, len(fit))):
        at = "%s/%s." % (folder, case.name)
        write(at + "pol", [[case.policies]])
        write(at + "ends", case.labels.items())
        write(at + "tsv", [[p.src, p.dst, str(p.port), p.wanted, *p.request()] for p in case.probes if p.method])


# --- TAP -------------------------------------------------------------------------------------------

class Tap:
    def __init__(self):
        self.n = self.failed = 0

    def result(self, fine, name, why=()):
        self.n += 1
        self.failed += not fine
        print("%s %d - %s" % ("ok" if fine else "not ok", self.n, name))
        for line in why:
            print("# " + line)


def main(suite, names, make, unwritable, n_probes, work):
    """make(name) is the case, or raises Unwritable; unwritable: the reasons by name."""
    cases, left_out, tap = [], {}, Tap()
    for name in names:
        try:
            cases.append(make(name))
        except Unwritable as e:
            left_out[name] = str(e)
    if sys.argv[1:2] == ["--draw"]:
        draw(cases, int(sys.argv[2]), sys.argv[3], sys.argv[4])
        return 0
    for case in cases:
        try:
            wrong = list(differences(case, work))
        except RuntimeError as e:
            wrong = str(e).splitlines()
        text = case.text().splitlines() if wrong else []
        tap.result(not wrong, "%s %s: %d probes" % (suite, case.name, len(case.probes)), wrong + text)
    for name, why in left_out.items():
        print("# %s %s is not written in .pol: %s" % (suite, name, why))
    tap.result(left_out == unwritable, "%d of %d cases are left out, each of which is known" %
               (len(left_out), len(names)), ["known: %s" % unwritable] if left_out != unwritable else [])
    probes = sum(len(c.probes) for c in cases)
    tap.result(probes == n_probes, "%d of %d probes were asked" % (probes, n_probes))
    print("1..%d" % tap.n)
    return 1 if tap.failed else 0
