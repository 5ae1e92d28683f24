# SPDX-License-Identifier: MIT
"""Actions that are carried out, and their answers to the byte."""

import json
import re
import time

import paho.mqtt.client as mqtt
import pytest
from conftest import make_map
from harness import response_properties

OFF = '"0":{"on":false,"bright":10},"1":{"on":false,"bright":10},"2":{"on":false,"bright":10}'
STATE_AT_FIRST = '{"led":{%s},"motor":{"direction":"stop","speed":10},"sensors":{"interval":100}}' % OFF

TWO_MOTORS = """
mqtt: {{url: "mqtt://127.0.0.1:{port}"}}
chips:
  board: {{driver: pca9685, bus: /dev/i2c-2, address: 0x40}}
motors:
  - {{name: left, forward: GPIO5, backward: GPIO6, enable: board.0, reverse_pause: 20ms}}
  - {{name: right, forward: board.4, backward: board.5, reverse_pause: 20ms}}
  - {{phase: GPIO22, enable: pwmchip0.0, reverse_pause: 20ms}}
failsafe: {{after: 1min}}
"""


def ok(applied):
    return '{"ok":true,"applied":%s}' % applied


@pytest.mark.parametrize(
    "action, applied",
    [
        ('{"sensors":{"interval":1000}}', '{"sensors":{"interval":1000}}'),
        ('{"led":{"0":{"on":true}}}', '{"led":{"0":{"on":true,"bright":10}}}'),
        ('{"led":{"red":{"on":true}}}', '{"led":{"red":{"on":true,"bright":10}}}'),
        ('{"led":{"1":{"bright":7}}}', '{"led":{"1":{"on":true,"bright":7}}}'),
        ('{"led":{"1":{"bright":7,"on":false}}}', '{"led":{"1":{"on":false,"bright":7}}}'),
        ('{"led":{"1":{"bright":7,"on":true}}}', '{"led":{"1":{"on":true,"bright":7}}}'),
        (
            '{"led":{"blue":{"bright":3},"0":{"on":false},"green":{"bright":1}}}',
            '{"led":{"blue":{"on":true,"bright":3},"0":{"on":false,"bright":10},"green":{"on":true,"bright":1}}}',
        ),
        ('{"motor":{"direction":"backward","speed":7}}', '{"motor":{"direction":"backward","speed":7}}'),
        ('{"motor":{"speed":7,"direction":"forward"}}', '{"motor":{"direction":"forward","speed":7}}'),
        ('{"motor":{"direction":"forward"}}', '{"motor":{"direction":"forward","speed":10}}'),
        ('{"motor":{"direction":"stop"}}', '{"motor":{"direction":"stop","speed":10}}'),
        ('{"motor":{"speed":3}}', '{"motor":{"direction":"stop","speed":3}}'),
        ('{"motor":{"0":{"direction":"forward"}}}', '{"motor":{"0":{"direction":"forward","speed":10}}}'),
        ('{"motor":{"motor0":{"speed":2}}}', '{"motor":{"motor0":{"direction":"stop","speed":2}}}'),
        (
            '{"sensors":{"interval":100},"motor":{"direction":"forward","speed":4},"led":{"0":{"on":true}}}',
            '{"led":{"0":{"on":true,"bright":10}},"motor":{"direction":"forward","speed":4},'
            '"sensors":{"interval":100}}',
        ),
        ('{"led":{"1":{"percent":12.5}}}', '{"led":{"1":{"on":true,"bright":2,"percent":12.5}}}'),
        ('{"led":{"1":{"percent":70}}}', '{"led":{"1":{"on":true,"bright":7}}}'),
        ('{"led":{"1":{"percent":0}}}', '{"led":{"1":{"on":false,"bright":10}}}'),
        ('{"motor":{"percent":0.1}}', '{"motor":{"direction":"stop","speed":1,"percent":0.1}}'),
        ('{"motor":{"percent":0,"speed":5}}', '{"motor":{"direction":"stop","speed":5}}'),
        (' \t\r\n{ "led" : {"0":{"on":true} } }\n', '{"led":{"0":{"on":true,"bright":10}}}'),
        (r'{"l\u0065d":{"0":{"\u006fn":true}}}', '{"led":{"0":{"on":true,"bright":10}}}'),
        ('{"led":{"1":{"bright":7.0}}}', '{"led":{"1":{"on":true,"bright":7}}}'),
        ('{"sensors":{"interval":1e3}}', '{"sensors":{"interval":1000}}'),
    ],
)
def test_answer(gateway, client, action, applied):
    assert client.ask(action) == ok(applied)


