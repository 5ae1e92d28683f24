# SPDX-License-Identifier: MIT
"""Every way into "a motor runs" against every way out of it: it stops, whatever two of them meet.

Its table is in pytest's summary: a row for each way in, a column for each way out, in each cell the milliseconds to the
stop of the last of two motors, and by what. The cells are worlds of their own that live side by side, since nearly all of
their time is waiting. TOS_MATRIX=early/gone looks at that cell alone, TOS_MATRIX=early/ at that row, TOS_MATRIX=/gone at
that column.
"""

import concurrent.futures
import contextlib
import os
import signal

import pytest

from fake_broker import FakeBroker
from motor_world import AFTER_S, CLOSED_LOG, NEVER_S, REVERSE_PAUSE_S, World, both
from threads import standstill

SIDE_BY_SIDE = 8

RUN = both(direction="forward", speed=10)
STOP = both(direction="stop")
FOR_A_DAY = both(direction="forward", speed=10, **{"for": 86400000})
FOR_A_MOMENT = both(**{"for": 200})
MISTAKEN_STOP = {"motor": {"lines": {"direction": "stop", "speed": 0}, "part": {"speed": 0}}, "foo": 1}

# In the log of a broker that has handed over a message to the gateway.
ARRIVED = "Received PUBACK from (?!test-)"
YELLOW = "  - {name: yellow, line: GPIO22}"
FULL_DISK = "#!/bin/bash\ntrap '' XFSZ\nulimit -f 0\nexec {binary} \"$@\"\n"
NOBODY_READS = f"#!/bin/bash\n{CLOSED_LOG}{{binary}} \"$@\"\n"


# Ways in. Each is a generator: until its yield a motor begins to run; what is behind it comes after the way out's event.


def begin(world, tripped, **options):
    """A connected gateway. If the fail-safe has tripped before, it is connected for the second time."""
    world.start_broker()
    world.start_gateway(**options)
    world.connect()
    if tripped:
        world.ask(RUN)
        world.broker.kill()
        world.wait_for_rest()
        world.start_broker()
        world.connect()


def action(world, tripped):
    begin(world, tripped)
    world.ask(RUN)
    yield


def timed(world, tripped):
    """It is to end by itself, in a day."""
    begin(world, tripped)
    world.ask(FOR_A_DAY)
    yield


def early(world, tripped):
    """In one piece with the answer to SUBSCRIBE, so before main knows of the connection. A broker that will be gone is gone
    with these words."""
    world.start_fake()
    if tripped:
        world.fake.first_words = world.words(RUN)
        world.start_gateway()
        world.run()
        world.proxy.cut()
        world.wait_for_rest()
    if world.way_out in (gone, refused):
        world.fake.last_words = world.words(RUN)
    else:
        world.fake.first_words = world.words(RUN)
    if tripped:
        world.proxy.open()
    else:
        world.start_gateway()
    world.run()
    yield


def kept(world, tripped):
    """It comes while the connection is away."""
    world.use_proxy()
    begin(world, False, mqtt="  clean_start: false")
    if tripped:
        world.ask(RUN)
    world.proxy.cut()
    if tripped:
        world.wait_for_rest()
    world.client.publish("tos/actions", RUN)
    world.proxy.open()
    world.run()
    yield


def queued(world, tripped):
    """It waits for main, which stands still, when the connection dies."""
    begin(world, tripped)
    log = world.broker.log.mark()
    with standstill(world.gateway.process, "main"):
        world.send(RUN)
        world.broker.log.wait(ARRIVED, log)
        log = world.broker.log.mark()
        yield
        if world.way_out in (stop, mistaken_stop, over):
            world.broker.log.wait(ARRIVED, log)
        if world.broker.process.poll() is None:
            world.broker.kill()


def reload_keeps(world, tripped):
    begin(world, tripped)
    world.ask(RUN)
    world.reload(world.map(leds=YELLOW))
    yield


def reload_changes(world, tripped):
    """The motors have other lines and channels then; on the old ones nothing runs."""
    begin(world, tripped)
    world.ask(RUN)
    text = world.map().replace("GPIO5", "GPIO23").replace("GPIO6", "GPIO24")
    world.reload(text.replace("board.1", "board.5").replace("board.2", "board.6"))
    world.wait_for_rest()
    world.ask(RUN)
    yield


def ramp(world, tripped):
    """Four seconds long."""
    begin(world, tripped, ramp="4s")
    world.ask(RUN)
    world.run()
    yield


