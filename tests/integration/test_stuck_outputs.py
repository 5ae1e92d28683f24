# SPDX-License-Identifier: MIT
"""Outputs that cannot be written hold up no other output, and nobody is told that they were."""

import json
import os
import re
import signal
import subprocess
import time

import pytest

from conftest import make_map
from harness import TIMEOUT, Gateway

FORWARD = {"motor": {"direction": "forward", "speed": 10}}
STOP = {"motor": {"direction": "stop"}}
ON_LINES = {"enable: board.0": "enable: GPIO13"}
ON_PART = {"forward: GPIO5, backward: GPIO6, enable: board.0": "phase: GPIO20, enable: board.0"}


def moving(broker, client, make_gateway, changes, **options):
    text = make_map(broker.port, **options)
    for old, new in changes.items():
        text = text.replace(old, new)
    gateway = make_gateway(text)
    client.wait("tos/status", lambda m: m.payload == b"online")
    assert client.ask_json(FORWARD)["ok"]
    return gateway


@pytest.mark.alone  # it measures a time
def test_many_commands_for_a_stuck_part_hold_up_no_motor(broker, client, make_gateway):
    gateway = moving(broker, client, make_gateway, ON_LINES)
    gateway.fault("/dev/i2c-2", "stuck")
    mark, begin = gateway.wire.mark(), time.monotonic()
    for level in range(100):
        client.client.publish("tos/actions", json.dumps({"led": {"green": {"bright": level % 10 + 1}}}), 1)
    client.client.publish("tos/actions", json.dumps(STOP), 1)
    gateway.wire.wait("line GPIO5 0$", mark)
    # Each command that waits for the bus would take 0.1 s.
    assert time.monotonic() - begin < 8
    answers = client.wait_several("tos/actions/ack", 102)
    assert sum(json.loads(answer.payload)["ok"] for answer in answers) == 2


@pytest.mark.alone  # it measures a time
def test_the_failsafe_does_not_wait_for_the_commands_before_it(broker, client, make_gateway):
    gateway = moving(broker, client, make_gateway, ON_LINES, failsafe="{after: 1s}")
    gateway.fault("/dev/i2c-2", "slow")
    mark = gateway.wire.mark()
    for level in range(100):
        client.client.publish("tos/actions", json.dumps({"led": {"green": {"bright": level % 10 + 1}}}), 1)
    client.fence()
    begin = time.monotonic()
    broker.kill()
    gateway.wire.wait("line GPIO5 0$", mark)
    assert time.monotonic() - begin < 3


def test_of_all_motors_those_on_lines_stop_first(broker, client, make_gateway):
    """The other one's part may be on a stuck bus, whatever the order of the map or of the message."""
    more = "\n  - {name: blower, forward: GPIO23, backward: GPIO24}"
    line = "forward: GPIO5, backward: GPIO6, enable: board.0"
    text = make_map(broker.port)
    at = text.index("\n", text.index(line))
    gateway = make_gateway(text[:at].replace(line, ON_PART[line]) + more + text[at:])
    client.wait("tos/status", lambda m: m.payload == b"online")
    for stop in ("stop", {"motor0": STOP["motor"], "blower": STOP["motor"]}):
        assert client.ask_json({"motor": {"motor0": FORWARD["motor"], "blower": FORWARD["motor"]}})["ok"]
        mark = gateway.wire.mark()
        assert client.ask_json({"motor": stop})["ok"]
        assert gateway.wires(mark) == ["line GPIO23 0", "pwm board.0 0.0000"]


def test_lines_are_stopped_also_when_their_enable_is_known_to_be_away(broker, client, make_gateway):
    """An LED's command has found out that the part is away."""
    gateway = moving(broker, client, make_gateway, {})
    gateway.fault("/dev/i2c-2", "stuck")
    assert not client.ask_json({"led": {"green": {"bright": 5}}})["ok"]
    assert not client.ask_json(STOP)["ok"]
    assert gateway.output("GPIO5") == 0