@pytest.mark.parametrize(
    "number, answered",
    [
        ("7", "7"),
        ("-9007199254740991", "-9007199254740991"),
        ("9007199254740991", "9007199254740991"),
        ('"a"', '"a"'),
        ('""', '""'),
        (r'"q\"\\\/\u00fc\ud83d\ude00"', '"q\\"\\\\/\u00fc\U0001f600"'),
        ('"' + "x" * 256 + '"', '"' + "x" * 256 + '"'),
    ],
)
def test_id_comes_back(gateway, client, number, answered):
    answer = client.ask('{"led":{"0":{"on":true}},"id":%s}' % number)
    assert answer == '{"ok":true,"id":%s,"applied":{"led":{"0":{"on":true,"bright":10}}}}' % answered


def test_in_time(gateway, client):
    now = int(time.time() * 1000)
    answer = client.ask({"ts": now, "ttl": 60000, "led": {"0": {"on": True}}})
    assert answer == ok('{"led":{"0":{"on":true,"bright":10}}}')


def test_expired(gateway, client):
    now = int(time.time() * 1000)
    mark = gateway.wire.mark()
    answer = client.ask({"ts": now - 61000, "ttl": 1000, "led": {"0": {"on": True}}, "id": 5})
    match = re.fullmatch(
        r'\{"ok":false,"id":5,"errors":\[\{"path":"","reason":"expired (\d+) ms ago"\}\]\}', answer
    )
    assert match, answer
    assert 60000 <= int(match[1]) <= time.time() * 1000 - now + 60000
    assert gateway.wires(mark) == []


def test_expired_while_the_gateway_was_away(broker, client, make_gateway):
    gateway = make_gateway(make_map(broker.port, "  client_id: gateway\n  clean_start: false"))
    client.wait("tos/sensors")
    assert gateway.stop() == 0
    now = int(time.time() * 1000)
    client.publish("tos/actions", {"id": 1, "ts": now, "ttl": 1, "motor": {"direction": "forward"}})
    client.publish("tos/actions", {"id": 2, "ts": now, "ttl": 60000, "led": {"0": {"on": True}}})
    mark = client.mark()
    gateway.start()
    expired, applied = (json.loads(m.payload) for m in client.wait_several("tos/actions/ack", 2, mark))
    assert (expired["id"], expired["ok"]) == (1, False)
    assert applied == {"ok": True, "id": 2, "applied": {"led": {"0": {"on": True, "bright": 10}}}}
    assert gateway.output("GPIO5") == 0


@pytest.mark.parametrize("topic, payload, answer", [
    ("tos/actions", '{"led":{"0":{"on":true}}}', ok('{"led":{"0":{"on":true,"bright":10}}}')),
    ("tos/sensors/interval", "250", ok('{"sensors":{"interval":250}}')),
    ("tos/sensors/interval", " 250\n", ok('{"sensors":{"interval":250}}')),
    ("tos/actions/leds", "1 1", "led1 on"),
    ("tos/actions/leds", " 3  0\n", "led3 off"),
])
@pytest.mark.parametrize("correlation", [None, b"", b"\0\xff order 66"])
def test_response_topic(broker, gateway, make_client, topic, payload, answer, correlation):
    client = make_client(version=mqtt.MQTTv5)
    got = client.publish(topic, payload, properties=response_properties("my/answers", correlation))
    assert got.is_published()
    message = client.wait("my/answers")
    assert message.payload.decode() == answer
    assert getattr(message.properties, "CorrelationData", None) == (correlation or None)
    assert (message.qos, message.retain) == (1, False)
    # It went there instead of to the usual place.
    fence = client.ask('{"led":{"0":{"on":false}}}')
    assert fence == ok('{"led":{"0":{"on":false,"bright":10}}}')
    assert [m.payload.decode() for m in client.since(topic="tos/actions/ack")] == [fence]


