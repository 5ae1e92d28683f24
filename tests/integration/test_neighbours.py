# SPDX-License-Identifier: MIT
"""Two gateways that publish on the same topics by mistake."""

import json
import time

import pytest

from conftest import make_map

WARNING = "another gateway, of instance {}, publishes on tos as well"


@pytest.fixture
def start(broker, make_gateway):
    def start(name, version="5", root="tos", interval="1s"):
        mqtt = f"  client_id: {name}\n  topic: {root}\n  version: {version}\n  health_interval: {interval}"
        return make_gateway(make_map(broker.port, mqtt=mqtt), ["--verbose"], name=name)

    return start


def instances(client):
    return list(dict.fromkeys(json.loads(m.payload)["instance"] for m in client.since(topic="tos/health")))


def test_both_say_so_with_the_cure(client, start):
    first = start("first")
    client.wait("tos/health")
    second = start("second")
    gateway_of = {}
    for gateway in (first, second):
        match = gateway.log.wait(WARNING.format("([0-9a-f]{16})") + ".*with %i .* in mqtt.topic")
        gateway_of[match.group(1)] = gateway
    assert len(gateway_of) == 2
    for instance in gateway_of:
        others = set(gateway_of) - {instance}
        health = client.wait_json("tos/health", lambda h, i=instance: h["instance"] == i and h["conflict"])
        assert others.pop() in health["conflict"] and "%i in mqtt.topic" in health["conflict"]
    # It is said once.
    mark = client.mark()
    client.wait_several("tos/health", 6, mark)
    for gateway in (first, second):
        assert sum("another gateway" in line for line in gateway.log.since()) == 1


def test_one_alone_is_no_conflict(client, start):
    """Neither its own health, nor the retained one of the process before it, nor a gateway on another topic."""
    first = start("first")
    client.wait("tos/health")
    assert first.kill() < 0
    second = start("first")
    other = start("other", root="elsewhere")
    mark = client.mark()
    healths = client.wait_several("tos/health", 4, mark)
    client.wait_several("elsewhere/health", 4, mark)
    assert all(json.loads(message.payload)["conflict"] is None for message in healths)
    for gateway in (second, other):
        assert not any("another gateway" in line for line in gateway.log.since())


def test_mqtt_3_does_not_look(client, start):
    """It would be sent its own, too."""
    first, second = start("first", version="3.1.1"), start("second", version="3.1.1")
    deadline = time.monotonic() + 60
    while len(instances(client)) < 2 and time.monotonic() < deadline:
        client.wait("tos/health", mark=client.mark())
    assert client.ask_json({"led": {"0": {"on": True}}})["ok"]
    for gateway in (first, second):
        assert not any("another gateway" in line for line in gateway.log.since())
