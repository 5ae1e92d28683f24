# SPDX-License-Identifier: MIT
"""A disk that hangs: the thread that stops motors does not wait for it, and what can be on is known to tosd --safe."""

import contextlib
import os
import re
import subprocess
import time

import pytest
from conftest import make_map
from harness import TIMEOUT

MOTOR = "  - {forward: GPIO5, backward: GPIO6, enable: board.0, reverse_pause: 20ms}\n"
BRIEF = "  - {name: brief, forward: GPIO7, backward: GPIO8, max_on: 500ms}\n"
NEW = "  - {name: new, forward: GPIO23, backward: GPIO24}\n"
WAITS = "^test: the disk waits$"

FORWARD = {"motor": {"0": {"direction": "forward", "speed": 10}}}
STOP = {"motor": {"0": {"direction": "stop"}}}
BRIEFLY = {"motor": {"brief": {"direction": "forward", "speed": 10}}}
NEW_FORWARD = {"motor": {"new": {"direction": "forward", "speed": 10}}}

NOW, NEXT, START = "running-map.yaml", "next-map.yaml", "start-map.yaml"
# The steps of a reload that may hang: opening the map, and replacing each of the copies.
READS, ANNOUNCES, SETTLES = "<tosd.yaml", NEXT, NOW


class Disk:
    """Hangs, see slow_disk.c."""

    def __init__(self, folder, preload):
        self.path = folder / "disk-hangs"
        self.environment = preload("slow_disk", TOS_TEST_DISK=self.path)

    def hang(self, word):
        new = self.path.with_suffix(".new")
        new.write_text(word)
        new.rename(self.path)

    def answer(self):
        self.path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def hangs(self, word):
        self.hang(word)
        yield
        self.answer()


@pytest.fixture
def disk(folder, preload):
    disk = Disk(folder, preload)
    yield disk
    disk.answer()


def old_map(broker):
    return make_map(broker.port).replace(MOTOR, MOTOR + BRIEF)


def new_map(broker):
    """The motor that has a time limit leaves, and a new one comes."""
    return make_map(broker.port).replace(MOTOR, MOTOR + NEW)


@pytest.fixture
def gateway(broker, client, make_gateway, disk):
    gateway = make_gateway(old_map(broker), environment=disk.environment)
    client.wait("tos/status", lambda m: m.payload == b"online")
    return gateway

def copies(gateway):
    """The maps that tosd --safe finds."""
    state = gateway.folder / "state"
    return {name: (state / name).read_text() for name in (NOW, NEXT, START) if (state / name).exists()}


def wait_copies(gateway, expected):
    """Once a start or a health is over, a thread keeps them, and there is no word of it."""
    deadline = time.monotonic() + TIMEOUT
    while copies(gateway) != expected:
        assert time.monotonic() < deadline, copies(gateway).keys()
        time.sleep(0.01)


@pytest.mark.parametrize("word", [READS, ANNOUNCES, SETTLES])
def test_a_reload_that_the_disk_holds_up_holds_up_no_stop(broker, client, gateway, disk, word):
    """Neither the command, nor a time limit, nor a limit of the map that is to come or has come."""
    assert client.ask_json(FORWARD)["ok"]
    log, notes = gateway.log.mark(), gateway.notifications.lines.mark()
    is_over = word == SETTLES
    with disk.hangs(word):
        gateway.reload(new_map(broker))
        gateway.log.wait(WAITS, log)
        wires = gateway.wire.mark()
        if is_over:
            assert client.ask_json(NEW_FORWARD)["ok"]
            assert client.ask_json({"motor": {"new": {"for": 200}}})["ok"]
            gateway.wire.wait("line GPIO23 0", wires)
        else:
            assert not client.ask_json(NEW_FORWARD)["ok"]
            assert client.ask_json(BRIEFLY)["ok"]
            gateway.wire.wait("line GPIO7 0", wires)
        assert gateway.output("GPIO5") == 1
        assert client.ask_json(STOP)["ok"]
        assert gateway.output("GPIO5") == 0
        assert not any("reload: done" in line for line in gateway.log.since(log))
    gateway.log.wait("reload: done", log)
    gateway.notifications.lines.wait("^READY=1$", notes)
    assert client.ask_json(NEW_FORWARD)["ok"]
    assert copies(gateway) == {NOW: new_map(broker)}
    assert gateway.stop() == 0


