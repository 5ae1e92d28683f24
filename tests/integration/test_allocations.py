# SPDX-License-Identifier: MIT
"""Readings and actions go on for years: in the steady state nothing of ours allocates memory, so none can leak or
scatter the heap. What the libraries do inside, for an action's JSON, MQTT and the loop, is theirs."""

import itertools
import pathlib
import struct

import paho.mqtt.client as mqtt
import pytest

from conftest import make_map
from harness import response_properties

LIBRARIES = ("libcjson", "libpaho-mqtt3c", "libsystemd", "libssl", "libcrypto")
ACCOUNT = struct.Struct("56sQ")


def read_counts(path):
    rows = ((name.rstrip(b"\0").decode(), count) for name, count in ACCOUNT.iter_unpack(path.read_bytes()))
    return {name: count for name, count in rows if name}


@pytest.fixture
def counts(binary, sanitized, folder):
    """The environment of a gateway whose allocations are counted, and the counts' file."""
    if sanitized:
        pytest.skip("a sanitizer has an allocator of its own")
    module = pathlib.Path(binary).resolve().parents[1] / "tests" / "integration" / "libcount-allocations.so"
    assert module.exists(), f"{module} is not there: build with -Dtests=enabled"
    path = folder / "allocations"
    return {"LD_PRELOAD": str(module), "ALLOCATION_COUNTS": str(path)}, path


def work(client, answer, readings, actions):
    """Lets the gateway take readings and carry out actions of all kinds."""
    for number in range(actions):
        on = number % 2 == 0
        properties = response_properties("answers", b"correlation")
        action = {"led": {"0": {"on": on}, "1": {"bright": 1 + number % 10}}, "id": number}
        client.ask(action, answer=answer, properties=properties)
        client.ask({"motor": {"direction": "forward" if on else "stop", "speed": 5}})
        client.ask({"led": {"9": {"on": True}}})  # refused
        client.ask(f"1 {int(on)}", topic="tos/actions/leds")
        client.ask("100" if on else "90", topic="tos/sensors/interval")
    seen = itertools.count(1)
    client.wait("tos/sensors", lambda _: next(seen) >= readings, mark=client.mark())


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_nothing_of_ours_allocates_in_the_steady_state(broker, make_client, make_gateway, counts, version):
    environment, path = counts
    client = make_client(version=mqtt.MQTTv5)
    answer = "answers" if version == "5" else "tos/actions/ack"
    map_text = make_map(broker.port, mqtt=f"  version: {version}\n  health_interval: 1d", interval="50ms")
    make_gateway(map_text, environment=environment)
    client.wait("tos/sensors")
    work(client, answer, readings=20, actions=5)

    before = read_counts(path)
    work(client, answer, readings=30, actions=20)
    after = read_counts(path)

    assert before["tosd"] > 0  # it sees what starting up allocates
    grown = {name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name, 0)}
    assert any(name.startswith("libpaho") for name in grown)  # and what is going on
    assert [name for name in grown if not name.startswith(LIBRARIES)] == [], grown
