# SPDX-License-Identifier: MIT
"""The programs of a comparison, a private broker, and what the kernel says about a process."""

import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
PATIENCE = 20

# Real drivers on simulated wires, QoS 1.
MAP = """
mqtt: {{url: "mqtt://127.0.0.1:{port}", topic: {root}, client_id: bench-{root}, health_interval: 60s}}
chips:
  climate: {{driver: bme280, bus: /dev/i2c-1, address: 0x77}}
  adc: {{driver: mcp3208, bus: /dev/spidev0.0}}
sensors:
  temp: {{from: climate.temperature, simulate: 23}}
  humi: {{from: climate.humidity, simulate: 45}}
  cds: {{from: adc.0, simulate: 812}}
  sound: {{from: adc.1, simulate: 133}}
interval: {{default: {interval}ms, min: 20ms, max: 1h}}
leds:
  - {{name: red, line: GPIO17}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """A process of ours, and its figures in /proc, all threads together."""

    _running = set()

    def __init__(self, arguments, environment=None, **options):
        self.started_us = time.monotonic_ns() // 1000
        self.popen = subprocess.Popen(arguments, env=environment, **options)
        self.proc = pathlib.Path(f"/proc/{self.popen.pid}")
        self._running.add(self)

    @classmethod
    def kill_all(cls):
        """Ends the processes that a failure left behind."""
        for process in list(cls._running):
            process.popen.kill()
            process.ended()

    def ended(self):
        self.popen.wait(PATIENCE)
        self._running.discard(self)

    def cpu_us(self):
        return sum(int((task / "schedstat").read_text().split()[0]) for task in self._tasks()) / 1000

    def switches(self):
        lines = [line for task in self._tasks() for line in (task / "status").read_text().splitlines()]
        return sum(int(line.split()[1]) for line in lines if "ctxt_switches" in line)

    def rss_kb(self):
        return self._kb("status", "VmRSS:")

    def pss_kb(self):
        return self._kb("smaps_rollup", "Pss:")

    def _tasks(self):
        return list((self.proc / "task").iterdir())

    def _kb(self, file, name):
        for line in (self.proc / file).read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1])
        raise LookupError(name)

    def stop(self):
        """Returns how long it took in us."""
        begin = time.monotonic_ns()
        self.popen.send_signal(signal.SIGTERM)
        self.ended()
        return (time.monotonic_ns() - begin) / 1000


class Broker(Process):
    """mosquitto on a free port of 127.0.0.1. It answers an acknowledged publish at once, not after 40 ms."""

    def __init__(self, folder):
        self.port = free_port()
        config = folder / "mosquitto.conf"
        config.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n")
        super().__init__(["mosquitto", "-c", str(config)], stderr=subprocess.PIPE, text=True)
        for line in self.popen.stderr:
            if "running" in line:
                break
        else:
            raise RuntimeError("the broker does not start")
        # It would wait for somebody to read what it logs.
        threading.Thread(target=self.popen.stderr.read, daemon=True).start()


class Watch(Process):
    """Sees the readings of one gateway, or with "+" of all."""

    def __init__(self, tools, broker, root="tos"):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        super().__init__([str(tools / "probe"), str(broker.port), root, "watch"], **pipes)
        self.popen.stdout.readline()

    def next(self):
        """Time in us and topic of the next reading."""
        line = self.popen.stdout.readline()
        if not line:
            raise RuntimeError("the watch ended")
        when, topic = line.split()
        return int(when), topic

    def until(self, deadline_us):
        """The times of the readings until then. Ends with the first one after it."""
        times = []
        while True:
            when, _ = self.next()
            if when >= deadline_us:
                return times
            times.append(when)

    def close(self):
        self.popen.stdin.close()
        self.ended()
        self.popen.stdout.close()


def probe(tools, broker, *arguments, root="tos"):
    """Runs the probe; the numbers of its lines."""
    command = [str(tools / "probe"), str(broker.port), root, *map(str, arguments)]
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=600).stdout
    return [[int(word) for word in line.split()] for line in text.splitlines()]


class Bench:
    """Knows the paths of the programs, and starts each of them."""

    PROGRAMS = ("tutorial", "paho", "sync", "raw", "tosd")

    def __init__(self, build, folder, broker, quick):
        self.tools = build / "tests" / "bench"
        self.tosd = build / "daemon" / "tosd"
        self.tosctl = build / "tosctl" / "tosctl"
        self.folder = folder
        self.broker = broker
        self.quick = quick

    @property
    def wire_log(self):
        return self.folder / "wire.log"

    def start(self, program, interval_ms):
        self.wire_log.unlink(missing_ok=True)
        if program == "tosd":
            return self.start_tosd(MAP.format(port=self.broker.port, root="tos", interval=interval_ms))
        command = {
            "tutorial": [sys.executable, str(HERE / "tutorial.py")],
            "paho": [str(self.tools / "paho-minimum")],
            "sync": [str(self.tools / "paho-sync")],
            "raw": [str(self.tools / "raw-limit")],
        }[program]
        return Process(command + [str(self.broker.port), str(interval_ms), str(self.wire_log)])

    def start_tosd(self, map_text, folder=None, under=()):
        folder = folder or self.folder
        folder.mkdir(exist_ok=True)
        (folder / "tosd.yaml").write_text(map_text)
        command = [*under, str(self.tosd), "--simulate", "--config", str(folder / "tosd.yaml")]
        environment = dict(os.environ, TOS_SIM_DIR=str(folder))
        with open(folder / "tosd.log", "w", encoding="utf-8") as log:
            return Process(command + ["--state", str(folder)], environment, stderr=log)
