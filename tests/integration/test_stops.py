# SPDX-License-Identifier: MIT
"""A stop is a stop: whatever else is wrong with a message, the motor stands, and before anything else is written."""

import json
import time

import paho.mqtt.client as mqtt
import pytest
from conftest import make_map
from harness import response_properties

TWO_MOTORS = """
mqtt: {{url: "mqtt://127.0.0.1:{port}"}}
motors:
  - {{name: left, forward: GPIO5, backward: GPIO6}}
  - {{name: right, forward: GPIO20, backward: GPIO21}}
"""

RUN = {"motor": {"direction": "forward", "speed": 6}}
STOPPED = {"motor": {"direction": "stop", "speed": 6}}


@pytest.fixture
def running(gateway, client):
    """A gateway whose motor runs."""
    assert client.ask_json(RUN)["ok"]
    assert gateway.output("GPIO5") == 1
    return gateway


def stands(gateway):
    return all(gateway.output(name) == 0 for name in ("GPIO5", "GPIO6", "board.0"))


@pytest.mark.parametrize("action", [
    {"direction": "stop"},
    {"speed": 0},
    {"direction": "stop", "speed": 0},
    {"direction": "forward", "speed": 0},
    {"motor0": "stop"},
    "stop",
], ids=json.dumps)
def test_what_says_stop_is_an_action(running, client, action):
    answer = client.ask_json({"id": 1, "motor": action})
    assert answer["ok"] and "errors" not in answer
    assert {"direction": "stop", "speed": 6} in (answer["applied"]["motor"], answer["applied"]["motor"].get("motor0"))
    assert stands(running)
    # It remembers a level to run at, never 0.
    assert client.ask_json({"motor": {"direction": "forward"}})["applied"] == RUN


def test_a_level_beside_a_stop_is_remembered(running, client):
    client.ask({"motor": {"direction": "stop", "speed": 2}, "foo": 1})
    assert client.ask_json({"motor": {"direction": "forward"}})["applied"]["motor"]["speed"] == 2


NOW = int(time.time() * 1000)
BESIDE = {
    "an unknown key": ('{"motor":{"direction":"stop"},"foo":1}', ["foo"]),
    "an LED that is not there": ('{"motor":{"direction":"stop"},"led":{"9":{"on":false}}}', ["led.9"]),
    "a wrong value": ('{"led":{"0":{"on":1}},"motor":{"speed":0}}', ["led.0.on"]),
    "a wrong value in its object": ('{"motor":{"direction":"stop","speed":99}}', ["motor.speed"]),
    "a key twice": ('{"motor":{"direction":"stop","direction":"forward"}}', ["motor.direction"]),
    "a key twice, the other way round": ('{"motor":{"direction":"forward","direction":"stop"}}', ["motor.direction"]),
    "motor twice": ('{"motor":{"direction":"stop"},"motor":{"direction":"forward"}}', ["motor"]),
    "a time without its limit": ('{"motor":{"direction":"stop"},"ts":1}', ["ts"]),
    "an age": ('{"motor":{"direction":"stop"},"ts":%d,"ttl":1}' % (NOW - 60000), [""]),
    "an interval out of range": ('{"motor":{"direction":"stop"},"sensors":{"interval":1}}', ["sensors.interval"]),
    "too many levels": ('{"motor":{"direction":"stop"},"a":%s1%s}' % ("[" * 2000, "]" * 2000), [""]),
    "an id that is none": ('{"motor":{"direction":"stop"},"id":true}', ["id"]),
    "half a surrogate pair": ('{"motor":{"direction":"stop"},"id":"\\ud800"}', [""]),
    "a byte-order mark": ('\ufeff{"motor":{"direction":"stop"}}', [""]),
}


@pytest.mark.parametrize("payload, paths", BESIDE.values(), ids=BESIDE)
def test_a_stop_beside_a_mistake(running, client, payload, paths):
    mark = running.wire.mark()
    answer = client.ask_json(payload)
    assert answer["ok"] is False
    assert [error["path"] for error in answer["errors"]] == paths
    assert answer["applied"] == STOPPED
    assert stands(running)
    # And nothing else was done.
    assert set(running.wires(mark)) == {"line GPIO5 0", "pwm board.0 0.0000"}


def test_the_rest_of_a_message_with_a_mistake_is_not_done(running, client):
    mark = client.mark()
    answer = client.ask_json('{"led":{"0":{"on":true},"9":{"on":true}},"sensors":{"interval":50},"motor":{"speed":0}}')
    assert answer["applied"] == STOPPED
    assert running.output("GPIO17") == 0
    state = client.wait_json("tos/state", lambda state: state["motor"]["direction"] == "stop", mark)
    assert state["sensors"]["interval"] == 100


