# SPDX-License-Identifier: MIT
"""Everything is late, as on a machine that has no time for it: for tests that pass only by luck.

With TOS_LATE (a seed, or "new"), programs stand still for a moment now and then, and the tests' own threads sleep before
and after what they do: what a test took for over may still be coming, and what it did not expect yet may be there.
The seed chooses who is late; when that is depends on the machine, so a failure need not come again with the same seed.
"""

import contextlib
import os
import pathlib
import random
import signal
import subprocess
import threading
import time

import harness
from proxy import Proxy

PROGRAMS = ("tosd", "mosquitto")  # not tosctl: beneath a shell that is Ctrl-Z
STOPS_S = (0.005, 0.02, 0.05, 0.1, 0.3)
BETWEEN_STOPS_S = 0.15  # on average
NAP_S = 0.25  # at most
CHANCE = 0.15  # of a nap before, and of one after
BEFORE_AND_AFTER = (
    (harness.Broker, ("start", "freeze", "thaw", "_end")),
    (harness.Client, ("publish", "wait", "mark", "since")),
    (harness.Gateway, ("start", "control", "reload", "pause", "resume", "kill")),
    (harness.Lines, ("wait", "mark")),
    (Proxy, ("cut", "open", "freeze", "thaw")),
)
THREADS = ((harness.Lines, "_add"), (harness.Client, "_on_message"))  # of each line, of each message
BETWEEN_NAPS_S = 0.5  # of a thread, on average: it does not matter how many lines there are


class Stalker:
    """Stops one program after the other, but for those that a test has stopped itself."""

    def __init__(self, rng):
        self._rng = rng
        self._lock = threading.Lock()
        self._held = set()  # by a test
        self._send = subprocess.Popen.send_signal

        def send_signal(process, number):
            with self._lock:
                if number == signal.SIGSTOP:
                    self._held.add(process.pid)
                elif number == signal.SIGCONT:
                    self._held.discard(process.pid)
                self._send(process, number)

        subprocess.Popen.send_signal = send_signal
        threading.Thread(target=self._run, daemon=True).start()

    def _signal(self, pid, number):
        with self._lock:
            if pid in self._held:
                return
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def _run(self):
        while True:
            time.sleep(self._rng.expovariate(1 / BETWEEN_STOPS_S))
            pids = children()
            if pids:
                pid = self._rng.choice(pids)
                self._signal(pid, signal.SIGSTOP)
                time.sleep(self._rng.choice(STOPS_S))
                self._signal(pid, signal.SIGCONT)


def children():
    """The processes that this one has started, and that run one of PROGRAMS."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            name, rest = path.read_text().split(" (", 1)[1].rsplit(") ", 1)
        except OSError:
            continue
        if name in PROGRAMS and int(rest.split()[1]) == os.getpid():
            found.append(int(path.parent.name))
    return found


def install(seed):
    rng = random.Random(f"{seed} {os.environ.get('PYTEST_XDIST_WORKER')}")

    def nap():
        time.sleep(rng.random() * NAP_S)

    def before_and_after(original):
        def late(*arguments, **options):
            if rng.random() < CHANCE:
                nap()
            result = original(*arguments, **options)
            if rng.random() < CHANCE:
                nap()
            return result

        return late

    def now_and_then(original):
        next_s = 0.0

        def late(*arguments):
            nonlocal next_s
            if time.monotonic() >= next_s:
                nap()
                next_s = time.monotonic() + rng.expovariate(1 / BETWEEN_NAPS_S)
            return original(*arguments)

        return late

    for owner, names in BEFORE_AND_AFTER:
        for name in names:
            setattr(owner, name, before_and_after(getattr(owner, name)))
    for owner, name in THREADS:
        setattr(owner, name, now_and_then(getattr(owner, name)))
    Stalker(rng)
