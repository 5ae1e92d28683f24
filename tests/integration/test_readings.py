# SPDX-License-Identifier: MIT
"""The combined reading and what is published beside it."""

import itertools
import json
import re
import struct
import time

import pytest
from conftest import make_map

HEAD = """
mqtt:
  url: mqtt://127.0.0.1:{port}
{mqtt}
chips:
  climate: {{driver: bme280, bus: /dev/i2c-1, address: 0x77}}
  adc: {{driver: mcp3208, bus: /dev/spidev0.0}}
interval: 100ms
"""


def sensor_map(port, body, mqtt=""):
    return HEAD.format(port=port, mqtt=mqtt) + body


@pytest.fixture
def first_reading(broker, client, make_gateway):
    """The first reading of a gateway with these sensors that is accepted, a dict."""

    def first(sensors, accept=lambda reading: True):
        make_gateway(sensor_map(broker.port, f"sensors:\n{sensors}"))
        return client.wait_json("tos/sensors", accept)

    return first


def now_ms():
    return time.time_ns() // 1_000_000


def test_keys_order_and_whole_numbers(broker, client, make_gateway):
    before = now_ms()
    make_gateway(make_map(broker.port))
    payload = client.wait("tos/sensors").payload
    after = now_ms()
    match = re.fullmatch(rb'\{"temp":23,"humi":45,"cds":812,"sound":133,"ts":(\d{13})\}', payload)
    assert match, payload
    assert before <= int(match[1]) <= after


def test_order_is_the_maps(broker, client, make_gateway):
    make_gateway(
        sensor_map(
            broker.port,
            """
sensors:
  zulu: {from: adc.7, simulate: 7}
  Alpha: {from: climate.humidity, simulate: 50}
  mike: {from: adc.0, simulate: 1}
""",
            "  timestamp: false",
        )
    )
    assert client.wait("tos/sensors").payload == b'{"zulu":7,"Alpha":50,"mike":1}'


def test_without_sensors_there_is_no_reading_but_all_else(broker, client, make_gateway):
    make_gateway(sensor_map(broker.port, "leds: [{line: GPIO17}]"))
    client.wait("tos/health")
    answer = client.ask('{"led":{"0":{"on":true}}}')
    assert answer == '{"ok":true,"applied":{"led":{"0":{"on":true,"bright":10}}}}'
    assert client.since(topic="tos/sensors") == []


def test_what_cannot_be_read_is_null_and_never_repeated(gateway, client):
    mark = client.mark()
    gateway.fault("climate", "no-answer")
    unplugged = now_ms()
    gateway.set("climate.temperature", 31)
    client.wait_json("tos/sensors", lambda reading: reading["temp"] is None, mark)
    before = len(client.since(mark, "tos/sensors"))
    gateway.fault("climate", "none")
    last = client.wait_json("tos/sensors", lambda reading: reading["temp"] == 31, mark)

    # A round that was under way at either moment may end either way.
    was_null = False
    for number, message in enumerate(client.since(mark, "tos/sensors")):
        reading = json.loads(message.payload)
        assert list(reading) == ["temp", "humi", "cds", "sound", "ts"]
        assert (reading["cds"], reading["sound"]) == (812, 133)
        climate = (reading["temp"], reading["humi"])
        was_null = was_null or climate == (None, None)
        if not was_null:
            assert climate == (23, 45) and reading["ts"] <= unplugged
        else:
            assert climate == (None, None) or (climate == (31, 45) and number >= before)
    assert last["humi"] == 45


def test_each_chip_fails_for_itself(gateway, client):
    mark = client.mark()
    gateway.fault("adc", "no-answer")
    # In the round that was under way, one of the two may have been read before.
    payload = client.wait("tos/sensors", lambda message: b'"cds":null' in message.payload, mark).payload
    assert re.fullmatch(rb'\{"temp":23,"humi":45,"cds":null,"sound":null,"ts":\d{13}\}', payload)


