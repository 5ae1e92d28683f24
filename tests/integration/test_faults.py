# SPDX-License-Identifier: MIT
"""A part that is dead hurts only itself."""

import json
import socket
import statistics
import time

import pytest

from conftest import make_map
from harness import TIMEOUT


def nulls(reading):
    return {key for key, value in reading.items() if value is None}


@pytest.mark.parametrize(
    "fault, words",
    [
        ("no-answer", "no answer"),
        ("stuck", "stuck"),
        ("short", "the transfer failed"),
    ],
)
def test_a_dead_part_is_null_at_once_and_is_told(gateway, client, fault, words):
    mark = client.mark()
    gateway.fault("climate", fault)
    reading = client.wait_json("tos/sensors", nulls, mark)
    assert nulls(reading) == {"temp", "humi"}
    health = client.wait_json("tos/health", lambda h: not h["sensors"]["temp"]["ok"], mark)
    assert health["sensors"]["temp"]["error"].startswith("bme280 at 0x77 on /dev/i2c-1: ")
    assert health["sensors"]["temp"]["since"] > 1.7e12
    assert health["sensors"]["cds"] == {"ok": True}
    gateway.log.wait(r"error: temp: bme280 at 0x77 on /dev/i2c-1: .*(" + words + ")")


def test_a_part_that_comes_back_is_set_up_again(gateway, client):
    mark = client.mark()
    gateway.fault("climate", "no-answer")
    client.wait_json("tos/health", lambda h: not h["sensors"]["temp"]["ok"], mark)
    mark = client.mark()
    gateway.fault("climate", "none")
    reading = client.wait_json("tos/sensors", lambda r: not nulls(r), mark)
    assert reading["temp"] == 23 and reading["humi"] == 45
    client.wait_json("tos/health", lambda h: h["sensors"]["temp"]["ok"], mark)
    gateway.log.wait(r"notice: temp: works again")


def test_a_part_that_is_away_at_the_start_does_not_stop_the_gateway(broker, client, make_gateway):
    """The ADC's range makes every read fail, as if the part had been away from the beginning."""
    text = make_map(broker.port).replace("{from: climate.temperature, simulate: 23}", "{from: climate.temperature, min: 30, simulate: 23}")
    make_gateway(text)
    reading = client.wait_json("tos/sensors")
    assert nulls(reading) == {"temp"}
    health = client.wait_json("tos/health", lambda h: not h["sensors"]["temp"]["ok"])
    assert "23" in health["sensors"]["temp"]["error"] and "30" in health["sensors"]["temp"]["error"]


@pytest.mark.alone  # it measures a rhythm
@pytest.mark.parametrize(
    "target, fault", [("climate", "no-answer"), ("climate", "short"), ("climate", "flip"), ("/dev/i2c-1", "stuck")]
)
def test_the_rhythm_of_the_others_goes_on(broker, client, make_gateway, target, fault):
    """test_slow_parts has the delay of the others at a shorter interval."""
    gateway = make_gateway(make_map(broker.port, interval="400ms"))
    client.wait("tos/sensors")
    gateway.fault(target, fault)
    if fault != "flip":  # of wrong bits, a part without a checksum shows only those that are out of its range
        client.wait_json("tos/sensors", nulls, client.mark())
    # In this time it is tried again after 1 s, 3 s and 7 s.
    readings = [json.loads(message.payload) for message in client.wait_several("tos/sensors", 20, client.mark())]
    steps = [round((b["ts"] - a["ts"]) / 400) for a, b in zip(readings, readings[1:])]
    # The machine itself may stand still for a moment, or for two.
    assert steps.count(1) >= len(steps) - 2, steps
    assert all(reading["cds"] == 812 and reading["sound"] == 133 for reading in readings)


@pytest.mark.alone
def test_commands_go_on_while_a_sensor_bus_is_stuck(gateway, client):
    gateway.fault("/dev/i2c-1", "stuck")
    client.wait_json("tos/sensors", nulls, client.mark())
    late_us = []
    for number in range(40):
        mark = gateway.wire.mark()
        sent_us = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        assert client.ask_json({"motor": {"direction": "forward", "speed": number % 10 + 1}})["ok"]
        late_us.append(int(gateway.wire.wait(r"^(\d+) pwm board\.0 ", mark).group(1)) - sent_us)
    # A transfer on the stuck bus takes 100 ms. The machine may be busy, but not so busy that half of them take that long.
    assert statistics.median(late_us) < 50000
    mark = gateway.wire.mark()
    assert client.ask_json({"motor": {"direction": "stop"}})["ok"]
    gateway.wire.wait(r"line GPIO5 0$", mark)


def test_a_stuck_bus_of_outputs_delays_nothing_but_itself(gateway, client):
    gateway.fault("/dev/i2c-2", "stuck")
    answer = client.ask_json({"led": {"green": {"on": True}}})
    assert not answer["ok"]
    assert answer["errors"][0]["path"] == "led.1"
    assert answer["errors"][0]["reason"].startswith("pca9685 at 0x40 on /dev/i2c-2 channel 3: ")
    assert client.ask_json({"led": {"red": {"on": True}}})["ok"]
    assert gateway.output("GPIO17") == 1
    mark = client.mark()
    for _ in range(5):
        client.wait("tos/sensors", mark=client.mark())
    assert all(None not in json.loads(m.payload).values() for m in client.since(mark, "tos/sensors"))
    mark = client.mark()
    gateway.fault("/dev/i2c-2", "none")
    client.wait_json("tos/health", lambda h: h["actuators"]["led.1"]["ok"], mark)
    assert client.ask_json({"led": {"green": {"on": True}}})["ok"]


