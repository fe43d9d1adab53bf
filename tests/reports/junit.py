#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: junit.py FILE...: each FILE must be JUnit XML whose counts are those of its cases."""
import sys
import xml.etree.ElementTree


def faults(path):
    root = xml.etree.ElementTree.parse(path).getroot()
    if root.tag != "testsuites":
        yield f"{path}: it begins with {root.tag}"
    for suite in root:
        cases = suite.findall("testcase")
        counts = {
            "tests": len(cases),
            "failures": len(suite.findall("testcase/failure")),
            "errors": len(suite.findall("testcase/error")),
        }
        for name, count in counts.items():
            if suite.get(name) != str(count):
                yield f"{path}: {name} is {suite.get(name)}, not {count}"
        if not cases:
            yield f"{path}: there is no case"
        for case in cases:
            if not case.get("name") or not case.get("classname", "").startswith("polc"):
                yield f"{path}: a case without a name: {case.attrib}"


def main():
    found = [fault for path in sys.argv[1:] for fault in faults(path)]
    print("\n".join(found))
    sys.exit(bool(found))


main()