@pytest.mark.parametrize(
    "options, value",
    [
        ("simulate: 812", b"812"),
        ("simulate: 813, scale: 0.5", b"407"),  # half away from zero
        ("simulate: 813, scale: -0.5", b"-407"),
        ("simulate: 1, scale: -0.1", b"0"),  # and never -0
        ("simulate: 813, scale: 0.5, decimals: 1", b"406.5"),
        ("simulate: 812, scale: 0.001, decimals: 2", b"0.81"),
        ("simulate: 800, scale: 0.001, decimals: 2", b"0.8"),
        ("simulate: 675, scale: 0.001, offset: 2, decimals: 2", b"2.68"),
        ("simulate: 812, scale: 2, offset: -24", b"1600"),
        ("simulate: 812, calibrate: [[0, 0], [1000, 50], [4000, 200]], decimals: 1", b"40.6"),
        ("simulate: 2500, calibrate: [[0, 0], [1000, 50], [4000, 350]]", b"200"),
        ("simulate: 812, calibrate: [[0, 100], [4000, 0]], scale: 10, offset: 3", b"800"),
        ("simulate: 812, min: 800, max: 820", b"812"),
        ("simulate: 812, max: 811", b"null"),
        ("simulate: 812, min: 813", b"null"),
        ("simulate: 812, average: 16", b"812"),
        ("simulate: 812, median: 5", b"812"),
        ("simulate: 812, peak_to_peak: 10ms", b"0"),
    ],
)
def test_value(broker, client, make_gateway, options, value):
    make_gateway(sensor_map(broker.port, f"sensors: {{x: {{from: adc.0, {options}}}}}", "  timestamp: false"))
    assert client.wait("tos/sensors").payload == b'{"x":%b}' % value


def test_average_and_median_of_many_samples(first_reading):
    # One measurement takes about 10 ms, so the samples meet both halves of the wave.
    wave = "simulate: {wave: step, min: 10, max: 30, period: 40ms}"
    reading = first_reading(
        f"""
  plain: {{from: climate.temperature, {wave}}}
  mean: {{from: climate.temperature, average: 20}}
  middle: {{from: climate.temperature, median: 21}}
"""
    )
    assert reading["plain"] in (10, 30)
    assert 10 < reading["mean"] < 30
    assert reading["middle"] in (10, 30)


def test_peak_to_peak(first_reading):
    wave = "simulate: {wave: sine, min: 1000, max: 3000, period: 10ms}"
    # A busy machine may take too few samples in one window.
    sensors = f"  sound: {{from: adc.1, peak_to_peak: 50ms, {wave}}}\n"
    reading = first_reading(sensors, lambda reading: reading["sound"] >= 1800)
    assert reading["sound"] <= 2000


def test_rms_is_of_the_wave_and_not_of_what_it_stands_on(first_reading):
    wave = "simulate: {wave: sine, min: 1000, max: 3000, period: 10ms}"
    # 1000 / sqrt(2), with how evenly a loaded machine takes samples; in one window it may take too few.
    first_reading(f"  current: {{from: adc.1, rms: 100ms, {wave}}}\n", lambda reading: 600 <= reading["current"] <= 800)


def test_smoothing(broker, client, make_gateway):
    gateway = make_gateway(
        sensor_map(broker.port, "sensors: {x: {from: adc.0, ema: 0.5, simulate: 0}}")
    )
    client.wait("tos/sensors")
    mark = client.mark()
    gateway.set("adc.0", 1000)
    client.wait_json("tos/sensors", lambda reading: reading["x"] == 938, mark)
    values = [json.loads(message.payload)["x"] for message in client.since(mark, "tos/sensors")]
    assert list(itertools.dropwhile(lambda value: value == 0, values))[:4] == [500, 750, 875, 938]


