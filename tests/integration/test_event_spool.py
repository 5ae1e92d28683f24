# SPDX-License-Identifier: MIT
"""No event is lost: what an outage, a restart, a crash and a bad disk do to what happened at the inputs.

The proxy lets the gateway through only when the client listens: a broker forgets what nobody wants. A door's levels alternate,
so that an event that is missing, doubled or out of its order shows.
"""

import contextlib
import json
import sqlite3
import stat
import time

import pytest

LIVE, BACKLOG = "tos/events", "tos/events/backlog"
KEPT = 4096
PART = 20000  # bytes, of five times as many that 2000 events take
PATIENCE = 60
DELIVERED = "all events that were on disk have been delivered"
MAP = """
mqtt: {{url: 'mqtt://127.0.0.1:{port}', health_interval: 1s}}
interval: 1h
chips:
  door: {{driver: switch, line: GPIO23}}
spool: {{after: {after}}}
"""


@pytest.fixture
def start(proxy, make_gateway):
    """Starts the same gateway, again and again."""

    def start(after="1h", **more):
        return make_gateway(MAP.format(port=proxy.port, after=after), ["--verbose"], name="g", **more)

    return start


def begin_outage(client, proxy, gateway, mark=0):
    """After the connection worked."""
    client.wait("tos/state/input/door", mark=mark)
    proxy.cut()
    gateway.log.wait("connection lost", timeout=PATIENCE)


def await_door(gateway):
    """Without a connection: the door is read for the first time when its edges are already noted."""
    gateway.log.wait("GPIO23: levels 0 ok", timeout=PATIENCE)


def move(gateway, first, last):
    """The door's moves number first to last, until the gateway has seen them: an odd one opens it."""
    mark = gateway.log.mark()
    for number in range(first, last + 1):
        gateway.set("door.state", number % 2)
    gateway.log.wait_sum(" inputs: door ", last + 1 - first, mark, PATIENCE)


def await_disk(gateway, count, mark=0):
    """Until so many events have gone there."""
    gateway.log.wait_sum(r"spool: (\d+) events are on disk, up to", count, mark, PATIENCE)


def files(gateway):
    return sorted(path.name for path in (gateway.folder / "state").glob("events*"))


def on(client, topic):
    return [json.loads(message.payload) for message in client.since(topic=topic)]


def check(found, first, last):
    """Moves number first to last, each once, oldest first."""
    assert [event["door"] for event in found] == [number % 2 for number in range(first, last + 1)]
    stamps = [event["ts"] for event in found]
    assert stamps == sorted(stamps)


def test_an_end_in_an_outage_loses_no_event(client, proxy, start):
    before = time.time() * 1000
    first = start()
    begin_outage(client, proxy, first)
    move(first, 1, 5)
    assert first.stop() == 0
    ended = time.time() * 1000
    assert files(first) == ["events.db"]
    second = start()
    second.log.wait("5 events are on disk from an earlier run")
    # And once more, without the broker in between.
    assert second.stop() == 0
    third = start()
    proxy.open()
    third.log.wait(DELIVERED)
    assert files(third) == []
    assert third.stop() == 0
    client.fence()
    check(on(client, BACKLOG), 1, 5)
    assert all(before - 1 <= event["ts"] <= ended + 1 for event in on(client, BACKLOG))
    assert on(client, LIVE) == []


def test_a_crash_loses_no_event_that_is_on_disk(client, proxy, start):
    first = start()
    begin_outage(client, proxy, first)
    move(first, 1, 3)
    await_disk(first, 3)
    mark = first.log.mark()
    move(first, 4, 30)
    await_disk(first, 27, mark)
    first.kill()
    second = start()
    second.log.wait("30 events are on disk from an earlier run")
    proxy.open()
    second.log.wait(DELIVERED, timeout=PATIENCE)
    assert files(second) == []
    client.fence()
    check(on(client, BACKLOG), 1, 30)


def test_disk_and_memory_are_sent_in_order_and_what_is_live_at_once(client, proxy, start):
    """Nothing is doubled where nobody is interrupted."""
    gateway = start()
    begin_outage(client, proxy, gateway)
    move(gateway, 1, 300)
    await_disk(gateway, 300)
    proxy.open()
    gateway.log.wait(DELIVERED, timeout=PATIENCE)
    move(gateway, 301, 302)
    client.wait_several(LIVE, 2)
    # With this answer, the acknowledgements of all earlier messages have arrived.
    client.ask_json({"id": "fence"})
    mark = gateway.log.mark()
    proxy.cut()
    gateway.log.wait("connection lost", mark, timeout=PATIENCE)
    move(gateway, 303, 305)
    proxy.open()
    client.wait_several(BACKLOG, 303, timeout=PATIENCE)
    client.fence()
    found = on(client, BACKLOG)
    check(found[:300], 1, 300)
    check(found[300:], 303, 305)
    check(on(client, LIVE), 301, 302)


