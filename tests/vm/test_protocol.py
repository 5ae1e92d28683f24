# SPDX-License-Identifier: MIT
"""The wire contract, as a client outside sees it, with nothing simulated inside of the gateway."""

import json
import statistics
import struct
import time

import pytest

from board import MAP, RED, is_whole
from harness import TIMEOUT, Client


@pytest.fixture
def packing(parts, make_gateway):
    del parts
    return make_gateway(MAP + 'packed:\n  - {topic: temphumi, format: "hH", fields: [temp, humi]}\n')


def test_a_late_client_finds_status_state_and_health(guest, gateway):
    mark = gateway.client.mark()
    gateway.do(led={"red": {"on": True}})
    # The state follows the answer. What is retained at the beginning is an earlier gateway's.
    gateway.client.wait_json("tos/state", lambda s: s["led"]["0"]["on"], mark)
    late = Client(guest.mqtt_port)
    assert late.wait("tos/status").payload == b"online"
    state = late.wait_json("tos/state")
    health = late.wait_json("tos/health")
    assert all(message.retain for message in late.since(topic="tos/state"))
    late.close()
    assert state["led"]["0"] == {"on": True, "bright": 10}
    assert state["motor"] == {"direction": "stop", "speed": 10}
    assert state["sensors"] == {"interval": 200}
    assert health["sensors"]["temp"] == {"ok": True}


def test_the_interval_takes_effect_at_once(gateway):
    client = gateway.client
    mark = client.mark()
    client.publish("tos/sensors/interval", "50")
    answer = client.wait_json("tos/actions/ack", mark=mark)
    assert answer == {"ok": True, "applied": {"sensors": {"interval": 50}}}
    # A busy host may keep some of them from being taken, and most of them for a while.
    end = time.monotonic() + 2 * TIMEOUT
    apart_ms = 200
    while apart_ms >= 150:
        assert time.monotonic() < end, apart_ms
        times = [json.loads(m.payload)["ts"] for m in client.wait_several("tos/sensors", 20, client.mark())]
        apart_ms = statistics.median(b - a for a, b in zip(times, times[1:]))


def test_the_tutorials_led_command(gateway, wire):
    mark = wire.mark()
    assert gateway.client.ask("1 1", topic="tos/actions/leds") == "led1 on"
    wire.wait(RED, 1, mark)
    assert gateway.client.ask("1 0", topic="tos/actions/leds") == "led1 off"
    assert gateway.client.ask("9 1", topic="tos/actions/leds") == "unknown command"


def test_a_bad_action_names_every_mistake_and_writes_nothing(gateway, wire):
    mark = wire.mark()
    answer = gateway.ask(motor={"direction": "forward", "speed": 99}, led={"0": {"on": True}}, id=7)
    assert not answer["ok"] and answer["id"] == 7
    assert answer["errors"] == [{"path": "motor.speed", "reason": "99 is outside 1..10"}]
    assert wire.since(mark) == []


def test_an_old_command_moves_nothing(guest, parts, wire, make_gateway):
    del parts
    sender = Client(guest.mqtt_port, topics=())
    sender.publish("tos/actions", '{"motor":{"direction":"forward","speed":5}}', retain=True)
    mark = wire.mark()
    gateway = make_gateway()
    answer = gateway.client.wait_json("tos/actions/ack")
    sender.publish("tos/actions", "", retain=True)
    sender.close()
    assert not answer["ok"]
    assert not any(change.value for change in wire.since(mark))


def test_packed_values(packing):
    reading = packing.reading(is_whole)
    message = packing.client.wait("tos/sensors/temphumi")
    temp, humi = struct.unpack("<hH", message.payload)
    assert abs(temp - reading["temp"]) <= 1
    assert humi == 45


def test_the_will_tells_of_a_crash(gateway):
    mark = gateway.client.mark()
    gateway.end("KILL")
    assert gateway.client.wait("tos/status", mark=mark).payload == b"offline"


def test_a_broker_that_restarts_gets_the_backlog(guest, gateway):
    """Nothing that was measured meanwhile is lost."""
    first = gateway.reading()
    mark = gateway.log.mark()
    guest.run("kill $(pidof mosquitto)")
    gateway.client.close()
    # After half a second at least, in which it takes readings.
    gateway.log.wait("trying again in", mark)
    # So that it does not connect before somebody listens.
    gateway.process.signal("STOP")
    guest.run("(mosquitto -c /etc/mosquitto.conf >/tmp/mosquitto.log 2>&1 &) ; until grep -q running /tmp/mosquitto.log; do usleep 20000; done")
    late = Client(guest.mqtt_port)
    gateway.process.signal("CONT")
    backlog = late.wait_json("tos/sensors/backlog")
    reading = late.wait_json("tos/sensors")
    messages = [json.loads(m.payload) for m in late.since(topic="tos/sensors/backlog")]
    late.close()
    # The first one may come again, if the broker ended before it had acknowledged it.
    assert first["ts"] <= backlog["ts"] <= reading["ts"]
    times = [message["ts"] for message in messages]
    assert times == sorted(times)
