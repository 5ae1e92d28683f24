# SPDX-License-Identifier: MIT
"""Brokers that offer less than mosquitto, or answer wrongly: the gateway works with what there is, and says so."""

import json
import queue

import pytest

from conftest import make_map
from harness import TIMEOUT

SENSORS = "tos/sensors"
RUN = {"motor": {"direction": "forward", "speed": 10}}
STOP = {"motor": {"direction": "stop"}}
# Three closes in a row for each thing that is lowered, each after a wait that grows.
LOWERED_S = 120


def health(broker, accept=lambda health: True, timeout=TIMEOUT):
    mark = 0
    while True:
        publications = broker.wait("tos/health", mark + 1, timeout=timeout)
        if accept(value := json.loads(publications[mark].payload)):
            return value
        mark += 1


def check_works(broker, gateway, timeout=TIMEOUT):
    """Readings go on past what may be on its way at once, and a command is carried out and answered."""
    broker.wait(SENSORS, 20, timeout=timeout)
    mark = broker.mark()
    broker.connection.publish("tos/actions", json.dumps(RUN).encode())
    assert json.loads(broker.wait("tos/actions/ack", mark=mark)[0].payload)["ok"]
    assert gateway.output("GPIO5") == 1
    broker.connection.publish("tos/actions", json.dumps(STOP).encode())
    broker.wait("tos/actions/ack", 2, mark)
    assert gateway.output("GPIO5") == 0
    broker.wait(SENSORS, 20, broker.mark(), timeout)


@pytest.mark.parametrize("version", ["auto", "3.1.1", "5"])
def test_one_that_offers_everything(make_scripted, make_gateway, version):
    """The scripted broker itself is a good one, unless it is told otherwise."""
    broker = make_scripted()
    gateway = make_gateway(make_map(broker.port, mqtt=f"  version: {version}\n  qos: 2"))
    check_works(broker, gateway)
    assert broker.wait(SENSORS)[0].qos == 2
    assert broker.connection.version == (4 if version == "3.1.1" else 5)


@pytest.mark.slow
@pytest.mark.parametrize("version", ["3.1.1", "5"])
@pytest.mark.parametrize("offer", [{"qos": 0}, {"qos": 1}, {"retain": False}, {"qos": 0, "retain": False}], ids=str)
def test_what_is_not_offered_is_lowered(make_scripted, make_gateway, version, offer):
    broker = make_scripted(**offer)
    gateway = make_gateway(make_map(broker.port, mqtt=f"  version: {version}\n  qos: 2"))
    check_works(broker, gateway, LOWERED_S)
    assert broker.wait(SENSORS)[0].qos <= offer.get("qos", 2)
    assert health(broker, lambda value: value["reduced"])


@pytest.mark.slow
@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_a_will_of_qos_2_that_is_refused_goes_with_less(make_scripted, make_gateway, version):
    """As RabbitMQ 4 refuses it, which takes PUBLISH of QoS 2 for one of QoS 1."""
    broker = make_scripted(will_qos=1, says_qos=False)
    will = "  will: {topic: tos/gone, payload: bye, qos: 2}"
    gateway = make_gateway(make_map(broker.port, mqtt=f"  version: {version}\n{will}"))
    check_works(broker, gateway, LOWERED_S)
    assert broker.connection.will is None or broker.connection.will.qos <= 1
    assert health(broker, lambda value: value["reduced"])
    if version == "5":
        assert broker.connection.will.qos == 1


def test_a_broker_that_took_it_once_is_not_believed_to_offer_less(make_scripted, make_gateway):
    """It closes connections for reasons of its own: nothing is lowered then."""
    broker = make_scripted(speaks_5=False)
    gateway = make_gateway(make_map(broker.port))
    broker.wait(SENSORS, 3)
    for _ in range(4):
        log, mark = gateway.log.mark(), broker.mark()
        broker.connection.disconnect(0)
        gateway.log.wait("connected to", log, 60)
        assert broker.wait("tos/status", mark=mark)[0].retain
    mark = broker.mark()
    assert broker.wait(SENSORS, mark=mark)[0].qos == 1
    assert broker.connection.will.retain


@pytest.mark.alone  # who is held up for a second is silent for too long
def test_the_brokers_keep_alive_is_obeyed(make_scripted, make_gateway):
    """The broker disconnects a client that is silent for one and a half of it."""
    broker = make_scripted(server_keep_alive=2)
    make_gateway(make_map(broker.port, mqtt="  keepalive: 60s\n  health_interval: 1min", interval="1min"))
    broker.wait("tos/status")
    connection = broker.connection
    with pytest.raises(queue.Empty):
        broker.timed_out.get(timeout=8)
    assert broker.connection is connection


@pytest.mark.parametrize("code, words", [
    (0x8B, "shut"),
    (0x8D, "keep ?alive"),
    (0x8E, 'taken over: another client uses the client id "tos-.*"; give each its own mqtt\\.client_id'),
    (0x97, "quota"),
])
def test_the_reason_of_a_farewell_is_told(make_scripted, make_gateway, code, words):
    broker = make_scripted()
    gateway = make_gateway(make_map(broker.port))
    broker.wait(SENSORS)
    mark = gateway.log.mark()
    broker.connection.disconnect(code)
    gateway.log.wait(f"mqtt: .*(?i:{words})", mark)