@pytest.mark.alone  # of the grid nothing is missed, and nothing is late
def test_rhythm_of_its_own(broker, client, make_gateway):
    make_gateway(
        sensor_map(
            broker.port,
            """
sensors:
  fast: {from: adc.0, simulate: 1}
  slow: {from: adc.1, every: 250ms, topic: true, simulate: 2}
packed:
  - {topic: both, format: "2B", fields: [fast, slow]}
""",
            "  timestamp: false",
        )
    )
    own = client.wait_several("tos/sensors/slow", 3)
    packed = client.wait_several("tos/sensors/both", 3)
    readings = [m.payload for m in client.since(topic="tos/sensors")]
    # 250 ms are three intervals of 100 ms. Between them nothing is published, also not beside the readings.
    assert set(readings) == {b'{"fast":1,"slow":2}', b'{"fast":1,"slow":null}'}
    at = [index for index, reading in enumerate(readings) if b"null" not in reading]
    assert [after - before for before, after in itertools.pairwise(at)][:2] == [3, 3]
    assert [m.payload for m in own] == [b"2"] * 3
    assert [m.payload for m in packed] == [b"\1\2"] * 3


def test_own_topic_is_plain_text(broker, client, make_gateway):
    make_gateway(
        sensor_map(
            broker.port,
            """
sensors:
  cds: {from: adc.0, topic: true, simulate: 812}
  volts: {from: adc.1, topic: true, scale: 0.001, decimals: 2, simulate: 1234}
  quiet: {from: adc.2, simulate: 3}
""",
        )
    )
    assert client.wait("tos/sensors/cds").payload == b"812"
    assert client.wait("tos/sensors/volts").payload == b"1.23"
    client.wait_several("tos/sensors", 2)
    assert client.since(topic="tos/sensors/quiet") == []


def test_own_topic_says_nothing_for_null(gateway, client):
    gateway.fault("adc", "no-answer")
    client.wait_json("tos/sensors", lambda reading: reading["cds"] is None)
    # Readings overtake values; values keep their order, and so those of the time before come before this one.
    gateway.set("climate.temperature", 31)
    client.wait("tos/sensors/temphumi", lambda message: message.payload == struct.pack("<2H", 31, 45))
    mark = client.mark()
    client.wait_several("tos/sensors/temphumi", 3, mark)
    assert client.since(mark, "tos/sensors/cds") == []


def test_own_topic_with_a_deadband(broker, client, make_gateway):
    gateway = make_gateway(
        sensor_map(broker.port, "sensors: {x: {from: adc.0, deadband: 5, topic: true, simulate: 100}}")
    )
    client.wait("tos/sensors/x")
    for value in (104, 105, 106, 104, 100):
        gateway.set("adc.0", value)
        # When the second reading with a value is there, all messages of the first one are.
        client.wait_json("tos/sensors", lambda reading: reading["x"] == value, client.mark())
        client.wait_several("tos/sensors", 2, client.mark())
    client.wait_several("tos/sensors/x", 3)  # readings overtake values
    assert [m.payload for m in client.since(topic="tos/sensors/x")] == [b"100", b"106", b"100"]


def test_deadband_begins_anew_with_each_connection(broker, client, make_client, make_gateway):
    gateway = make_gateway(
        sensor_map(broker.port, "sensors: {x: {from: adc.0, deadband: 5, topic: true, simulate: 100}}")
    )
    client.wait("tos/sensors/x")
    broker.kill()
    # So that it does not connect before somebody listens.
    gateway.pause()
    broker.start()
    listener = make_client()
    gateway.resume()
    assert listener.wait("tos/sensors/x").payload == b"100"


@pytest.mark.parametrize(
    "form, fields, expected",
    [
        ("2H", "a, b", struct.pack("<2H", 812, 41)),
        ("<Hh", "a, neg", struct.pack("<Hh", 812, -812)),
        (">IqH", "a, neg, b", struct.pack(">IqH", 812, -812, 41)),
        ("bBhHiIqQ", "b, b, neg, a, neg, a, neg, a", struct.pack("<bBhHiIqQ", 41, 41, -812, 812, -812, 812, -812, 812)),
        ("fd", "half, half", struct.pack("<fd", 40.6, 40.6)),
        (">d2B", "half, half, b", struct.pack(">d2B", 40.6, 41, 41)),
    ],
)
def test_packed(broker, client, make_gateway, form, fields, expected):
    make_gateway(
        sensor_map(
            broker.port,
            f"""
sensors:
  a: {{from: adc.0, simulate: 812}}
  b: {{from: adc.0, scale: 0.05}}
  neg: {{from: adc.0, scale: -1}}
  half: {{from: adc.0, scale: 0.05, decimals: 1}}
packed:
  - {{topic: some/struct, format: "{form}", fields: [{fields}]}}
""",
        )
    )
    assert client.wait("tos/sensors/some/struct").payload == expected


