# SPDX-License-Identifier: MIT
"""The tutorial's clients, as independent programs that know nothing of this gateway (tutorial/)."""

import json
import pathlib

import pytest
from conftest import make_map
from harness import Program

FOLDER = pathlib.Path(__file__).with_name("tutorial")


@pytest.fixture
def tutorial(broker):
    programs = []

    def run(name, *arguments):
        programs.append(Program(FOLDER / name, "127.0.0.1", broker.port, *arguments))
        return programs[-1]

    yield run
    for program in programs:
        program.end()


def test_one_sensor_as_plain_text(gateway, tutorial):
    program = tutorial("cds.py")
    program.output.wait("^cds = 812$")
    gateway.set("adc.0", 55)
    program.output.wait("^cds = 55$")


@pytest.mark.alone
def test_interval_typed_by_a_user(gateway, client, tutorial):
    program = tutorial("interval.py")
    program.output.wait("^ready$")
    program.type("400")
    program.output.wait(r'^\{"ok":true,"applied":\{"sensors":\{"interval":400\}\}\}$')
    mark = client.mark()
    # The first one may have been under way already.
    times = [json.loads(m.payload)["ts"] for m in client.wait_several("tos/sensors", 5, mark)]
    assert abs(times[4] - times[1] - 3 * 400) <= 100


@pytest.mark.alone
def test_interval_in_seconds_typed_by_a_user(broker, client, make_gateway, tutorial):
    make_gateway(make_map(broker.port, interval="{default: 100ms, topic_unit: s}"))
    client.wait("tos/sensors")
    program = tutorial("interval_seconds.py")
    program.output.wait("^ready$")
    program.type("0.4")
    answer = client.wait("tos/actions/ack")
    assert answer.payload == b'{"ok":true,"applied":{"sensors":{"interval":400}}}'
    mark = client.mark()
    # The first one may have been under way already.
    times = [json.loads(m.payload)["ts"] for m in client.wait_several("tos/sensors", 5, mark)]
    assert abs(times[4] - times[1] - 3 * 400) <= 100


def test_interval_mistyped_by_a_user(gateway, tutorial):
    program = tutorial("interval.py")
    program.output.wait("^ready$")
    program.type("soon")
    answer = program.output.wait(r'^\{"ok":false.*').group()
    assert json.loads(answer) == {
        "ok": False,
        "errors": [
            {"path": "sensors.interval", "reason": '"soon" is not a whole number of milliseconds'}
        ],
    }


@pytest.mark.parametrize(
    "command, answer, wire",
    [
        ("1 1", "led1 on", "line GPIO17 1"),
        ("2 1", "led2 on", "pwm board.3 1.0000"),
        ("1 0", "led1 off", None),  # it is off already
        ("9 1", "unknown command", None),
    ],
)
def test_led_command(gateway, tutorial, command, answer, wire):
    mark = gateway.wire.mark()
    program = tutorial("led.py", command)
    program.output.join()
    assert program.output.since() == [answer]
    if wire:
        gateway.wire.wait(f" {wire}$", mark)
    assert gateway.wires(mark) == ([wire] if wire else [])


def test_several_values_as_a_struct(gateway, tutorial):
    program = tutorial("temphumi.py")
    program.output.wait("^temp = 23, humi = 45$")
    gateway.set("climate.temperature", 31)
    program.output.wait("^temp = 31, humi = 45$")


def test_every_key_of_the_reading(gateway, tutorial):
    program = tutorial("every_key.py")
    program.output.wait(r"^temp:  23 humi:  45 cds: 812 sound: 133 ts:\d{13} $")


@pytest.mark.parametrize("qos", [1, 2])
def test_commands_while_the_gateway_is_away(broker, client, make_gateway, tutorial, qos):
    gateway = make_gateway(make_map(broker.port, "  client_id: gateway\n  clean_start: false"))
    client.wait("tos/sensors")
    assert gateway.stop() == 0

    commands = ['{"led":{"0":{"on":true}},"id":1}', '{"led":{"green":{"bright":10}},"id":2}']
    sender = tutorial("away.py", qos, *commands)
    sender.output.wait("^session: 0$")
    sender.output.wait("^sent 2$")
    sender.end()

    gateway.start()
    gateway.wire.wait(" line GPIO17 1$")
    gateway.wire.wait(" pwm board.3 1.0000$")
    # The answers come while the sender is away in its turn.
    client.wait("tos/actions/ack", lambda message: b'"id":2' in message.payload)
    listener = tutorial("away.py", qos)
    listener.output.wait('"id":2')
    assert listener.output.since() == [
        "session: 1",
        '{"ok":true,"id":1,"applied":{"led":{"0":{"on":true,"bright":10}}}}',
        '{"ok":true,"id":2,"applied":{"led":{"green":{"on":true,"bright":10}}}}',
    ]


def test_will(broker, client, make_client, make_gateway, tutorial):
    will = "  will: {topic: tos/except, payload: Force terminate, qos: 2, retain: true}"
    program = tutorial("will.py")
    program.output.wait("^ready$")
    gateway = make_gateway(make_map(broker.port, will))
    client.wait("tos/sensors")
    gateway.kill()
    program.output.wait("^Force terminate, qos 2, retain 0$")
    late = make_client(topics=("tos/except",)).wait("tos/except")
    assert (late.payload, late.qos, late.retain) == (b"Force terminate", 2, True)
    # There is one will only; the status is the gateway's own to publish, and it is dead.
    assert client.since(topic="tos/status")[-1].payload == b"online"


def test_no_will_after_an_orderly_end(broker, client, make_gateway, tutorial):
    will = "  will: {topic: tos/except, payload: Force terminate, qos: 2, retain: true}"
    program = tutorial("will.py")
    program.output.wait("^ready$")
    gateway = make_gateway(make_map(broker.port, will))
    client.wait("tos/sensors")
    assert gateway.stop() == 0
    client.wait("tos/status", lambda message: message.payload == b"offline")
    client.publish("tos/except", "the test's own", qos=2)
    program.output.wait("the test's own")
    assert program.output.since() == ["ready", "the test's own, qos 2, retain 0"]


def test_both_ways(gateway, tutorial):
    program = tutorial("both_ways.py")
    program.output.wait(
        r'^bright True \{"led": \{"0": \{"on": false, "bright": 10\}\}, '
        r'"motor": \{"direction": "forward", "speed": 4\}\}$'
    )
    mark = gateway.wire.mark()
    gateway.set("adc.0", 100)
    program.output.wait(
        r'^dark True \{"led": \{"0": \{"on": true, "bright": 10\}, "1": \{"on": true, "bright": 7\}\}, '
        r'"motor": \{"direction": "stop", "speed": 4\}\}$'
    )
    gateway.wire.wait(" line GPIO17 1$", mark)
    gateway.wire.wait(" line GPIO5 0$", mark)
    mark = gateway.wire.mark()
    gateway.set("adc.0", 600)
    gateway.wire.wait(" line GPIO17 0$", mark)
    gateway.wire.wait(" line GPIO5 1$", mark)