@pytest.mark.parametrize("topic, payload", [
    ("tos/actions", b'{"led":{"0":{"on":true}}}'), ("tos/sensors/interval", b"777"), ("tos/actions/leds", b"1 1"),
])
@pytest.mark.parametrize("response, correlation, answered, reason", [
    ("r" * 511, b"x" * 1024, "r" * 511, None),
    ("r" * 512, b"x", "tos/actions/ack", "the response topic is longer than 511 bytes"),
    ("r", b"x" * 1025, "r", "the correlation data are longer than 1024 bytes"),
], ids=["both fit", "topic", "correlation"])
def test_what_cannot_be_answered_is_not_done(
    gateway, make_client, topic, payload, response, correlation, answered, reason
):
    client = make_client(version=mqtt.MQTTv5, topics=("tos/actions/ack", "r", "r" * 511, "tos/state"))
    mark = client.mark()
    client.publish(topic, payload, properties=response_properties(response, correlation))
    message = client.wait(answered, mark=mark)
    if reason is None:
        client.wait("tos/state", lambda m: b"777" in m.payload or b'"0":{"on":true' in m.payload)
    else:
        assert reason.encode() in message.payload
        client.ask({"led": {"1": {"on": False}}})
        state = client.wait("tos/state", lambda m: b'"1":{"on":false' in m.payload, mark=mark).payload
        assert b"777" not in state and b'"0":{"on":false' in state
    assert len([m for m in client.since(mark) if m.topic in ("r", "r" * 511)]) == (answered != "tos/actions/ack")


def test_answer_comes_after_the_hardware_was_written(gateway, client):
    for level in range(1, 11):
        client.ask({"led": {"green": {"bright": level}}})
        assert gateway.output("board.3") > 0
        client.ask({"led": {"green": {"on": False}}})
        assert gateway.output("board.3") == 0


@pytest.mark.parametrize("led, channel", [("green", "board.3"), ("blue", "pwmchip0.1")])
def test_brightness_rises_strictly(gateway, client, led, channel):
    duties = [0.0]
    for level in range(1, 11):
        client.ask({"led": {led: {"bright": level}}})
        duties.append(gateway.output(channel))
    assert all(below < above for below, above in zip(duties, duties[1:])), duties
    assert duties[-1] == 1


def test_level_is_remembered(gateway, client):
    client.ask('{"led":{"green":{"bright":3}}}')
    dim = gateway.output("board.3")
    client.ask('{"led":{"green":{"on":false}}}')
    assert gateway.output("board.3") == 0
    assert client.ask('{"led":{"green":{"on":true}}}') == ok('{"led":{"green":{"on":true,"bright":3}}}')
    assert gateway.output("board.3") == dim

    # Off with a level: dark, and remembered.
    client.ask('{"led":{"green":{"on":false,"bright":10}}}')
    assert gateway.output("board.3") == 0
    client.ask('{"led":{"green":{"on":true}}}')
    assert gateway.output("board.3") == 1


def test_percent_is_the_same_scale_in_finer_steps(gateway, client):
    duties = []
    for level in (10, 12.5, 20, 87.3, 90):
        client.ask({"led": {"green": {"percent": level}}})
        duties.append(gateway.output("board.3"))
    assert all(below < above for below, above in zip(duties, duties[1:])), duties
    client.ask({"led": {"green": {"bright": 2}}})
    assert gateway.output("board.3") == duties[2]
    # A step takes the place of what lay between two of them.
    client.ask({"led": {"green": {"percent": 12.5}}})
    assert client.ask('{"led":{"green":{"on":false}}}') == ok('{"led":{"green":{"on":false,"bright":2,"percent":12.5}}}')
    assert client.ask('{"led":{"green":{"bright":9}}}') == ok('{"led":{"green":{"on":true,"bright":9}}}')
    assert gateway.output("board.3") == duties[4]


