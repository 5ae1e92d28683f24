# SPDX-License-Identifier: MIT
"""Parts side by side on the simulated board, by what a map says of them."""

import json

import pytest

MAP = """
mqtt: {{url: 'mqtt://127.0.0.1:{port}'}}
interval: 100ms
chips:
  air: {{driver: bmp280, bus: /dev/spidev0.1, speed: 2MHz}}
  supply: {{driver: ina219, bus: /dev/i2c-1, shunt: 0.01}}
  kit: {{driver: pcf8591, bus: /dev/i2c-1}}
  other: {{driver: ads7830, bus: /dev/i2c-1, address: 0x49}}
  co2: {{driver: scd4x, bus: /dev/i2c-1}}
  adc: {{driver: iio, bus: ads7138}}
sensors:
  pressure: {{from: air.pressure, simulate: 950}}
  current: {{from: supply.current, simulate: 20, decimals: 1}}
  light: {{from: kit.3, simulate: 200}}
  knob: {{from: other.6, simulate: 99}}
  co2: {{from: co2.co2, simulate: 800}}
  solar: {{from: adc.voltage40, simulate: 2.5, decimals: 1}}
"""
AT_ONCE = {"pressure": 950, "current": 20, "light": 200, "knob": 99, "solar": 2.5}


@pytest.fixture
def gateway(broker, client, make_gateway):
    gateway = make_gateway(MAP.format(port=broker.port), ["--verbose"])
    client.wait("tos/sensors")
    return gateway


def at_once(reading):
    return {name: reading[name] for name in AT_ONCE}


def test_each_shows_what_the_map_says(gateway, client):
    assert at_once(client.wait_json("tos/sensors")) == AT_ONCE


def test_a_channel_of_no_table_is_set_like_any_other(gateway, client):
    gateway.set("adc.voltage40", 1.5)
    client.wait_json("tos/sensors", lambda r: r["solar"] == 1.5, client.mark())


def test_no_reading_waits_for_a_part_of_a_slow_rhythm(gateway, client):
    client.wait_json("tos/sensors", lambda r: r["co2"] == 800)
    readings = [json.loads(message.payload) for message in client.since(topic="tos/sensors")]
    assert all(at_once(reading) == AT_ONCE for reading in readings)
    # It measures for five seconds and is set up for half a second: the first reading of all has not waited for that,
    # however few there were on a machine with other work.
    first_ms = gateway.taken()[0]
    first = client.wait_json(("tos/sensors", "tos/sensors/backlog"), lambda r: r["ts"] == first_ms)
    assert first["co2"] is None and at_once(first) == AT_ONCE