def reversal(world, tripped):
    """In the pause between the two directions, that a timer ends."""
    begin(world, tripped)
    world.quiet_s = REVERSE_PAUSE_S + 0.3
    world.ask(RUN)
    world.ask(both(direction="backward"))
    yield


# Ways out.


def gone(world):
    world.event()
    if world.fake:
        world.proxy.cut()
    else:
        world.broker.kill()


def refused(world):
    """A reload that fails: the old map goes on, and so must its fail-safe."""
    world.password.chmod(0o644)
    world.gateway.reload()
    gone(world)


def frozen(world):
    world.event()
    if world.fake:
        world.proxy.freeze()
    else:
        world.broker.freeze()


def another(world, **behaviour):
    """In the broker's place, and at its address."""
    world.event()
    if world.fake:
        world.fake.close()
        world.proxy.cut()
    else:
        world.broker.kill()
    world.fake = FakeBroker(port=world.port, **behaviour)
    if world.proxy:
        world.proxy.open()


def mute(world):
    another(world, answers_subscribe=False)


def deaf(world):
    another(world, acknowledges=False)


def flapping(world):
    another(world, last_words=b"")


def moved(world):
    """To an address where nobody is."""
    text = world.gateway.map.read_text()
    world.event()
    world.gateway.reload(text.replace(f"127.0.0.1:{world.proxy.port if world.proxy else world.port}", "127.0.0.1:1"))


def killed(world):
    world.crash()
    world.make_safe()


def edited(world):
    """To other lines and channels, and not reloaded."""
    text = world.gateway.map.read_text()
    for number in (1, 2, 5, 6, 23, 24):
        text = text.replace(f"GPIO{number},", f"GPIO{number + 2},").replace(f"board.{number},", f"board.{number + 8},")
    world.gateway.map.write_text(text)
    killed(world)


def mistake(world):
    world.gateway.map.write_text(world.gateway.map.read_text().replace("motors:", "moters:"))
    killed(world)


def password(world):
    world.password.chmod(0o644)
    killed(world)


def disk_killed(world):
    world.crash()
    world.make_safe(binary=world.binary)


def safe_stderr(world):
    world.crash()
    world.make_safe(closed_log=True)


def sigterm(world):
    world.event()
    world.gateway.process.send_signal(signal.SIGTERM)
    world.ends = True


def stop(world):
    world.event()
    world.send(STOP)


def mistaken_stop(world):
    world.event()
    world.send(MISTAKEN_STOP)


def over(world):
    world.event()
    world.send(FOR_A_MOMENT)


def limited(world):
    """A reload that leaves the motors as they are, but for how long they may run."""
    text = world.gateway.map.read_text()
    world.event()
    world.gateway.reload(text.replace("reverse_pause: 3s", "reverse_pause: 3s, max_on: 300ms"))


def removed(world):
    text = world.gateway.map.read_text()
    world.event()
    world.gateway.reload(text[: text.index("motors:")] + text[text.index("failsafe:") :])


def chip(world):
    """Pulled and plugged in again: the motor on lines has nothing to do with it, and runs on rightly."""
    world.motors = ["part"]
    log = world.gateway.log.mark()
    world.event()
    world.gateway.fault("board", "no-answer")
    world.gateway.log.wait("motor.part: .*trying again", log)
    world.gateway.fault("board", "none")
    world.gateway.log.wait("motor.part: works again", log)


def limit(world):
    """Both reach the switches at the end of their way, whichever way they go."""
    world.event()
    world.gateway.set("GPIO27", 1)
    world.gateway.set("GPIO26", 1)


