#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Adds up test results and prints one line: N passed, N failed, N skipped.

usage: tally.py FILE...

A file is Meson's testlog.json, pytest's junit XML, the .log of a suite that ended with such a
line itself, or a text file of lines 'passed NAME', 'failed NAME' or 'skipped NAME'. A file that is missing, empty or cannot be read
counts as one failure: a suite that died must not look like one that has nothing to say. The exit
code is 0 when nothing failed.
"""
import collections
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

CMOCKA_CASE = re.compile(r"^\[ +(OK|FAILED|SKIPPED) +\] (?!\d+ test)", re.MULTILINE)
CMOCKA_WORD = {"OK": "passed", "FAILED": "failed", "SKIPPED": "skipped"}
SUM = re.compile(r"^(?P<passed>\d+) passed, (?P<failed>\d+) failed, (?P<skipped>\d+) skipped\n\Z", re.MULTILINE)
MESON_WORD = {"OK": "passed", "EXPECTEDFAIL": "passed", "SKIP": "skipped"}


def count_meson(text):
    """One JSON object a line, each a test program; its cmocka cases are in its output."""
    counts = collections.Counter()
    for line in text.splitlines():
        program = json.loads(line)
        cases = collections.Counter(
            CMOCKA_WORD[word] for word in CMOCKA_CASE.findall(program.get("stdout") or "")
        )
        result = MESON_WORD.get(program["result"], "failed")
        # A crash or a leak fails the program after, or without, its cases.
        if result == "failed" and not cases["failed"]:
            cases["failed"] = 1
        counts += cases or collections.Counter([result])
    return counts


def count_junit(text):
    counts = collections.Counter()
    for case in ElementTree.fromstring(text).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            counts["failed"] += 1
        elif case.find("skipped") is not None:
            counts["skipped"] += 1
        else:
            counts["passed"] += 1
    return counts


def count_log(text):
    match = SUM.search(text)
    if not match:
        raise ValueError("there is no sum in its last line")
    return collections.Counter({word: int(match[word]) for word in ("passed", "failed", "skipped")})


def count_lines(text):
    return collections.Counter(line.split()[0] for line in text.splitlines() if line)


def count_file(path):
    count = {".json": count_meson, ".xml": count_junit, ".log": count_log}.get(path.suffix, count_lines)
    try:
        counts = count(path.read_text(encoding="utf-8", errors="replace"))
    except (OSError, ValueError, KeyError, ElementTree.ParseError) as error:
        print(f"tally: {path}: {error}", file=sys.stderr)
        return collections.Counter(failed=1)
    return counts or collections.Counter(failed=1)


def main(arguments):
    if not arguments:
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        return 2
    total = sum((count_file(pathlib.Path(name)) for name in arguments), collections.Counter())
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return 1 if total["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
