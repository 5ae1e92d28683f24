# SPDX-License-Identifier: MIT
"""The instructions of a reading and of an action, counted by callgrind: the same on every run to within one percent.

instructions.json has the counts of the last commit that changed them on purpose (Debian 12, amd64). A change that makes
tosd dearer shows as a difference to it."""

import collections
import json
import pathlib
import re
import subprocess
import time

from programs import MAP, Watch, probe

ACTIONS = 200
READINGS_S = 5
REFERENCE = pathlib.Path(__file__).with_name("instructions.json")


def calls(path, function):
    """Returns how often a function was called, by any caller."""
    number, count, is_called = None, 0, False
    for line in path.read_text(encoding="utf-8").splitlines():
        match = re.match(r"(c?fn)=(\(\d+\))(?: (.*))?", line)
        if match:
            kind, seen, name = match.groups()
            number = seen if name == function else number
            is_called = kind == "cfn" and seen == number
        elif line.startswith("calls=") and is_called:
            count += int(line.removeprefix("calls=").split()[0])
    return count


def by_object(path):
    """A profile's own costs (not those of what is called), by program and library."""
    costs = collections.Counter()
    names = {}
    current = None
    skip = False
    for line in path.read_text(encoding="utf-8").splitlines():
        match = re.match(r"(ob|cob)=(\(\d+\))(?: (.*))?", line)
        if match:
            kind, number, name = match.groups()
            if name:
                names[number] = pathlib.Path(name).name
            if kind == "ob":
                current = number
        elif line.startswith("calls="):
            skip = True  # the next line is the cost of the callee
        elif re.match(r"[+\-*\d]", line):
            if not skip:
                costs[current] += int(line.split()[1])
            skip = False
    return collections.Counter({names[number].split(".so")[0]: cost for number, cost in costs.items()})


def control(process, option):
    subprocess.run(["callgrind_control", option, str(process.popen.pid)], check=True, capture_output=True)


class Count:
    def __init__(self, bench, interval_ms):
        self.folder = bench.folder / f"count{interval_ms}"
        self.watch = Watch(bench.tools, bench.broker)
        map_text = MAP.format(port=bench.broker.port, root="tos", interval=interval_ms)
        out = self.folder / "callgrind"
        valgrind = ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={out}"]
        self.process = bench.start_tosd(map_text, self.folder, under=valgrind)
        self.first_us, _ = self.watch.next()

    def since(self, work, function):
        """The costs by object during work(), for each call of the function: on a busy machine it is called once more or
        less than is seen from outside."""
        control(self.process, "--zero")
        work()
        control(self.process, "--dump")
        profile = self.folder / "callgrind.1"
        costs, count = by_object(profile), calls(profile, function)
        self.process.stop()
        self.watch.close()
        return {name: round(cost / count) for name, cost in costs.most_common() if cost / count >= 100}


def count_instructions(bench):
    reading = Count(bench, 50)
    reading.watch.until(reading.first_us + 1000000)
    costs = {
        "a reading": reading.since(
            lambda: reading.watch.until(time.monotonic_ns() // 1000 + READINGS_S * 1000000), "publisher_on_reading"
        )
    }
    action = Count(bench, 3600000)
    costs["an action"] = action.since(lambda: probe(bench.tools, bench.broker, "actions", ACTIONS), "router_handle")
    return costs


def against_reference(counts):
    """A line for each, with the libraries' parts."""
    reference = json.loads(REFERENCE.read_text(encoding="utf-8"))
    for what, by_object in counts.items():
        total, before = sum(by_object.values()), sum(reference[what].values())
        parts = ", ".join(f"{name} {count:,}" for name, count in by_object.items())
        yield f"Instructions {what}: {total:,} (reference {before:,}, {100 * (total - before) / before:+.1f} %; {parts})"
