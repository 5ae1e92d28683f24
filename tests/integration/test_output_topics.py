# SPDX-License-Identifier: MIT
"""The topics that each output has for itself: plain text in, and its state where the map asks for it."""

import json

import pytest
from conftest import make_map
from harness import response_properties

import paho.mqtt.client as mqtt


@pytest.mark.parametrize(
    "output, text, applied, wire",
    [
        ("led/red", "on", '{"led":{"red":{"on":true,"bright":10}}}', "line GPIO17 1"),
        ("led/0", "ON", '{"led":{"0":{"on":true,"bright":10}}}', "line GPIO17 1"),
        ("led/green", "12.5%", '{"led":{"green":{"on":true,"bright":2,"percent":12.5}}}', None),
        ("led/green", "10", '{"led":{"green":{"on":true,"bright":10}}}', "pwm board.3 1.0000"),
        ("motor/motor0", "forward 5", '{"motor":{"motor0":{"direction":"forward","speed":5}}}', "line GPIO5 1"),
        ("motor/0", "stop", '{"motor":{"0":{"direction":"stop","speed":10}}}', None),
    ],
)
def test_a_word_is_carried_out_and_answered(gateway, client, output, text, applied, wire):
    mark = gateway.wire.mark()
    assert client.ask(text, topic=f"tos/actions/{output}") == '{"ok":true,"applied":%s}' % applied
    if wire:
        gateway.wire.wait(f" {wire}$", mark)


def test_how_long_stands_at_the_end(gateway, client):
    mark = gateway.wire.mark()
    assert client.ask_json("on 200ms", topic="tos/actions/led/red")["ok"]
    gateway.wire.wait(" line GPIO17 1$", mark)
    gateway.wire.wait(" line GPIO17 0$", mark)


def test_a_mistake_is_named(gateway, client):
    answer = client.ask_json("11", topic="tos/actions/led/red")
    assert answer["errors"] == [{"path": "led.red.bright", "reason": "11 is outside 1..10"}]
    answer = client.ask_json("on", topic="tos/actions/led/rde")
    assert answer["errors"] == [{"path": "led.rde", "reason": 'there is no LED "rde", did you mean "red"?'}]
    answer = client.ask_json("on", topic="tos/actions/lamp/red")
    assert answer["errors"][0]["path"] == "lamp"
    assert gateway.output("GPIO17") == 0


def test_a_stop_is_carried_out_whatever_is_wrong(gateway, client):
    client.ask_json({"motor": {"direction": "forward"}})
    answer = client.ask_json("0% whatever", topic="tos/actions/motor/0")
    assert answer["applied"] == {"motor": {"0": {"direction": "stop", "speed": 10}}}
    assert not answer["ok"]
    assert (gateway.output("GPIO5"), gateway.output("GPIO6")) == (0, 0)


def test_the_answer_goes_where_it_is_wanted(gateway, make_client):
    client = make_client(version=mqtt.MQTTv5)
    client.wait("tos/status", lambda message: message.payload == b"online")
    client.publish("tos/actions/led/red", "toggle", properties=response_properties("reply/me"))
    client_reply = make_client(topics=("reply/#",))
    client.publish("tos/actions/led/red", "toggle", properties=response_properties("reply/me"))
    assert json.loads(client_reply.wait("reply/me").payload)["ok"]


def test_a_retained_word_is_refused(broker, client, make_gateway):
    client.publish("tos/actions/led/red", "on", retain=True)
    gateway = make_gateway(make_map(broker.port))
    answer = client.wait("tos/actions/ack", lambda message: b"retained" in message.payload)
    assert not json.loads(answer.payload)["ok"]
    client.wait("tos/sensors")
    assert gateway.output("GPIO17") == 0


RELAYS = """
relays:
  - {name: pump, line: GPIO26, topic: true}
  - {name: lamp, line: GPIO22}
"""


def with_topics(broker, relays=RELAYS):
    text = make_map(broker.port, more=relays).replace("{name: green, ", "{name: green, topic: true, ")
    return text.replace("  - {forward:", "  - {topic: true, forward:")


@pytest.fixture
def followed(broker, make_client, make_gateway):
    gateway = make_gateway(with_topics(broker))
    client = make_client()
    client.wait("tos/status", lambda message: message.payload == b"online")
    return gateway, client


def expect(client, output, text, mark=0):
    return client.wait(f"tos/state/{output}", lambda message: message.payload == text.encode(), mark=mark)


def test_the_state_is_said_in_the_same_words(followed, make_client):
    gateway, client = followed
    for output in ("relay/pump", "led/green", "motor/motor0"):
        expect(client, output, "off")
    for output, text in (
        ("relay/pump", "on"),
        ("led/green", "7"),
        ("led/green", "12.5%"),
        ("led/green", "off"),
        ("motor/motor0", "forward 5"),
        ("motor/motor0", "backward 40.5%"),
    ):
        mark = client.mark()
        assert client.ask_json(text, topic=f"tos/actions/{output}")["ok"]
        expect(client, output, text, mark)
    client.ask_json({"motor": "stop"})
    expect(client, "motor/motor0", "off", mark)
    # Retained, of those that the map names, and published where they changed.
    late = make_client()
    assert expect(late, "relay/pump", "on").retain
    late.wait("tos/state")
    assert [m.topic for m in late.since() if m.topic.startswith("tos/state/relay")] == ["tos/state/relay/pump"]
    assert len(client.since(mark, "tos/state/relay/pump")) == 0


def test_what_leaves_the_map_is_cleared(broker, followed):
    gateway, client = followed
    expect(client, "relay/pump", "off")
    mark = client.mark()
    gateway.reload(with_topics(broker, RELAYS.replace(", topic: true", "")))
    expect(client, "relay/pump", "", mark)


def test_so_is_what_left_it_while_the_gateway_was_away(broker, followed, make_client):
    gateway, client = followed
    expect(client, "relay/pump", "off")
    mark = client.mark()
    assert gateway.stop() == 0
    gateway.map.write_text(with_topics(broker, ""))
    gateway.start()
    expect(client, "relay/pump", "", mark)


def test_a_start_that_is_refused_forgets_none_of_it(broker, followed):
    gateway, client = followed
    expect(client, "relay/pump", "off")
    mark = client.mark()
    assert gateway.stop() == 0
    gateway.map.write_text(with_topics(broker, ""))
    gateway.refuse_start()
    gateway.start()
    expect(client, "relay/pump", "", mark)
