# SPDX-License-Identifier: MIT
"""Old commands never move anything: a retained one is refused, whether it was there before the gateway or comes later."""

import json

import paho.mqtt.client as mqtt
import pytest

from conftest import make_map

COMMANDS = [
    ("tos/actions", '{"led":{"red":{"on":true}}}'),
    ("tos/sensors/interval", "1000"),
    ("tos/actions/leds", "1 1"),
]


def assert_refused(answer):
    assert answer == "unknown command" or "retain" in json.loads(answer)["errors"][0]["reason"]


@pytest.mark.parametrize("topic, payload", COMMANDS)
def test_retained_before_the_gateway_came(broker, client, make_gateway, topic, payload):
    client.publish(topic, payload, retain=True)
    gateway = make_gateway(make_map(broker.port))
    assert_refused(client.wait("tos/actions/ack").payload.decode())
    assert gateway.output("GPIO17") == 0
    assert client.wait_json("tos/state")["sensors"]["interval"] == 100


@pytest.mark.parametrize("topic, payload", COMMANDS)
def test_retained_while_the_gateway_listens(gateway, client, topic, payload):
    """MQTT 5 tells it (Retain As Published); with 3.1.1 the broker takes the flag off."""
    assert_refused(client.ask(payload, topic=topic, retain=True))
    assert gateway.output("GPIO17") == 0
    assert client.wait_json("tos/state")["sensors"]["interval"] == 100


@pytest.mark.parametrize("topic", ["tos/actions", "tos/action", "tos/actions/motor"])
def test_one_that_is_cleared_is_not_answered(broker, client, make_gateway, topic):
    client.publish(topic, '{"led":{"red":{"on":true}}}', retain=True)
    gateway = make_gateway(make_map(broker.port))
    assert not json.loads(client.wait("tos/actions/ack").payload)["ok"]
    client.publish(topic, b"", retain=True)
    assert client.ask_json({"led": {"1": {"on": True}}})["ok"]
    assert len(client.since(topic="tos/actions/ack")) == 2
    assert gateway.output("GPIO17") == 0


def test_a_stop_is_carried_out_all_the_same(gateway, client):
    """An old one, too: it never hurts."""
    client.ask({"motor": {"direction": "forward"}})
    assert gateway.output("GPIO5") == 1
    answer = client.ask_json({"motor": {"direction": "stop"}}, retain=True)
    assert not answer["ok"] and answer["applied"]["motor"]["direction"] == "stop"
    assert gateway.output("GPIO5") == 0


def test_the_map_may_accept_them(broker, client, make_gateway):
    client.publish("tos/actions", COMMANDS[0][1], retain=True)
    gateway = make_gateway(make_map(broker.port, mqtt="  accept_retained: true"))
    assert json.loads(client.wait("tos/actions/ack").payload)["ok"]
    assert gateway.output("GPIO17") == 1


def test_the_same_with_3_1_1(broker, make_client, make_gateway):
    client = make_client(version=mqtt.MQTTv311)
    client.publish("tos/actions", COMMANDS[0][1], retain=True)
    gateway = make_gateway(make_map(broker.port, mqtt="  version: 3.1.1"))
    assert_refused(client.wait("tos/actions/ack").payload.decode())
    assert gateway.output("GPIO17") == 0
