# SPDX-License-Identifier: MIT
"""Nothing is lost: what an outage, a restart, a crash and a bad disk do to the readings.

A reading is known by its ts. Which ones were taken is in the gateway's own log (--verbose); which ones arrived, a client
tells. The proxy lets the gateway through only when that client listens: a broker forgets what nobody wants.
"""

import contextlib
import json
import re
import sqlite3
import stat
import time

import pytest

from conftest import make_map
from harness import IN_TIME_S, TIMEOUT

LIVE, BACKLOG = "tos/sensors", "tos/sensors/backlog"
SPOOL = "spool: {{after: {after}, size: {size}}}"
PART = 150000  # bytes, of five times as many that 2000 readings of 300 bytes take
DELIVERED = "all readings that were on disk have been delivered"


@pytest.fixture
def start(proxy, make_gateway):
    """Starts the same gateway, again and again."""

    def start(after="1s", size="1MiB", interval="50ms", mqtt="", verbose=True, **more):
        text = make_map(proxy.port, mqtt=mqtt, interval=interval, more=SPOOL.format(after=after, size=size))
        return make_gateway(text, ["--verbose"] if verbose else [], name="g", **more)

    return start


def files(gateway):
    """Returns the names of the spool's files in the state directory."""
    return sorted(path.name for path in (gateway.folder / "state").glob("spool*"))


def taken(*gateways):
    """The ts of all readings that were taken, in their order."""
    return [ts for gateway in gateways for ts in gateway.taken()]


def on_disk_until(gateway):
    """The ts of the newest reading that the gateway says is on disk."""
    found = (re.search(r"spool: \d+ readings are on disk, up to (\d+)", line) for line in gateway.log.since())
    return max(int(match.group(1)) for match in found if match)


def stamps(client, topic):
    return [json.loads(message.payload)["ts"] for message in client.since(topic=topic)]


def check_order(client):
    """Readings arrive on the backlog topic in the order in which they were taken; one may come again, but not first."""
    seen, newest = set(), 0
    for ts in stamps(client, BACKLOG):
        assert ts in seen or ts > newest, f"{ts} came after {newest}"
        seen.add(ts)
        newest = max(newest, ts)


def missing(client, stamps_taken):
    client.fence()
    return sorted(set(stamps_taken) - set(stamps(client, LIVE)) - set(stamps(client, BACKLOG)))


def lost(client, *gateways):
    """Returns the ts of lost readings: they neither arrived nor wait on disk after the end of the last gateway."""
    return [ts for ts in missing(client, taken(*gateways)) if ts not in gateways[-1].spooled()]


def wait_live(client, gateway):
    """A reading that was taken from now on has arrived, and so the connection works."""
    now_ms = time.time() * 1000
    client.wait(LIVE, lambda message: json.loads(message.payload)["ts"] > now_ms)
    assert gateway.process.poll() is None


def wait_backlog(client, ts):
    client.wait(BACKLOG, lambda message: json.loads(message.payload)["ts"] >= ts, timeout=2 * TIMEOUT)


def stop_in_time(gateway):
    begin = time.monotonic()
    assert gateway.stop() == 0
    assert time.monotonic() - begin < IN_TIME_S


def test_without_an_outage_the_disk_is_left_alone(client, start):
    gateway = start(after="20s")  # the time until it is connected is an outage, too
    wait_live(client, gateway)
    assert files(gateway) == []
    assert gateway.stop() == 0
    assert lost(client, gateway) == []


def test_a_long_outage_goes_over_the_disk(client, proxy, start):
    gateway = start()
    wait_live(client, gateway)
    proxy.cut()
    gateway.log.wait("connection lost")
    for _ in range(3):
        mark = gateway.log.mark()
        gateway.log.wait("readings are on disk, up to", mark)
    assert "spool.db" in files(gateway)
    proxy.open()
    gateway.log.wait(DELIVERED, mark)
    assert files(gateway) == []
    wait_live(client, gateway)
    client.wait_json("tos/health", lambda health: health["queued"] < 20 and health["dropped"] == 0)
    assert gateway.stop() == 0
    assert lost(client, gateway) == []
    assert len(stamps(client, BACKLOG)) >= 40
    check_order(client)


