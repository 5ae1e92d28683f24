# SPDX-License-Identifier: MIT
"""A command at a terminal, from its start to its end, beside the same by mosquitto's own client. In turn, so that the
machine is the same for both."""

import subprocess
import time

from programs import MAP, PATIENCE
from table import percentile

ACTION = '{"led":{"red":{"on":true}}}'


def measure_commands(bench):
    port = str(bench.broker.port)
    tosctl = [str(bench.tosctl), "-h", "127.0.0.1", "-p", port]
    client = ["-h", "127.0.0.1", "-p", port]
    commands = {
        "tosctl led red on": [*tosctl, "led", "red", "on"],
        "tosctl send": [*tosctl, "send", ACTION],
        "mosquitto_rr": ["mosquitto_rr", *client, "-V", "5", "-t", "tos/actions", "-e", "tos/answers/rr", "-m", ACTION],
    }
    process = bench.start_tosd(MAP.format(port=port, root="tos", interval=1000))
    ready = ["mosquitto_sub", *client, "-t", "tos/about", "-C", "1", "-W", str(PATIENCE)]
    subprocess.run(ready, check=True, stdout=subprocess.DEVNULL)
    times = {name: [] for name in commands}
    for _ in range(10 if bench.quick else 50):
        for name, command in commands.items():
            begin = time.monotonic_ns()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=PATIENCE)
            times[name].append((time.monotonic_ns() - begin) / 1e6)
    process.stop()
    return {name: round(percentile(values, 50), 1) for name, values in times.items()}
