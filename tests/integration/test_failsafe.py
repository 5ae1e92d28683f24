# SPDX-License-Identifier: MIT
"""Nothing may go on moving when the program that commands it is gone. What counts is what the simulated wires recorded, and when.

How long it takes after each kind of event is measured in test_stop_times.py."""

import signal
import subprocess
import time

import pytest
from conftest import make_map
from fake_broker import FakeBroker
from harness import IN_TIME_S, TIMEOUT

AFTER_S = 1.0
# Four signs of life in each fail-safe time: a silence is counted from the last of them.
EARLY_S = AFTER_S / 4
# A loaded machine may be late by this much. What it is on a quiet one is measured in test_stop_times.py.
LATE_S = TIMEOUT / 2

RUN = {"motor": {"direction": "forward", "speed": 10}}


def running(broker, make_client, make_gateway, after="1s", **options):
    gateway = make_gateway(make_map(broker.port, failsafe=f"{{after: {after}}}", **options))
    client = make_client()
    client.wait("tos/status", lambda m: m.payload == b"online")
    mark = gateway.wire.mark()
    assert client.ask_json(RUN)["ok"]
    # Not as it is now: a broker that is held up may have stopped it again.
    gateway.wire.wait(" line GPIO5 1$", mark)
    gateway.wire.wait(r" pwm board\.0 1\.0000$", mark)
    return gateway, client


def run_again(gateway, client, more=None):
    """The motor runs as of this command, whatever a broker that was held up did to it before. A mark behind its start."""
    mark = gateway.wire.mark()
    assert client.ask_json({**RUN, **(more or {})})["ok"]
    gateway.wire.fence()
    starts = [at for at, line in enumerate(gateway.wire.since(mark), 1) if line.endswith(" line GPIO5 1")]
    return mark + max(starts, default=0)


def monotonic_us():
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000


def stop_time_us(gateway, mark):
    """Returns when the forward line went low, on the wires' own clock."""
    return int(gateway.wire.wait(r"^(\d+) line GPIO5 0$", mark).group(1))


def assert_stopped(gateway):
    assert gateway.output("GPIO5") == 0
    assert gateway.output("GPIO6") == 0
    assert gateway.output("board.0") == 0


def test_a_start_writes_nothing_but_safe_values(broker, make_gateway):
    """All that the wires see until somebody commands something, the motor's before all others."""
    gateway = make_gateway(make_map(broker.port))
    gateway.log.wait("connected to")
    assert gateway.wires() == ["line GPIO5 0", "line GPIO6 0", "line GPIO17 0", "pwm pwmchip0.1 0.0000"]


def freeze_until_stopped(broker, gateway, client):
    """The motor stops in time, and not before: the broker itself may have been held up before it is frozen, so its
    silence is counted from an answer of the gateway, which came through it."""
    heard_us = monotonic_us()
    mark = run_again(gateway, client)
    broker.freeze()
    frozen_us = monotonic_us()
    stopped_us = stop_time_us(gateway, mark)
    broker.thaw()
    assert (stopped_us - heard_us) / 1e6 >= AFTER_S - EARLY_S - 0.1
    assert (stopped_us - frozen_us) / 1e6 <= AFTER_S + LATE_S


def test_frozen_broker_stops_the_motor(broker, make_client, make_gateway):
    gateway, client = running(broker, make_client, make_gateway)
    freeze_until_stopped(broker, gateway, client)
    assert_stopped(gateway)
    gateway.log.wait(r"failsafe: the broker has been away for 1\.0 s: motors are stopped")


def test_frozen_broker_stops_the_motor_between_slow_readings(broker, make_client, make_gateway):
    """With an interval of 20 s no reading gives the broker a reason to answer."""
    gateway, client = running(broker, make_client, make_gateway, interval="20s")
    freeze_until_stopped(broker, gateway, client)


@pytest.mark.slow
def test_a_healthy_broker_keeps_the_motor_running_between_slow_readings(broker, make_client, make_gateway):
    # Short enough to be over here, and long enough for a broker that a busy machine holds up.
    gateway, client = running(broker, make_client, make_gateway, after="12s", interval="20s")
    mark = gateway.wire.mark()
    # Five heartbeats are more than one fail-safe time.
    for _ in range(5):
        client.wait("tos/status", mark=client.mark())
    assert not [line for line in gateway.wires(mark) if "GPIO5" in line]
    assert gateway.output("GPIO5") == 1


def test_a_broker_that_restarts_in_time_does_not_stop_the_motor(broker, make_client, make_gateway):
    gateway = make_gateway(make_map(broker.port, failsafe="{after: 30s}"))
    client = make_client()
    client.wait("tos/status", lambda m: m.payload == b"online")
    assert client.ask_json(RUN)["ok"]
    mark = gateway.wire.mark()
    broker.kill()
    gateway.log.wait(r"mqtt: .*retry|mqtt: .*again|mqtt: .*lost")
    broker.start()
    again = make_client()
    again.wait("tos/status", lambda m: m.payload == b"online")
    assert again.ask_json({"motor": {"speed": 5}})["applied"]["motor"]["direction"] == "forward"
    assert not [line for line in gateway.wires(mark) if line.endswith("GPIO5 0")]


def test_the_motor_does_not_start_again_by_itself(broker, make_client, make_gateway):
    gateway, client = running(broker, make_client, make_gateway)
    mark = run_again(gateway, client)
    broker.kill()
    stop_time_us(gateway, mark)
    broker.start()
    client = make_client()
    state = client.wait_json("tos/state", lambda s: "motor" in s)
    assert state["motor"]["direction"] == "stop"
    assert_stopped(gateway)


