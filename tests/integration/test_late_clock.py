# SPDX-License-Identifier: MIT
"""A board without a clock of its own: it learns the time when it has measured for a while already."""

import json
import re
import time

import pytest

from conftest import make_map
from harness import build_library
from proxy import Proxy

LIVE, BACKLOG = "tos/sensors", "tos/sensors/backlog"


@pytest.fixture
def late_clock(folder, sanitized):
    """The environment of a gateway whose clock is set when the file at the second value comes into being."""
    if sanitized:
        pytest.skip("a sanitizer wants to be the first library")
    clock = folder / "clock"
    return {"LD_PRELOAD": str(build_library(folder, "late_clock")), "TOS_TEST_CLOCK": str(clock)}, clock


def monotonic_stamps(gateway):
    found = (re.search(r"sensors: reading (\d{1,12})$", line) for line in gateway.log.since())
    return [int(match.group(1)) for match in found if match]


def test_readings_that_wait_get_their_time_once_it_is_known(broker, client, late_clock, make_gateway):
    environment, clock = late_clock
    began_ms = time.time() * 1000
    proxy = Proxy(broker.port)
    text = make_map(proxy.port, interval="50ms", more="spool: {after: 1s}")
    gateway = make_gateway(text, ["--verbose"], environment)
    gateway.log.wait("sensors: the clock is not set")
    gateway.log.wait("readings are on disk, up to")
    mark = gateway.log.mark()
    gateway.log.wait("sensors: reading", mark)
    proxy.open()
    # What is live does not wait for the time, what is not live does.
    live = client.wait_several(LIVE, 10)
    assert all(json.loads(message.payload)["ts"] is None for message in live)
    assert client.since(topic=BACKLOG) == []
    clock.touch()
    gateway.log.wait("sensors: the clock is set")
    gateway.log.wait("all readings that were on disk have been delivered")
    client.wait_json(LIVE, lambda reading: reading["ts"] is not None)
    assert gateway.stop() == 0
    proxy.close()

    stamps = [json.loads(message.payload)["ts"] for message in client.since(topic=BACKLOG)]
    timeless_live = sum(json.loads(message.payload)["ts"] is None for message in client.since(topic=LIVE))
    assert stamps == sorted(set(stamps))
    assert began_ms - 100 < stamps[0] < time.time() * 1000
    taken = monotonic_stamps(gateway)
    assert len(stamps) == len(taken) - timeless_live
    leads = {stamp - monotonic for stamp, monotonic in zip(stamps, taken)}
    assert len(leads) == 1, leads
    assert abs(leads.pop() - (time.time() - time.monotonic()) * 1000) < 100
