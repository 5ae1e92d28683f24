# SPDX-License-Identifier: MIT
"""The state directory: one process at a time, and the reports when its files cannot be used."""

import json
import os
import shutil
import sqlite3
import subprocess

import pytest
from conftest import make_map
from harness import TIMEOUT, run_tosd

NOBODY = 65534
BACKLOG = "tos/sensors/backlog"
DELIVERED = "all readings that were on disk have been delivered"

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to mount and to be another user")


SCRIPT = """#!/bin/bash
set -e
D={place} S={place}/state
{shell}
exec {become} {binary} "$@"
"""
AS_NOBODY = "setpriv --reuid=65534 --clear-groups"
IN_A_MOUNT_NAMESPACE = '[ "$INSIDE" ] || INSIDE=yes exec unshare --mount "$0" "$@"'


@pytest.fixture
def start(binary, folder, proxy, make_gateway):
    """Starts a gateway behind some words of the shell: in $D is its folder, in $S the state directory."""

    def start(shell, become="", interval="50ms"):
        place = folder / "g"
        (place / "state").mkdir(parents=True, exist_ok=True)
        program = folder / "program"
        program.write_text(SCRIPT.format(place=place, shell=shell, become=become, binary=binary))
        program.chmod(0o755)
        text = make_map(proxy.port, "  health_interval: 1s", interval=interval, more="spool: {after: 1s}")
        return make_gateway(text, name="g", program=str(program))

    return start


def test_a_second_process_names_the_first_and_touches_nothing(broker, client, make_gateway, binary, folder):
    gateway = make_gateway(make_map(broker.port))
    client.wait("tos/sensors")
    wires = folder / "second"
    wires.mkdir()
    state = gateway.folder / "state"
    kept = (state / "running-map.yaml").read_bytes()
    other = folder / "other.yaml"
    other.write_text(make_map(broker.port, "  topic: other\n  client_id: other"))
    second = run_tosd(binary, "-s", "-c", other, "--state", state, TOS_SIM_DIR=str(wires))
    assert second.returncode == 1
    assert second.stderr == (
        f"error: {state} is in use by the tosd with the process id {gateway.process.pid}: end that one, or give this "
        "one a state directory of its own with --state\n"
    )
    assert os.listdir(wires) == []
    assert (state / "running-map.yaml").read_bytes() == kept
    # --safe is for when it is urgent.
    assert run_tosd(binary, "--safe", "-s", "-c", other, "--state", state).returncode == 0
    mark = client.mark()
    client.wait("tos/sensors", mark=mark)
    assert not client.since(topic="other/status")


def test_after_a_crash_nothing_holds_the_next_one_up(client, make_gateway, broker):
    gateway = make_gateway(make_map(broker.port))
    gateway.kill()
    assert (gateway.folder / "state" / "lock").exists()
    gateway.start()
    assert gateway.stop() == 0
    assert not (gateway.folder / "state" / "lock").exists()


def leave_behind(folder, count):
    """Makes the file of an earlier run, with the readings 1 to count."""
    state = folder / "g" / "state"
    state.mkdir(parents=True)
    with sqlite3.connect(state / "spool.db") as database:
        database.execute(
            "CREATE TABLE reading(number INTEGER PRIMARY KEY, taken_ms INTEGER NOT NULL, payload BLOB NOT NULL)"
        )
        rows = ((n, n, json.dumps({"ts": n}).encode()) for n in range(1, count + 1))
        database.executemany("INSERT INTO reading VALUES(?, ?, ?)", rows)
    database.close()
    return state


def told(client, words):
    disk = client.wait_json("tos/health", lambda health: not health["disk"]["ok"])["disk"]
    assert words in disk["error"] and disk["since"] > 1.7e12
    return disk


def well_again(client):
    client.wait_json("tos/health", lambda health: health["disk"] == {"ok": True, "rows": 0, "bytes": 0}, client.mark())


def test_a_file_that_just_now_could_not_be_written_is_not_taken_for_a_damaged_one(client, start, folder, preload):
    """SQLite opened it only for reading, and the reason is gone by the time that the gateway looks for it."""
    state = leave_behind(folder, 50)
    barred = folder / "barred"
    barred.touch()
    environment = preload("barred_file", TOS_TEST_BARRED=barred)
    gateway = start("export " + " ".join(f"{variable}={value}" for variable, value in environment.items()))
    gateway.log.wait("error: spool: .*spool.db: ")
    barred.unlink()
    gateway.log.wait(DELIVERED)
    client.wait_json(BACKLOG, lambda reading: reading["ts"] == 50)
    assert {json.loads(m.payload)["ts"] for m in client.since(topic=BACKLOG)} >= set(range(1, 51))
    assert not list(state.glob("*.damaged"))


