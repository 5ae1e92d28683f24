# SPDX-License-Identifier: MIT
"""The time that a motor runs on after a fault: from the event to the simulated wire going low.

Prints a table. TOS_STOP_TIMES says how often each is measured (3).

After a crash the unit's ExecStopPost= starts tosd --safe as soon as the process is gone, and so does this test. What
systemd itself needs for that is not in the figure.
"""

import contextlib
import os
import pathlib
import signal
import statistics
import subprocess
import tempfile
import time

import pytest

from conftest import make_map
from harness import Broker, Client, Gateway, check_sanitizers
from proxy import Proxy
from threads import standstill

pytestmark = pytest.mark.alone

TIMES = int(os.environ.get("TOS_STOP_TIMES", "3"))
AFTER_US = 1000000  # failsafe.after
HEARTBEAT_US = AFTER_US // 4  # signs of life come that often, and a silence is counted from the last one
LATE_US = 1000000  # a loaded machine may be late by this much

# A sanitizer would make a report of SIGSEGV.
UNHANDLED = {name: os.environ.get(name, "") + ":handle_segv=0" for name in ("ASAN_OPTIONS", "TSAN_OPTIONS")}

RUN = {"motor": {"direction": "forward", "speed": 10}}
STOP = {"motor": {"direction": "stop"}}


def now_us():
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000


class Rig:
    """A motor that runs. Each event below returns when it happened and when the wire went low."""

    def __init__(self, broker, proxy, gateway, client):
        self.broker, self.proxy, self.gateway, self.client = broker, proxy, gateway, client
        self.mark = gateway.wire.mark()

    def low_us(self):
        return int(self.gateway.wire.wait(r"^(\d+) line GPIO5 0$", self.mark).group(1))

    def make_safe(self):
        """As the unit does after every end. Its wires are a board of its own."""
        wires = self.gateway.folder / "safe"
        wires.mkdir()
        state = str(self.gateway.folder / "state")
        arguments = ["--simulate", "--config", str(self.gateway.map), "--state", state, "--safe"]
        program = [self.gateway.binary, *arguments]
        subprocess.run(program, env={"TOS_SIM_DIR": str(wires)}, stderr=subprocess.DEVNULL, check=True)
        lines = (line.split(" ", 1) for line in (wires / "wire.log").read_text().splitlines())
        return next(int(at) for at, what in lines if what == "line GPIO5 0")

    def end_by(self, number):
        event_us = now_us()
        self.gateway.kill(number)
        return event_us, self.make_safe()

    def command(self):
        event_us = now_us()
        self.client.publish("tos/actions", STOP)
        return event_us, self.low_us()


def stop_command(rig):
    return rig.command()


def stop_command_with_a_stuck_bus(rig):
    rig.gateway.fault("/dev/i2c-1", "stuck")
    rig.client.wait_json("tos/sensors", lambda reading: reading["temp"] is None, rig.client.mark())
    return rig.command()


def stop_command_with_a_sampler_that_hangs(rig):
    with standstill(rig.gateway.process, "tosd-sampler"):
        return rig.command()


def broker_closed(rig):
    event_us = now_us()
    rig.broker.kill()
    return event_us, rig.low_us()


def broker_frozen(rig):
    event_us = now_us()
    rig.broker.freeze()
    low_us = rig.low_us()
    rig.broker.thaw()
    return event_us, low_us


def half_open_link(rig):
    event_us = now_us()
    rig.proxy.freeze()
    low_us = rig.low_us()
    rig.proxy.thaw()
    return event_us, low_us


def link_thread_hangs(rig):
    with standstill(rig.gateway.process, "link"):
        return now_us(), rig.low_us()


def sigterm(rig):
    event_us = now_us()
    rig.gateway.process.send_signal(signal.SIGTERM)
    return event_us, rig.low_us()


def sigkill(rig):
    return rig.end_by(signal.SIGKILL)


def sigsegv(rig):
    return rig.end_by(signal.SIGSEGV)


