#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: ignore.py POLC SEED N: N random trees with random .gitignore files; polc must read exactly the
files that git does not ignore. Prints what differs."""
import os
import random
import subprocess
import sys
import tempfile

NAMES = ["a", "b", "ab", "ba", "a.pol", "b.pol", "ab.pol", "a b", "a#", "!b", "a[b", "x-y"]
# No range that runs backwards, as in "[b-a]": to git its first character matches, to fnmatch() nothing does.
PIECES = ["a", "b", "*", "?", "**", "ab", "[ab]", "[!a]", "[^b]", "[a-c]", "[[:alpha:]]", "\\a", "\\*", ".pol",
          " ", "#", "!", "\\!", "\\#", "\\ ", "[", "[a", "x-y", "[]a]", "[a-c", ".", "[a/b]", "\\/", "\\[", "[\\]a]", "\\"]
POLICY = "policy x for all{ingress{}}\n"
# Nothing of the user's may decide.
ENVIRONMENT = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "HOME": "/nonexistent",
               "XDG_CONFIG_HOME": "/nonexistent"}


def pattern(rnd):
    parts = ["".join(rnd.choice(PIECES) for _ in range(rnd.randint(1, 3))) if rnd.random() < 0.6
             else rnd.choice(["**", "*", "a", "b", "ab", "*.pol", "a.pol"]) for _ in range(rnd.randint(1, 4))]
    # To git no directory at all is not among those that "**" is before an escaped '/', which nobody writes.
    text = "/".join(parts).replace("**\\/", "**/")
    if rnd.random() < 0.3:
        text = "/" + text
    if rnd.random() < 0.3:
        text += "/"
    if rnd.random() < 0.25:
        text = "!" + text
    return text + rnd.choice(["", "", "", "", "  ", "\r", "\t"])


def write_list(rnd, path):
    lines = [rnd.choice([pattern(rnd), pattern(rnd), pattern(rnd), "", "# a comment"]) for _ in range(rnd.randint(1, 5))]
    text = "\n".join(lines) + rnd.choice(["", "\n"])
    with open(path, "w", encoding="utf-8", newline="") as f:
        f.write(rnd.choice(["", "", "", "\ufeff"]) + text)


def fill(rnd, directory, depth):
    if rnd.random() < (0.9 if depth == 0 else 0.3):
        write_list(rnd, os.path.join(directory, ".gitignore"))
    for name in rnd.sample(NAMES, 5):
        is_directory = rnd.random() < 0.5 and depth < 3
        path = os.path.join(directory, name if is_directory or name.endswith(".pol") else name + ".pol")
        if os.path.exists(path):
            continue
        if is_directory:
            os.mkdir(path)
            fill(rnd, path, depth + 1)
        else:
            with open(path, "w", encoding="utf-8") as f:
                f.write(POLICY)


def of_git(tree):
    out = subprocess.run(["git", "ls-files", "-z", "--others", "--exclude-per-directory=.gitignore",
                          "--exclude-from=.git/info/exclude"],
                         cwd=tree, env=ENVIRONMENT, check=True, capture_output=True, text=True).stdout
    return {path for path in out.split("\0") if path.endswith(".pol")}


def of_polc(polc, tree, below):
    run = subprocess.run([polc, "fmt", "--check", below], cwd=tree, capture_output=True, text=True, check=False)
    if run.returncode == 2 and "[empty-input]" in run.stderr:
        return set()
    if run.returncode not in (0, 1):
        sys.exit(run.stderr)
    return {os.path.normpath(line) for line in run.stdout.splitlines()}


def main():
    polc, seed, number = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    read = left_out = 0
    for case in range(number):
        rnd = random.Random(seed * 1000003 + case)
        with tempfile.TemporaryDirectory() as tree:
            subprocess.run(["git", "init", "-q", tree], env=ENVIRONMENT, check=True)
            fill(rnd, tree, 0)
            os.makedirs(os.path.join(tree, ".git/info"), exist_ok=True)
            write_list(rnd, os.path.join(tree, ".git/info/exclude"))
            everything = {os.path.relpath(os.path.join(d, f), tree) for d, _, files in os.walk(tree) for f in files
                          if f.endswith(".pol")}
            want, got = of_git(tree), of_polc(polc, tree, ".")
            read += len(want)
            left_out += len(everything - want)
            if want != got:
                lists = subprocess.run("tail -n +1 -v $(find . -name .gitignore) .git/info/exclude | cat -A", shell=True,
                                       cwd=tree, capture_output=True, text=True, check=False).stdout
                print(f"case {case}: only git: {sorted(want - got)}, only polc: {sorted(got - want)}\n{lists}")
            # A directory that is named is read by the lists above it, too.
            for name in sorted({path.split("/")[0] for path in want if "/" in path})[:1]:
                there = {path for path in want if path.startswith(name + "/")}
                if there != of_polc(polc, tree, name):
                    print(f"case {case}: {name} by itself differs")
    if not read or not left_out:
        print(f"these trees try nothing: {read} files read, {left_out} left out")


main()
