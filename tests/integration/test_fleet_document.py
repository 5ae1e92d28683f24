# SPDX-License-Identifier: MIT
"""docs/fleet.md: what it says of `tosctl size` and of what saves. ./run fleet prints the figures that were measured."""

import pathlib
import re
import subprocess

import pytest

from conftest import make_map
from test_size import figures

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "fleet.md").read_text(encoding="utf-8")
INTERVAL = "10s"


@pytest.fixture
def size(binary, folder):
    program = pathlib.Path(binary).parents[1] / "tosctl" / "tosctl"

    def run(number, path):
        command = [program, "size", str(number), path]
        return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout

    def of_map(text):
        path = folder / "size.yaml"
        path.write_text(text)
        return {row: one for row, (one, _) in figures(run(1, path)).items()}

    return run, of_map


def test_what_a_broker_gets_is_printed_so(size):
    run, _ = size
    shown = re.search(r"^\$ tosctl size (\d+) (\S+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    assert run(shown[1], shown[2]) == shown[3]


def test_what_saves(size):
    """`interval` most, `every` for one sensor; `qos: 0` the acknowledgements; `topic: true` is one more message."""
    _, of_map = size
    plain_map = make_map(1883, interval=INTERVAL).replace("topic: true, ", "")
    plain = of_map(plain_map)
    longer = of_map(plain_map.replace(f"interval: {INTERVAL}", "interval: 20s"))
    rarer = of_map(plain_map.replace("{from: climate.temperature,", "{from: climate.temperature, every: 1min,"))
    no_qos = of_map(plain_map.replace("mqtt:\n", "mqtt:\n  qos: 0\n", 1))
    topic = of_map(plain_map.replace("{from: climate.temperature,", "{from: climate.temperature, topic: true,"))
    bytes_of = {name: rows["bytes a second"] for name, rows in locals().items() if isinstance(rows, dict)}
    assert bytes_of["longer"] < min(bytes_of["rarer"], bytes_of["no_qos"]) < bytes_of["plain"] < bytes_of["topic"]
    assert bytes_of["rarer"] <= bytes_of["plain"]
    assert no_qos["messages a second"] == plain["messages a second"]
    assert no_qos["packets a second"] < plain["packets a second"]
    assert abs(topic["messages a second"] - plain["messages a second"] - 0.1) < 0.02
