# SPDX-License-Identifier: MIT
"""Everything goes wrong, in a random order, for TOS_CHAOS_SECONDS (60): and no reading is lost.

The sequence follows from TOS_CHAOS_SEED, which is printed: 1 unless it says another number, or "new" for one that nobody
knows. Which readings were taken is in the gateway's own log; which ones arrived, a client tells. That client is subscribed before the proxy lets the gateway through to a new broker, for
a broker forgets what nobody wants.

What the gateway promises, and this test asserts:
- Every reading arrives at least once. The exception is kill -9, which may cost readings that this process took and that
  were not yet on disk; in an outage of more than spool.after, these are the newest 20 and those of one more second.
- Readings on the backlog topic come in the order in which they were taken. Only one that came before may come again.
- SIGTERM ends it in time, whatever the network does.
"""

import json
import os
import random
import re
import threading
import time

import pytest

from conftest import make_map
from harness import IN_TIME_S, TIMEOUT, Broker, Client, Gateway, check_sanitizers, seed_of
from proxy import Proxy

LIVE, BACKLOG = "tos/sensors", "tos/sensors/backlog"
INTERVAL_MS = 50
# Of readings that are not on disk after some seconds of an outage: a batch, a second, and four for a busy disk.
NOT_ON_DISK_MAX = 20 + 5 * 1000 // INTERVAL_MS
SETTLED = 8000 // INTERVAL_MS


class Subscriber:
    """Listens to one broker after the other, and keeps what it heard from all of them."""

    def __init__(self):
        self.clients = []

    def connect(self, port):
        # QoS 0: an acknowledgement to a broker that has just died would fail, and end the reading of what it sent.
        client = Client(port, topics=[LIVE, BACKLOG], qos=0)
        self._lost = threading.Event()
        client.client.on_disconnect = lambda *_: self._lost.set()
        self.clients.append(client)

    def broker_is_gone(self):
        """Everything that it sent has been read before the end of the connection is seen."""
        assert self._lost.wait(TIMEOUT)
        self.clients[-1].close()

    def arrived(self):
        return [(m.topic, json.loads(m.payload)["ts"]) for client in self.clients for m in client.since()]

    def wait(self, ts, timeout):
        """Live as well: the newest may be on its way."""
        self.clients[-1].wait((LIVE, BACKLOG), lambda message: json.loads(message.payload)["ts"] == ts, timeout=timeout)


