#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Lets the compiler look at every file of a build, without making code. Fails if it has something to say.

usage: syntax.py BUILD/compile_commands.json
"""

import concurrent.futures
import json
import os
import shlex
import subprocess
import sys

# Options that name outputs, or write files beside them.
WITH_VALUE = ("-o", "-MF", "-MQ")
ALONE = ("-c", "-MD")


def command(entry):
    words = iter(shlex.split(entry["command"]))
    kept = []
    for word in words:
        if word in WITH_VALUE:
            next(words)
        elif word not in ALONE:
            kept.append(word)
    return [*kept, "-fsyntax-only", "-fdiagnostics-color=never"]


def look(entry):
    ran = subprocess.run(command(entry), cwd=entry["directory"], capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout + ran.stderr


def main(path):
    with open(path, encoding="utf-8") as stream:
        entries = json.load(stream)
    # A file may be compiled for several programs, in the same way each time.
    entries = list({entry["file"]: entry for entry in entries}.values())
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(look, entries))
    for code, text in results:
        if code or text:
            print(text, end="")
    print(f"{len(entries)} files")
    return 1 if any(code or text for code, text in results) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
