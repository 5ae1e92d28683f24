# SPDX-License-Identifier: MIT
"""The grid of the readings: their time stamps, and the count of those that were missed."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from conftest import make_map

pytestmark = pytest.mark.alone

MINUTE_MS = 60000


class Standstill:
    """Counts the moments at which the machine itself stood still: a virtual one may lose its processor for longer than a
    deadline, and no program on it can help it. A reading waits several times, so each such moment counts from 4 ms on."""

    PROGRAM = """
import os, signal, sys, time
def end(*_):
    print(missed, flush=True)
    os._exit(0)
missed = 0
signal.signal(signal.SIGTERM, end)
print("ready", flush=True)
while True:
    begin = time.monotonic()
    time.sleep(0.005)
    late = time.monotonic() - begin - 0.005
    if late > 0.004:
        missed += 1 + int(late / 0.020)
"""

    def __init__(self):
        self.process = subprocess.Popen([sys.executable, "-c", self.PROGRAM], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"
        try:
            os.sched_setscheduler(self.process.pid, os.SCHED_FIFO, os.sched_param(20))
        except PermissionError:
            pass  # then the gateway has no such priority either

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        return int(self.process.communicate(timeout=20)[0])


def test_20_ms_hold_for_a_minute(broker, client, make_gateway, sanitized):
    standstill = Standstill()
    make_gateway(make_map(broker.port, interval="20ms", mqtt="  health_interval: 1s"))
    first = client.wait_json("tos/sensors")["ts"]
    client.wait("tos/sensors", lambda m: json.loads(m.payload)["ts"] >= first + MINUTE_MS, timeout=90)
    # Published by the gateway after the minute was over.
    health = client.wait_json("tos/health", mark=client.mark())
    stood_still = standstill.end()
    # A sanitizer makes everything several times slower: there only the grid counts.
    assert health["missed"] <= stood_still or sanitized
    assert health["dropped"] == 0
    readings = [json.loads(m.payload) for m in client.since(0, "tos/sensors")]
    assert len(readings) + health["missed"] >= MINUTE_MS / 20
    assert all(None not in reading.values() for reading in readings)
    # The grid does not drift: after a minute the stamps are where they were, but for those that a busy machine
    # took late.
    late = [(reading["ts"] - first + 10) % 20 - 10 for reading in readings]
    on_grid = [ms for ms in late if abs(ms) <= 3]
    assert len(on_grid) >= 0.9 * len(late), sorted(late)


def test_a_new_interval_is_in_force_at_once(gateway, client):
    """From 10 s to 50 ms: the next reading comes one new interval after the change."""
    assert client.ask_json({"sensors": {"interval": 10000}})["ok"]
    mark = client.mark()
    assert client.ask_json({"sensors": {"interval": 50}})["ok"]
    answered = client.since(mark, "tos/actions/ack")[0]
    reading = client.wait("tos/sensors", mark=mark)
    assert 0 <= reading.timestamp - answered.timestamp < 0.5
    second = client.wait("tos/sensors", mark=client.mark())
    assert second.timestamp - reading.timestamp < 0.5


def test_the_same_interval_again_does_not_hold_readings_back(gateway, client):
    """Asked for more often than once in an interval, as a dashboard does that repeats all that it wants."""
    assert client.ask_json({"sensors": {"interval": 500}})["ok"]
    mark = client.mark()
    end = time.monotonic() + 5
    while not client.since(mark, "tos/sensors"):
        answer = client.ask("500", topic="tos/sensors/interval")
        assert json.loads(answer) == {"ok": True, "applied": {"sensors": {"interval": 500}}}
        assert time.monotonic() < end, "no reading in ten intervals"


def test_a_missed_deadline_is_skipped_and_counted(broker, client, make_gateway):
    """A sensor that listens for 50 ms cannot keep up with 20 ms."""
    text = make_map(broker.port, interval="20ms", mqtt="  health_interval: 1s")
    gateway = make_gateway(text.replace("sound: {from: adc.1", "sound: {from: adc.1, peak_to_peak: 50ms"))
    mark = client.mark()
    health = client.wait_json("tos/health", lambda h: h["missed"] > 10, mark)
    assert health["sensors"]["temp"]["ok"]
    gateway.log.wait(r"warning: sensors: a reading took \d+ ms, longer than the interval")
    assert sum("longer than the interval" in line for line in gateway.log.since()) == 1
    times = [json.loads(m.payload)["ts"] for m in client.since(mark, "tos/sensors")]
    # Never in a burst: what was missed is not made up for.
    assert all(b - a >= 15 for a, b in zip(times, times[1:])), times
