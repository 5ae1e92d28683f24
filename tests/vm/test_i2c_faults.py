# SPDX-License-Identifier: MIT
"""Faults on I2C, as the kernel reports them: no value is invented, the user is told, and everything else goes on."""

import json
import re
import time

import pytest

from board import BACKWARD, FORWARD, MAP

EREMOTEIO, ENXIO = 121, 6
STOP_MS = 20000  # of a host that has other work, too; a bus stays stuck for ever


def wait_failed(gateway, sensor, words):
    """The fault may have come in the middle of a transfer, which then ends in a way of its own."""
    health = gateway.health(lambda h: re.search(words, h["sensors"][sensor].get("error", "")))
    return health["sensors"][sensor]["error"]


def wait_silent(gateway):
    """No sensor of that bus has a value; the fault may have come in the middle of a reading."""
    gateway.reading(lambda r: r["temp"] is None and r["cds"] is None)


def wait_whole(gateway):
    return gateway.reading(lambda r: None not in r.values())


@pytest.mark.parametrize("nack", [EREMOTEIO, ENXIO])
def test_no_answer_in_the_dialects_of_adapters(gateway, parts, nack):
    parts.adapter("nack", nack)
    wait_whole(gateway)
    mark = gateway.client.mark()
    parts.fault("climate", "no-answer")
    reading = gateway.reading(lambda r: r["temp"] is None and r["cds"] is not None)
    assert reading["humi"] is None and abs(reading["cds"] - 1.25) <= 0.001
    health = gateway.health(lambda h: not h["sensors"]["temp"]["ok"], mark)
    assert health["sensors"]["temp"]["error"] == "bme280 at 0x77 on /dev/i2c-1: no answer"
    parts.fault("climate", "none")
    wait_whole(gateway)


def test_arbitration_that_is_always_lost(gateway, parts):
    wait_whole(gateway)
    parts.adapter("lost", 1)
    wait_silent(gateway)
    wait_failed(gateway, "temp", "^bme280 at 0x77 on /dev/i2c-1: timed out: the bus is stuck")
    parts.adapter("lost", 0)
    wait_whole(gateway)


def test_a_server_that_dies_and_comes_back(gateway, parts):
    wait_whole(gateway)
    parts.process.end()
    wait_silent(gateway)
    wait_failed(gateway, "cds", "^ads1115 at 0x48 on /dev/i2c-1: no answer")
    parts.start()
    wait_whole(gateway)


def test_no_word_at_all_ends_with_the_adapters_own_timeout(gateway, parts):
    """Also where the gateway's thread sits in the kernel for good, as far as it knows."""
    wait_whole(gateway)
    parts.adapter("patience", 1)
    parts.process.signal("STOP")
    wait_silent(gateway)
    wait_failed(gateway, "cds", "^ads1115 at 0x48 on /dev/i2c-1: timed out: the bus is stuck")
    # The answers that come now are too late, and nobody takes them for those to the next questions.
    parts.process.signal("CONT")
    wait_whole(gateway)


def stop_ms(gateway, wire):
    """From the command to the line and to the answer, in ms of the host."""
    wire_mark, client_mark = wire.mark(), gateway.client.mark()
    begin = time.monotonic()
    gateway.client.publish("tos/actions", '{"motor":{"direction":"stop"}}')
    wire.wait(FORWARD, 0, wire_mark)
    line_ms = 1000 * (time.monotonic() - begin)
    answer = json.loads(gateway.client.wait("tos/actions/ack", mark=client_mark).payload)
    return line_ms, 1000 * (time.monotonic() - begin), answer


def test_a_motor_stops_while_the_sensors_bus_is_stuck(gateway, parts, wire):
    wait_whole(gateway)
    gateway.do(motor={"direction": "forward", "speed": 10})
    parts.fault("/dev/i2c-1", "stuck")
    gateway.reading(lambda r: r["temp"] is None)
    line_ms, answer_ms, answer = stop_ms(gateway, wire)
    print(f"the sensors' bus is stuck: line low after {line_ms:.1f} ms, answer after {answer_ms:.1f} ms")
    assert answer["ok"]
    assert line_ms < STOP_MS
    parts.fault("/dev/i2c-1", "none")
    wait_whole(gateway)


def test_a_motor_stops_while_its_own_bus_is_stuck(gateway, parts, wire):
    """Its enable input cannot be reached any more, its two lines can."""
    wait_whole(gateway)
    gateway.do(motor={"direction": "forward", "speed": 10})
    parts.fault("/dev/i2c-2", "stuck")
    line_ms, answer_ms, answer = stop_ms(gateway, wire)
    print(f"the motor's bus is stuck: line low after {line_ms:.1f} ms, answer after {answer_ms:.1f} ms")
    assert not answer["ok"]
    assert answer["errors"][0]["path"] == "motor.0"
    assert line_ms < STOP_MS
    assert wire.since(0, [BACKWARD])[-1].value == 0
    parts.fault("/dev/i2c-2", "none")
    gateway.health(lambda h: h["actuators"]["motor.0"]["ok"])


def test_a_kernel_driver_that_owns_the_address_is_told_with_the_cure(guest, parts, bind, make_gateway):
    del parts
    bind("ti-ads1015", "ads1115", 0x48)
    gateway = make_gateway()
    assert gateway.reading(lambda r: r["humi"] is not None)["cds"] is None
    error = wait_failed(gateway, "cds", "a kernel driver owns address 0x48 on /dev/i2c-1")
    guest.run(re.search("`(.*)`", error).group(1))
    wait_whole(gateway)


@pytest.fixture
def plug_in_bus(guest, parts):
    """There is no /dev/i2c-1, until this is called."""
    del parts
    guest.run("mv /dev/i2c-1 /tmp/i2c-1")

    def plug_in():
        guest.run("[ ! -e /tmp/i2c-1 ] || mv /tmp/i2c-1 /dev/i2c-1")

    yield plug_in
    plug_in()


def test_a_bus_that_is_missing_is_told_with_the_cure(plug_in_bus, make_gateway):
    gateway = make_gateway()
    cure = "/dev/i2c-1 is missing: enable I2C with raspi-config, or dtparam=i2c_arm=on in config.txt and `modprobe i2c-dev`"
    for sensor in ("temp", "cds"):
        wait_failed(gateway, sensor, cure)
    gateway.do(led={"red": {"on": True}, "green": {"on": True}})
    plug_in_bus()
    wait_whole(gateway)
