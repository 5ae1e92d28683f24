# SPDX-License-Identifier: MIT
"""A world with two motors, one on lines of the kernel's and one on a PWM part, for test_motor_matrix.py.

Whether a motor runs is read from the simulated wires alone; what tosd --safe did, from its trace of each access, since a
program that is started anew has a simulated board of its own, on which nothing ran."""

import contextlib
import json
import os
import pathlib
import re
import subprocess
import tempfile
import time

from fake_broker import FakeBroker
from harness import TIMEOUT, Broker, Client, Gateway, check_sanitizers, free_port
from proxy import Proxy

AFTER_S = 2  # failsafe.after, where it is to act
NEVER_S = 3600  # and where it is not: a loaded machine may hold up a broker for seconds
REVERSE_PAUSE_S = 3.0  # longer than the first
STOPPED_S = AFTER_S + TIMEOUT  # a loaded machine may be late
QUIET_S = 0.3  # and then nothing starts again

MAP = """
mqtt:
  url: mqtt://127.0.0.1:{port}
  username: somebody
  password_file: {password}
{mqtt}
chips:
  board: {{driver: pca9685, bus: /dev/i2c-2, address: 0x40}}
  adc: {{driver: mcp3208, bus: /dev/spidev0.0}}
  top: {{driver: switch, line: GPIO27}}
  bottom: {{driver: switch, line: GPIO26}}
sensors:
  sound: {{from: adc.1, simulate: 133}}
leds:
  - {{name: red, line: GPIO17}}
{leds}
motors:
  - {{name: lines, forward: GPIO5, backward: GPIO6, enable: pwmchip0.1, ramp: {ramp}, reverse_pause: 3s,
     limits: {{forward: top, backward: bottom}}}}
  - {{name: part, forward: board.1, backward: board.2, ramp: {ramp}, reverse_pause: 3s, limits: {{forward: top, backward: bottom}}}}
failsafe: {{after: {after}s}}
"""

# Each motor's channels; where a reload moved it to others, those too.
CHANNELS = {
    "lines": ("GPIO5", "GPIO6", "pwmchip0.1", "GPIO23", "GPIO24"),
    "part": ("board.1", "board.2", "board.5", "board.6"),
}

# Standard error is a pipe that nobody reads, for what follows in the script.
CLOSED_LOG = "exec 2> >(exit 0); wait $!; exec "

def both(**what):
    return {"motor": {"lines": what, "part": what}}


def now_us():
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000


class Moved:
    """The channels of the motors as the wires tell them."""

    def __init__(self, lines):
        self.levels = {}
        self.low_us = {motor: 0 for motor in CHANNELS}  # when the last of its channels went low
        for line in lines:
            match = re.fullmatch(r"(\d+) (?:line|pwm) (\S+) ([\d.]+)", line)
            motor = match and next((name for name, all_of in CHANNELS.items() if match[2] in all_of), None)
            if not motor:
                continue
            self.levels[match[2]] = float(match[3])
            if not self.running(motor):
                self.low_us[motor] = int(match[1])

    def running(self, motor):
        return [channel for channel in CHANNELS[motor] if self.levels.get(channel, 0) > 0]