class Run:
    """One life of a gateway."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.killed = False

    def _lines(self):
        return self.gateway.log.since()

    def taken(self):
        found = (re.search(r"sensors: reading (\d+)$", line) for line in self._lines())
        return [int(match.group(1)) for match in found if match]

    def on_disk_until(self):
        found = (re.search(r"spool: \d+ readings are on disk, up to (\d+)$", line) for line in self._lines())
        return max((int(match.group(1)) for match in found if match), default=0)

    def taken_in_last_outage(self):
        """0 when it was connected in the end."""
        count = 0
        for line in reversed(self._lines()):
            if "notice: mqtt: connected to" in line:
                return 0
            if "warning: mqtt: connection lost" in line:
                break
            count += bool(re.search(r"sensors: reading \d+$", line))
        return count

    def complaints(self):
        """Returns the lines in which the gateway itself reports that it could not keep its promise."""
        return [line for line in self._lines() if line.startswith("error: spool:")]

    def may_be_lost(self):
        if not self.killed:
            return []
        until = self.on_disk_until()
        return [ts for ts in self.taken() if ts > until]


class World:
    def __init__(self, binary, folder, rng):
        self.binary, self.folder, self.rng = binary, folder, rng
        place = folder / "broker"
        place.mkdir()
        # Whatever it has acknowledged is on its way to the subscriber, not in a queue that dies with it.
        self.broker = Broker(place, "max_inflight_messages 0").start()
        self.subscriber = Subscriber()
        self.subscriber.connect(self.broker.port)
        self.proxy = Proxy(self.broker.port).open()
        self.runs = []
        self.broker_state, self.link_state, self.gateway_alive = "up", "open", False
        self.started = time.monotonic()
        self.longest_end = 0.0
        self.start_gateway()

    def say(self, text):
        print(f"{time.monotonic() - self.started:7.2f} s  {text}", flush=True)

    # The broker.

    def kill_broker(self):
        self._end_broker(self.broker.kill)

    def stop_broker(self):
        self._end_broker(self.broker.stop)

    def _end_broker(self, end):
        if self.link_state == "black hole":
            self.proxy.thaw()
            self.link_state = "open"
        self.proxy.cut()
        end()
        self.subscriber.broker_is_gone()
        self.broker_state = "down"

    def start_broker(self):
        self.broker.start()
        self.subscriber.connect(self.broker.port)
        self.broker_state = "up"
        if self.link_state == "open":
            self.proxy.open()

    def freeze_broker(self):
        self.broker.freeze()
        self.broker_state = "frozen"

    def thaw_broker(self):
        self.broker.thaw()
        self.broker_state = "up"

    # The network.

    def cut_link(self):
        self.proxy.cut()
        self.link_state = "cut"

    def mend_link(self):
        if self.link_state == "black hole":
            self.proxy.thaw()
        elif self.broker_state != "down":
            self.proxy.open()
        self.link_state = "open"

    def black_hole(self):
        self.proxy.freeze()
        self.link_state = "black hole"

    # The gateway.

    def start_gateway(self):
        text = make_map(self.proxy.port, interval=f"{INTERVAL_MS}ms", more="spool: {after: 1s}")
        gateway = Gateway(self.binary, self.folder / "g", text, ["--verbose"])
        self.runs.append(Run(gateway))
        gateway.start()
        self.gateway_alive = True

    def kill_gateway(self):
        self.runs[-1].killed = True
        self.runs[-1].gateway.kill()
        self.gateway_alive = False

    def stop_gateway(self):
        begin = time.monotonic()
        assert self.runs[-1].gateway.stop() == 0
        self.longest_end = max(self.longest_end, time.monotonic() - begin)
        assert self.longest_end < IN_TIME_S
        self.gateway_alive = False

    def on_disk(self):
        """The ts of what the last one left for the next one."""
        return self.runs[-1].gateway.spooled()

    def sensor_fault(self):
        fault = self.rng.choice(["no-answer", "none", "none"])
        target = self.rng.choice(["climate", "adc"])
        self.say(f"  {target}: {fault}")
        if target == "climate" or fault == "none":
            self.runs[-1].gateway.fault(target, fault)

    def choices(self):
        """Returns the actions that are possible now. One that is listed more often is more likely."""
        actions = {
            "up": [self.kill_broker, self.stop_broker, self.freeze_broker],
            "frozen": [self.thaw_broker] * 3 + [self.kill_broker],
            "down": [self.start_broker] * 4,
        }[self.broker_state]
        if self.link_state == "open":
            # A dead broker needs no bad network; and a black hole needs somebody behind it.
            actions = actions + ([] if self.broker_state == "down" else [self.cut_link, self.black_hole])
        else:
            actions = actions + [self.mend_link] * 3
        if self.gateway_alive:
            return actions + [self.kill_gateway, self.stop_gateway, self.sensor_fault]
        return actions + [self.start_gateway] * 6

    def step(self):
        action = self.rng.choice(self.choices())
        self.say(action.__name__.replace("_", " "))
        action()

    def calm_down(self):
        self.say("calm down")
        if self.broker_state == "frozen":
            self.thaw_broker()
        if self.link_state != "open":
            self.mend_link()
        if self.broker_state == "down":
            self.start_broker()
        # A new one does not wait for long until it connects.
        if self.gateway_alive:
            self.stop_gateway()
        self.start_gateway()

    def close(self):
        for run in self.runs:
            run.gateway.kill()
        self.proxy.close()
        self.broker.stop()
        for run in self.runs:
            check_sanitizers(run.gateway)
        self.subscriber.clients[-1].close()


@pytest.fixture
def world(binary, folder):
    seed = seed_of("TOS_CHAOS_SEED")
    print(f"\nTOS_CHAOS_SEED={seed}")
    world = World(binary, folder, random.Random(seed))
    world.seed = seed
    yield world
    world.close()


def check_order(arrived):
    seen, newest = set(), 0
    for topic, ts in arrived:
        if topic != BACKLOG:
            continue
        assert ts in seen or ts > newest, f"{ts} came after {newest}"
        seen.add(ts)
        newest = max(newest, ts)


@pytest.mark.slow
def test_nothing_is_lost(world, capsys):
    end = world.started + float(os.environ.get("TOS_CHAOS_SECONDS", "60"))
    while time.monotonic() < end:
        # Time for things to happen, which is all that this is about; nothing is awaited here.
        threading.Event().wait(world.rng.choice([0.1, 0.3, 0.5, 1, 2, 4]))
        world.step()
    world.calm_down()

    taken = [ts for run in world.runs for ts in run.taken()]
    may_be_lost = {ts for run in world.runs for ts in run.may_be_lost()}
    assert [run.complaints() for run in world.runs if run.complaints()] == []
    for ts in sorted(set(taken) - may_be_lost - {ts for _, ts in world.subscriber.arrived()}):
        number = next(n for n, run in enumerate(world.runs, 1) if ts in run.taken())
        print(f"waiting for {ts}, which run {number} took")
        world.subscriber.wait(ts, timeout=60)
    world.stop_gateway()

    taken = [ts for run in world.runs for ts in run.taken()]
    arrived = world.subscriber.arrived()
    lost = set(taken) - {ts for _, ts in arrived} - world.on_disk()
    distinct = len({ts for _, ts in arrived})
    with capsys.disabled():
        print(
            f"\nchaos with seed {world.seed}: {len(world.runs)} runs, {sum(run.killed for run in world.runs)} of them "
            f"killed; {len(taken)} readings, {sum(topic == BACKLOG for topic, _ in arrived)} messages of backlog, "
            f"{len(arrived) - distinct} duplicates; {len(lost)} lost to kill -9; "
            f"SIGTERM took {world.longest_end * 1e3:.0f} ms at most"
        )
    assert lost <= may_be_lost
    for run in world.runs:
        if run.killed and run.taken_in_last_outage() > SETTLED:
            assert len(lost & set(run.may_be_lost())) <= NOT_ON_DISK_MAX
    check_order(arrived)