def test_a_short_outage_stays_in_memory(client, proxy, start):
    gateway = start(after="1h")
    wait_live(client, gateway)
    proxy.cut()
    mark = gateway.log.mark()
    for _ in range(30):
        gateway.log.wait("sensors: reading", mark)
        mark = gateway.log.mark()
    assert files(gateway) == []
    proxy.open()
    wait_live(client, gateway)
    assert gateway.stop() == 0
    assert lost(client, gateway) == []
    check_order(client)


def test_a_crash_in_an_outage_loses_only_what_was_not_yet_on_disk(client, proxy, start):
    first = start()
    wait_live(client, first)
    proxy.cut()
    for _ in range(3):
        mark = first.log.mark()
        first.log.wait("readings are on disk, up to", mark)
    first.kill()
    second = start()
    second.log.wait("readings are on disk from an earlier run")
    proxy.open()
    second.log.wait(DELIVERED)
    assert second.stop() == 0
    kept_until = on_disk_until(first)
    gone = missing(client, taken(first))
    # A batch is 20 readings or more, and once a second is looked whether there are as many. A busy machine may be late.
    assert all(ts > kept_until for ts in gone)
    assert lost(client, second) == []
    check_order(client)


def test_an_ordered_end_in_an_outage_loses_nothing(client, proxy, start):
    first = start(after="1h")
    wait_live(client, first)
    mark = first.log.mark()
    proxy.cut()
    first.log.wait("connection lost", mark)
    for _ in range(10):
        mark = first.log.mark()
        first.log.wait("sensors: reading", mark)
    assert files(first) == []
    stop_in_time(first)
    assert files(first) == ["spool.db"]
    second = start(after="1h")
    second.log.wait("readings are on disk from an earlier run")
    # And once more, without the broker in between.
    assert second.stop() == 0
    third = start(after="1h")
    proxy.open()
    third.log.wait(DELIVERED)
    # Those that it took itself before it was connected follow now, or wait on disk for a fourth.
    assert third.stop() == 0
    assert lost(client, first, second, third) == []
    check_order(client)


def test_a_black_hole_at_the_end_loses_nothing(client, proxy, start):
    """The library is inside a connect that gets no answer, and is left there."""
    proxy.freeze()
    first = start(after="1h")
    first.log.wait("connecting to")
    for _ in range(10):
        mark = first.log.mark()
        first.log.wait("sensors: reading", mark)
    stop_in_time(first)
    proxy.thaw()
    second = start(after="1h")
    second.log.wait(DELIVERED)
    assert second.stop() == 0
    assert lost(client, first, second) == []
    check_order(client)


def leave_behind(folder, count, size):
    """Makes the file of an earlier run, with the readings 1 to count."""
    state = folder / "g" / "state"
    state.mkdir(parents=True)
    with sqlite3.connect(state / "spool.db") as database:
        database.execute(
            "CREATE TABLE reading(number INTEGER PRIMARY KEY, taken_ms INTEGER NOT NULL, payload BLOB NOT NULL)"
        )
        rows = ((n, n, json.dumps({"ts": n, "filler": "x" * size}).encode()) for n in range(1, count + 1))
        database.executemany("INSERT INTO reading VALUES(?, ?, ?)", rows)
    database.close()


