# SPDX-License-Identifier: MIT
"""A board without a clock of its own: it learns the time when it has measured for a while already. And one whose clock is
set to another time while it measures."""

import json
import re
import time

import pytest

from conftest import make_map
from harness import TIMEOUT
from proxy import Proxy

LIVE, BACKLOG = "tos/sensors", "tos/sensors/backlog"


@pytest.fixture
def late_clock(folder, preload):
    """The environment of a gateway whose clock is set when the file at the second value comes into being."""
    clock = folder / "clock"
    return preload("late_clock", TOS_TEST_CLOCK=clock), clock


def stamps_of(client, topic):
    return [json.loads(message.payload)["ts"] for message in client.since(topic=topic)]


def logged_stamps(gateway, digits):
    found = (re.search(rf"sensors: reading (\d{digits})$", line) for line in gateway.log.since())
    return [int(match.group(1)) for match in found if match]


def monotonic_stamps(gateway):
    return logged_stamps(gateway, "{1,12}")


def wall_stamps(gateway):
    return logged_stamps(gateway, "+")


def is_one_connection(gateway):
    """Otherwise the broker was held up for so long that it was given up, and what was in flight came once more."""
    return sum("mqtt: connected to " in line for line in gateway.log.since()) == 1


def wait_for_backlog(client, gateway, earlier=0):
    """Until all that was taken without a time has arrived, also what was never on disk. earlier: readings before it."""
    client.wait_json(LIVE, lambda reading: reading["ts"] is not None)
    timeless_live = stamps_of(client, LIVE).count(None)
    client.wait_several(BACKLOG, earlier + len(monotonic_stamps(gateway)) - timeless_live)


def next_reading(gateway):
    gateway.log.wait("sensors: reading", gateway.log.mark())


def test_readings_that_wait_get_their_time_once_it_is_known(broker, client, late_clock, make_gateway):
    environment, clock = late_clock
    began_ms = time.time() * 1000
    proxy = Proxy(broker.port)
    text = make_map(proxy.port, interval="50ms", more="spool: {after: 1s}")
    gateway = make_gateway(text, ["--verbose"], environment)
    gateway.log.wait("sensors: the clock is not set")
    gateway.log.wait("readings are on disk, up to")
    next_reading(gateway)
    proxy.open()
    # Live readings do not wait for the time. Others do.
    live = client.wait_several(LIVE, 10)
    assert all(json.loads(message.payload)["ts"] is None for message in live)
    assert client.since(topic=BACKLOG) == []
    clock.touch()
    gateway.log.wait("sensors: the clock is set")
    gateway.log.wait("all readings that were on disk have been delivered")
    wait_for_backlog(client, gateway)
    assert gateway.stop() == 0
    proxy.close()
    client.fence()

    stamps = stamps_of(client, BACKLOG)
    timeless_live = stamps_of(client, LIVE).count(None)
    assert began_ms - 100 < stamps[0] < time.time() * 1000
    if not is_one_connection(gateway):
        return
    assert stamps == sorted(set(stamps))
    taken = monotonic_stamps(gateway)
    assert len(stamps) == len(taken) - timeless_live
    leads = {stamp - monotonic for stamp, monotonic in zip(stamps, taken)}
    assert len(leads) == 1, leads
    assert abs(leads.pop() - (time.time() - time.monotonic()) * 1000) < 100


@pytest.fixture
def one_reading(broker, client, late_clock, make_gateway):
    """A gateway that takes a reading an hour, of which the first one waits for the connection. And its clock."""
    environment, clock = late_clock
    proxy = Proxy(broker.port)
    gateway = make_gateway(make_map(proxy.port, interval="1h"), ["--verbose"], environment)
    gateway.log.wait("sensors: reading")
    proxy.open()
    client.wait("tos/status")
    yield gateway, clock
    proxy.close()


def test_a_reading_that_waits_gets_its_time_before_the_next_one(one_reading, client):
    gateway, clock = one_reading
    clock.touch()
    gateway.log.wait("sensors: the clock is set")
    assert client.wait_json(BACKLOG)["ts"] is not None


@pytest.mark.slow
def test_a_reading_that_waits_goes_without_its_time_before_the_next_one(one_reading, client):
    """After a minute."""
    assert client.wait_json(BACKLOG, timeout=60 + 2 * TIMEOUT)["ts"] is None


def test_what_an_earlier_run_left_has_no_time(broker, client, late_clock, make_gateway):
    """Nobody can tell when it began to count its milliseconds: the machine may have been started anew."""
    environment, clock = late_clock
    proxy = Proxy(broker.port)
    text = make_map(proxy.port, interval="50ms", more="spool: {after: 1s}")
    first = make_gateway(text, ["--verbose"], environment)
    first.log.wait("readings are on disk, up to")
    assert first.stop() == 0
    before = monotonic_stamps(first)
    assert first.spooled() == set(before)

    environment["STATE_DIRECTORY"] = str(first.folder / "state")
    second = make_gateway(text, ["--verbose"], environment)
    second.log.wait("readings are on disk from an earlier run")
    second.log.wait("readings are on disk, up to")
    next_reading(second)
    own = len(monotonic_stamps(second))
    proxy.open()
    # It need not wait for the time. What is this run's own does, and comes behind it.
    client.wait_several(BACKLOG, len(before))
    clock.touch()
    second.log.wait("all readings that were on disk have been delivered")
    wait_for_backlog(client, second, len(before))
    assert second.stop() == 0
    proxy.close()
    client.fence()

    stamps = stamps_of(client, BACKLOG)
    assert stamps[: len(before)] == [None] * len(before)
    if not is_one_connection(second):
        return
    known = stamps[len(before) :]
    assert len(known) >= own > 0 and None not in known and known == sorted(set(known))


def test_a_clock_that_jumps_loses_nothing(broker, client, late_clock, make_gateway):
    """An hour forward, and back again: in the backlog, the order is that of taking, not that of the clock."""
    environment, clock = late_clock
    clock.touch()
    proxy = Proxy(broker.port)
    gateway = make_gateway(make_map(proxy.port, interval="50ms", more="spool: {after: 1s}"), ["--verbose"], environment)
    for ahead_s in (0, 3600, 0):
        clock.write_bytes(bytes(ahead_s))
        for _ in range(30):
            next_reading(gateway)
    gateway.log.wait("readings are on disk, up to")
    proxy.open()
    gateway.log.wait("all readings that were on disk have been delivered")
    first_live = client.wait_json(LIVE)["ts"]
    gateway.log.wait(f"sensors: reading {first_live}$")
    client.wait_several(BACKLOG, wall_stamps(gateway).index(first_live))
    assert gateway.stop() == 0
    proxy.close()
    client.fence()
    if not is_one_connection(gateway):
        return
    taken = wall_stamps(gateway)
    jumps = [b - a for a, b in zip(taken, taken[1:]) if abs(b - a) > 1800000]
    assert [round(jump / 3600000) for jump in jumps] == [1, -1]
    arrived = stamps_of(client, BACKLOG) + stamps_of(client, LIVE)
    assert arrived == taken[: len(arrived)]
    assert set(taken[len(arrived) :]) <= gateway.spooled()