def main_thread_hangs(rig):
    """From where the service manager has waited for WatchdogSec= in vain, and ends the process."""
    with standstill(rig.gateway.process, "main"):
        event_us = now_us()
        rig.gateway.process.send_signal(signal.SIGABRT)
        rig.gateway.process.wait(20)
    rig.gateway.kill()
    return event_us, rig.make_safe()


# The event, its name in the table, the time that passes by design, and how much sooner it may be.
EVENTS = [
    (stop_command, "the command stop", 0, 0),
    (stop_command_with_a_stuck_bus, "the same while the sensors' bus is stuck", 0, 0),
    (stop_command_with_a_sampler_that_hangs, "the same while the sensors' thread hangs", 0, 0),
    (broker_closed, "broker gone", AFTER_US, 0),
    (broker_frozen, "broker frozen", AFTER_US, HEARTBEAT_US),
    (half_open_link, "cable cut (half-open link)", AFTER_US, HEARTBEAT_US),
    (link_thread_hangs, "link thread hangs", AFTER_US, HEARTBEAT_US),
    (sigterm, "SIGTERM", 0, 0),
    (sigkill, "SIGKILL, then tosd --safe", 0, 0),
    (sigsegv, "SIGSEGV, then tosd --safe", 0, 0),
    (main_thread_hangs, "main thread hangs: watchdog, then tosd --safe", 0, 0),
]


@pytest.fixture
def make_rig(binary, folder):
    """A world of its own for each measurement."""
    with contextlib.ExitStack() as stack:

        def make():
            place = pathlib.Path(tempfile.mkdtemp(dir=folder))
            broker = Broker(place)
            stack.callback(broker.stop)
            proxy = Proxy(broker.start().port).open()
            stack.callback(proxy.close)
            text = make_map(proxy.port, failsafe="{after: 1s}")
            gateway = Gateway(binary, place / "g", text, environment=UNHANDLED)
            stack.callback(lambda: check_sanitizers(gateway))
            stack.callback(gateway.kill)
            client = Client(broker.port)
            stack.callback(client.close)
            gateway.start()
            client.wait("tos/status", lambda m: m.payload == b"online")
            assert client.ask_json(RUN)["ok"]
            assert gateway.output("GPIO5") == 1
            return Rig(broker, proxy, gateway, client)

        yield make


def show(rows):
    print(f"\n{'':48}  to the motor's stop, of {TIMES}")
    print(f"{'event':48}{'median':>27}{'longest':>12}")
    for what, base_us, late_us in rows:
        plan = "failsafe.after " if base_us else ""
        figures = [f"{value / 1e3:+.1f} ms" if base_us else f"{value / 1e3:.1f} ms" for value in late_us]
        print(f"{what:48}{plan + figures[0]:>27}{figures[1]:>12}")


@pytest.fixture(scope="module")
def table(request):
    rows = []
    yield rows
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        show(rows)


@pytest.mark.parametrize("event, what, base_us, early_us", EVENTS, ids=[event[0].__name__ for event in EVENTS])
def test_the_motor_stops(make_rig, table, event, what, base_us, early_us):
    late_us = []
    for _ in range(TIMES):
        event_us, low_us = event(make_rig())
        late_us.append(low_us - event_us - base_us)
    table.append((what, base_us, (statistics.median(late_us), max(late_us))))
    # A sign of life may have been on its way for a moment.
    assert -early_us - 100000 * bool(base_us) <= min(late_us) and max(late_us) <= LATE_US


AWAY = {
    "a broker": lambda rig: None,
    "frozen": lambda rig: rig.broker.freeze(),
    "gone": lambda rig: rig.broker.kill(),
    "cable cut": lambda rig: rig.proxy.freeze(),
}


@pytest.mark.parametrize("away", AWAY.values(), ids=AWAY)
def test_it_ends_in_time(make_rig, sanitized, away):
    rig = make_rig()
    away(rig)
    begin = time.monotonic()
    assert rig.gateway.stop() == 0
    seconds = time.monotonic() - begin
    rig.broker.thaw()
    rig.proxy.thaw()
    # A sanitizer waits for a second of its own.
    assert seconds < (4 if sanitized else 2)
