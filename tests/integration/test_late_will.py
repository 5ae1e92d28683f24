# SPDX-License-Identifier: MIT
"""The will of an earlier connection that comes when the gateway has long been back, as a broker that hung publishes it."""

import json

import pytest

from conftest import make_map
from scripted_broker import ScriptedBroker

STATUS = "tos/status"
LATE = "notice: mqtt: tos/status was no longer online"
AGAIN = "warning: mqtt: tos/status is set to something else again and again"


@pytest.fixture
def scripted():
    broker = ScriptedBroker()
    yield broker
    broker.close()


def lines(gateway, text):
    return [line for line in gateway.log.since() if text in line]


def fence(broker):
    """Waits until everything that was sent to the gateway before has had its effect."""
    mark = broker.mark()
    broker.connection.publish("tos/actions", b'{"led": {"0": {"on": true}}}')
    broker.wait("tos/actions/ack", mark=mark)


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_a_late_offline_is_set_right(broker, client, make_client, make_gateway, version):
    gateway = make_gateway(make_map(broker.port, f"  version: {version}"))
    client.wait("tos/sensors")
    mark = client.mark()
    client.publish(STATUS, "offline", retain=True)
    client.wait(STATUS, lambda m: m.payload == b"online", mark)
    said = [m.payload for m in client.since(mark, STATUS)]
    # The second one's first word may be later than the log.
    assert said[said.index(b"offline") :] == [b"offline", b"online"]
    assert make_client(topics=(STATUS,)).wait(STATUS).payload == b"online"
    gateway.log.wait(LATE)


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_a_broker_that_hung_says_it_too_late(make_broker, make_client, make_gateway, version):
    """Two with a bridge: the will of the one that hung goes to the other one, where the gateway is by then."""
    hub = make_broker()
    leaf = make_broker(
        f"connection leaf\naddress 127.0.0.1:{hub.port}\ntopic tos/# both 1\nbridge_protocol_version mqttv50\n"
        "try_private true\ncleansession false\nnotifications false\nrestart_timeout 1 2"
    )
    text = make_map(leaf.port, f"  version: {version}\n  keepalive: 5s")
    urls = f"[mqtt://127.0.0.1:{leaf.port}, mqtt://127.0.0.1:{hub.port}]"
    client = make_client(hub.port)
    gateway = make_gateway(text.replace(f"mqtt://127.0.0.1:{leaf.port}", urls))
    client.wait("tos/sensors")
    leaf.freeze()
    gateway.log.wait(f"connected to mqtt://127.0.0.1:{hub.port}")
    client.wait(STATUS, lambda m: m.payload == b"online" and not m.retain)
    mark = client.mark()
    leaf.thaw()
    client.wait(STATUS, lambda m: m.payload == b"offline", mark)
    client.wait(STATUS, lambda m: m.payload == b"online", mark)
    for broker in (leaf, hub):
        make_client(broker.port, topics=(STATUS,)).wait(STATUS, lambda m: m.payload == b"online")


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_the_will_of_its_own_client_id_is_set_right(scripted, make_gateway, version):
    """So the subscription must not leave out what this client publishes."""
    gateway = make_gateway(make_map(scripted.port, f"  version: {version}"))
    scripted.wait("tos/sensors")
    will = scripted.connection.will
    mark = scripted.mark()
    scripted.connection.publish(will.topic, will.payload)
    message = scripted.wait(STATUS, mark=mark)[0]
    assert (message.payload, message.retain) == (b"online", True)
    assert scripted.connection.options[STATUS] == (0x20 if version == "5" else 0)
    gateway.log.wait(LATE)


def test_what_the_broker_has_kept_and_online_are_no_reason(scripted, make_gateway):
    make_gateway(make_map(scripted.port))
    scripted.wait("tos/about")
    mark = scripted.mark()
    scripted.connection.publish(STATUS, b"offline", retain=True)
    scripted.connection.publish(STATUS, b"online")
    scripted.connection.publish(STATUS, b"")
    fence(scripted)
    fence(scripted)
    with pytest.raises(AssertionError):
        scripted.wait(STATUS, mark=mark, timeout=0)


def test_who_says_so_again_and_again_is_answered_ever_less(scripted, make_gateway):
    gateway = make_gateway(make_map(scripted.port))
    scripted.wait("tos/about")
    for _ in range(5):  # at once, and 1, 2, 4 and 8 s behind that
        mark = scripted.mark()
        for _ in range(100):
            scripted.connection.publish(STATUS, b"offline")
        scripted.wait(STATUS, mark=mark)
        fence(scripted)
    gateway.log.wait(AGAIN)
    assert len(lines(gateway, LATE)) == len(lines(gateway, AGAIN)) == 1
    # No more than one of a hundred, beside the first one of all, unless the time for another had come.
    assert len([p for p in scripted.wait(STATUS, 6)]) == 6


def test_a_subscription_that_is_refused_is_left_out(make_gateway):
    broker = ScriptedBroker(refused_topics=(STATUS,), refusal=0x87)
    try:
        gateway = make_gateway(make_map(broker.port, "  health_interval: 1s"))
        gateway.log.wait("notice: mqtt: the broker refused the subscription to tos/status: .*; it is optional, but")
        reduced = []
        while reduced != [STATUS]:
            reduced = json.loads(broker.wait("tos/health", mark=broker.mark())[0].payload)["reduced"]
    finally:
        broker.close()


def test_with_a_will_elsewhere_nobody_listens(scripted, make_gateway):
    will = "  will: {topic: tos/except, payload: gone}"
    make_gateway(make_map(scripted.port, will))
    scripted.wait("tos/about")
    fence(scripted)
    assert STATUS not in scripted.connection.subscriptions


def test_two_on_one_topic_do_not_answer_each_other(broker, client, make_gateway):
    """The one that goes on says so when the other one ends, and that is all."""
    first, second = (
        make_gateway(make_map(broker.port, f"  client_id: {name}\n  health_interval: 1s"), name=name) for name in ("a", "b")
    )
    for gateway in (first, second):
        gateway.log.wait("another gateway, of instance")
    client.fence()
    mark = client.mark()
    assert first.stop() == 0
    client.wait(STATUS, lambda m: m.payload == b"offline", mark)
    client.wait(STATUS, lambda m: m.payload == b"online", mark)
    client.ask_json({"led": {"0": {"on": True}}})
    client.wait_several("tos/health", 3, client.mark())
    assert [m.payload for m in client.since(mark, STATUS)] == [b"offline", b"online"]
    assert second.log.wait(LATE)