def test_the_last_of_several_reloads_is_in_force_when_the_disk_answers(broker, client, gateway, disk):
    log = gateway.log.mark()
    with disk.hangs(ANNOUNCES):
        gateway.reload(make_map(broker.port))
        gateway.log.wait(WAITS, log)
        for _ in range(3):
            gateway.reload(new_map(broker))
            assert client.ask_json(BRIEFLY)["ok"]
    gateway.log.wait(r"reload: done: .*\bnew\b", log)
    assert client.ask_json(NEW_FORWARD)["ok"]
    assert copies(gateway) == {NOW: new_map(broker)}
    assert gateway.stop() == 0


@pytest.mark.slow
def test_a_reload_that_waits_is_told(broker, client, make_gateway, disk):
    options = {"mqtt": "  health_interval: 1s"}
    gateway = make_gateway(make_map(broker.port, **options), environment=disk.environment)
    client.wait("tos/status", lambda m: m.payload == b"online")
    with disk.hangs(ANNOUNCES):
        gateway.reload(make_map(broker.port, interval="200ms", **options))
        client.wait_json("tos/health", lambda health: "does not answer" in str(health["disk"].get("error")))
        gateway.log.wait("warning: config: the disk does not answer: a reload waits until the new map is read, and a copy")
    gateway.log.wait("reload: done")
    client.wait_json("tos/health", lambda health: health["disk"]["ok"], client.mark())


@pytest.mark.slow
def test_a_copy_that_waits_is_no_reload(broker, client, make_gateway, disk):
    """It is called by its name, and a reload that comes meanwhile has begun for the service manager."""
    options = {"mqtt": "  health_interval: 1s"}
    gateway = make_gateway(make_map(broker.port, **options), environment=disk.environment)
    client.wait("tos/status", lambda m: m.payload == b"online")
    assert gateway.stop() == 0
    gateway.map.write_text(make_map(broker.port, interval="200ms", **options))
    disk.hang(NOW)
    gateway.start()
    client.wait_json("tos/health", lambda health: "a copy of the map waits to be kept" in str(health["disk"].get("error")))
    gateway.log.wait("warning: config: the disk does not answer: a copy of the map waits to be kept in ")
    notes = gateway.notifications.lines.mark()
    gateway.reload(make_map(broker.port, interval="300ms", **options))
    gateway.notifications.lines.wait("^RELOADING=1$", notes)
    assert gateway.stop() == 0
    assert any("the disk does not answer; the copies of the map are as they were" in line for line in gateway.log.since())


def test_a_map_with_a_mistake_leaves_no_copy(broker, gateway, disk):
    log = gateway.log.mark()
    gateway.reload(new_map(broker).replace("motors:", "moters:"))
    gateway.log.wait("reload: refused", log)
    gateway.reload(new_map(broker))
    gateway.log.wait("reload: done", log)
    assert copies(gateway) == {NOW: new_map(broker)}


def test_an_end_does_not_wait_for_a_reload_that_the_disk_holds_up(broker, client, gateway, disk):
    assert client.ask_json(FORWARD)["ok"]
    log, wires = gateway.log.mark(), gateway.wire.mark()
    disk.hang(ANNOUNCES)
    gateway.reload(new_map(broker))
    gateway.log.wait(WAITS, log)
    assert gateway.stop() == 0
    assert any("the disk does not answer; a reload has not ended" in line for line in gateway.log.since(log))
    assert any(line.endswith("line GPIO5 0") for line in gateway.wire.since(wires))


def make_safe(binary, gateway, folder):
    """As the unit does after every end. Returns the lines that it wrote, each with its last level."""
    wires = folder / "safe"
    wires.mkdir()
    program = [binary, "--safe", "--verbose", "--simulate", "--config", gateway.map, "--state", gateway.folder / "state"]
    environment = dict(os.environ, TOS_SIM_DIR=str(wires))
    process = subprocess.run(program, env=environment, stderr=subprocess.PIPE, text=True, timeout=TIMEOUT, check=False)
    assert process.returncode == 0, process.stderr
    return dict(re.findall(r"debug: (GPIO\d+): set (\d)\S* ok", process.stderr))