def test_packed_with_a_null_field_is_not_sent_but_counted(gateway, client):
    client.wait("tos/sensors/temphumi")
    gateway.fault("climate", "no-answer")
    client.wait_json("tos/sensors", lambda reading: reading["temp"] is None)
    # Readings overtake values; values keep their order, and so those of the time before come before this one.
    gateway.set("adc.0", 700)
    client.wait("tos/sensors/cds", lambda message: message.payload == b"700")
    mark = client.mark()
    client.wait_several("tos/sensors/cds", 3, mark)
    assert client.since(mark, "tos/sensors/temphumi") == []
    gateway.fault("climate", "none")
    mark = client.mark()
    health = client.wait_json("tos/health", lambda health: health["sensors"]["temp"]["ok"], mark)
    # The health may overtake the last reading that it has counted. This one does not.
    client.wait_json("tos/sensors", lambda reading: reading["temp"] is not None, mark)
    nulls = [m for m in client.since(topic="tos/sensors") if json.loads(m.payload)["temp"] is None]
    assert health["packed_skipped"] == len(nulls)


def test_packed_with_a_field_that_does_not_fit_is_not_sent_but_counted(broker, client, make_gateway):
    make_gateway(
        sensor_map(
            broker.port,
            """
sensors:
  x: {from: adc.0, simulate: 256}
packed:
  - {topic: byte, format: B, fields: [x]}
  - {topic: word, format: H, fields: [x]}
""",
            "  health_interval: 1s",
        )
    )
    client.wait_json("tos/health", lambda health: health["packed_skipped"] > 0)
    assert client.wait("tos/sensors/word").payload == b"\0\1"
    # Rounds may end between the two counts: so there are no more.
    mark = client.mark()
    assert client.ask_json({"sensors": {"interval": 3600000}})["ok"]
    client.wait_json("tos/health", lambda health: health["packed_skipped"] == health["readings"], mark)
    assert client.since(topic="tos/sensors/byte") == []


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_qos_of_readings(broker, client, make_gateway, qos):
    make_gateway(make_map(broker.port, f"  qos: {qos}"))
    for topic in ("tos/sensors", "tos/sensors/cds", "tos/sensors/temphumi"):
        message = client.wait(topic)
        assert (message.qos, message.retain) == (qos, False)


def test_qos_is_1_by_default(gateway, client):
    assert client.wait("tos/sensors").qos == 1


def grid_steps(readings, interval_ms):
    """The place of each reading on the first one's grid."""
    times = [reading["ts"] - readings[0]["ts"] for reading in readings]
    steps = [round(time / interval_ms) for time in times]
    assert all(abs(time - step * interval_ms) <= interval_ms / 3 for time, step in zip(times, steps)), times
    return steps


@pytest.mark.alone  # of the grid nothing is missed, and nothing is late
def test_grid_does_not_drift_by_the_time_that_a_reading_takes(broker, client, make_gateway):
    gateway = make_gateway(make_map(broker.port, interval="250ms"))
    client.wait("tos/sensors")
    gateway.fault("climate", "slow")  # 20 ms more for each transfer of several
    mark = client.mark()
    readings = [json.loads(m.payload) for m in client.wait_several("tos/sensors", 11, mark)]
    assert grid_steps(readings, 250) == list(range(11))
    assert readings[-1]["temp"] == 23


