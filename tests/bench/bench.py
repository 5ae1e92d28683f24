# SPDX-License-Identifier: MIT
"""Compares tosd with other programs on this machine, side by side. ./run bench starts it."""

import argparse
import datetime
import json
import os
import pathlib
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from commands import measure_commands
from edges import measure_edges
from figures import Comparison
from instructions import against_reference, count_instructions
from limits import measure_limits
from programs import Bench, Broker, Process
from sizes import Sizes, rows
from table import markdown

HEADER = ["figure", "Python", "paho minimum", "paho sync", "raw limit", "tosd", "x raw", "goal", "met"]
SENSOR_TIME_LIMIT_US = 1500


def machine():
    model = platform.machine()
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    return f"{model}, {os.cpu_count()} cores, Linux {platform.release()}"


def sensor_time(bench):
    """Returns the median and the 99th percentile in us, for the demo's map."""
    example = pathlib.Path(__file__).resolve().parents[2] / "config" / "maps" / "simulated-board.yaml"
    command = [str(bench.tools / "reading-time"), str(example), "300"]
    return [int(word) for word in subprocess.check_output(command, text=True).split()]


def measure(bench, report):
    result = {
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "load": os.getloadavg()[0],
        "quick": bench.quick,
    }
    figures = Comparison(bench, report).run()
    print(markdown([HEADER] + [figure.row(bench.PROGRAMS) for figure in figures.values()]) + "\n")
    result["figures"] = {name: figure.as_json() for name, figure in figures.items()}

    median, p99 = result["sensor_time_us"] = sensor_time(bench)
    print(
        f"Sensors' time of one reading of the demo's map beyond the parts' own conversions: "
        f"{median} us, p99 {p99} us (limit {SENSOR_TIME_LIMIT_US} us)\n"
    )
    report("commands")
    result["commands_ms"] = measure_commands(bench)
    print(
        "A command at a terminal, from its start to its end (the MQTT library waits for 100 ms in each connect): "
        + ", ".join(f"{name} {value} ms" for name, value in result["commands_ms"].items())
        + "\n"
    )
    report("edges")
    edges = result["edges"] = measure_edges(bench)
    print(
        f"From an edge on a line to its message at a subscriber: {edges['event_50']} us, p99 {edges['event_99']} us; "
        f"from an action to its answer, in the same process: {edges['answer_50']} us, p99 {edges['answer_99']} us "
        f"(p50 x {edges['ratio']:.2f}, limit 1.3)\n"
    )
    report("limits")
    limits = result["limits"] = measure_limits(bench)
    print(
        f"From a limit switch's edge to the write that stops its motor: {limits['stop_50']} us, p99 {limits['stop_99']} us; "
        f"from an action to the write that starts it, in the same process: {limits['action_50']} us, "
        f"p99 {limits['action_99']} us\n"
    )
    result["sizes"] = Sizes(bench, report).run()
    for table in result["sizes"].values():
        print(markdown(rows(table)) + "\n")
    if shutil.which("valgrind"):
        report("instructions")
        result["instructions"] = count_instructions(bench)
        print("\n".join(against_reference(result["instructions"])))
    else:
        print("Instructions are not counted: valgrind is not installed")
    result["load_after"] = os.getloadavg()[0]
    return result


def main():
    parser = argparse.ArgumentParser(prog="run bench", description=__doc__)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true", help="under ten minutes, fewer rounds")
    arguments = parser.parse_args()
    begin = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))  # and so what runs is ended, too

    def report(text):
        print(f"[{time.monotonic() - begin:4.0f} s] {text}", file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory(prefix="tos-bench.") as name:
        broker = Broker(pathlib.Path(name))
        try:
            result = measure(Bench(arguments.build, pathlib.Path(name), broker, arguments.quick), report)
        finally:
            Process.kill_all()
    path = arguments.build / "bench.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    print(f"\n{result['machine']}, {result['date']}, load {result['load']:.1f} to {result['load_after']:.1f}; {path}")


if __name__ == "__main__":
    main()