@needs_root
@pytest.mark.parametrize("mode", [0o644, 0o600])
def test_files_of_another_user_are_told_as_that_and_used_as_soon_as_they_can_be(client, start, folder, mode):
    """As if it had once been run by hand, as root."""
    state = leave_behind(folder, 50)
    (state / "spool.db").chmod(mode)
    folder.chmod(0o755)
    gateway = start("chmod 777 $D $S; chmod 666 $D/wire.log $D/notify", AS_NOBODY)
    why = f"spool.db: permission denied: {state}/spool.db belongs to root, and tosd runs as nobody; readings are kept"
    gateway.log.wait(f"{why}.*: chown -R nobody {state}$")
    assert told(client, why)["rows"] is None
    shutil.chown(state / "spool.db", NOBODY)
    gateway.log.wait(DELIVERED)
    well_again(client)
    assert {json.loads(m.payload)["ts"] for m in client.since(topic="tos/sensors/backlog")} >= set(range(1, 51))
    assert not (state / "spool.db.damaged").exists()
    assert gateway.stop() == 0


@needs_root
def test_an_interval_of_another_user_is_told_as_that(start, folder):
    state = folder / "g" / "state"
    state.mkdir(parents=True)
    (state / "interval").write_text("50 250\n")
    (state / "interval").chmod(0o600)
    folder.chmod(0o755)
    shell = "chmod 777 $D $S; chmod 666 $D/wire.log $D/notify"
    gateway = start(shell, AS_NOBODY, "{default: 50ms, remember: true}")
    why = f"permission denied: {state}/interval belongs to root, and tosd runs as nobody"
    gateway.log.wait(f"^warning: interval: {state}/interval: {why}; the interval is the map's: chown -R nobody {state}$")
    gateway.log.wait("interval 50 ms")
    assert gateway.stop() == 0


def in_its_place(gateway, *command):
    subprocess.run(["nsenter", "--target", str(gateway.process.pid), "--mount", *command], check=True)


@needs_root
@pytest.mark.parametrize(
    "mount, cause, mend",
    [
        ("mount --bind $S $S; mount -o remount,bind,ro $S", "the file system is read-only", "remount,bind,rw"),
        (
            "mount -t tmpfs -o size=64k none $S; head -c 60000 /dev/zero > $S/filler; mount -o remount,size=60k $S",
            "the disk is full",
            "remount,size=10m",
        ),
    ],
)
def test_a_disk_that_cannot_be_written_is_told_as_what_it_is(client, start, proxy, mount, cause, mend):
    gateway = start(f"{IN_A_MOUNT_NAMESPACE}\n{mount}")
    client.wait("tos/sensors")
    proxy.cut()
    gateway.log.wait(f"spool.db: {cause}; readings are kept in memory only", timeout=2 * TIMEOUT)
    proxy.open()
    told(client, cause)
    in_its_place(gateway, "mount", "-o", mend, str(gateway.folder / "state"))
    gateway.log.wait("spool.db works again")
    well_again(client)
    assert gateway.stop() == 0


@pytest.mark.slow
def test_what_finds_no_thread_is_kept_once_there_can_be_one(broker, client, make_gateway, folder, preload):
    none = folder / "no-threads"
    environment = preload("no_threads", TOS_TEST_NO_THREADS=none)
    text = make_map(broker.port, mqtt="  health_interval: 1s", interval="{default: 5s, remember: true}")
    gateway = make_gateway(text, environment=environment)
    client.wait("tos/status", lambda m: m.payload == b"online")
    none.touch()
    assert client.ask_json({"sensors": {"interval": 3000}})["ok"]
    client.wait_json("tos/health", lambda health: "there can be no thread" in str(health["disk"].get("error")))
    none.unlink()
    client.wait_json("tos/health", lambda health: health["disk"]["ok"], client.mark())
    assert (gateway.folder / "state" / "interval").read_text() == "5000 3000\n"
