# SPDX-License-Identifier: MIT
"""Sensors that are worked out of other ones."""

import json
import struct

import pytest

HEAD = """
mqtt:
  url: mqtt://127.0.0.1:{port}
chips:
  climate: {{driver: bme280, bus: /dev/i2c-1, address: 0x77}}
  adc: {{driver: mcp3208, bus: /dev/spidev0.0}}
interval: 100ms
"""

SOURCES = """
sensors:
  temp: {from: climate.temperature, simulate: 25}
  humi: {from: climate.humidity, simulate: 40}
"""

DEW = "  dew: {derive: dew_point, of: [temp, humi], decimals: 1}\n"


@pytest.fixture
def run(broker, make_gateway):
    """A gateway with these sensors."""

    def run(sensors, more=""):
        return make_gateway(HEAD.format(port=broker.port) + sensors + more)

    return run


def health(client, accept, mark=0):
    return client.wait_json("tos/health", accept, mark)


def test_it_is_in_the_reading_where_the_map_has_it(run, client):
    run(SOURCES + DEW + "  cds: {from: adc.0, simulate: 812}\n")
    reading = client.wait_json("tos/sensors")
    # Of the steam tables: what saturates at 10.5 °C is 40 % at 25 °C.
    assert list(reading) == ["temp", "humi", "dew", "cds", "ts"]
    assert reading["dew"] == pytest.approx(10.5, abs=0.1)


def test_sources_are_taken_before_they_are_rounded(run, client):
    run(
        "sensors:\n"
        "  a: {from: adc.0, scale: 0.1, simulate: 4}\n"
        "  b: {from: adc.1, scale: 0.1, simulate: 4}\n"
        "  total: {derive: sum, of: [a, b], decimals: 1}\n"
        "  twice: {derive: sum, of: [total, total], decimals: 1}\n"
    )
    reading = client.wait_json("tos/sensors")
    assert (reading["a"], reading["b"], reading["total"], reading["twice"]) == (0, 0, 0.8, 1.6)


def test_null_with_its_source_and_the_health_says_why(run, client):
    gateway = run(SOURCES + DEW + "  spread: {derive: difference, of: [temp, dew]}\n")
    client.wait_json("tos/sensors")
    mark = client.mark()
    gateway.fault("climate", "no-answer")
    reading = client.wait_json("tos/sensors", lambda value: value["temp"] is None, mark)
    assert reading["dew"] is None and reading["spread"] is None
    row = health(client, lambda value: not value["sensors"]["spread"]["ok"], mark)["sensors"]
    assert row["dew"]["error"] == "temp: " + row["temp"]["error"]
    assert row["spread"]["error"] == row["temp"]["error"] or row["spread"]["error"] == row["dew"]["error"]
    gateway.fault("climate", "none")
    assert client.wait_json("tos/sensors", lambda value: value["spread"] is not None, mark)["dew"] is not None
    health(client, lambda value: all(sensor["ok"] for sensor in value["sensors"].values()), mark)


def test_it_is_as_slow_as_its_slowest_source(run, client):
    run(SOURCES.replace("40}", "40, every: 300ms}") + DEW)
    for message in client.wait_several("tos/sensors", 9):
        reading = json.loads(message.payload)
        assert reading["temp"] == 25
        assert (reading["dew"] is None) == (reading["humi"] is None)
    assert sum(json.loads(message.payload)["dew"] is not None for message in client.since(topic="tos/sensors")) >= 3
    # Not due is no failure.
    assert health(client, lambda value: True)["sensors"]["dew"]["ok"]


def test_outside_of_its_limits_and_of_the_functions(run, client):
    gateway = run(SOURCES + DEW.replace("decimals: 1", "min: 5, decimals: 1"))
    client.wait_json("tos/sensors", lambda value: value["dew"] is not None)
    mark = client.mark()
    gateway.set("climate.humidity", 10)
    row = health(client, lambda value: not value["sensors"]["dew"]["ok"], mark)["sensors"]
    assert row["humi"]["ok"] and row["dew"]["error"].endswith("is below 5")
    mark = client.mark()
    gateway.set("climate.humidity", 40)
    health(client, lambda value: value["sensors"]["dew"]["ok"], mark)
    mark = client.mark()
    gateway.set("climate.temperature", 70)
    row = health(client, lambda value: not value["sensors"]["dew"]["ok"], mark)["sensors"]
    assert row["temp"]["ok"]
    words = row["dew"]["error"]
    assert words.startswith("temp is ") and words.endswith(", and dew_point takes -45..60")


def test_own_topic_deadband_and_packed(run, client):
    gateway = run(
        SOURCES + "  all: {derive: sum, of: [temp, humi], topic: true, deadband: 3}\n",
        'packed: [{topic: p, format: "<f", fields: [all]}]\n',
    )
    assert client.wait("tos/sensors/all").payload == b"65"
    (value,) = struct.unpack("<f", client.wait("tos/sensors/p").payload)
    assert value == pytest.approx(65, abs=0.1)
    mark = client.mark()
    gateway.set("climate.temperature", 27)
    client.wait_json("tos/sensors", lambda reading: reading["all"] == 67, mark)
    gateway.set("climate.temperature", 29)
    client.wait("tos/sensors/all", mark=mark)
    assert [message.payload for message in client.since(mark, "tos/sensors/all")] == [b"69"]


def test_a_reload_in_another_order_goes_on(broker, run, client):
    slow = "  slow: {derive: sum, of: [temp, humi], ema: 0.001, decimals: 3}\n"
    gateway = run(SOURCES + slow)
    client.wait_json("tos/sensors", lambda reading: abs(reading["slow"] - 65) < 0.1)
    gateway.set("climate.humidity", 90)
    client.wait_json("tos/sensors", lambda reading: reading["humi"] == 90)
    swapped = "sensors:\n" + SOURCES.split("sensors:\n")[1].replace("25}", "25}\n  cds: {from: adc.0}")
    lines = swapped.splitlines(keepends=True)
    mark = client.mark()
    gateway.reload(HEAD.format(port=broker.port) + lines[0] + lines[3] + lines[2] + lines[1] + slow)
    reading = client.wait_json("tos/sensors", lambda reading: "cds" in reading, mark)
    assert list(reading)[:4] == ["humi", "cds", "temp", "slow"]
    assert 65 <= reading["slow"] < 80


def test_after_a_reload_another_source_of_the_name_begins_anew(broker, run, client):
    slow = "  slow: {derive: sum, of: [temp, humi], ema: 0.001, decimals: 3}\n"
    gateway = run(SOURCES + slow)
    client.wait_json("tos/sensors", lambda reading: abs(reading["slow"] - 65) < 0.1)
    mark = client.mark()
    gateway.reload(HEAD.format(port=broker.port) + SOURCES.replace("25}", "25, offset: 100}") + slow)
    reading = client.wait_json("tos/sensors", lambda reading: reading["temp"] == 125, mark)
    assert reading["slow"] == pytest.approx(165, abs=0.2)
