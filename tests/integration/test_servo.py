# SPDX-License-Identifier: MIT
"""A servo: the pulse of each angle on the wire, what stops it, and that nothing but an action moves it."""

import pytest
from conftest import make_map

SERVOS = """
servos:
  - {name: flap, pwm: pwmchip0.5, pulse: [500us, 2500us], angle: [0, 180]}
  - {name: eye, pwm: pwmchip0.6, pulse: [1ms, 2ms], angle: [-45, 45], release: 200ms, failsafe: keep}
"""
MOTOR = {"direction": "forward", "speed": 5}


@pytest.fixture
def servos(broker, make_client, make_gateway):
    gateway = make_gateway(make_map(broker.port, more=SERVOS))
    client = make_client()
    client.wait("tos/status", lambda m: m.payload == b"online")
    return gateway, client


def pulse_us(gateway, channel):
    """At 50 Hz."""
    return gateway.output(f"pwmchip0.{channel}") * 20000


def test_an_angle_is_a_pulse_and_the_state_says_it(servos):
    gateway, client = servos
    assert pulse_us(gateway, 5) == 0
    answer = client.ask_json({"servo": {"flap": {"angle": 45.5}, "eye": {"angle": 0}}})
    assert answer["applied"] == {"servo": {"flap": {"on": True, "angle": 45.5}, "eye": {"on": True, "angle": 0}}}
    assert pulse_us(gateway, 5) == pytest.approx(500 + 2000 * 45.5 / 180, abs=1)
    client.wait_json("tos/state", lambda s: s["servo"]["0"] == {"on": True, "angle": 45.5})


def test_a_servo_that_is_mounted_mirrored(servos, broker):
    gateway, client = servos
    gateway.reload(gateway.map.read_text().replace("pulse: [500us, 2500us]", "pulse: [2500us, 500us]"))
    gateway.log.wait("reload: done: servo flap changed$")
    assert client.ask_json({"servo": {"flap": {"angle": 0}}})["ok"]
    assert pulse_us(gateway, 5) == pytest.approx(2500, abs=1)
    assert client.ask_json({"servo": {"flap": {"angle": 45}}})["ok"]
    assert pulse_us(gateway, 5) == pytest.approx(2000, abs=1)
    client.wait_json("tos/state", lambda s: s["servo"]["0"] == {"on": True, "angle": 45})


def test_the_pulses_end_after_release_and_the_angle_stays_known(servos):
    gateway, client = servos
    mark = gateway.wire.mark()
    assert client.ask_json({"servo": {"eye": {"angle": -45}}})["ok"]
    gateway.wire.wait(r"pwmchip0.6 0.0000$", mark)
    client.wait_json("tos/state", lambda s: s["servo"]["1"] == {"on": False, "angle": -45})
    assert pulse_us(gateway, 5) == 0


@pytest.mark.parametrize("stop", [{"servo": {"flap": "stop"}}, {"servo": "stop"}, {"servo": {"flap": {"on": False}}}, {"servo": {"9": "stop"}}])
def test_a_stop_ends_the_pulses(servos, stop):
    gateway, client = servos
    assert client.ask_json({"servo": {"flap": {"angle": 90}}})["ok"]
    assert pulse_us(gateway, 5) == pytest.approx(1500, abs=1)
    client.ask_json(stop)
    assert pulse_us(gateway, 5) == 0


def test_a_stop_of_nobody_stops_motors_and_servos(servos):
    gateway, client = servos
    assert client.ask_json({"servo": {"flap": {"angle": 90}}, "motor": MOTOR})["ok"]
    answer = client.ask_json({"direction": "stop"})
    reasons = [error["reason"] for error in answer["errors"]]
    assert "a stop that names no moving output of this gateway stops every moving output" in reasons
    assert pulse_us(gateway, 5) == 0
    assert gateway.output("GPIO5") == 0
    client.wait_json("tos/state", lambda s: s["servo"]["0"] == {"on": False, "angle": 90})


def test_what_is_wrong_is_named(servos):
    gateway, client = servos
    answer = client.ask_json({"servo": {"flap": {"angle": 180.5}, "eye": {"angle": 1.25}}})
    assert [(error["path"], error["reason"]) for error in answer["errors"]] == [
        ("servo.flap.angle", "180.5 is outside 0..180"),
        ("servo.eye.angle", "1.25 has more than 1 decimal"),
    ]
    assert pulse_us(gateway, 5) == 0


def test_without_a_broker_it_lets_go_unless_the_map_keeps_it(broker, make_client, make_gateway):
    gateway = make_gateway(make_map(broker.port, failsafe="{after: 1s}", more=SERVOS.replace("release: 200ms, ", "")))
    client = make_client()
    client.wait("tos/status", lambda m: m.payload == b"online")
    mark = gateway.wire.mark()
    assert client.ask_json({"servo": {"flap": {"angle": 90}, "eye": {"angle": 0}}})["ok"]
    broker.freeze()
    gateway.wire.wait(r"pwmchip0.5 0.0000$", mark)
    broker.thaw()
    assert pulse_us(gateway, 6) == pytest.approx(1500, abs=1)
    mark = gateway.wire.mark()
    assert gateway.stop() == 0
    assert any(line.endswith("pwmchip0.6 0.0000") for line in gateway.wire.since(mark))


def test_an_angle_without_a_broker_and_none_at_the_end(broker, make_client, make_gateway):
    more = SERVOS.replace("angle: [0, 180]}", "angle: [0, 180], failsafe: 135}")
    gateway = make_gateway(make_map(broker.port, failsafe="{after: 1s}", more=more))
    client = make_client()
    client.wait("tos/status", lambda m: m.payload == b"online")
    broker.freeze()
    gateway.wire.wait(r"pwmchip0.5 0.1000$")
    broker.thaw()
    client.wait_json("tos/state", lambda s: s["servo"]["0"] == {"on": True, "angle": 135})
    mark = gateway.wire.mark()
    assert gateway.stop() == 0
    assert any(line.endswith("pwmchip0.5 0.0000") for line in gateway.wire.since(mark))


def test_a_servo_that_failed_is_not_started_by_its_return(servos):
    gateway, client = servos
    assert client.ask_json({"servo": {"flap": {"angle": 60}}})["ok"]
    gateway.fault("pwmchip0.5", "no-answer")
    assert not client.ask_json({"servo": {"flap": {"angle": 10}}})["ok"]
    mark = gateway.wire.mark()
    gateway.fault("pwmchip0.5", "none")
    gateway.wire.wait(r"pwmchip0.5 0.0000$", mark)
    client.wait_json("tos/state", lambda s: s["servo"]["0"] == {"on": False, "angle": 60})
    assert pulse_us(gateway, 5) == 0


def test_eight_of_a_part_go_with_one_action(broker, make_client, make_gateway):
    more = "servos:\n" + "".join(f"  - {{pwm: arms.{i}}}\n" for i in range(8))
    text = make_map(broker.port, more=more).replace("chips:\n", "chips:\n  arms: {driver: pca9685, bus: /dev/i2c-2, address: 0x41, frequency: 50Hz}\n")
    gateway = make_gateway(text)
    client = make_client()
    client.wait("tos/status", lambda m: m.payload == b"online")
    angles = {str(i): {"angle": 20 * i} for i in range(8)}
    answer = client.ask_json({"servo": angles})
    assert answer["applied"]["servo"] == {str(i): {"on": True, "angle": 20 * i} for i in range(8)}