def test_a_motors_percent(gateway, client):
    client.ask('{"motor":{"direction":"forward","percent":62.5}}')
    assert gateway.output("board.0") == pytest.approx(0.625, abs=0.0005)
    state = client.wait("tos/state", lambda m: b'"percent":62.5' in m.payload).payload
    assert b'"motor":{"direction":"forward","speed":7,"percent":62.5}' in state
    assert client.ask('{"motor":{"percent":0}}') == ok('{"motor":{"direction":"stop","speed":7,"percent":62.5}}')
    assert (gateway.output("GPIO5"), gateway.output("GPIO6"), gateway.output("board.0")) == (0, 0, 0)


def test_a_motor_that_is_turned_on_goes_on_as_before(gateway, client):
    lines = lambda: (gateway.output("GPIO5"), gateway.output("GPIO6"), round(gateway.output("board.0"), 3))
    assert client.ask('{"motor":{"on":true,"speed":3}}') == ok('{"motor":{"direction":"forward","speed":3}}')
    assert lines() == (1, 0, 0.3)
    assert client.ask('{"motor":{"on":false}}') == ok('{"motor":{"direction":"stop","speed":3}}')
    assert lines() == (0, 0, 0)
    # Other keys beside a stop are remembered, and start nothing.
    client.ask('{"motor":{"on":false,"direction":"backward","percent":45.5}}')
    assert lines() == (0, 0, 0)
    answer = client.ask('{"motor":{"on":true}}')
    assert answer == ok('{"motor":{"direction":"backward","speed":5,"percent":45.5}}')
    gateway.wire.wait(" line GPIO6 1$")
    assert client.ask('{"motor":{"on":true}}') == answer
    assert client.ask('{"motor":"stop"}') == ok('{"motor":{"direction":"stop","speed":5,"percent":45.5}}')
    assert client.ask('{"motor":{"on":true}}') == answer


def test_led_without_brightness_is_just_on(gateway, client):
    assert client.ask('{"led":{"red":{"bright":1}}}') == ok('{"led":{"red":{"on":true,"bright":1}}}')
    assert gateway.output("GPIO17") == 1


def test_speed_alone(gateway, client):
    # A stopped one remembers it.
    client.ask('{"motor":{"speed":4}}')
    assert (gateway.output("GPIO5"), gateway.output("GPIO6"), gateway.output("board.0")) == (0, 0, 0)
    client.ask('{"motor":{"direction":"forward"}}')
    assert (gateway.output("GPIO5"), gateway.output("GPIO6")) == (1, 0)
    assert gateway.output("board.0") == pytest.approx(0.4, abs=0.0005)
    # A running one follows at once.
    assert client.ask('{"motor":{"speed":8}}') == ok('{"motor":{"direction":"forward","speed":8}}')
    assert gateway.output("board.0") == pytest.approx(0.8, abs=0.0005)


def test_direction_alone(gateway, client):
    client.ask('{"motor":{"direction":"forward","speed":6}}')
    mark = gateway.wire.mark()
    answer = client.ask('{"motor":{"direction":"backward"}}')
    assert answer == ok('{"motor":{"direction":"backward","speed":6}}')
    off = gateway.wire.wait(r"^(\d+) line GPIO5 0$", mark)
    on = gateway.wire.wait(r"^(\d+) line GPIO6 1$", mark)
    assert int(on[1]) - int(off[1]) >= 20000  # the map's reverse_pause
    gateway.wire.wait(" pwm board.0 0.6", mark)


def test_stop_wins(gateway, client):
    client.ask('{"motor":{"direction":"forward","speed":6}}')
    answer = client.ask('{"led":{"0":{"on":true}},"motor":{"direction":"stop","speed":9}}')
    assert answer == ok('{"led":{"0":{"on":true,"bright":10}},"motor":{"direction":"stop","speed":9}}')
    assert (gateway.output("GPIO5"), gateway.output("GPIO6"), gateway.output("board.0")) == (0, 0, 0)
    # The speed beside it is for the next time.
    assert client.ask('{"motor":{"direction":"forward"}}') == ok('{"motor":{"direction":"forward","speed":9}}')