@pytest.mark.parametrize("word, action, line", [
    (READS, BRIEFLY, "GPIO7"),
    (ANNOUNCES, BRIEFLY, "GPIO7"),
    (SETTLES, NEW_FORWARD, "GPIO23"),
])
def test_a_kill_in_a_reload_leaves_nothing_unknown(binary, broker, client, gateway, disk, folder, word, action, line):
    """However the map is edited meanwhile."""
    log = gateway.log.mark()
    disk.hang(word)
    gateway.reload(new_map(broker))
    gateway.log.wait(WAITS, log)
    assert client.ask_json({"motor": {**FORWARD["motor"], **action["motor"]}})["ok"]
    gateway.map.write_text(make_map(broker.port).replace("GPIO5", "GPIO9"))
    gateway.kill()
    disk.answer()
    low = make_safe(binary, gateway, folder)
    assert {"GPIO5", "GPIO9", line} <= set(low) and set(low.values()) == {"0"}
    # The next process leaves the copy of its own map alone.
    gateway.start()
    wait_copies(gateway, {NOW: gateway.map.read_text()})


def test_a_start_that_is_refused_keeps_what_ran_before(binary, broker, gateway, folder):
    assert gateway.stop() == 0
    gateway.map.write_text(make_map(broker.port).replace(MOTOR, MOTOR + NEW))
    gateway.refuse_start()
    assert copies(gateway) == {NOW: old_map(broker), START: gateway.map.read_text()}
    gateway.map.write_text(make_map(broker.port))
    assert {"GPIO5", "GPIO7", "GPIO23"} <= set(make_safe(binary, gateway, folder))


def test_nothing_is_turned_on_before_the_first_copy_is_kept(broker, make_gateway, disk):
    relays = "relays: [{name: pump, line: GPIO4, start: on}]"
    with disk.hangs(SETTLES):
        gateway = make_gateway(make_map(broker.port, more=relays), environment=disk.environment, wait_ready=False)
        gateway.log.wait(WAITS)
        assert copies(gateway) == {} and not any("line GPIO4 1" in line for line in gateway.wire.since())
    gateway.wire.wait("line GPIO4 1")
    assert copies(gateway) == {NOW: gateway.map.read_text()}


def test_nor_at_a_start_with_another_map(broker, client, gateway, disk):
    """And when it runs, the disk holds up no stop."""
    assert gateway.stop() == 0
    mark = client.mark()
    gateway.map.write_text(make_map(broker.port, more="relays: [{name: pump, line: GPIO4, start: on}]"))
    disk.hang(START)
    gateway.start(wait_ready=False)
    gateway.log.wait(WAITS)
    assert copies(gateway) == {NOW: old_map(broker)} and not any("line GPIO4 1" in line for line in gateway.wire.since())
    disk.hang(NOW)
    gateway.wire.wait("line GPIO4 1")
    gateway.notifications.lines.wait("^READY=1$")
    client.wait("tos/status", lambda m: m.payload == b"online", mark)
    assert client.ask_json(FORWARD)["ok"] and client.ask_json(STOP)["ok"]
    assert copies(gateway) == {NOW: old_map(broker), START: gateway.map.read_text()}
    disk.answer()
    wait_copies(gateway, {NOW: gateway.map.read_text()})


def test_a_copy_that_cannot_be_kept_is_tried_again(broker, client, make_gateway):
    """By a thread, since it may hang then."""
    gateway = make_gateway(make_map(broker.port, mqtt="  health_interval: 1s"))
    state = gateway.folder / "state"
    (state / NOW).unlink()
    (state / NOW).mkdir()
    (state / NOW / "in-the-way").touch()
    gateway.reload(make_map(broker.port, mqtt="  health_interval: 1s\n  keepalive: 50s"))
    gateway.log.wait("warning: config: no copy of the map can be kept in ")
    client.wait_json("tos/health", lambda health: not health["disk"]["ok"])
    (state / NOW / "in-the-way").unlink()
    (state / NOW).rmdir()
    client.wait_json("tos/health", lambda health: health["disk"]["ok"], client.mark())
    assert copies(gateway) == {NOW: gateway.map.read_text()}


def test_a_count_that_waits_for_the_disk_at_the_end_is_answered(broker, client, make_gateway, disk):
    text = f"""
mqtt: {{url: 'mqtt://127.0.0.1:{broker.port}'}}
chips: {{meter: {{driver: pulse, line: GPIO25, remember: true}}}}
sensors: {{count: {{from: meter.count}}}}
"""
    gateway = make_gateway(text, environment=disk.environment)
    client.wait("tos/sensors")
    disk.hang("counts")
    mark, log = client.mark(), gateway.log.mark()
    client.publish("tos/actions", {"id": 1, "sensors": {"count": {"meter": 7}}})
    gateway.log.wait(WAITS, log)
    gateway.stop()
    answer = client.wait_json("tos/actions/ack", mark=mark)
    assert not answer["ok"] and answer["id"] == 1 and "the gateway is ending" in answer["errors"][0]["reason"]