def test_a_farewell_in_the_brokers_own_words(make_scripted, make_gateway):
    """Whatever the cause is, it is no other client with our id."""
    broker = make_scripted()
    gateway = make_gateway(make_map(broker.port))
    for _ in range(4):
        connection = broker.connects.get(timeout=TIMEOUT)
        log, mark = gateway.log.mark(), broker.mark()
        broker.wait(SENSORS, mark=mark)
        connection.disconnect(0x97, "this tenant\n has had enough")
        told = r'the broker ended it: Quota exceeded \("this tenant\? has had enough"\); connecting again in'
        gateway.log.wait(f"warning: mqtt: connection lost: {told}", log)
        # Messages that it had still sent are taken now, and do not count for the next connection.
        assert connection.over.wait(TIMEOUT)
    assert not any("client id" in line for line in gateway.log.since())


@pytest.mark.parametrize("offer, told", [
    ({"retain": False}, "has no retained messages"),
    ({"qos": 1}, "has no QoS 2"),
    ({"qos": 0}, "has QoS 0 alone"),
], ids=str)
@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_what_is_lowered_is_told_once_with_the_reason(make_scripted, make_gateway, version, offer, told):
    broker = make_scripted(**offer)
    gateway = make_gateway(make_map(broker.port, mqtt=f"  version: {version}\n  qos: 2"))
    reason = "says so" if version == "5" else "closed the connection three times directly behind a packet with that"
    gateway.log.wait(rf"warning: mqtt: the broker mqtt://.* {told}: .* \(it {reason}", timeout=LOWERED_S)
    log, mark = gateway.log.mark(), broker.mark()
    broker.connection.disconnect(0)
    broker.wait(SENSORS, 3, mark)
    assert not any(told in line for line in gateway.log.since(log))
    assert not any("another client" in line for line in gateway.log.since())


def test_the_brokers_own_words_are_told(make_scripted, make_gateway):
    broker = make_scripted()
    gateway = make_gateway(make_map(broker.port))
    broker.wait(SENSORS)
    mark = gateway.log.mark()
    broker.connection.disconnect(0x97, "the tenant has used up its messages")
    gateway.log.wait("mqtt: .*the tenant has used up its messages", mark)


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_puback_to_qos_2_holds_nothing_up(make_scripted, make_gateway, version):
    """As RabbitMQ answers before 4.0."""
    broker = make_scripted(qos=1, says_qos=False, pubacks_qos_2=True, will_qos=2)
    gateway = make_gateway(make_map(broker.port, mqtt=f"  version: {version}\n  qos: 2"))
    check_works(broker, gateway, 60)


def test_the_next_address_is_tried_when_subscribe_is_not_answered(make_scripted, broker, client, make_gateway):
    mute = make_scripted(answers_subscribe=False)
    text = make_map(0).replace("mqtt://127.0.0.1:0", f"[mqtt://127.0.0.1:{mute.port}, mqtt://127.0.0.1:{broker.port}]")
    gateway = make_gateway(text)
    client.wait(SENSORS, timeout=30 + TIMEOUT)
    gateway.log.wait("the broker did not answer the subscription; trying the next URL")


def test_the_next_address_is_tried_when_nothing_is_acknowledged(make_scripted, broker, client, make_gateway):
    mute = make_scripted(acknowledges=False)
    text = make_map(0, more="spool: {after: 2s}")
    urls = f"[mqtt://127.0.0.1:{mute.port}, mqtt://127.0.0.1:{broker.port}]"
    gateway = make_gateway(text.replace("mqtt://127.0.0.1:0", urls))
    gateway.log.wait("mqtt: .*acknowledge")
    client.wait(SENSORS, timeout=30 + TIMEOUT)


OPTIONAL = ("tos/action", "tos/actions/led", "tos/actions/motor", "tos/status")


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_topics_that_nothing_needs_may_be_refused(make_scripted, make_gateway, version):
    broker = make_scripted(refused_topics=OPTIONAL)
    gateway = make_gateway(make_map(broker.port, mqtt=f"  version: {version}"))
    check_works(broker, gateway)
    reduced = health(broker, lambda h: h["reduced"])["reduced"]
    assert set(OPTIONAL) <= set(reduced)


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_a_start_of_home_assistant_may_be_kept_from_it(make_scripted, make_gateway, version):
    """Its refusal is known and leaves the other subscriptions alone. Discovery works without it."""
    broker = make_scripted(refused_topics=("homeassistant/status",))
    gateway = make_gateway(make_map(broker.port, mqtt=f"  version: {version}\n  discovery: homeassistant"))
    gateway.log.wait("refused the subscription to homeassistant/status: .*a start of Home Assistant is not noticed")
    check_works(broker, gateway)
    reduced = health(broker, lambda h: h.get("reduced"))["reduced"]
    assert "homeassistant/status" in reduced and not [topic for topic in reduced if topic.startswith("tos/")]
    _, device, *_ = (gateway.folder / "state" / "announced").read_text().split()
    message = broker.wait(f"homeassistant/device/{device}/config")[0]
    assert message.retain and message.qos == 1 and "motor_motor0" in json.loads(message.payload)["cmps"]
