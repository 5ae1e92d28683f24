# SPDX-License-Identifier: MIT
"""A slow part is measured beside the readings: it delays no other sensor, and its value comes once."""

import json
import statistics
import time

import pytest

from conftest import make_map
from harness import TIMEOUT

MAP = """
mqtt: {{url: "mqtt://127.0.0.1:{port}", health_interval: 1s}}
chips:
  water: {{driver: hwmon, bus: w1_slave_temp}}
  adc: {{driver: mcp3208, bus: /dev/spidev0.0}}
{chips}
sensors:
  water: {{from: water.temp1, decimals: 1, simulate: 19.5, topic: true}}
  cds: {{from: adc.0, simulate: 812}}
{sensors}
interval: {interval}
"""
WATER = "/sys/class/hwmon/w1_slave_temp"


def slow_map(port, interval="200ms", chips="", sensors=""):
    return MAP.format(port=port, interval=interval, chips=chips, sensors=sensors)


@pytest.fixture
def make_slow(broker, client, make_gateway):
    def make(**options):
        gateway = make_gateway(slow_map(broker.port, **options))
        client.wait_json("tos/sensors", lambda r: r["water"] == 19.5)
        return gateway

    return make


def slow(gateway, target, duration):
    assert gateway.control(f"fault {target} slow {duration}") == "ok"


def readings(client, count):
    """And when each came, in seconds."""
    messages = client.wait_several("tos/sensors", count, client.mark())
    return [json.loads(m.payload) for m in messages], [m.timestamp for m in messages]


