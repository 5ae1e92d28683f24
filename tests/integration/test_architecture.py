# SPDX-License-Identifier: MIT
"""docs/architecture.md against the tree: its rooms, threads and queues are those that there are."""

import re

import pytest
from conftest import ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
LAYERS = ("hal", "config", "daemon", "tosctl")


def rows(heading):
    """The first cell of each row of the table with that heading."""
    table = PAGE.split(f"\n| {heading} |", 1)[1].split("\n\n", 1)[0]
    return re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)


def sources(suffixes=(".c", ".h")):
    found = (path for layer in LAYERS for path in sorted((ROOT / layer).rglob("*")))
    return [path for path in found if path.suffix in suffixes]


def in_sources(pattern):
    return {match for path in sources() for match in re.findall(pattern, path.read_text(encoding="utf-8"))}


def thread_names():
    """As they stand in the call, or as a constant of the same file."""
    for path in sources():
        text = path.read_text(encoding="utf-8")
        for name in re.findall(r"pthread_setname_np\([^;]+, (\"[^\"]+\"|\w+)\);", text):
            constant = re.search(rf'\b{name}\[\] = "([^"]+)"', text)
            yield constant.group(1) if constant else name.strip('"')


def test_each_source_file_is_in_a_room_and_no_room_is_empty():
    folders = {f"{path.parent.relative_to(ROOT)}/" for path in sources()}
    assert folders == set(rows("room"))


def test_the_threads_are_those_that_are_started():
    assert {*thread_names(), "main"} == set(rows("thread"))


def test_the_queues_are_those_that_are_made():
    made = in_sources(r"\bqueue_new\(\w+, &\w+->(\w+)\)")
    assert made | {"outbox"} == set(rows("queue"))


@pytest.mark.parametrize("name", rows("thread") + rows("queue"))
def test_the_picture_has_it(name):
    picture = PAGE.split("```")[1]
    assert re.search(rf"(?<![\w-]){name}(?![\w-])", picture)