def test_stop_is_written_before_all_else(broker, client, make_gateway):
    gateway = make_gateway(TWO_MOTORS.format(port=broker.port))
    client.wait("tos/health")
    client.ask('{"motor":{"2":{"direction":"forward","speed":5}}}')
    gateway.wire.wait(" pwm pwmchip0.0 0.5000$")
    mark = gateway.wire.mark()
    answer = client.ask(
        '{"motor":{"left":{"direction":"forward"},"1":{"direction":"backward"},"2":{"direction":"stop"}}}'
    )
    # In the order in which it was done.
    assert answer == ok(
        '{"motor":{"2":{"direction":"stop","speed":5},"left":{"direction":"forward","speed":10},'
        '"1":{"direction":"backward","speed":10}}}'
    )
    gateway.wire.wait(" pwm board.5 1.0000$", mark)
    assert gateway.wires(mark)[0] == "pwm pwmchip0.0 0.0000"


def test_several_motors(broker, client, make_gateway):
    gateway = make_gateway(TWO_MOTORS.format(port=broker.port))
    client.wait("tos/health")
    plain = '{"motor":{"direction":"forward","speed":2}}'
    assert client.ask(plain) == ok(plain)
    assert client.ask('{"motor":{"right":{"direction":"forward","speed":3}}}') == ok(
        '{"motor":{"right":{"direction":"forward","speed":3}}}'
    )
    answer = client.ask('{"motor":{"direction":"forward","2":{"direction":"backward","speed":5}}}')
    assert answer == ok('{"motor":{"2":{"direction":"backward","speed":5},"direction":"forward","speed":2}}')
    wires = {name: gateway.output(name) for name in ("GPIO5", "GPIO6", "GPIO22", "board.5", "pwmchip0.0")}
    assert wires == {"GPIO5": 1, "GPIO6": 0, "GPIO22": 1, "board.5": 0, "pwmchip0.0": 0.5}
    assert gateway.output("board.0") == pytest.approx(0.2, abs=0.0005)
    assert gateway.output("board.4") == pytest.approx(0.3, abs=0.0005)
    state = client.wait("tos/state", lambda message: b"backward" in message.payload)
    assert state.payload.decode() == (
        '{"motor":{"0":{"direction":"forward","speed":2},"1":{"direction":"forward","speed":3},'
        '"2":{"direction":"backward","speed":5}},"sensors":{"interval":500}}'
    )


def test_state_is_retained_and_says_all(gateway, client, make_client):
    assert client.wait("tos/state").payload.decode() == STATE_AT_FIRST
    client.ask('{"led":{"blue":{"bright":3}},"motor":{"direction":"backward","speed":2}}')
    client.ask("250", topic="tos/sensors/interval")
    client.ask("1 1", topic="tos/actions/leds")
    expected = (
        '{"led":{"0":{"on":true,"bright":10},"1":{"on":false,"bright":10},"2":{"on":true,"bright":3}},'
        '"motor":{"direction":"backward","speed":2},"sensors":{"interval":250}}'
    )
    client.wait("tos/state", lambda message: message.payload.decode() == expected)
    late = make_client(topics=("tos/state",)).wait("tos/state")
    assert (late.payload.decode(), late.qos, late.retain) == (expected, 1, True)


def test_state_is_an_action(gateway, client):
    client.ask('{"led":{"blue":{"bright":3}},"motor":{"direction":"forward","speed":2},"sensors":{"interval":150}}')
    state = client.wait("tos/state", lambda message: b'"interval":150' in message.payload).payload.decode()
    client.ask('{"led":{"blue":{"on":false},"red":{"on":true}},"motor":{"direction":"stop"}}')
    client.ask('{"sensors":{"interval":100}}')
    assert client.ask(state) == ok(state)


def test_refused_action_does_not_touch_the_state(gateway, client):
    client.wait("tos/state")
    client.ask('{"led":{"0":{"on":1}}}')
    client.ask('{"led":{"0":{"on":true}}}')
    client.wait("tos/state", lambda message: b'"0":{"on":true' in message.payload)
    assert len(client.since(topic="tos/state")) == 2


