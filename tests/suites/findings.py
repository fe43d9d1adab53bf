#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What polc check says of real policies.

usage: findings.py [--update]

Goes through the policy collections file by file, as each is an example of its own, through the cases of
the conformance suites, and through public repositories, each from its root. Holds the findings of each
against findings.tsv, where every line was judged by a reader. A change of a check that changes what is said of real policies shows here.
Nothing may end in an internal error. --update writes the file anew, to be read again.
With POLC_SUITE_EVERY=N only every N-th input is asked, beginning with one that is drawn.
"""
import collections
import glob
import json
import os
import random
import re
import subprocess
import sys
import tempfile

POLC = os.environ.get("POLC", "polc")
SRC = os.environ.get("POLC_SRCDIR", ".")
SUITES = os.environ["POLC_SUITES"]
TABLE = os.path.join(SRC, "tests/suites/findings.tsv")
ARCHIVE = ".tar.zst"
EVERY = int(os.environ.get("POLC_SUITE_EVERY", "1"))


def names_of_checks():
    with open(os.path.join(SRC, "verifier/check/checks.def"), encoding="utf-8") as f:
        return set(re.findall(r'^X\(\w+, "([a-z-]+)"', f.read(), re.M))


def inputs():
    files = glob.glob(os.path.join(SUITES, "collections", "**", "*.yaml"), recursive=True)
    cases = [path for suite in ("np-guard/connlist", "cyclonus", "network-policy-api")
             for path in glob.glob(os.path.join(SUITES, suite, "*", ""))]
    repos = glob.glob(os.path.join(SUITES, "repos", "*" + ARCHIVE))
    return sorted(os.path.relpath(path, SUITES).removesuffix(ARCHIVE) for path in files + cases + repos)


def check(path, checks):
    """{check: findings}, and a fault or None."""
    archive = os.path.join(SUITES, path + ARCHIVE)
    if not os.path.exists(archive):
        return check_in(SUITES, path, checks)
    with tempfile.TemporaryDirectory() as work:
        subprocess.run(["tar", "-C", work, "--zstd", "-xf", archive], check=True)
        return check_in(os.path.join(work, os.path.basename(path)), ".", checks)


def check_in(folder, path, checks):
    run = subprocess.run([POLC, "check", "--format", "json", path], cwd=folder, timeout=120,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if run.returncode not in (0, 1, 2):
        return {}, f"exit status {run.returncode}: {run.stderr.decode(errors='replace')[-300:]}"
    codes = [one["code"] for one in json.loads(run.stdout)["diagnostics"]]
    if "internal-error" in codes:
        return {}, "an internal error"
    return collections.Counter(code for code in codes if code in checks), None


def read_table():
    known = {}
    with open(TABLE, encoding="utf-8") as f:
        for line in f:
            if line.startswith("#") or not line.strip():
                continue
            path, *found = line.rstrip("\n").split("\t")
            known[path] = {name: int(n) for name, n in (one.split("=") for one in found)}
    return known


def write_table(found):
    with open(TABLE, encoding="utf-8") as f:
        head = [line for line in f if line.startswith("#")]
    with open(TABLE, "w", encoding="utf-8") as f:
        f.writelines(head)
        for path, checks in sorted(found.items()):
            if checks:
                f.write("\t".join([path] + [f"{k}={n}" for k, n in sorted(checks.items())]) + "\n")


def main():
    checks, known, found, faults = names_of_checks(), read_table(), {}, []
    paths = inputs()
    left_out = set(paths)
    paths = paths[random.randrange(EVERY)::EVERY]
    left_out.difference_update(paths)
    for path in paths:
        found[path], fault = check(path, checks)
        if fault:
            faults.append(f"{path}: {fault}")
    if "--update" in sys.argv[1:]:
        write_table(found)
    differing = [f"{path}: {dict(found.get(path, {}))}, judged were {known.get(path, {})}"
                 for path in sorted((set(found) | set(known)) - left_out)
                 if dict(found.get(path, {})) != known.get(path, {})]
    results = [("no input ends in a fault of polc", faults),
               (f"the findings of {len(found)} inputs are those that were judged", differing),
               ("there are inputs and findings", [] if any(found.values()) else ["none"])]
    print(f"1..{len(results)}")
    for i, (name, wrong) in enumerate(results, 1):
        print(f"{'not ok' if wrong else 'ok'} {i} - {name}")
        for line in wrong:
            print(f"# {line}")
    return any(wrong for _, wrong in results)


sys.exit(main())