def test_state_says_what_still_moves(broker, client, make_gateway):
    gateway = moving(broker, client, make_gateway, {})
    gateway.fault("/dev/i2c-2", "stuck")
    gateway.fault("GPIO5", "stuck")
    mark = client.mark()
    answer = client.ask_json(STOP)
    assert answer["errors"][0]["reason"].startswith("simulated line GPIO5: ")
    assert client.wait_json("tos/state", mark=mark)["motor"]["direction"] == "forward"
    gateway.fault("GPIO5", "none")
    gateway.fault("/dev/i2c-2", "none")
    client.wait_json("tos/state", lambda s: s["motor"]["direction"] == "stop", mark)
    gateway.wire.wait("pwm board.0 0.0000$")
    assert gateway.output("GPIO5") == 0


def test_a_part_that_lost_its_power_is_noticed_without_a_command(broker, client, make_gateway):
    """Its outputs are off then, whatever was asked for before. The LED comes back, the motor does not."""
    gateway = moving(broker, client, make_gateway, {})
    assert client.ask_json({"led": {"green": {"bright": 10}}})["ok"]
    mark, wires = client.mark(), gateway.wire.mark()
    gateway.fault("board", "no-answer")
    client.wait_json("tos/state", lambda s: s["motor"]["direction"] == "stop", mark)
    client.wait_json("tos/health", lambda h: not h["actuators"]["led.1"]["ok"], mark)
    mark = client.mark()
    gateway.fault("board", "none")
    client.wait_json("tos/health", lambda h: all(part["ok"] for part in h["actuators"].values()), mark)
    assert (gateway.output("GPIO5"), gateway.output("board.0"), gateway.output("board.3")) == (0, 0, 1)
    assert "line GPIO5 1" not in gateway.wires(wires)


def test_what_is_told_of_a_part_that_is_away_names_it(broker, client, make_gateway):
    """Also of a bridge with two PWM inputs, which has none called enable."""
    two_inputs = {"forward: GPIO5, backward: GPIO6, enable: board.0": "forward: board.0, backward: board.1"}
    gateway = moving(broker, client, make_gateway, two_inputs)
    gateway.fault("board", "no-answer")
    health = client.wait_json("tos/health", lambda h: not h["actuators"]["motor.0"]["ok"])
    # Whichever of the two was written first.
    error = health["actuators"]["motor.0"]["error"]
    assert re.fullmatch("pca9685 at 0x40 on /dev/i2c-2 channel [01]: no answer", error)


def test_the_end_tries_until_it_is_done(broker, client, make_gateway):
    gateway = moving(broker, client, make_gateway, ON_PART)
    gateway.fault("/dev/i2c-2", "stuck")
    mark = gateway.log.mark()
    gateway.process.send_signal(signal.SIGTERM)
    assert gateway.process.wait(TIMEOUT) == 1
    gateway.log.wait("error: ended with a motor that could not be stopped", mark)
    assert not [line for line in gateway.log.since(mark) if "motors are stopped" in line]
    assert json.loads(client.since(0, "tos/state")[-1].payload)["motor"]["direction"] == "forward"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM])
def test_no_signal_that_can_be_caught_leaves_a_motor_running(broker, client, make_gateway, number):
    gateway = moving(broker, client, make_gateway, {})
    wires = gateway.wire
    assert gateway.kill(number) == 0
    assert [line.split(" ", 1)[1] for line in wires.since() if "line GPIO5 " in line][-1] == "line GPIO5 0"
    assert [line.split(" ", 1)[1] for line in wires.since() if "board.0 " in line][-1].endswith(" 0.0000")


def test_a_terminal_that_stands_still_holds_up_nothing(broker, client, folder, binary):
    """As after Ctrl-S: nobody reads the log, and there is a lot of it."""
    gateway = Gateway(binary, folder / "g", make_map(broker.port, interval="20ms"), ["--verbose"])
    (gateway.folder / "state").mkdir(parents=True)
    reader, writer = os.pipe()
    process = subprocess.Popen(
        [binary, "--simulate", "--verbose", "--config", gateway.map, "--state", gateway.folder / "state"],
        stderr=writer,
        env=dict(os.environ, TOS_SIM_DIR=str(gateway.folder)),
    )
    os.close(writer)
    try:
        client.wait("tos/status", lambda m: m.payload == b"online")
        # Several times what a pipe takes.
        client.wait_several("tos/sensors", 200)
        assert client.ask_json(FORWARD)["ok"]
        assert client.ask_json(STOP)["ok"]
        assert gateway.output("GPIO5") == 0
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(TIMEOUT)
        os.close(reader)
    assert code == 0
