# SPDX-License-Identifier: MIT
"""Hours of work in small: readings every 20 ms, commands, failing parts, outages and reloads, for TOS_SOAK_SECONDS (30).

All of them happen once before memory is looked at, then again and again in a random order: what is still in use
afterwards must not grow. Prints what was resident at the start, in the middle and at the end.
"""

import json
import os
import pathlib
import random
import threading
import time

import pytest

from conftest import make_map
from harness import TIMEOUT, seed_of

# The allocator's own coming and going. A reading or a command that leaked 16 bytes would exceed it within minutes.
GROWTH_MAX_KB = 256


class Board:
    def __init__(self, gateway, proxy, client, rng):
        self.gateway, self.proxy, self.client, self.rng = gateway, proxy, client, rng
        self.resident = []
        self.counts = dict.fromkeys(["commands", "faults", "outages", "reloads"], 0)

    def wait(self, seconds):
        """Time for things to happen, which is all that this is about; nothing is awaited here."""
        threading.Event().wait(seconds)

    def commands(self):
        for _ in range(20):
            action = {
                "led": {str(self.rng.randrange(3)): {"bright": self.rng.randint(1, 10)}},
                "motor": {"direction": self.rng.choice(["forward", "backward", "stop"]), "speed": 5},
            }
            assert self.client.ask_json(action)["ok"]
        assert not self.client.ask_json({"led": {"9": {"on": True}}, "lde": 1})["ok"]
        self.counts["commands"] += 21

    def faults(self):
        target = self.rng.choice(["climate", "adc"])
        self.gateway.fault(target, self.rng.choice(["no-answer", "flip", "short", "stuck", "slow"]))
        self.wait(self.rng.choice([0.5, 1, 2]))
        self.gateway.fault(target, "none")
        self.counts["faults"] += 1

    def outages(self):
        """Longer than spool.after, so that the disk is used, too."""
        mark = self.client.mark()
        self.proxy.cut()
        self.wait(self.rng.choice([1.5, 3]))
        self.proxy.open()
        # Short connections one after the other count as failures, and the pause grows up to a minute.
        self.client.wait("tos/status", lambda m: m.payload == b"online", mark, timeout=60 + TIMEOUT)
        self.counts["outages"] += 1

    def reloads(self):
        mark = self.gateway.log.mark()
        self.gateway.reload()
        self.gateway.log.wait("reload: ", mark)
        self.counts["reloads"] += 1

    def measure(self):
        pages = pathlib.Path(f"/proc/{self.gateway.process.pid}/statm").read_text(encoding="ascii").split()[1]
        self.resident.append(int(pages) * os.sysconf("SC_PAGE_SIZE") // 1024)


@pytest.fixture
def board(proxy, make_client, make_gateway):
    seed = seed_of("TOS_SOAK_SEED")
    print(f"\nTOS_SOAK_SEED={seed}")
    client = make_client(topics=["tos/actions/ack", "tos/status", "tos/health"])
    text = make_map(proxy.port, interval="20ms", mqtt="  health_interval: 1s", more="spool: {after: 1s}")
    gateway = make_gateway(text)
    client.wait("tos/status", lambda m: m.payload == b"online")
    return Board(gateway, proxy, client, random.Random(seed))


@pytest.mark.slow
def test_memory_stays_flat(board, sanitized, capsys):
    actions = [board.commands, board.faults, board.outages, board.reloads]
    begin = time.monotonic()
    end = begin + float(os.environ.get("TOS_SOAK_SECONDS", "30"))
    for action in actions:
        action()
    board.measure()
    while time.monotonic() < end:
        board.rng.choice([board.commands] * 5 + actions)()
        board.wait(0.2)
        board.measure()
    health = json.loads(board.client.wait("tos/health", mark=board.client.mark()).payload)
    quarter = len(board.resident) // 4
    early, late = max(board.resident[quarter : 2 * quarter]), max(board.resident[3 * quarter :])
    with capsys.disabled():
        print(
            f"\nsoak of {time.monotonic() - begin:.0f} s: {health['readings']} readings, {board.counts}; resident "
            f"{board.resident[0]} KiB, {board.resident[2 * quarter]} KiB, {board.resident[-1]} KiB"
        )
    assert health["dropped"] == 0
    # AddressSanitizer keeps what was freed, ThreadSanitizer what was accessed.
    assert late - early <= GROWTH_MAX_KB or sanitized, board.resident
    assert board.gateway.stop() == 0
