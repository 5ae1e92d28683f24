# SPDX-License-Identifier: MIT
"""Cost against size: how costs grow with sensors, LEDs, the interval and the number of gateways."""

import statistics
import time

from programs import MAP, Watch, probe
from table import number, percentile

CHANNELS = 8  # of an MCP3208


def map_of_size(port, sensors=4, leds=1, interval_ms=100):
    chips = range((sensors + CHANNELS - 1) // CHANNELS)
    lines = [f'mqtt: {{url: "mqtt://127.0.0.1:{port}"}}', "chips:"]
    lines += [f"  adc{chip}: {{driver: mcp3208, bus: /dev/spidev{chip}.0}}" for chip in chips]
    lines += ["sensors:"]
    lines += [f"  s{i}: {{from: adc{i // CHANNELS}.{i % CHANNELS}, simulate: {50 * i}}}" for i in range(sensors)]
    lines += [f"interval: {{default: {interval_ms}ms, min: 20ms, max: 1h}}", "leds:"]
    lines += [f"  - {{name: led{i}, line: GPIO{i + 2}}}" for i in range(leds)]
    return "\n".join(lines) + "\n"


# One of each: the driver with its bus, and a channel.
PARTS = (
    ("bme280, bus: /dev/i2c-1", "temperature"),
    ("mcp3208, bus: /dev/spidev0.0", "0"),
    ("ads1115, bus: /dev/i2c-1, address: 0x48", "0"),
    ("bh1750, bus: /dev/i2c-1", "illuminance"),
    ("ina219, bus: /dev/i2c-1, address: 0x41", "voltage"),
    ("sht4x, bus: /dev/i2c-1, address: 0x44", "temperature"),
    ("sht3x, bus: /dev/i2c-1, address: 0x45", "temperature"),
    ("aht20, bus: /dev/i2c-1", "temperature"),
    ("si7021, bus: /dev/i2c-1", "temperature"),
    ("bmp280, bus: /dev/i2c-1, address: 0x76", "pressure"),
    ("veml7700, bus: /dev/i2c-1", "illuminance"),
    ("pcf8591, bus: /dev/i2c-1, address: 0x4f", "0"),
    ("ads7830, bus: /dev/i2c-1, address: 0x4b", "0"),
    ("hwmon, bus: cpu_thermal", "temp1"),
    ("iio, bus: vl53l0x", "distance"),
)


def map_of_parts(port, count, interval_ms=1000):
    lines = [f'mqtt: {{url: "mqtt://127.0.0.1:{port}"}}', f"interval: {interval_ms}ms", "chips:"]
    lines += [f"  p{i}: {{driver: {driver}}}" for i, (driver, _) in enumerate(PARTS[:count])]
    lines += ["sensors:"]
    lines += [f"  s{i}: {{from: p{i}.{channel}, decimals: 1}}" for i, (_, channel) in enumerate(PARTS[:count])]
    return "\n".join(lines) + "\n"


class Sizes:
    def __init__(self, bench, report):
        self.bench = bench
        self.report = report

    def run(self):
        tables = {}
        for name, measure, sizes in (
            ("sensors", self.sensors, (1, 4, 16, 64)),
            ("different parts at 1 s", self.parts, (1, 5, len(PARTS))),
            ("LEDs", self.leds, (1, 4, 16)),
            ("interval, ms", self.interval, (20, 100, 500, 2000, 10000)),
            ("gateways", self.gateways, (1, 20, 200)),
        ):
            self.report(f"cost against {name}")
            tables[name] = [dict({name: size}, **measure(size)) for size in sizes]
        return tables

    def _start(self, watch, **size):
        process = self.bench.start_tosd(map_of_size(self.bench.broker.port, **size))
        return process, watch.next()[0]

    def sensors(self, count):
        watch = Watch(self.bench.tools, self.bench.broker)
        process, first_us = self._start(watch, sensors=count)
        watch.until(first_us + 500000)
        before = process.cpu_us()
        times = watch.until(first_us + 4500000)
        used = process.cpu_us() - before
        rss = process.rss_kb()
        process.stop()
        watch.close()
        return {"CPU a reading, us": used / (len(times) + 1), "resident, KiB": rss}

    def parts(self, count):
        watch = Watch(self.bench.tools, self.bench.broker)
        process = self.bench.start_tosd(map_of_parts(self.bench.broker.port, count))
        first_us = watch.next()[0]
        watch.until(first_us + 1500000)
        cpu, switches = process.cpu_us(), process.switches()
        readings = len(watch.until(first_us + 11500000)) + 1
        used, switched = process.cpu_us() - cpu, process.switches() - switches
        rss = process.rss_kb()
        process.stop()
        watch.close()
        return {
            "CPU a reading, us": used / readings,
            "wakeups a reading": switched / readings,
            "resident, KiB": rss,
        }

    def leds(self, count):
        watch = Watch(self.bench.tools, self.bench.broker)
        process, _ = self._start(watch, leds=count, interval_ms=10000)
        before = process.cpu_us()
        pairs = probe(self.bench.tools, self.bench.broker, "actions", 50, count)
        used = process.cpu_us() - before
        process.stop()
        watch.close()
        return {"CPU an action, us": used / len(pairs), "answer p50, us": statistics.median(b - a for a, b in pairs)}

    def interval(self, interval_ms):
        watch = Watch(self.bench.tools, self.bench.broker)
        process, _ = self._start(watch, interval_ms=interval_ms)
        time.sleep(1)
        seconds = max(4, 2 * interval_ms // 1000)
        cpu, switches = process.cpu_us(), process.switches()
        time.sleep(seconds)
        used, switched = process.cpu_us() - cpu, process.switches() - switches
        process.stop()
        watch.close()
        return {"CPU a second, us": used / seconds, "wakeups a second": switched / seconds}

    def gateways(self, count):
        """Each with one reading a second; the first one also acts."""
        watch = Watch(self.bench.tools, self.bench.broker, "+")
        port = self.bench.broker.port
        processes = [
            self.bench.start_tosd(MAP.format(port=port, root=f"g{i}", interval=1000), self.bench.folder / f"g{i}")
            for i in range(count)
        ]
        seen = set()
        while len(seen) < count:
            seen.add(watch.next()[1].split("/")[0])
        cpu = sum(process.cpu_us() for process in processes)
        broker = self.bench.broker.cpu_us()
        times = watch.until(time.monotonic_ns() // 1000 + 4000000)
        readings = len(times) + 1
        cpu = sum(process.cpu_us() for process in processes) - cpu
        broker = self.bench.broker.cpu_us() - broker
        pairs = probe(self.bench.tools, self.bench.broker, "actions", 50, root="g0")
        pss = statistics.mean(process.pss_kb() for process in processes)
        for process in processes:
            process.popen.terminate()
        for process in processes:
            process.stop()
        watch.close()
        answers = [answered - sent for sent, answered in pairs]
        return {
            "CPU a reading, us": cpu / readings,
            "broker's, us": broker / readings,
            "memory each (PSS), KiB": pss,
            "answer p50, us": percentile(answers, 50),
            "answer p99, us": percentile(answers, 99),
        }


def rows(table):
    header = list(table[0])
    return [header] + [[str(line[header[0]])] + [number(line[name]) for name in header[1:]] for line in table]
