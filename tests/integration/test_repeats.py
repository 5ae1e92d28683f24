# SPDX-License-Identifier: MIT
"""Messages that the broker sends again: an action that would do harm is carried out once."""

import json
import socket

import pytest
from conftest import make_map
from fake_broker import FakeBroker
from harness import TIMEOUT

RED = b'{"id":1,"led":{"red":{"toggle":true}}}'
GREEN = b'{"id":2,"led":{"green":{"on":true,"for":86400000}}}'
ON = {"on": True, "bright": 10}


@pytest.fixture
def fake():
    broker = FakeBroker()
    yield broker
    broker.close()


def answer(fake):
    while True:
        name, payload = fake.published.get(timeout=TIMEOUT)
        if name == "tos/actions/ack":
            return json.loads(payload)


def connected(fake):
    fake.versions.get(timeout=TIMEOUT)
    while "tos/actions/+/+" not in fake.subscribed.get(timeout=TIMEOUT):
        pass


def test_a_toggle_that_comes_again_is_answered_and_not_carried_out(fake, make_gateway):
    make_gateway(make_map(fake.port, mqtt="  version: 3.1.1\n  clean_start: false\n  client_id: gateway", interval="1h"))
    connected(fake)

    # On its first connection it cannot know what the process before it has done.
    fake.publish("tos/actions", GREEN, again=True)
    refused = answer(fake)
    assert (refused["ok"], refused["id"]) == (False, 2)
    assert "send it anew" in refused["errors"][0]["reason"]
    fake.publish("tos/actions", RED)
    assert answer(fake) == {"ok": True, "id": 1, "applied": {"led": {"red": ON}}}

    # The acknowledgement is lost, as it were.
    fake.connection.shutdown(socket.SHUT_RDWR)
    connected(fake)
    fake.publish("tos/actions", RED, again=True)
    assert answer(fake) == {"ok": True, "id": 1, "applied": {"led": {"red": ON}}}
    fake.publish("tos/actions", GREEN, again=True)
    assert not answer(fake)["ok"]
    # One that never arrived is carried out.
    fake.publish("tos/actions/led/blue", b"toggle", again=True)
    assert answer(fake) == {"ok": True, "applied": {"led": {"blue": ON}}}


METER = """
chips: {meter: {driver: pulse, line: GPIO25, remember: true}}
sensors: {count: {from: meter.count}}
"""
SET = b'{"id":3,"sensors":{"count":{"meter":100}}}'


def test_a_count_that_comes_again_is_not_set_again(fake, make_gateway):
    mqtt = f"mqtt: {{url: 'mqtt://127.0.0.1:{fake.port}', version: 3.1.1, clean_start: false, client_id: gateway}}\n"
    gateway = make_gateway(mqtt + "interval: 100ms\n" + METER)
    connected(fake)

    def counts(count):
        while True:
            name, payload = fake.published.get(timeout=TIMEOUT)
            if name == "tos/sensors" and json.loads(payload)["count"] == count:
                return

    fake.publish("tos/actions", SET, again=True)
    assert "send it anew" in answer(fake)["errors"][0]["reason"]
    fake.publish("tos/actions", SET)
    applied = {"ok": True, "id": 3, "applied": {"sensors": {"count": {"meter": 100}}}}
    assert answer(fake) == applied
    for _ in range(2):
        gateway.control("set GPIO25 1")
        gateway.control("set GPIO25 0")
    counts(102)
    fake.publish("tos/actions", SET, again=True)
    assert answer(fake) == applied
    gateway.control("set GPIO25 1")
    gateway.control("set GPIO25 0")
    counts(103)
