# SPDX-License-Identifier: MIT
"""Several outputs at once: one action, one answer, one transfer to a PWM part where it can be one."""

import re

import pytest

MAP = """
mqtt: {{url: 'mqtt://127.0.0.1:{port}', health_interval: 1h}}
interval: 1h
chips:
  arms: {{driver: pca9685, bus: /dev/i2c-1, address: 0x41, frequency: 50Hz}}
  board: {{driver: pca9685, bus: /dev/i2c-2, address: 0x40}}
servos: [{servos}]
motors:
  - {{name: left, forward: board.0, backward: board.1}}
  - {{name: right, forward: board.2, backward: board.3}}
relays: [{{line: GPIO22}}, {{line: GPIO23}}, {{line: GPIO26}}, {{line: GPIO27}}]
leds:
  - {{name: mood, red: board.8, green: board.9, blue: board.10}}
  - {{name: far, pwm: board.15}}
  - {{name: fence, line: GPIO17}}
"""
SERVOS = 9  # the last one is on the part's last channel
LED0, MOTOR_ON = 0x06, {"direction": "forward", "speed": 10}


@pytest.fixture
def robot(broker, client, make_gateway):
    servos = ", ".join(f"{{pwm: arms.{15 if i == SERVOS - 1 else i}}}" for i in range(SERVOS))
    gateway = make_gateway(MAP.format(port=broker.port, servos=servos), ["--verbose"])
    client.wait("tos/status", lambda m: m.payload == b"online")
    return gateway


def fence(gateway, client):
    """Returns once all lines of what it did before are there."""
    for level in (True, False):
        mark = gateway.log.mark()
        assert client.ask_json({"led": {"fence": {"on": level}}})["ok"]
        gateway.log.wait("GPIO17", mark)


def transfers(gateway, client, action, ok=True):
    """The answer, and the transfers that wrote channels in the meantime: (part, first channel)."""
    fence(gateway, client)
    mark = gateway.log.mark()
    answer = client.ask_json(action)
    assert answer["ok"] == ok
    fence(gateway, client)
    found = re.findall(r" 0x(4[01]) w ([0-9a-f]{2}) [^r\n]*$", "\n".join(gateway.log.since(mark)), re.MULTILINE)
    written = [(part, int(register, 16)) for part, register in found]
    return answer, [(part, (register - LED0) // 4) for part, register in written if 0x06 <= register <= 0x45]


def turn(count, angle):
    return {"servo": {str(i): {"angle": angle} for i in range(count)}}


def test_eight_servos_are_one_transfer(robot, client):
    answer, written = transfers(robot, client, turn(8, 90))
    assert len(answer["applied"]["servo"]) == 8
    assert written == [("41", 0)]
    assert all(robot.output(f"arms.{i}") == pytest.approx(1450 / 20000, abs=0.001) for i in range(8))


def test_one_that_is_far_away_is_a_transfer_of_its_own(robot, client):
    assert transfers(robot, client, turn(SERVOS, 45))[1] == [("41", 0), ("41", 15)]
    assert robot.output("arms.15") == pytest.approx(975 / 20000, abs=0.001)


def test_two_motors_are_one_transfer(robot, client):
    assert transfers(robot, client, {"motor": {"left": MOTOR_ON, "right": MOTOR_ON}})[1] == [("40", 0)]
    assert [robot.output(f"board.{i}") for i in range(4)] == [1, 0, 1, 0]
    slower = {"motor": {name: {"speed": 5} for name in ("left", "right")}}
    assert transfers(robot, client, slower)[1] == [("40", 0)]
    assert robot.output("board.0") == robot.output("board.2") == pytest.approx(0.5, abs=0.01)


def test_stops_come_first_and_alone(robot, client):
    assert transfers(robot, client, {"motor": {"left": MOTOR_ON}})[0]["ok"]
    mark = robot.wire.mark()
    mixed = {"servo": {"0": {"angle": 10}}, "motor": {"right": MOTOR_ON, "left": {"direction": "stop"}}}
    written = transfers(robot, client, mixed)[1]
    # The stop's two inputs; then a transfer for each part, in any order.
    assert written[0][0] == written[1][0] == "40" and len(written) == 4
    assert sorted(written[2:]) == [("40", 2), ("41", 0)]
    channels = [line.split()[1] for line in robot.wires(mark) if line.startswith("pwm")]
    assert channels[0] == "board.0" and set(channels[1:]) == {"board.2", "arms.0"}


def test_four_relays_are_one_answer(robot, client):
    mark = robot.wire.mark()
    answer, written = transfers(robot, client, {"relay": {str(i): {"on": True} for i in range(4)}})
    assert answer["applied"] == {"relay": {str(i): {"on": True} for i in range(4)}}
    assert written == []
    lines = [line for line in robot.wires(mark) if "GPIO17" not in line]
    assert lines == [f"line GPIO{line} 1" for line in (22, 23, 26, 27)]


def test_a_color_and_what_is_beside_it(robot, client):
    lights = {"led": {"mood": {"on": True, "color": "#ffffff"}, "far": {"on": True}}}
    assert transfers(robot, client, lights)[1] == [("40", 8)]
    assert [robot.output(f"board.{i}") for i in (8, 10, 11, 15)] == [1, 1, 0, 1]
    assert transfers(robot, client, {"led": {"mood": {"on": False}, "far": {"on": False}}})[1] == [("40", 8)]


@pytest.mark.parametrize("fault", ["no-answer", "short", "stuck"])
def test_a_transfer_that_fails_has_failed_for_all(robot, client, fault):
    robot.fault("arms", fault)
    action = turn(3, 90) | {"motor": {"left": MOTOR_ON}}
    answer = transfers(robot, client, action, ok=False)[0]
    assert [error["path"] for error in answer["errors"]] == ["servo.0", "servo.1", "servo.2"]
    for channel, error in enumerate(answer["errors"]):
        assert error["reason"].startswith(f"pca9685 at 0x41 on /dev/i2c-1 channel {channel}: ")
    assert list(answer["applied"]) == ["motor"]
    health = client.wait_json("tos/health", lambda h: not h["actuators"]["servo.2"]["ok"])
    assert health["actuators"]["servo.3"]["ok"] and health["actuators"]["motor.0"]["ok"]
    mark = client.mark()
    robot.fault("arms", "none")
    client.wait_json("tos/health", lambda h: all(h["actuators"][f"servo.{i}"]["ok"] for i in range(3)), mark)
    assert all(robot.output(f"arms.{i}") == 0 for i in range(3))
    assert transfers(robot, client, turn(8, 90))[1] == [("41", 0)]