class World:
    """Everything of one cell of the table, from broker to wires; a temporary folder holds it."""

    def __init__(self, binary, folder, way_out, after_s, wrapper=None):
        self.way_out = way_out
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=folder))
        self.real_binary = binary
        self.binary = binary
        self.port = free_port()
        self.broker = self.fake = self.proxy = self.gateway = self.client = None
        self.motors = list(CHANNELS)  # those that the way out is about
        self.quiet_s = QUIET_S
        self.event_us = self.safe_us = self.at_end = None
        self.log_mark = 0
        self.ends = False  # the process, by the way out
        self.map_options = {"mqtt": "", "leds": "", "ramp": "0s", "after": after_s}
        self.password = self.folder / "password"
        self.password.write_text("secret\n")
        self.password.chmod(0o600)
        if wrapper:
            self.binary = str(self.folder / "tosd")
            pathlib.Path(self.binary).write_text(wrapper.format(binary=binary))
            pathlib.Path(self.binary).chmod(0o755)

    def map(self, **options):
        self.map_options.update(options)
        port = self.proxy.port if self.proxy else self.port
        return MAP.format(port=port, password=self.password, **self.map_options)

    def start_broker(self):
        (self.folder / "broker").mkdir(exist_ok=True)
        self.broker = self.broker or Broker(self.folder / "broker", port=self.port)
        self.broker.start()

    def use_proxy(self):
        self.proxy = Proxy(self.port).open()

    @staticmethod
    def words(action):
        return FakeBroker.packet("tos/actions", json.dumps(action).encode())

    def start_fake(self):
        """Instead of a real broker, and behind a proxy, since it can neither be killed nor frozen."""
        self.fake = FakeBroker(port=self.port)
        self.use_proxy()

    def start_gateway(self, **options):
        self.gateway = self.gateway or Gateway(self.binary, self.folder / "g", self.map(**options))
        self.gateway.start()

    def connect(self):
        """Awaits the gateway's connection, with a client of the broker's as it runs now."""
        if self.client:
            self.client.close()
        self.client = Client(self.port)
        self.client.wait("tos/status", lambda m: m.payload == b"online")

    def send(self, action):
        """To the gateway, past all that is not of this test."""
        if self.fake:
            self.fake.publish("tos/actions", json.dumps(action).encode())
        else:
            self.client.client.publish("tos/actions", json.dumps(action), 1)

    def ask(self, action):
        answer = self.client.ask_json(action)
        assert answer["ok"], answer

    def reload(self, text):
        mark = self.gateway.notifications.lines.mark()
        self.gateway.reload(text)
        self.gateway.notifications.lines.wait("^READY=1$", mark)

    def look(self):
        """The motors now, and the place in the wires up to which that is true."""
        lines = self.gateway.wire.since()
        return Moved(lines), len(lines)

    def wait_until(self, accept, timeout=TIMEOUT):
        """Waits until the wires show the motors so. Returns what they show."""
        deadline = time.monotonic() + timeout
        while True:
            moved, mark = self.look()
            if accept(moved):
                return moved
            self.gateway.wire.wait("", mark, max(deadline - time.monotonic(), 0.001))

    def run(self):
        """Both motors run, and the wires have said so."""
        self.wait_until(lambda moved: all(moved.running(motor) for motor in CHANNELS))

    def wait_for_rest(self):
        self.wait_until(lambda moved: not any(moved.running(motor) for motor in CHANNELS))

    def event(self):
        """Notes that the way out begins now."""
        self.event_us = now_us()
        self.log_mark = self.gateway.log.mark()

    def crash(self):
        """Kills the gateway. Motors that run then are remembered, since on real hardware they run on."""
        self.event()
        self.gateway.kill()
        self.at_end = self.look()[0]

    def make_safe(self, closed_log=False, binary=None):
        """As the unit does after every end."""
        wires = self.folder / "safe"
        wires.mkdir()
        options = ["--simulate", "--config", self.gateway.map, "--state", self.gateway.folder / "state"]
        program = [binary or self.real_binary, *options, "--safe", "--verbose"]
        if closed_log:
            program = ["/bin/bash", "-c", CLOSED_LOG + '"$@"', "bash", *program]
        environment = {**os.environ, "TOS_SIM_DIR": str(wires)}
        process = subprocess.run(
            program, env=environment, stderr=subprocess.PIPE, text=True, timeout=TIMEOUT, check=False
        )
        self.safe_us = now_us()
        said = process.stderr[-1500:]
        assert process.returncode == 0, f"tosd --safe ended with {process.returncode}: {said}"
        for channel in (channel for motor in self.motors for channel in self.at_end.running(motor)):
            if not closed_log:
                written = re.findall(rf"debug: {re.escape(channel)}: (?:set|duty) (\d+)\S* ok", process.stderr)
                assert written and written[-1] == "0", f"tosd --safe did not stop {channel}: {said}"
            # Without a trace: what is dark from the start on has no line in the log of the new board's wires.
            elif not channel.startswith("board."):
                written = re.findall(rf"\d+ \w+ {re.escape(channel)} ([\d.]+)\n", (wires / "wire.log").read_text())
                assert written and float(written[-1]) == 0, f"tosd --safe did not stop {channel}"

    def result(self):
        """Returns how many milliseconds after the event the motors stood still for good; 0 if they never moved."""
        if self.safe_us:
            return (self.safe_us - self.event_us) / 1e3
        return self._late_ms(self._end() if self.ends else self._settle())

    def _end(self):
        assert self.gateway.process.wait(TIMEOUT) == 0
        self.gateway.kill()
        moved, _ = self.look()
        assert not self._left(moved), f"{self._left(moved)} run on after the end of the process"
        return moved

    def _left(self, moved):
        return [channel for motor in self.motors for channel in moved.running(motor)]

    def _late_ms(self, moved):
        return max(0, max(moved.low_us[motor] for motor in self.motors) - self.event_us) / 1e3

    def _settle(self):
        deadline = time.monotonic() + STOPPED_S
        while True:
            moved, mark = self.look()
            left = self._left(moved)
            until = deadline if left else time.monotonic() + self.quiet_s
            with contextlib.suppress(AssertionError):
                self.gateway.wire.wait("", mark, max(until - time.monotonic(), 0.001))
                continue
            if not left:
                return moved
            raise AssertionError(f"{left} run on, {STOPPED_S} s after the event")

    def failsafe_acted(self):
        """After the event, as the log has it."""
        return any(line.startswith("warning: failsafe: ") for line in self.gateway.log.since(self.log_mark))

    def close(self):
        if self.gateway:
            self.gateway.kill()
            check_sanitizers(self.gateway)
        if self.client:
            self.client.close()
        if self.broker:
            self.broker.stop()
        if self.fake:
            self.fake.close()
        if self.proxy:
            self.proxy.close()
