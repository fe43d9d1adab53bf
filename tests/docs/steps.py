#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: steps.py github|gitlab|hooks FILE: the shell commands of a CI configuration that call
polc, each ended by a line `#end`."""
import shlex
import sys

import yaml


def github(root):
    for job in root["jobs"].values():
        for step in job["steps"]:
            if "install" not in step.get("name", "install").lower():
                yield step["run"]


def gitlab(root):
    for job in root.values():
        yield from job["script"] + job["after_script"]


def hooks(root):
    for hook in root:
        for key in ("id", "name", "entry", "language", "files"):
            assert isinstance(hook[key], str), key
        files = [] if hook.get("pass_filenames", True) is False else ["policies/guardrails.pol"]
        yield hook["entry"] + " " + shlex.join(hook.get("args", []) + files)


def main():
    kinds = {"github": github, "gitlab": gitlab, "hooks": hooks}
    with open(sys.argv[2], encoding="utf-8") as f:
        for command in kinds[sys.argv[1]](yaml.safe_load(f)):
            print(command.rstrip("\n"))
            print("#end")


main()
