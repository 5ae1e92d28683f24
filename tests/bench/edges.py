# SPDX-License-Identifier: MIT
"""From an edge on a line of the simulated board to its message at a subscriber, beside an action and its answer.

The edge is asked for on the board's control socket, and the time begins with that: so main's part in it is counted as well.
Both are taken of one process in turn, so that the machine is the same for both."""

from programs import MAP, Watch, probe
from table import percentile

ROUNDS = 5


def measure_edges(bench):
    door = "chips:\n  door: {driver: switch, line: GPIO23}\n"
    watch = Watch(bench.tools, bench.broker)
    process = bench.start_tosd(MAP.format(port=bench.broker.port, root="tos", interval=1000).replace("chips:\n", door))
    watch.next()
    watch.next()
    count = 50 if bench.quick else 200
    control = bench.folder / "control"
    events, answers = [], []
    for _ in range(ROUNDS):
        events += probe(bench.tools, bench.broker, "edges", control, count)
        answers += probe(bench.tools, bench.broker, "actions", count)
    process.stop()
    watch.close()
    result = {}
    for name, pairs in (("event", events), ("answer", answers)):
        delays = [told - asked for asked, told in pairs]
        if any(told == 0 for _, told in pairs):
            raise RuntimeError(f"an {name} did not come")
        result.update({f"{name}_{percent}": percentile(delays, percent) for percent in (50, 99)})
    result["ratio"] = result["event_50"] / result["answer_50"]
    return result