@pytest.mark.parametrize("leds", ["keep", "off"])
def test_a_command_of_a_broker_that_dies_at_once_does_not_run_for_ever(broker, make_client, make_gateway, leds):
    """It comes in one piece with the answer to the subscription, after the fail-safe has acted, and nothing more is ever
    heard of that broker."""
    gateway = make_gateway(make_map(broker.port, failsafe=f"{{after: 1s, leds: {leds}}}"))
    client = make_client()
    client.wait("tos/status", lambda m: m.payload == b"online")
    mark = run_again(gateway, client, {"led": {"red": {"on": True}}})
    broker.kill()
    stop_time_us(gateway, mark)
    mark = gateway.wire.mark()
    command = FakeBroker.packet("tos/actions", b'{"motor":{"direction":"forward","speed":10},"led":{"0":{"on":true}}}')
    dying = FakeBroker(port=broker.port, last_words=command)
    started_us = int(gateway.wire.wait(r"^(\d+) line GPIO5 1$", mark).group(1))
    dying.close()
    late_s = (stop_time_us(gateway, mark) - started_us) / 1e6
    assert AFTER_S - 0.1 <= late_s <= AFTER_S + LATE_S
    assert_stopped(gateway)
    if leds == "off":
        gateway.wire.wait(r"line GPIO17 0$", mark)


def test_leds_keep_their_state(broker, make_client, make_gateway):
    gateway, client = running(broker, make_client, make_gateway)
    mark = run_again(gateway, client, {"led": {"red": {"on": True}}})
    broker.kill()
    stop_time_us(gateway, mark)
    assert gateway.output("GPIO17") == 1


def test_leds_go_off_where_the_map_says_so(broker, make_client, make_gateway):
    gateway = make_gateway(make_map(broker.port, failsafe="{after: 1s, leds: off}"))
    client = make_client()
    client.wait("tos/status", lambda m: m.payload == b"online")
    mark = gateway.wire.mark()
    assert client.ask_json({"led": {"red": {"on": True}}})["ok"]
    broker.freeze()
    gateway.wire.wait(r"line GPIO17 0$", mark)
    broker.thaw()


def test_motors_may_be_kept_running(broker, make_client, make_gateway):
    gateway = make_gateway(make_map(broker.port, failsafe="{after: 1s, motors: keep, leds: off}"))
    client = make_client()
    client.wait("tos/status", lambda m: m.payload == b"online")
    mark = gateway.wire.mark()
    assert client.ask_json({**RUN, "led": {"red": {"on": True}}})["ok"]
    broker.kill()
    gateway.wire.wait(r"line GPIO17 0$", mark)
    assert gateway.output("GPIO5") == 1
    # The end of the process is another matter.
    assert gateway.stop() == 0
    gateway.wire.wait(r"line GPIO5 0$", mark)


def test_sigterm_with_a_frozen_broker_ends_in_time(broker, make_client, make_gateway):
    gateway, client = running(broker, make_client, make_gateway)
    mark = run_again(gateway, client)
    broker.freeze()
    begin = time.monotonic()
    assert gateway.stop() == 0
    seconds = time.monotonic() - begin
    broker.thaw()
    assert seconds < IN_TIME_S
    stop_time_us(gateway, mark)


def test_sigterm_without_a_broker_ends_in_time(broker, make_client, make_gateway):
    gateway, _ = running(broker, make_client, make_gateway)
    broker.kill()
    begin = time.monotonic()
    assert gateway.stop() == 0
    assert time.monotonic() - begin < IN_TIME_S


def test_safe_makes_safe_after_a_crash(broker, make_client, make_gateway, binary):
    """As ExecStopPost= does: another process drives the lines low that the killed one left."""
    gateway, _ = running(broker, make_client, make_gateway)
    gateway.kill(signal.SIGKILL)
    wires = gateway.folder / "safe"
    wires.mkdir()
    result = subprocess.run(
        [binary, "--simulate", "--config", str(gateway.map), "--safe"],
        env={"TOS_SIM_DIR": str(wires)},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    lines = (wires / "wire.log").read_text()
    assert "line GPIO5 0" in lines and "line GPIO6 0" in lines
    assert " 1" not in "".join(line for line in lines.splitlines(True) if "GPIO" in line)
    # An LED that the map keeps is not even opened.
    assert "GPIO17" not in lines


def make_safe(gateway, binary):
    """Returns its output and its writes to the wires."""
    wires = gateway.folder / "safe"
    wires.mkdir()
    result = subprocess.run(
        [binary, "--simulate", "--config", str(gateway.map), "--state", str(gateway.folder / "state"), "--safe"],
        env={"TOS_SIM_DIR": str(wires)},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stderr, (wires / "wire.log").read_text()


def test_safe_works_with_a_mistake_in_the_map(broker, make_client, make_gateway, binary):
    """The map was edited while the gateway ran: the outputs of the one that ran are what must be stopped."""
    gateway, _ = running(broker, make_client, make_gateway)
    gateway.map.write_text(gateway.map.read_text().replace("driver: bme280", "driver: bme28").replace("GPIO5", "GPIO9"))
    gateway.kill(signal.SIGKILL)
    log, wires = make_safe(gateway, binary)
    assert 'unknown driver "bme28"' in log
    assert "the map that ran last" in log
    assert "line GPIO5 0" in wires


def test_safe_stops_what_ran_after_the_map_was_edited(broker, make_client, make_gateway, binary):
    """Edited and not reloaded: both the lines that ran and those that the next start would use."""
    gateway, _ = running(broker, make_client, make_gateway)
    gateway.map.write_text(gateway.map.read_text().replace("GPIO5", "GPIO9"))
    gateway.kill(signal.SIGKILL)
    _, wires = make_safe(gateway, binary)
    assert "line GPIO5 0" in wires and "line GPIO9 0" in wires