def test_a_motor_command_that_fails_half_way_ends_in_stop(gateway, client):
    gateway.fault("board", "no-answer")
    answer = client.ask_json({"motor": {"direction": "forward", "speed": 5}})
    assert not answer["ok"] and answer["errors"][0]["path"] == "motor.0"
    assert gateway.output("GPIO5") == 0 and gateway.output("GPIO6") == 0
    state = client.wait_json("tos/state", lambda s: s["motor"]["direction"] == "stop")
    assert state["motor"]["direction"] == "stop"


def test_a_wrong_bit_is_never_published(broker, client, make_gateway):
    """The BME280 has no checksum: what passes must still be a value that it can measure."""
    gateway = make_gateway(make_map(broker.port, interval="20ms"))
    client.wait("tos/sensors")
    gateway.fault("climate", "flip")
    mark = client.mark()
    readings = [client.wait_json("tos/sensors", mark=client.mark()) for _ in range(50)]
    assert len(client.since(mark, "tos/sensors")) >= len(readings)
    for reading in readings:
        assert reading["temp"] is None or -40 <= reading["temp"] <= 85
        assert reading["humi"] is None or 0 <= reading["humi"] <= 100
        assert reading["cds"] == 812


def test_a_long_line_on_the_control_socket_is_answered(gateway):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
        control.settimeout(TIMEOUT)
        control.connect(str(gateway.folder / "control"))
        control.sendall(b"a" * 5000 + b"\nget GPIO17\n")
        answers = control.makefile()
        assert answers.readline() == "error the line is too long\n"
        assert answers.readline() == "ok 0.0000\n"


@pytest.mark.alone  # a gateway that stands still in a transfer waits no longer for the part
def test_a_slow_part_is_waited_for(gateway, client):
    """20 ms for each transfer: the readings come later, with all their values."""
    gateway.fault("climate", "slow")
    mark = client.mark()
    for _ in range(5):
        reading = client.wait_json("tos/sensors", mark=client.mark())
        assert not nulls(reading)
    assert client.since(mark, "tos/sensors")


def test_a_held_data_line_is_told(gateway, client):
    """As a Raspberry Pi 1-4 sees it: every address answers, with zeros."""
    mark = client.mark()
    gateway.fault("/dev/i2c-1", "held-sda")
    assert nulls(client.wait_json("tos/sensors", nulls, mark)) == {"temp", "humi"}
    words = r"bme280 at 0x77 on /dev/i2c-1: every address answers with zeros: SDA is held low"
    gateway.log.wait("error: temp: " + words)
    gateway.fault("/dev/i2c-2", "held-sda")
    answer = client.ask_json({"led": {"green": {"on": True}}})
    assert not answer["ok"] and answer["errors"][0]["path"] == "led.1"
    client.wait_json("tos/health", lambda h: "SDA is held low" in h["actuators"]["led.1"].get("error", ""), mark)
    mark = client.mark()
    gateway.fault("/dev/i2c-1", "none")
    gateway.fault("/dev/i2c-2", "none")
    client.wait_json("tos/sensors", lambda r: r["temp"] == 23, mark)
    client.wait_json("tos/health", lambda h: h["actuators"]["led.1"]["ok"], mark)


def test_only_what_is_on_i2c_has_a_held_data_line(gateway):
    for target in ["adc", "/dev/spidev0.0", "GPIO17"]:
        assert gateway.control(f"fault {target} held-sda") == "error this target cannot have that fault"
    assert gateway.control("fault climate slow 2h") == "error not a time of up to 60s, such as 750ms"
    assert gateway.control("fault climate slow 61s") == "error not a time of up to 60s, such as 750ms"


def test_an_spi_part_that_is_away(gateway, client):
    mark = client.mark()
    gateway.fault("adc", "no-answer")
    reading = client.wait_json("tos/sensors", nulls, mark)
    assert nulls(reading) == {"cds", "sound"}
    assert reading["temp"] == 23


@pytest.mark.parametrize(
    "command, answer",
    [
        ("fault clmate no-answer", "error no such target, did you mean climate?"),
        ("fault /dev/i2c-3 stuck", "error no such target, did you mean /dev/i2c-1?"),
        (
            "fault everything stuck",
            "error no such target, there are: climate, /dev/i2c-1, adc, /dev/spidev0.0, board, /dev/i2c-2, "
            "GPIO17, GPIO5, GPIO6",
        ),
        ("fault climate no-anwser", "error no such fault, did you mean no-answer?"),
        ("fault climate xyz", "error no such fault, there are: none, no-answer, stuck, short, flip, slow, busy, held-sda"),
        ("fault GPIO99 stuck", "ok"),
        ("fault climate", "error there are: fault TARGET FAULT, set CHIP.CHANNEL VALUE, set LINE LEVEL, get OUTPUT"),
    ],
)
def test_a_mistyped_fault_is_refused(gateway, command, answer):
    """Nobody waits for what was never set."""
    assert gateway.control(command) == answer
