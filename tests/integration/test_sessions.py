# SPDX-License-Identifier: MIT
"""The session and the will that the broker keeps while the gateway is away, each for a time of the map. And the names by
which it tells gateways apart."""

import hashlib
import json
import pathlib
import struct
import time

import pytest

from conftest import make_map
from proxy import Proxy

SESSION_EXPIRY, WILL_DELAY = 0x11, 0x18


def kept(expiry="1h", delay="0s", version="5"):
    return (
        f"  client_id: keeper\n  clean_start: false\n  version: {version}\n"
        f"  session_expiry: {expiry}\n  will_delay: {delay}"
    )


def statuses(client):
    client.publish("fence", "")
    client.wait("fence")
    return [message.payload.decode() for message in client.since(topic="tos/status") if not message.retain]


@pytest.fixture
def cut_twice(broker, client, make_gateway):
    """A gateway whose connection breaks twice, and that comes back; returns what others were told."""

    def follow(mqtt):
        proxy = Proxy(broker.port).open()
        try:
            gateway = make_gateway(make_map(proxy.port, mqtt))
            client.wait("tos/sensors")
            for _ in range(2):
                log, mark = gateway.log.mark(), client.mark()
                proxy.cut()
                gateway.log.wait("connection lost", log)
                proxy.open()
                client.wait("tos/status", lambda message: message.payload == b"online", mark, timeout=60)
            return statuses(client)
        finally:
            proxy.close()

    return follow


def test_nobody_is_told_offline_for_less_than_the_delay(cut_twice):
    assert cut_twice(kept(delay="10min")) == ["online"] * 3


def test_without_a_delay_everybody_is(cut_twice):
    assert cut_twice(kept()) == ["online", "offline"] * 2 + ["online"]


def test_offline_comes_after_the_delay(client, make_gateway, broker):
    gateway = make_gateway(make_map(broker.port, kept(delay="3s")))
    client.wait("tos/sensors")
    killed = time.monotonic()
    assert gateway.kill() < 0
    offline = client.wait("tos/status", lambda message: message.payload == b"offline")
    # mosquitto counts whole seconds, so there may be almost one less. A loaded machine only makes it more.
    assert offline.timestamp - killed > 1.5


def test_an_orderly_end_waits_for_no_delay(client, make_gateway, broker):
    gateway = make_gateway(make_map(broker.port, kept(delay="10min")))
    client.wait("tos/sensors")
    assert gateway.stop() == 0
    client.wait("tos/status", lambda message: message.payload == b"offline")
    assert statuses(client) == ["online", "offline"]


@pytest.mark.slow
def test_a_session_ends_after_its_time(broker, client, make_gateway):
    """And with it what waits there. The broker looks every few seconds."""
    gateway = make_gateway(make_map(broker.port, kept(expiry="1s")))
    client.wait("tos/sensors")
    assert gateway.stop() == 0
    client.publish("tos/actions", {"led": {"red": {"on": True}}})
    broker.log.wait("Expiring client keeper", timeout=60)
    again = make_gateway(make_map(broker.port, kept(expiry="1s")))
    mark = client.mark()
    client.wait("tos/sensors", mark=mark)
    assert client.ask_json({"led": {"green": {"on": True}}})["ok"]
    assert again.output("GPIO17") == 0


def numbers(properties):
    """Returns the properties of four bytes, by their identifiers. A CONNECT or a will has no others here."""
    assert len(properties) % 5 == 0, properties
    return {properties[at]: struct.unpack(">I", properties[at + 1 : at + 5])[0] for at in range(0, len(properties), 5)}


def asked_for(broker):
    connection = broker.connects.get(timeout=60)
    return (
        numbers(connection.properties).get(SESSION_EXPIRY),
        numbers(connection.will_properties or b"").get(WILL_DELAY),
    )


def test_a_reload_asks_for_the_new_times(make_scripted, make_gateway):
    broker = make_scripted()
    gateway = make_gateway(make_map(broker.port))
    assert asked_for(broker) == (None, None)
    broker.wait("tos/status")
    for mqtt, expected in (
        ("  client_id: keeper\n  clean_start: false", (7 * 24 * 3600, None)),
        (kept("1h"), (3600, None)),
        (kept("1h", "30s"), (3600, 30)),
        (kept("2h", "30s"), (7200, 30)),
        (kept("2h", "31s"), (7200, 31)),
    ):
        mark = broker.mark()
        gateway.reload(make_map(broker.port, mqtt))
        assert asked_for(broker) == expected
        broker.wait("tos/status", mark=mark)


def test_a_broker_without_a_delay(make_scripted, make_gateway):
    """Only its version tells: it is said once, and stands in the health."""
    broker = make_scripted(speaks_5=False)
    gateway = make_gateway(make_map(broker.port, kept(delay="30s", version="auto")))
    gateway.log.wait(r"sends the will at once: mqtt\.will_delay has no effect \(MQTT 3\.1\.1 has no such delay\)")
    mark = 0
    while "will_delay" not in json.loads(broker.wait("tos/health", mark=mark)[0].payload)["reduced"]:
        mark += 1
    mark = broker.mark()
    broker.connection.disconnect(0)
    broker.wait("tos/status", mark=mark, timeout=60)
    assert sum("mqtt.will_delay" in line for line in gateway.log.since()) == 1


def identity():
    """As the manual says it, by other means than the gateway's."""
    for path in ("/sys/firmware/devicetree/base/serial-number", "/etc/machine-id"):
        file = pathlib.Path(path)
        text = file.read_bytes().split(b"\0")[0].decode().strip() if file.exists() else ""
        if text.strip("0") and text != "uninitialized":
            return hashlib.sha256(f"tos-gateway {file.name} {text}".encode()).hexdigest()[:12]
    return None


def test_the_boards_identity(broker, make_client, make_gateway):
    board = identity()
    if not board:
        pytest.skip("this machine has neither a serial number nor a machine id")
    client = make_client(topics=("site/#", "gone/#"))
    mqtt = "  topic: site/%i\n  client_id: edge-%i\n  will: {topic: gone/%i, payload: bye}"
    gateway = make_gateway(make_map(broker.port, mqtt))
    client.wait(f"site/{board}/sensors")
    broker.log.wait(f"New client connected from .* as edge-{board} ")
    gateway.kill()
    assert client.wait(f"gone/{board}").payload == b"bye"


@pytest.mark.parametrize("version", ["3.1.1", "5"])
@pytest.mark.parametrize("mqtt, qos", [("", {0, 1}), ("  client_id: keeper\n  clean_start: false\n", {1})])
def test_a_session_that_is_kept_has_one_qos(make_scripted, make_gateway, version, mqtt, qos):
    """RabbitMQ keeps what has QoS 0 at one node alone, and while that is down no other takes the session for a minute."""
    broker = make_scripted(speaks_5=version == "5")
    make_gateway(make_map(broker.port, f"{mqtt}  version: {version}"))
    broker.wait("tos/status")
    options = broker.connection.options
    assert ("tos/health" in options) == (version == "5")
    assert {"tos/actions", "tos/status"} <= set(options) and {each & 3 for each in options.values()} == qos