def leave_behind(folder, count):
    """Makes the file of an earlier run, with the moves 1 to count."""
    state = folder / "g" / "state"
    state.mkdir(parents=True)
    with contextlib.closing(sqlite3.connect(state / "events.db")) as database, database:
        database.execute(
            "CREATE TABLE event(number INTEGER PRIMARY KEY, taken_ms INTEGER NOT NULL, payload BLOB NOT NULL)"
        )
        rows = ((n, n, json.dumps({"door": n % 2, "ts": n}).encode()) for n in range(1, count + 1))
        database.executemany("INSERT INTO event VALUES(?, ?, ?)", rows)


def test_as_many_as_may_be_kept_and_the_rest_is_counted(client, folder, proxy, start):
    """Disk and memory together; the oldest go."""
    leave_behind(folder, KEPT)
    proxy.cut()
    gateway = start()
    gateway.log.wait(f"{KEPT} events are on disk from an earlier run")
    await_door(gateway)
    move(gateway, KEPT + 1, KEPT + 100)
    await_disk(gateway, 100)
    proxy.open()
    gateway.log.wait(DELIVERED, timeout=PATIENCE)
    client.wait_json("tos/health", lambda health: health["events_lost"] == 100, timeout=PATIENCE)
    client.fence()
    check(on(client, BACKLOG), 101, KEPT + 100)


def test_a_connection_lost_while_the_disk_is_read_loses_no_event(client, folder, proxy, start):
    leave_behind(folder, 2000)
    mark = 0
    proxy.cut_after(PART)
    gateway = start()
    for is_last in (False, False, True):
        gateway.log.wait("connection lost", mark, timeout=PATIENCE)
        mark = gateway.log.mark()
        if not is_last:
            proxy.cut_after(PART)
        proxy.open()
    gateway.log.wait(DELIVERED, timeout=PATIENCE)
    client.fence()
    # One that was in flight may come again, but not before its turn.
    assert list(dict.fromkeys(event["ts"] for event in on(client, BACKLOG))) == list(range(1, 2001))


def test_a_full_disk_is_said_and_events_stay_in_memory(binary, client, folder, proxy, start):
    program = folder / "tosd-with-little-disk"
    # In blocks of 512 bytes; without the trap, the kernel would end it.
    program.write_text(f"#!/bin/sh\ntrap '' XFSZ\nulimit -f 80\nexec {binary} \"$@\"\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    gateway = start(program=str(program))
    begin_outage(client, proxy, gateway)
    moves = 0
    while not any("events.db: " in line for line in gateway.log.since()):
        mark = gateway.log.mark()
        move(gateway, moves + 1, moves + 20)
        moves += 20
        gateway.log.wait(r"events are on disk|events\.db: .*; events are kept in memory only", mark, PATIENCE)
    move(gateway, moves + 1, moves + 20)
    mark = client.mark()
    proxy.open()
    client.wait_several(BACKLOG, moves + 20, timeout=PATIENCE)
    assert client.wait_json("tos/health", mark=mark, timeout=PATIENCE)["events_lost"] == 0
    client.fence()
    check(on(client, BACKLOG), 1, moves + 20)


def test_a_disk_that_hangs_delays_no_event(client, folder, proxy, start, preload):
    hangs = folder / "disk-hangs"
    gateway = start(environment=preload("slow_disk", TOS_TEST_DISK=hangs))
    begin_outage(client, proxy, gateway)
    hangs.touch()
    move(gateway, 1, 3)
    gateway.log.wait("events that wait for the broker go to disk", timeout=PATIENCE)
    move(gateway, 4, 6)  # while the first ones are on their way
    mark = client.mark()
    proxy.open()
    client.wait("tos/state/input/door", lambda message: message.payload == b"off", mark, PATIENCE)
    move(gateway, 7, 8)
    client.wait_several(LIVE, 2)
    assert on(client, BACKLOG) == []
    hangs.unlink()
    client.wait_several(BACKLOG, 6, timeout=PATIENCE)
    client.fence()
    check(on(client, BACKLOG), 1, 6)
    check(on(client, LIVE), 7, 8)


def test_what_happened_before_the_clock_was_set_gets_its_time(client, folder, proxy, start, preload):
    clock = folder / "clock"
    began = time.time() * 1000
    proxy.cut()
    gateway = start(environment=preload("late_clock", TOS_TEST_CLOCK=clock))
    await_door(gateway)
    move(gateway, 1, 3)
    await_disk(gateway, 3)
    move(gateway, 4, 4)
    clock.touch()
    move(gateway, 5, 5)
    gateway.log.wait("the clock is set", timeout=PATIENCE)
    proxy.open()
    client.wait_several(BACKLOG, 5, timeout=PATIENCE)
    client.fence()
    found = on(client, BACKLOG)
    check(found, 1, 5)
    assert all(began - 1000 < event["ts"] < time.time() * 1000 + 1000 for event in found)
