# SPDX-License-Identifier: MIT
"""docs/fleet.md: the output of `tosctl size`, and the settings that save. ./run fleet prints the measured figures."""

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
    assert longer["bytes"] < min(rarer["bytes"], no_qos["bytes"]) < plain["bytes"] < topic["bytes"]
    assert rarer["bytes"] <= plain["bytes"]
    assert no_qos["messages"] == plain["messages"]
    assert no_qos["packets"] < plain["packets"]
    assert abs(topic["messages"] - plain["messages"] - 0.1) < 0.02