@pytest.mark.parametrize("version", [mqtt.MQTTv5, mqtt.MQTTv311])
def test_a_retained_stop(broker, running, make_client, version):
    client = make_client(version=version)
    answer = client.ask_json({"motor": {"direction": "stop"}}, retain=True)
    # With 3.1.1, too: the gateway itself speaks MQTT 5 and is told.
    assert not answer["ok"] and "retain" in answer["errors"][0]["reason"]
    assert answer["applied"] == STOPPED
    assert stands(running)


@pytest.mark.parametrize("response, correlation", [("r" * 512, b"x"), ("r", b"x" * 1025)], ids=["topic", "correlation"])
def test_a_stop_whose_answer_cannot_go_where_it_is_awaited(running, make_client, response, correlation):
    client = make_client(version=mqtt.MQTTv5, topics=("tos/actions/ack", "r"))
    client.publish("tos/actions", '{"motor":"stop"}', properties=response_properties(response, correlation))
    client.wait("tos/actions/ack" if response != "r" else "r", lambda m: b'"applied":{"motor"' in m.payload)
    assert stands(running)


@pytest.mark.parametrize("topic, payload, ok", [
    ("tos/actions/motor", "stop", True),
    ("tos/actions/motor", " stop\n", True),
    ("tos/actions/motor", '{"direction":"stop"}', False),
    ("tos/actions/motor", '{"motor":{"direction":"stop"}}', False),
    ("tos/actions/led", '{"motor":{"direction":"stop"}}', False),
    ("tos/action", '{"motor":{"speed":0}}', False),
    ("tos/actions", "stop", False),
    ("tos/actions", '"stop"', False),
])
def test_a_stop_on_any_topic_of_actions(running, client, topic, payload, ok):
    answer = client.ask_json(payload, topic=topic)
    assert answer["ok"] is ok and answer["applied"] == STOPPED
    assert stands(running)


@pytest.fixture
def two(broker, client, make_gateway):
    gateway = make_gateway(TWO_MOTORS.format(port=broker.port))
    client.wait("tos/health")
    assert client.ask_json({"motor": {"left": {"direction": "forward"}, "right": {"direction": "backward"}}})["ok"]
    gateway.wire.wait(" line GPIO21 1$")
    return gateway


@pytest.mark.parametrize("action, left, right", [
    ({"motor": {"right": {"direction": "stop"}}}, 1, 0),
    ({"motor": {"right": {"direction": "stop"}}, "foo": 1}, 1, 0),
    ({"motor": {"right": {"direction": "stop"}, "left": {"speed": 3}}}, 1, 0),
    # With a mistake, all that is addressed stops.
    ({"motor": {"right": {"direction": "stop"}, "left": {"speed": 3}}, "foo": 1}, 0, 0),
    ({"motor": "stop"}, 0, 0),
    # A stop for none that there is: for all.
    ({"motor": {"rihgt": {"direction": "stop"}}}, 0, 0),
    ({"motor": {"2": {"speed": 0}}}, 0, 0),
    ({"direction": "stop"}, 0, 0),
    # No stop.
    ({"motor": {"right": {"direction": "Stop"}}}, 1, 1),
], ids=json.dumps)
def test_which_of_two_motors_stops(two, client, action, left, right):
    client.ask(action)
    assert (two.output("GPIO5"), two.output("GPIO21")) == (left, right)


def test_a_stop_for_no_motor_says_that_all_stopped(two, client):
    answer = client.ask_json({"motor": {"2": {"direction": "stop"}}})
    assert answer["errors"] == [
        {"path": "motor.2.direction", "reason": "a stop that names no motor of this gateway stops every motor"},
        {"path": "motor.2", "reason": 'there is no motor "2": this gateway has 0 (left), 1 (right)'},
    ]
    assert answer["applied"] == {"motor": {str(i): {"direction": "stop", "speed": 10} for i in range(2)}}


def test_a_stop_that_cannot_be_written_is_told(two, client):
    two.fault("GPIO5", "no-answer")
    answer = client.ask_json({"motor": "stop", "foo": 1})
    assert [error["path"] for error in answer["errors"]] == ["motor.0", "foo"]
    assert answer["applied"] == {"motor": {"1": {"direction": "stop", "speed": 10}}}
    assert two.output("GPIO21") == 0
    two.fault("GPIO5", "none")