def test_a_full_spool_drops_the_oldest_and_counts_them(client, folder, proxy, start):
    leave_behind(folder, 110, 10000)
    proxy.cut()
    gateway = start()
    gateway.log.wait("110 readings are on disk from an earlier run")
    gateway.log.wait("readings are on disk, up to")
    proxy.open()
    gateway.log.wait(DELIVERED)
    wait_live(client, gateway)
    mark = client.mark()
    gateway.fault("climate", "no-answer")
    dropped = client.wait_json("tos/health", mark=mark)["dropped"]
    assert gateway.stop() == 0
    # 1 MiB takes 104 of them. For the new ones, as many as there are in an outage, one in 50 has to go as well.
    assert 6 <= dropped <= 7 + len(taken(gateway)) // 50
    assert stamps(client, BACKLOG)[0] == dropped + 1
    assert missing(client, range(dropped + 1, 111)) == [] and lost(client, gateway) == []
    check_order(client)


@pytest.mark.alone
def test_a_long_backlog_does_not_delay_live_readings_and_commands(client, make_client, folder, start):
    leave_behind(folder, 20000, 100)
    commander = make_client(topics=["tos/actions/ack"])
    # Room for all of it: on a busy machine a live reading may go to disk, and what is too much there is dropped then.
    gateway = start(interval="20ms", size="16MiB", verbose=False)
    client.wait(BACKLOG)
    delays = []
    # Behind it may come what was taken before the connection stood.
    while not any(m.payload.startswith(b'{"ts": 20000,') for m in client.since(topic=BACKLOG)[-100:]):
        begin = time.monotonic()
        assert commander.ask_json({"led": {"0": {"on": True}}})["ok"]
        delays.append(time.monotonic() - begin)
    gateway.log.wait(DELIVERED)
    delays.sort()
    print(f"{len(delays)} commands: median {delays[len(delays) // 2] * 1e3:.1f} ms, longest {delays[-1] * 1e3:.1f} ms")
    assert len(delays) > 10 and delays[len(delays) // 2] < 0.1
    assert missing(client, range(1, 20001)) == []
    check_order(client)
    # Readings that were taken while the backlog was sent went out at once, between its messages, and whole.
    topics = [message.topic for message in client.since() if message.topic in (LIVE, BACKLOG)]
    gaps = [len(run) for run in " ".join("L" if t == LIVE else "b" for t in topics).replace(" ", "").split("L")]
    print(f"at most {max(gaps)} backlog messages between two live ones")
    assert max(gaps) < 5000


def test_a_connection_lost_while_the_disk_is_read_is_no_harm(client, folder, proxy, start):
    leave_behind(folder, 2000, 300)
    mark = 0
    proxy.cut_after(PART)
    gateway = start()
    for is_last in (False, False, True):
        gateway.log.wait("connection lost", mark)
        mark = gateway.log.mark()
        if not is_last:
            proxy.cut_after(PART)
        proxy.open()
    gateway.log.wait(DELIVERED)
    wait_live(client, gateway)
    assert gateway.stop() == 0
    assert missing(client, range(1, 2001)) == [] and lost(client, gateway) == []
    check_order(client)


def test_a_disk_that_fails_is_told_once_and_memory_goes_on(client, folder, proxy, start):
    place = folder / "g" / "state" / "spool.db"
    place.mkdir(parents=True)
    gateway = start()
    gateway.log.wait("spool.db: .*; readings are kept in memory only")
    wait_live(client, gateway)
    proxy.cut()
    gateway.log.wait("connection lost")
    mark = gateway.log.mark()
    # By then it was tried again, failed again, and that was not news.
    for _ in range(40):
        gateway.log.wait("sensors: reading", mark)
        mark = gateway.log.mark()
    told = [line for line in gateway.log.since() if "spool.db" in line]
    assert len(told) == 1, told
    assert client.wait_json("tos/health", lambda health: not health["disk"]["ok"])["disk"]["since"] > 1.7e12
    place.rmdir()
    gateway.log.wait("spool.db works again")
    mark = client.mark()
    proxy.open()
    client.wait_json("tos/health", lambda health: health["disk"]["ok"], mark)
    gateway.log.wait(DELIVERED, timeout=2 * TIMEOUT)
    assert gateway.stop() == 0
    assert lost(client, gateway) == []
    check_order(client)


def test_a_full_disk_is_told_once_and_memory_goes_on(binary, client, folder, proxy, start):
    program = folder / "tosd-with-little-disk"
    # In blocks of 512 bytes; without the trap, the kernel would end it.
    program.write_text(f"#!/bin/sh\ntrap '' XFSZ\nulimit -f 80\nexec {binary} \"$@\"\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    gateway = start(program=str(program), interval="20ms")
    wait_live(client, gateway)
    proxy.cut()
    gateway.log.wait("spool.db: .*; readings are kept in memory only", timeout=2 * TIMEOUT)
    mark = gateway.log.mark()
    gateway.log.wait("sensors: reading", mark)
    newest = taken(gateway)[-1]
    proxy.open()
    wait_backlog(client, newest)
    assert gateway.stop() == 0
    assert lost(client, gateway) == []
    check_order(client)
    assert len([line for line in gateway.log.since() if "in memory only" in line]) == 1


def test_a_disk_that_is_not_ready_is_asked_again(client, folder, start):
    """Somebody else holds the file when the gateway starts; the connection is there, and stays."""
    leave_behind(folder, 50, 100)
    with contextlib.closing(sqlite3.connect(folder / "g" / "state" / "spool.db")) as holder:
        holder.execute("PRAGMA locking_mode = EXCLUSIVE")
        holder.execute("BEGIN EXCLUSIVE")
        gateway = start(mqtt="  health_interval: 1s")
        gateway.log.wait("spool.db: Device or resource busy; readings are kept in memory only")
        # By then it was tried once more.
        for _ in range(20):
            wait_live(client, gateway)
    gateway.log.wait(DELIVERED)
    told = client.wait_json("tos/health", lambda health: not health["disk"]["ok"])["disk"]
    assert "busy" in told["error"] and told["since"] > 1.7e12
    assert told["rows"] is None and told["bytes"] is None, "what lies there is not known"
    client.wait_json("tos/health", lambda health: health["disk"] == {"ok": True, "rows": 0, "bytes": 0})
    assert missing(client, range(1, 51)) == []
    assert gateway.stop() == 0
    assert files(gateway) == []
    assert len([line for line in gateway.log.since() if "connected to" in line]) == 1


def test_the_health_says_what_lies_on_disk(client, folder, proxy, start):
    leave_behind(folder, 5000, 100)
    # There is no number before the disk was read.
    proxy.cut()
    # It adds few of its own: those that come before the connection.
    gateway = start(after="1h", mqtt="  health_interval: 1s")
    gateway.log.wait("5000 readings are on disk from an earlier run")
    # This makes a health while nothing is sent.
    gateway.fault("climate", "no-answer")
    gateway.log.wait("no answer")
    proxy.open()
    disk = client.wait_json("tos/health", lambda health: health["disk"]["rows"] is not None)["disk"]
    assert disk["ok"] and 0 < disk["rows"] <= 6000
    assert 100 * disk["rows"] < disk["bytes"] < 200 * disk["rows"]
    gateway.log.wait(DELIVERED)
    mark = client.mark()
    client.wait_json("tos/health", lambda health: health["disk"] == {"ok": True, "rows": 0, "bytes": 0}, mark)


@pytest.mark.alone
def test_a_disk_that_hangs_delays_nobody(client, folder, proxy, start, preload):
    hangs = folder / "disk-hangs"
    environment = preload("slow_disk", TOS_TEST_DISK=hangs)
    leave_behind(folder, 5000, 100)
    gateway = start(environment=environment)
    client.wait(BACKLOG)
    # Delivered readings cannot be removed now. That does not hold up the link.
    hangs.touch()
    for _ in range(10):
        begin = time.monotonic()
        assert client.ask_json({"led": {"0": {"on": True}}})["ok"]
        assert time.monotonic() - begin < 1
        wait_live(client, gateway)
    assert len(stamps(client, BACKLOG)) < 5000
    hangs.unlink()
    gateway.log.wait(DELIVERED)
    # Nor does the sampler, in an outage; and the end does not wait either.
    proxy.cut()
    gateway.log.wait("readings are on disk, up to")
    hangs.touch()
    before = len(taken(gateway))
    mark = gateway.log.mark()
    gateway.log.wait("connecting to", mark)
    gateway.log.wait("sensors: reading", mark)
    stop_in_time(gateway)
    gateway.log.wait("spool: the disk does not answer")
    assert len(taken(gateway)) > before
    assert missing(client, range(1, 5001)) == []
    check_order(client)


def test_a_disk_that_hangs_is_told(client, folder, proxy, start, preload):
    """What waits for it does not wait in silence."""
    hangs = folder / "disk-hangs"
    environment = preload("slow_disk", TOS_TEST_DISK=hangs)
    gateway = start(mqtt="  health_interval: 1s", environment=environment)
    wait_live(client, gateway)
    proxy.cut()
    gateway.log.wait("readings are on disk, up to")
    hangs.touch()
    gateway.log.wait("error: spool: .*: the disk has not answered for 5 s; what is on it", timeout=2 * TIMEOUT)
    mark = client.mark()
    proxy.open()
    disk = client.wait_json("tos/health", lambda health: not health["disk"]["ok"], mark)["disk"]
    assert "the disk has not answered" in disk["error"] and disk["since"] > 0
    hangs.unlink()
    gateway.log.wait("spool: the disk answers again")
    client.wait_json("tos/health", lambda health: health["disk"]["ok"], mark)
    gateway.log.wait(DELIVERED)
    assert sum("the disk has not answered" in line for line in gateway.log.since()) == 1


def test_a_damaged_file_is_moved_aside(client, folder, proxy, start):
    state = folder / "g" / "state"
    state.mkdir(parents=True)
    (state / "spool.db").write_text("This is a letter to the editor, and no database.\n")
    gateway = start(after="1h")
    gateway.log.wait("spool.db is damaged, and is now spool.db.damaged")
    wait_live(client, gateway)
    assert files(gateway) == ["spool.db.damaged"]


def test_a_reload_keeps_what_waits(client, proxy, start):
    gateway = start(after="1h")
    wait_live(client, gateway)
    proxy.cut()
    gateway.log.wait("connection lost")
    mark = gateway.log.mark()
    more = SPOOL.format(after="1s", size="1MiB")
    gateway.reload(make_map(proxy.port, mqtt="  client_id: another", interval="50ms", more=more))
    gateway.log.wait("reload: done", mark)
    gateway.log.wait("readings are on disk, up to", mark)
    proxy.open()
    gateway.log.wait(DELIVERED)
    assert gateway.stop() == 0
    assert lost(client, gateway) == []
    check_order(client)


def test_a_broker_that_freezes_while_memory_fills_counts_as_gone(broker, client, make_gateway, proxy):
    """Its socket still lives, and the keepalive would wait for much longer."""
    names = "".join(f"  {'x' * 40}{n:02}: {{from: adc.2}}\n" for n in range(20))
    # Long before that is the limit of an acknowledgement, too.
    more = SPOOL.format(after="10min", size="16MiB")
    text = make_map(proxy.port, interval="20ms", more=more).replace("sensors:\n", "sensors:\n" + names, 1)
    gateway = make_gateway(text, ["--verbose"])
    wait_live(client, gateway)
    begin = time.monotonic()
    broker.freeze()
    gateway.log.wait("connection lost: the broker does not acknowledge any more, and memory fills", timeout=2 * TIMEOUT)
    assert time.monotonic() - begin > 9
    gateway.log.wait("readings are on disk, up to")
    newest = taken(gateway)[-1]
    broker.thaw()
    wait_backlog(client, newest)
    client.wait_json("tos/health", lambda health: health["reconnects"] == 1 and health["dropped"] == 0)
    assert gateway.stop() == 0
    assert missing(client, [ts for ts in taken(gateway) if ts <= newest]) == []
    check_order(client)