# By what a motor stops. The words begin with the letters below.
BY = ("command", "end of the process", "fail-safe", "limit", "part without power", "reload", "safe: tosd --safe", "time")
WAYS_OUT = {
    "stop": (stop, "c", "the command stop"),
    "for": (over, "t", "the end of the time that an action gave"),
    "max_on": (limited, "t", "a reload that lets them run for 300 ms at most"),
    "limit": (limit, "l", "a limit switch is reached"),
    "badstop": (mistaken_stop, "c", "stops in a message that has mistakes, too"),
    "removed": (removed, "r", "a reload that removes the motors"),
    "chip": (chip, "p", "the motor's chip is pulled and plugged in again"),
    "sigterm": (sigterm, "e", "SIGTERM"),
    "gone": (gone, "f", "the broker is killed"),
    "frozen": (frozen, "f", "the broker is frozen"),
    "tripped": (gone, "f", "the broker is killed, and the fail-safe had tripped before the motor ran"),
    "refused": (refused, "f", "the broker is killed after a reload whose password file others can read"),
    "mute": (mute, "f", "another broker in its place does not answer SUBSCRIBE"),
    "deaf": (deaf, "f", "another one acknowledges nothing"),
    "flapping": (flapping, "f", "another one ends each connection as soon as it is made"),
    "moved": (moved, "r", "a reload to the address of a broker that is not there"),
    "nodisk": (gone, "f", "the broker is killed, and the disk is full"),
    "nolog": (gone, "f", "the broker is killed, and the log is a closed pipe"),
    "killed": (killed, "s", "kill -9, then tosd --safe"),
    "edited": (edited, "s", "the same after the map was edited"),
    "mistake": (mistake, "s", "the same after it was edited with a mistake"),
    "password": (password, "s", "the same after the password file was made readable for others"),
    "fulldisk": (disk_killed, "s", "the same with a full disk"),
    "safepipe": (safe_stderr, "s", "the same, the log of tosd --safe a closed pipe"),
}

WAYS_IN = {
    "action": (action, "an action while connected"),
    "timed": (timed, "an action with an end a day later"),
    "early": (early, "an action before the connection is told"),
    "kept": (kept, "an action of a kept session"),
    "queued": (queued, "an action in main's queue when the connection dies"),
    "keeps": (reload_keeps, "a reload that keeps it running"),
    "changes": (reload_changes, "an action after a reload that moved the motors to other lines"),
    "ramp": (ramp, "in a ramp"),
    "reversal": (reversal, "in the pause of a reversal"),
}

WRAPPERS = {"nodisk": FULL_DISK, "fulldisk": FULL_DISK, "nolog": NOBODY_READS}

STANDS_STILL = "the simulated board is served by the thread that stands still"
NO_SENSE = {("queued", "chip"): STANDS_STILL, ("queued", "limit"): STANDS_STILL}


def try_cell(binary, folder, way_in, way_out):
    """The milliseconds to the stop, or what went wrong."""
    function, by, _ = WAYS_OUT[way_out]
    world = World(binary, folder, function, AFTER_S if by == "f" else NEVER_S, WRAPPERS.get(way_out))
    try:
        with contextlib.closing(WAYS_IN[way_in][0](world, way_out == "tripped")) as steps:
            next(steps)
            function(world)
            next(steps, None)
        late_ms = world.result()
        assert by == "f" or not world.failsafe_acted(), "the fail-safe had to stop it"
        return (f"{max(late_ms, 1):.0f} {by}" if late_ms else "at rest"), None
    except Exception as error:  # pylint: disable=broad-exception-caught
        return "RUNS ON" if "run on" in str(error) or "did not stop" in str(error) else "FAILED", error
    finally:
        world.close()


def chosen():
    row, _, column = os.environ.get("TOS_MATRIX", "/").partition("/")
    return [(i, o) for i in WAYS_IN for o in WAYS_OUT if row in ("", i) and column in ("", o)]


def table(cells):
    lines = ["ways out of a running motor:", *(f"  {name:10}{what}" for name, (_, _, what) in WAYS_OUT.items())]
    lines.append(f"milliseconds to the stop, by {', '.join(BY)}")
    lines.append(f"{'':10}" + "".join(f"{name:>9}" for name in WAYS_OUT))
    for row, (_, what) in WAYS_IN.items():
        lines.append(f"{row:10}" + "".join(f"{cells.get((row, o), ('',))[0]:>9}" for o in WAYS_OUT) + f"   {what}")
    lines += [f"{way_in}/{way_out} makes no sense: {why}" for (way_in, way_out), why in NO_SENSE.items()]
    return "\n".join(lines)


@pytest.mark.slow
def test_every_way_out_stops_every_way_in(binary, folder, record_property):
    cells = {cell: ("-", None) for cell in NO_SENSE}
    with concurrent.futures.ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        runs = {cell: pool.submit(try_cell, binary, folder, *cell) for cell in chosen() if cell not in NO_SENSE}
        cells.update({cell: run.result() for cell, run in runs.items()})
    record_property("table", table(cells))
    wrong = [f"{i}/{o}: {error}" for (i, o), (_, error) in cells.items() if error]
    assert not wrong, "\n".join([f"{len(wrong)} of {len(runs)} cells:", *wrong])
