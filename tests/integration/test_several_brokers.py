# SPDX-License-Identifier: MIT
"""A list of brokers, the first of which is of no use: each in its own way. And brokers that leave their part undone."""

import json
import re
import time

import pytest
from conftest import make_map
from harness import TIMEOUT

RUN = {"motor": {"direction": "forward", "speed": 10}}


def map_of(*ports, **options):
    urls = ", ".join(f"mqtt://127.0.0.1:{port}" for port in ports)
    return make_map(ports[0], **options).replace(f"url: mqtt://127.0.0.1:{ports[0]}", f"url: [{urls}]")


@pytest.mark.parametrize(
    "behaviour, reason",
    [
        ({"closes": True}, "the broker (closed|reset) it"),
        ({"answers_subscribe": False}, "the broker did not answer the subscription"),
        ({"last_words": b""}, "the broker (closed|reset) it"),
    ],
    ids=["closes", "no SUBACK", "closes behind the SUBACK"],
)
def test_a_useless_first_broker_is_passed_over(broker, client, make_fake, make_gateway, behaviour, reason):
    """For that reason, and not because it was silent for a keepalive."""
    fake = make_fake(**behaviour)
    gateway = make_gateway(map_of(fake.port, broker.port, mqtt="  version: 3.1.1\n  keepalive: 1h"))
    gateway.log.wait(f"connected to mqtt://127.0.0.1:{broker.port}")
    lost = [line for line in gateway.log.since() if "connection lost" in line]
    assert len(lost) == 1 and re.search(f"connection lost: {reason}; trying the next URL", lost[0])
    client.wait("tos/sensors")


def test_when_each_was_tried_there_is_a_wait(make_fake, make_gateway):
    """Two that close every connection are not asked without end."""
    fakes = [make_fake(closes=True), make_fake(closes=True)]
    gateway = make_gateway(map_of(*(fake.port for fake in fakes), mqtt="  version: 3.1.1"))
    gateway.log.wait_sum(r"connection lost: the broker (?:closed|reset) it; connecting again in \d+\.\d s", 3)
    then = [line for line in gateway.log.since() if "; trying the next URL" in line or " again in " in line]
    assert [" again in " in line for line in then[:6]] == [False, True] * 3


@pytest.mark.parametrize("is_list", [True, False], ids=["list", "alone"])
def test_a_broker_that_acknowledges_nothing_is_told_and_left(make_broker, make_client, make_fake, make_gateway, is_list):
    fake = make_fake(acknowledges=False)
    good = make_broker()
    client = make_client(good.port)
    ports = (fake.port, good.port) if is_list else (fake.port,)
    begin = time.monotonic()
    gateway = make_gateway(map_of(*ports, mqtt="  version: 3.1.1\n  keepalive: 1h", more="spool: {after: 5s}"))
    gateway.log.wait(r"connection lost: the broker did not acknowledge a message in time \(spool\.after, at least 5 s\); ")
    assert time.monotonic() - begin >= 5
    if is_list:
        gateway.log.wait(f"connected to mqtt://127.0.0.1:{good.port}")
        # A reading that was sent in vain is not lost.
        assert client.wait_json("tos/sensors/backlog")["temp"] == 23
    else:
        assert fake.versions.get(timeout=TIMEOUT) and fake.versions.get(timeout=TIMEOUT)
    assert not any("another client use the client id" in line for line in gateway.log.since())


@pytest.mark.parametrize("is_running", [True, False], ids=["motor runs", "nothing runs"])
def test_a_frozen_first_broker_is_left(make_broker, make_client, make_gateway, is_running):
    """While something runs, within failsafe.after; else within the keepalive."""
    first, second = make_broker(), make_broker()
    client = make_client(first.port)
    keepalive = "1h" if is_running else "8s"
    gateway = make_gateway(map_of(first.port, second.port, mqtt=f"  keepalive: {keepalive}"))
    client.wait("tos/status", lambda m: m.payload == b"online")
    if is_running:
        assert client.ask_json(RUN)["ok"]
    client.wait("tos/sensors")
    first.freeze()
    # Only now: before, a busy machine may hold up the broker for as long.
    gateway.reload(map_of(first.port, second.port, mqtt=f"  keepalive: {keepalive}", failsafe="{after: 1s}"))
    gateway.log.wait(f"connected to mqtt://127.0.0.1:{second.port}")
    gateway.log.wait("connection lost: the broker does not answer any more; trying the next URL")
    first.thaw()