@pytest.mark.alone  # of the grid nothing is missed, and nothing is late
def test_what_is_missed_is_skipped_and_counted(broker, client, make_gateway):
    # Each reading takes 2.5 intervals.
    body = "sensors: {sound: {from: adc.1, peak_to_peak: 500ms, simulate: 5}}"
    text = sensor_map(broker.port, body, "  health_interval: 1s").replace("interval: 100ms", "interval: 200ms")
    make_gateway(text)
    health = client.wait_json("tos/health", lambda health: health["readings"] >= 3)
    client.wait_several("tos/sensors", health["readings"] + 1)
    both = client.since(topic="tos/sensors") + client.since(topic="tos/sensors/backlog")
    steps = grid_steps(sorted((json.loads(m.payload) for m in both), key=lambda r: r["ts"]), 200)
    assert all(after - before >= 3 for before, after in itertools.pairwise(steps))
    # The reading that comes next stands behind all that were made and all that were missed.
    assert steps[health["readings"]] == health["readings"] + health["missed"]


LIMITED = "{default: 100ms, min: 50ms, max: 2s}"


@pytest.mark.parametrize("interval", [50, 2000])
def test_interval_at_its_limits(broker, client, make_gateway, interval):
    make_gateway(make_map(broker.port, interval=LIMITED))
    client.wait("tos/sensors")
    answer = client.ask({"sensors": {"interval": interval}})
    assert answer == '{"ok":true,"applied":{"sensors":{"interval":%d}}}' % interval


@pytest.mark.parametrize("interval", [49, 2001])
def test_interval_beyond_its_limits(broker, client, make_gateway, interval):
    make_gateway(make_map(broker.port, interval=LIMITED))
    client.wait("tos/sensors")
    answer = client.ask(str(interval), topic="tos/sensors/interval")
    reason = f"{interval} is outside 50..2000 ms"
    assert json.loads(answer) == {"ok": False, "errors": [{"path": "sensors.interval", "reason": reason}]}


@pytest.mark.alone  # of the grid nothing is missed, and nothing is late
def test_new_interval_takes_effect_at_once(broker, client, make_gateway):
    make_gateway(make_map(broker.port, interval="1h"))
    client.wait(("tos/sensors", "tos/sensors/backlog"))  # that of the start
    mark = client.mark()
    before = now_ms()
    client.ask({"sensors": {"interval": 200}})
    after = now_ms()
    first, second, third = (json.loads(m.payload)["ts"] for m in client.wait_several("tos/sensors", 3, mark))
    # One new interval after the change.
    assert before + 200 <= first <= after + 200 + 100
    assert abs(third - first - 400) <= 100


@pytest.mark.alone
@pytest.mark.parametrize("qos", [1, 2])
def test_a_reading_arrives_when_it_is_taken(broker, client, make_gateway, qos):
    """With QoS 2 a broker passes it on only after two more steps, for which nobody may wait for the next reading."""
    make_gateway(make_map(broker.port, mqtt=f"  qos: {qos}\n  health_interval: 1h", interval="2s"))
    client.wait_several("tos/sensors", 2)
    late_ms = []
    for _ in range(3):
        taken_ms = client.wait_json("tos/sensors", mark=client.mark())["ts"]
        late_ms.append(now_ms() - taken_ms)
    assert max(late_ms) < 1500, late_ms


def test_one_reading_now_beside_the_grid(broker, client, make_gateway):
    gateway = make_gateway(make_map(broker.port, interval="1h"))
    client.wait("tos/status", lambda message: message.payload == b"online")
    gateway.set("adc.0", 123)
    mark = client.mark()
    assert client.ask('{"sensors":{"read":true}}') == '{"ok":true,"applied":{"sensors":{"read":true}}}'
    client.wait_json("tos/sensors", lambda reading: reading["cds"] == 123, mark)
    # The interval is as it was.
    assert client.ask_json({"led": {"0": {"on": True}}})["ok"]
    client.wait_json("tos/state", lambda state: state["led"]["0"]["on"] and state["sensors"] == {"interval": 3600000})
