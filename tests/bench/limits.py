# SPDX-License-Identifier: MIT
"""From a limit switch's edge on the simulated board to the write that stops its motor, beside an action's way to its write.

The edge is asked for on the board's control socket, and the time begins with that, as with events. Action and edge come in
turn: the action starts the motor, the edge stops it."""

from programs import MAP, Watch, probe
from table import percentile

ROUNDS = 5
TOP = "chips:\n  top: {driver: switch, line: GPIO24, debounce: 0s}\n"
WINDOW = "motors:\n  - {name: window, forward: GPIO5, backward: GPIO6, limits: {forward: top}}\n"


def written(lines, level):
    """Returns the times at which the motor's line was written to that level."""
    return [int(words[0]) for words in lines if words[1:] == ["line", "GPIO5", level]]


def measure_limits(bench):
    bench.wire_log.unlink(missing_ok=True)
    watch = Watch(bench.tools, bench.broker)
    text = MAP.format(port=bench.broker.port, root="tos", interval=1000).replace("chips:\n", TOP) + WINDOW
    process = bench.start_tosd(text)
    watch.next()
    watch.next()
    count = 20 if bench.quick else 100
    moves = []
    for _ in range(ROUNDS):
        moves += probe(bench.tools, bench.broker, "limits", bench.folder / "control", count)
    process.stop()
    watch.close()
    lines = [line.split() for line in bench.wire_log.read_text().splitlines()]
    starts, stops = written(lines, "1"), written(lines, "0")
    if any(answered == 0 for _, answered, _ in moves) or len(starts) != len(moves):
        raise RuntimeError("an action was not carried out")
    result = {}
    for name, pairs in (
        ("stop", [(asked, next(stop for stop in stops if stop >= asked)) for _, _, asked in moves]),
        ("action", [(sent, start) for (sent, _, _), start in zip(moves, starts)]),
    ):
        delays = [done - asked for asked, done in pairs]
        result.update({f"{name}_{percent}": percentile(delays, percent) for percent in (50, 99)})
    return result