def test_the_health_names_the_broker(broker, client, make_gateway):
    gateway = make_gateway(make_map(broker.port, mqtt="  health_interval: 1s"))
    health = client.wait_json("tos/health", lambda h: h["broker"])
    assert health["broker"] == f"mqtt://127.0.0.1:{broker.port}" and health["reduced"] == []
    assert gateway.process.poll() is None


@pytest.mark.parametrize(
    "offers, qos, reduced",
    [
        ("max_qos 1", 1, []),
        ("max_qos 1", 2, ["qos"]),
        ("max_qos 0", 1, ["qos", "will.qos"]),
        ("retain_available false", 1, ["retain", "will.retain"]),
    ],
)
def test_what_a_broker_does_not_offer_is_listed(make_broker, make_client, make_gateway, offers, qos, reduced):
    broker = make_broker(offers)
    client = make_client(broker.port)
    make_gateway(make_map(broker.port, mqtt=f"  qos: {qos}\n  health_interval: 1s"))
    assert client.wait_json("tos/health", lambda h: h["broker"])["reduced"] == reduced


@pytest.mark.parametrize(
    "behaviour, reduced",
    [
        ({"refuses": ("tos/actions/led",)}, ["tos/actions/led"]),
        ({"refuses": ("tos/sensors/interval",)}, ["tos/sensors/interval"]),
        ({"ends_on": ("tos/action",)}, ["tos/action", "tos/actions/led", "tos/actions/motor", "tos/actions/+/+"]),
    ],
    ids=["refuses one", "refuses one that is needed", "ends the connection"],
)
def test_what_a_broker_does_not_grant_is_listed(make_fake, make_gateway, behaviour, reduced):
    fake = make_fake(**behaviour)
    gateway = make_gateway(make_map(fake.port, mqtt="  version: 3.1.1\n  health_interval: 1s"))
    health = {"reduced": None}
    deadline = time.monotonic() + 2 * TIMEOUT
    while health["reduced"] != reduced:
        assert time.monotonic() < deadline, health
        topic, payload = fake.published.get(timeout=TIMEOUT)
        if topic == "tos/health":
            health = json.loads(payload)
    assert health["broker"] == f"mqtt://127.0.0.1:{fake.port}"
    # The log comes by a pipe of its own, and may come later.
    gateway.log.wait("subscription to|ended twice")
    told = [line for line in gateway.log.since() if "subscription to" in line or "ended twice" in line]
    assert len(told) == 1


@pytest.mark.parametrize("qos", [1, 2])
def test_a_broker_without_qos_2_gets_readings_with_qos_1(make_fake, make_gateway, qos):
    """It answers PUBACK to each message: with that the handshake of QoS 2 never ends."""
    fake = make_fake()
    gateway = make_gateway(map_of(fake.port, mqtt=f"  version: 3.1.1\n  qos: {qos}", more="spool: {after: 5s}"))
    if qos == 2:
        gateway.log.wait("the broker acknowledges messages of QoS 1 but none of QoS 2: readings go there with QoS 1")
    # More than any window: it goes on and on.
    stamps, reduced = set(), None
    while len(stamps) < 100 or (qos == 2 and reduced != ["qos"]):
        topic, payload = fake.published.get(timeout=TIMEOUT)
        if topic == "tos/health":
            reduced = json.loads(payload)["reduced"]
        if topic.startswith("tos/sensors") and payload.startswith(b"{"):
            stamps.add(json.loads(payload)["ts"])
    assert sum("acknowledges messages of QoS 1" in line for line in gateway.log.since()) == (qos == 2)