def test_hardware_that_fails(gateway, client):
    gateway.fault("pwmchip0.1", "short")
    answer = client.ask('{"id":1,"led":{"red":{"on":true},"blue":{"on":true},"green":{"on":true}}}')
    # Outputs before the one that fails are done, those after it are not.
    assert answer == (
        '{"ok":false,"id":1,"errors":[{"path":"led.2","reason":"pwmchip0.1: the transfer failed"}],'
        '"applied":{"led":{"red":{"on":true,"bright":10}}}}'
    )
    assert (gateway.output("GPIO17"), gateway.output("board.3")) == (1, 0)
    answer = client.ask("3 1", topic="tos/actions/leds")
    assert answer == "led3 failed: pwmchip0.1: the transfer failed"
    gateway.fault("pwmchip0.1", "none")
    assert client.ask('{"led":{"blue":{"on":true}}}') == ok('{"led":{"blue":{"on":true,"bright":10}}}')
    assert gateway.output("pwmchip0.1") == 1


def test_motor_that_fails_is_stopped(gateway, client):
    client.ask('{"motor":{"direction":"forward","speed":5}}')
    mark = client.mark()
    gateway.fault("board", "no-answer")
    answer = client.ask('{"motor":{"speed":9}}')
    assert answer == (
        '{"ok":false,"errors":[{"path":"motor.0","reason":"pca9685 at 0x40 on /dev/i2c-2 channel 0: no answer"}]}'
    )
    assert (gateway.output("GPIO5"), gateway.output("GPIO6")) == (0, 0)
    client.wait("tos/state", lambda message: b'"motor":{"direction":"stop"' in message.payload, mark)


def test_what_is_on_for_a_time_goes_off_without_a_broker(broker, gateway, client):
    """To the rest: off, at the level that it had."""
    mark = gateway.wire.mark()
    answer = client.ask_json({"led": {"red": {"on": True, "bright": 4, "for": 1500}}})
    assert answer["applied"] == {"led": {"red": {"on": True, "bright": 4}}}
    broker.freeze()
    gateway.wire.wait(r"line GPIO17 0$", mark)
    lines = [line for line in gateway.wire.since(mark) if " line GPIO17 " in line]
    broker.thaw()
    on, off = (int(line.split()[0]) for line in lines)
    assert off - on >= 1_499_000
    client.wait_json("tos/state", lambda state: state["led"]["0"] == {"on": False, "bright": 4})


def test_a_toggle_turns_it_on_and_off(gateway, client):
    for expected in (True, False, True):
        answer = client.ask_json({"led": {"red": {"toggle": True}}})
        assert answer["applied"] == {"led": {"red": {"on": expected, "bright": 10}}}
        assert gateway.output("GPIO17") == expected


def test_a_time_beside_a_stop_is_a_mistake_and_the_stop_holds(gateway, client):
    assert client.ask_json({"motor": {"direction": "forward", "for": 60000}})["ok"]
    answer = client.ask_json({"motor": {"direction": "stop", "for": 5}})
    assert answer["errors"][0]["path"] == "motor.for"
    assert answer["applied"] == {"motor": {"direction": "stop", "speed": 10}}
    assert gateway.output("GPIO5") == 0


def test_an_answer_that_is_larger_than_the_broker_takes_says_so(make_broker, make_client, make_gateway):
    """It says so with MQTT 5. What was done is done, and the state is smaller."""
    broker = make_broker("max_packet_size 400")
    client = make_client(broker.port, topics=("tos/actions/ack",))
    gateway = make_gateway(make_map(broker.port, "  version: 5", interval="1h"))
    gateway.log.wait("connected to")
    name = "n" * 256
    action = f'{{"id":"{name}","led":{{"red":{{"bright":7}},"green":{{"bright":7}},"blue":{{"bright":7}}}}}}'
    assert client.ask_json(action) == {"ok": True, "id": name, "cut": True}
    assert gateway.output("GPIO17") == 1
    mistakes = {"id": 7} | {f"wrong{number}": 1 for number in range(20)}
    reason = "the answer is larger than this broker takes"
    assert client.ask_json(mistakes) == {"ok": False, "id": 7, "errors": [{"path": "", "reason": reason}], "cut": True}