def assert_grid(taken, interval_ms, slack_ms=20):
    """The stamps do not leave the grid, but for one that a busy machine took late."""
    first = taken[0]["ts"]
    off = sorted(abs((r["ts"] - first + interval_ms // 2) % interval_ms - interval_ms // 2) for r in taken)
    assert off[-2] <= slack_ms, off
    steps = [round((b["ts"] - a["ts"]) / interval_ms) for a, b in zip(taken, taken[1:])]
    assert steps.count(1) >= len(steps) - 1, steps


@pytest.mark.alone
def test_a_slow_attribute_delays_no_other_sensor(make_slow, client):
    gateway = make_slow()
    slow(gateway, "water", "750ms")
    client.wait_json("tos/sensors", lambda r: r["water"] is None, client.mark())
    taken, came = readings(client, 30)
    assert all(r["cds"] == 812 for r in taken)
    assert_grid(taken, 200)
    # Nor does a reading wait for it: it comes at once.
    ages = [at * 1000 - r["ts"] for r, at in zip(taken, came)]
    assert statistics.median(a - min(ages) for a in ages) < 20, ages
    # 750 ms, then it is begun with the next reading: in each fourth one.
    values = [r["water"] for r in taken]
    assert 19.5 in values
    assert set(values) <= {19.5, None}
    assert values.count(19.5) <= len(values) / 4 + 1
    at = values.index(19.5)
    assert values[at + 1 : at + 4] == [None] * 3
    gateway.log.wait(r"notice: sensors: w1_slave_temp takes longer than 100 ms")


def test_its_values_are_new_ones_and_never_repeated(make_slow, client):
    gateway = make_slow(interval="100ms")
    slow(gateway, "water", "250ms")
    client.wait_json("tos/sensors", lambda r: r["water"] is None, client.mark())
    begin = client.mark()
    for number in range(20, 26):
        gateway.set("water.temp1", number)
        mark = client.mark()
        client.wait_json("tos/sensors", lambda r: r["water"] == number, mark)
        # On its own topic there is no message for what is not there.
        client.wait("tos/sensors/water", lambda m: float(m.payload) == number, mark)
    health = client.wait_json("tos/health", mark=client.mark())
    assert health["sensors"]["water"] == {"ok": True}
    # Each took 250 ms, and there is one of it.
    seen = [r for r in map(json.loads, (m.payload for m in client.since(begin, "tos/sensors"))) if r["water"] is not None]
    assert (len(seen) - 1) * 250 <= time.time() * 1000 - seen[0]["ts"], seen


@pytest.mark.alone
def test_a_slow_part_at_the_start_does_not_delay_the_first_reading(broker, client, make_gateway):
    """Its device is slow before it is opened, which a reload does."""
    gateway = make_gateway(slow_map(broker.port))
    client.wait("tos/sensors")
    for name in ["cold", "warm", "outside"]:
        slow(gateway, f"/sys/class/hwmon/{name}", "2s")
    chips = "".join(f"  {name}: {{driver: hwmon, bus: {name}}}\n" for name in ["cold", "warm", "outside"])
    sensors = "".join(f"  {name}: {{from: {name}.temp1}}\n" for name in ["cold", "warm", "outside"])
    mark = client.mark()
    gateway.reload(slow_map(broker.port, chips=chips, sensors=sensors))
    first = client.wait("tos/sensors", lambda m: "cold" in json.loads(m.payload), mark)
    before = [m for m in client.since(mark, "tos/sensors") if "cold" not in json.loads(m.payload)]
    reading = json.loads(first.payload)
    assert reading["cold"] is reading["warm"] is reading["outside"] is None
    assert reading["cds"] == 812 and reading["water"] == 19.5
    # Three of them cost what one may: 100 ms, and once more for what was not known.
    came_s = first.timestamp - time.monotonic() + time.time()  # paho's clock is that of the machine's start
    assert came_s * 1000 - reading["ts"] < 600
    assert len(before) <= 3
    taken, _ = readings(client, 20)
    assert_grid(taken, 200)
    for name in ["cold", "warm", "outside"]:
        client.wait_json("tos/sensors", lambda r: r.get(name) is not None, mark)


@pytest.mark.alone
def test_a_stuck_bus_costs_the_others_nothing_at_each_retry(broker, client, make_gateway):
    """It is tried again after 1 s and after 3 s, each time for 100 ms, which is five intervals."""
    gateway = make_gateway(make_map(broker.port, interval="20ms", mqtt="  health_interval: 1s"))
    client.wait("tos/sensors")
    gateway.fault("/dev/i2c-1", "stuck")
    client.wait_json("tos/health", lambda h: not h["sensors"]["temp"]["ok"], client.mark())
    taken, _ = readings(client, 200)
    assert all(r["cds"] == 812 and r["temp"] is None for r in taken)
    steps = [b["ts"] - a["ts"] for a, b in zip(taken, taken[1:])]
    # The machine itself may stand still for a moment, but not for 100 ms at each retry.
    assert sum(step > 60 for step in steps) <= 1, sorted(steps)
    mark = client.mark()
    gateway.fault("/dev/i2c-1", "none")
    client.wait_json("tos/sensors", lambda r: r["temp"] == 23, mark)
    client.wait_json("tos/health", lambda h: h["sensors"]["temp"]["ok"], mark)


def test_filters_work_on_a_slow_part(broker, client, make_gateway):
    sensors = "  mean: {from: water.temp1, average: 3, decimals: 1}\n  seldom: {from: water.temp1, every: 400ms, decimals: 1}\n"
    gateway = make_gateway(slow_map(broker.port, interval="100ms", sensors=sensors))
    client.wait_json("tos/sensors", lambda r: r["mean"] == 19.5)
    slow(gateway, "water", "120ms")
    client.wait_json("tos/sensors", lambda r: r["mean"] is None, client.mark())
    gateway.set("water.temp1", 30)
    mark = client.mark()
    client.wait_json("tos/sensors", lambda r: r["mean"] == 30 and r["water"] == 30, mark)
    client.wait_json("tos/sensors", lambda r: r["seldom"] == 30, mark)


def test_a_reload_does_not_wait_for_a_slow_part(make_slow, broker, client):
    gateway = make_slow()
    slow(gateway, "water", "12s")
    client.wait_json("tos/sensors", lambda r: r["water"] is None, client.mark())
    for sensors in ["  two: {from: adc.1}\n", "  three: {from: adc.2}\n"]:
        begin, mark = time.monotonic(), client.mark()
        gateway.reload(slow_map(broker.port, sensors=sensors))
        name = sensors.split(":")[0].strip()
        client.wait_json("tos/sensors", lambda r: name in r, mark)
        assert time.monotonic() - begin < 11.5
    # One that takes it out of the map, and one that brings it back.
    mark = client.mark()
    without = slow_map(broker.port).replace("  water: {driver: hwmon, bus: w1_slave_temp}\n", "")
    without = "".join(line for line in without.splitlines(True) if "from: water" not in line)
    gateway.reload(without)
    client.wait_json("tos/sensors", lambda r: "water" not in r, mark)
    slow(gateway, WATER, "150ms")
    mark = client.mark()
    gateway.reload(slow_map(broker.port))
    client.wait_json("tos/sensors", lambda r: r.get("water") == 19.5, mark)


def test_the_end_does_not_wait_for_a_slow_part(make_slow, client):
    gateway = make_slow()
    slow(gateway, "water", "60s")
    client.wait_json("tos/sensors", lambda r: r["water"] is None, client.mark())
    begin = time.monotonic()
    assert gateway.stop() == 0
    assert time.monotonic() - begin < 50


def test_what_is_quick_again_is_waited_for_again(make_slow, client):
    """After ten seconds, in which it is measured beside the readings."""
    gateway = make_slow()
    slow(gateway, "water", "750ms")
    client.wait_json("tos/sensors", lambda r: r["water"] is None, client.mark())
    gateway.fault("water", "none")
    client.wait_several("tos/sensors", 60, client.mark())
    gateway.set("water.temp1", 40)
    reading = client.wait_json("tos/sensors", lambda r: r["water"] == 40, client.mark())
    taken, _ = readings(client, 10)
    end = time.monotonic() + TIMEOUT
    # A part that a busy machine has made slow meanwhile takes its ten seconds again.
    while not all(r["water"] == 40 for r in taken):
        assert time.monotonic() < end, (reading, taken)
        taken, _ = readings(client, 10)
