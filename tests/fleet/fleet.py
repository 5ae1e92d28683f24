#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A fleet of real gateways on the simulated board, and three brokers of which one is killed, frozen or restarted. Prints how
long it takes until each gateway is on another one, what is lost, what comes twice, and which motors stop.

usage: fleet.py TOSD [--gateways N] [--brokers rabbitmq|mosquitto] [--interval SECONDS] [--kept] [EVENT...]

Each gateway has a machine id of its own, and all have the same host name, as copied cards with a new id would."""

import argparse
import collections
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from brokers import Mosquittos, RabbitCluster

# pylint: disable=wrong-import-order
from paho.mqtt import client as mqtt

MAP = """
mqtt:
  url: [{urls}]
  url_order: random
  topic: fleet/%i
  client_id: "%H-%i"
  health_interval: 20s
{more}
chips:
  climate: {{driver: bme280, bus: /dev/i2c-1, address: 0x77}}
sensors:
  temp: {{from: climate.temperature, decimals: 1, simulate: 23}}
  humi: {{from: climate.humidity, simulate: 45}}
interval: {interval}s
motors:
  - {{forward: GPIO5, backward: GPIO6}}
failsafe: {{after: 5s}}
"""
FAILSAFE_S = 5
USER = "  username: guest\n  password_file: {folder}/password\n"
KEPT = "  clean_start: false\n  session_expiry: 2min\n  will_delay: 30s\n"
SETTLE_S = 12
ACTIONS = 10  # that each gateway of a node is sent while that is away, one a second
PATIENCE_S = 120
IN_NAMESPACE = 'mount --bind "$0" /etc/machine-id; hostname edge; exec "$@"'


class Gateway:
    """One process, in a namespace of its own."""

    def __init__(self, fleet, number):
        self.folder = fleet.folder / f"g{number}"
        self.folder.mkdir()
        machine = f"a{number:031x}"
        (self.folder / "machine-id").write_text(machine + "\n")
        # %i of tosd.yaml(5). On a board with a serial number, all gateways would have the same one.
        self.name = hashlib.sha256(f"tos-gateway machine-id {machine}".encode()).hexdigest()[:12]
        self.log = self.folder / "log"
        self.state = self.folder / "state"
        self.state.mkdir()
        environment = dict(os.environ, TOS_SIM_DIR=str(self.folder))
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                ["unshare", "--mount", "--uts", "sh", "-euc", IN_NAMESPACE, self.folder / "machine-id"]
                + [fleet.tosd, "--simulate", "--config", fleet.map, "--state", self.state],
                env=environment, stdout=subprocess.DEVNULL, stderr=log)  # fmt: skip

    def node(self):
        """The port of the broker that it was connected to last."""
        ports = re.findall(r"connected to mqtt://127\.0\.0\.1:(\d+)", self.log.read_text())
        return int(ports[-1]) if ports else None

    def connections(self):
        return self.log.read_text().count("connected to")

    def is_running(self):
        """The motor, as the simulated board's wires have it."""
        levels = re.findall(r"line GPIO5 ([01])", (self.folder / "wire.log").read_text())
        return bool(levels) and levels[-1] == "1"

    def kilobytes(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        return {key: int(re.search(rf"^{key}: +(\d+)", text, re.MULTILINE)[1]) for key in ("Rss", "Pss")}


def new_client(name, user):
    """Version 2 of the library (Debian 13) asks which signatures the callbacks have."""
    arguments = {}
    if hasattr(mqtt, "CallbackAPIVersion"):
        arguments["callback_api_version"] = mqtt.CallbackAPIVersion.VERSION2
    client = mqtt.Client(client_id=name, clean_session=True, **arguments)
    # RabbitMQ acknowledges no message that it refuses, to a client without MQTT 5. The others must not wait for that.
    client.max_inflight_messages_set(0)
    if user:
        client.username_pw_set(user, user)
    return client


class Watcher:
    """A client at one node that notes what it sees of the fleet. Others go on while its node is away."""

    def __init__(self, port, user):
        self.readings = collections.defaultdict(list)  # by gateway: each ts
        self.online = []  # (when, gateway)
        self.offline = []
        self.healths = {}
        self.answers = collections.defaultdict(list)  # by gateway: the id of each action
        self.client = new_client(f"watcher-{port}", user)
        self.client.reconnect_delay_set(1, 2)
        self.client.on_connect = lambda client, *_: client.subscribe("fleet/#", qos=1)
        self.client.on_message = self._note
        self.client.connect_async("127.0.0.1", port, keepalive=15)
        self.client.loop_start()

    def _note(self, _client, _userdata, message):
        _, gateway, *rest = message.topic.split("/")
        what = "/".join(rest)
        if what in ("sensors", "sensors/backlog"):
            self.readings[gateway].append(json.loads(message.payload)["ts"])
        elif what == "actions/ack":
            self.answers[gateway].append(json.loads(message.payload).get("id"))
        elif what == "health":
            self.healths[gateway] = json.loads(message.payload)
        elif what == "status" and not message.retain:
            (self.online if message.payload == b"online" else self.offline).append((time.monotonic(), gateway))

    def close(self):
        # Its thread ends with the process: loop_stop() would wait for messages that a broker no longer acknowledges.
        self.client.disconnect()


class Fleet:
    def __init__(self, arguments, folder):
        self.folder, self.tosd = folder, pathlib.Path(arguments.tosd).resolve()
        self.n, self.interval = arguments.gateways, arguments.interval
        self.brokers = {"rabbitmq": RabbitCluster, "mosquitto": Mosquittos}[arguments.brokers](folder)
        self.is_kept = arguments.kept
        if self.is_kept:
            self.brokers.keep_sessions()
        self.map = folder / "map.yaml"
        self.gateways, self.watchers = [], []
        self.failures = []

    def start(self):
        begun = time.monotonic()
        self.brokers.start()
        print(f"{self.brokers.name}, {self.brokers.version()}: started in {time.monotonic() - begun:.0f} s", flush=True)
        password = self.folder / "password"
        password.write_text("guest\n")
        password.chmod(0o600)
        urls = ", ".join(f"mqtt://127.0.0.1:{node.port}" for node in self.brokers.nodes)
        more = USER.format(folder=self.folder) if self.brokers.user else ""
        more += KEPT if self.is_kept else ""
        self.map.write_text(MAP.format(urls=urls, interval=self.interval, more=more))
        self.watchers = [Watcher(node.port, self.brokers.user) for node in self.brokers.nodes]
        time.sleep(2)
        begun = time.monotonic()
        for number in range(self.n):
            self.gateways.append(Gateway(self, number))
        seen = self.wait_online(begun, self.gateways)
        memory = [gateway.kilobytes() for gateway in self.gateways]
        rss, pss = (sum(each[key] for each in memory) / self.n / 1024 for key in ("Rss", "Pss"))
        print(f"{len(seen)} gateways, a reading every {self.interval} s: all online after {max(seen.values()) - begun:.1f} s; "
              f"on the nodes {self.spread()}; {rss:.1f} MB each, {pss:.1f} MB with what they share divided", flush=True)  # fmt: skip
        time.sleep(SETTLE_S)

    def spread(self):
        counts = collections.Counter(gateway.node() for gateway in self.gateways)
        return ", ".join(str(counts[node.port]) for node in self.brokers.nodes)

    def wait_online(self, since, gateways):
        """Returns when a watcher first saw each of them online after that time."""
        names = {gateway.name for gateway in gateways}
        deadline = time.monotonic() + PATIENCE_S
        while True:
            first = {}
            for watcher in self.watchers:
                for when, gateway in list(watcher.online):
                    if when > since and gateway in names:
                        first[gateway] = min(when, first.get(gateway, when))
            if len(first) == len(names) or time.monotonic() > deadline:
                return first
            time.sleep(0.2)

    def run_motors(self):
        """Every motor runs, by one message a gateway at the last node."""
        self.tell_all({"motor": {"direction": "forward", "speed": 5}})
        deadline = time.monotonic() + 60
        while sum(gateway.is_running() for gateway in self.gateways) < self.n and time.monotonic() < deadline:
            time.sleep(0.5)

    def tell_all(self, action):
        for gateway in self.gateways:
            self.watchers[-1].client.publish(f"fleet/{gateway.name}/actions", json.dumps(action), qos=1)

    def happen(self, what, node, undo):
        """Something happens to a node, and in the end it is undone."""
        self.run_motors()
        victims = [gateway for gateway in self.gateways if gateway.node() == node.port]
        others = [gateway for gateway in self.gateways if gateway not in victims]
        running = sum(gateway.is_running() for gateway in self.gateways)
        begun = time.monotonic()
        # A node that ends in order takes its time, and its gateways leave meanwhile.
        worker = threading.Thread(target=getattr(node, what))
        worker.start()
        caller = threading.Thread(target=self.call, args=(what, node, victims))
        caller.start()
        moved = self.wait_online(begun, victims)
        waits = sorted(when - begun for when in moved.values())
        worker.join()
        caller.join()
        time.sleep(max(0, begun + FAILSAFE_S + 3 - time.monotonic()))
        stopped = [sum(not gateway.is_running() for gateway in group) for group in (victims, others)]
        print(f"{what}: {len(victims)} gateways were on it, {len(moved)} are online elsewhere: median "
              f"{statistics.median(waits) if waits else float('nan'):.1f} s, last {waits[-1] if waits else float('nan'):.1f} s; "
              f"of {running} motors that ran, {stopped[0]} of the {len(victims)} stopped, and {stopped[1]} of the others; "
              f"on the nodes now {self.spread()}", flush=True)  # fmt: skip
        self.report_answers(what, node, victims)
        if len(moved) < len(victims):
            self.failures.append(f"{what}: {len(victims) - len(moved)} gateways are not online elsewhere")
        if what == "freeze" and stopped[0] < len(victims):
            self.failures.append(f"{what}: {len(victims) - stopped[0]} motors run on")
        self.tell_all({"motor": "stop"})
        undo()
        time.sleep(SETTLE_S)

    def call(self, what, node, victims):
        """Actions that change nothing, by way of the last node."""
        for number in range(ACTIONS):
            for gateway in victims:
                action = {"id": f"{what}-{node.port}-{number}", "sensors": {"interval": self.interval * 1000}}
                self.watchers[-1].client.publish(f"fleet/{gateway.name}/actions", json.dumps(action), qos=1)
            time.sleep(1)

    def report_answers(self, what, node, victims):
        """An answer may reach several watchers, so the one that saw most of a gateway's counts."""
        ids = {f"{what}-{node.port}-{number}" for number in range(ACTIONS)}
        answered = twice = 0
        for gateway in victims:
            seen = [[i for i in watcher.answers[gateway.name] if i in ids] for watcher in self.watchers]
            answered += len(set().union(*seen))
            twice += max(len(each) - len(set(each)) for each in seen)
        print(f"of the {ACTIONS * len(victims)} actions that these were sent in the {ACTIONS} s from then on, {answered} were "
              f"answered, {twice} of them twice", flush=True)  # fmt: skip
        if self.is_kept and answered < ACTIONS * len(victims):
            self.failures.append(f"{what}: {ACTIONS * len(victims) - answered} actions are lost although sessions are kept")

    def herd(self):
        """All nodes are away for longer than a minute, and back."""
        for node in self.brokers.nodes:
            node.kill()
        time.sleep(100)
        before = {gateway: gateway.connections() for gateway in self.gateways}
        # Together: a node of a cluster waits for the others.
        starts = [threading.Thread(target=node.start) for node in self.brokers.nodes]
        for start in starts:
            start.start()
        begun = time.monotonic()
        # By their logs: a gateway may be back before its watcher is.
        back = {}
        while len(back) < self.n and time.monotonic() < begun + PATIENCE_S:
            time.sleep(0.25)
            for gateway in self.gateways:
                if gateway not in back and gateway.connections() > before[gateway]:
                    back[gateway] = time.monotonic()
        for start in starts:
            start.join()
        waits = sorted(when - begun for when in back.values())
        tenths = [0] * 10
        for wait in waits:
            tenths[min(9, int(wait / waits[-1] * 10))] += 1
        print(f"herd: after 100 s without a broker, {len(back)} are back: the first after {waits[0]:.1f} s, median "
              f"{statistics.median(waits):.1f} s, last {waits[-1]:.1f} s; in each tenth of that time {tenths}", flush=True)  # fmt: skip
        time.sleep(SETTLE_S)

    def report(self):
        """Each gateway reads on a grid: a step without a reading is a loss, unless it says that it missed it itself."""
        time.sleep(25)  # every health is younger than the last event
        lost = twice = missed = total = 0
        healths = {name: health for watcher in self.watchers for name, health in watcher.healths.items()}
        for name, health in healths.items():
            seen = set()
            repeats = 0
            for watcher in self.watchers:
                stamps = watcher.readings[name]
                repeats = max(repeats, len(stamps) - len(set(stamps)))
                seen.update(stamps)
            steps = sorted(seen)
            lost += sum(round((b - a) / 1000 / self.interval) - 1 for a, b in zip(steps, steps[1:]))
            missed += health["missed"]
            twice += repeats
            total += len(steps)
        if lost > missed:
            self.failures.append(f"{lost - missed} readings are lost")
        offline = len({gateway for watcher in self.watchers for _, gateway in watcher.offline})
        dropped, refused = (sum(health[key] for health in healths.values()) for key in ("dropped", "rejected"))
        print(f"in all {total} readings of {len(healths)} gateways arrived; steps without one {lost}, of which the gateways "
              f"count {missed} as missed and {dropped} as dropped; {twice} arrived twice; the brokers refused {refused} messages; "
              f"{offline} gateways were said to be offline at some time", flush=True)  # fmt: skip

    def statuses(self, node):
        """The status of each gateway, as a new client at that node is told."""
        told = {}
        client = new_client("late", self.brokers.user)
        client.on_message = lambda _client, _userdata, message: told.update({message.topic: message.payload})
        client.connect("127.0.0.1", node.port)
        client.loop_start()
        # RabbitMQ looks for what it has kept by the exact topic alone.
        for gateway in self.gateways:
            client.subscribe(f"fleet/{gateway.name}/status", qos=1)
        time.sleep(5)
        client.disconnect()
        return collections.Counter(told.values())

    def report_statuses(self):
        for number, node in enumerate(self.brokers.nodes):
            counts = self.statuses(node)
            print(f"a client that comes to node {number} now is told that {counts[b'online']} gateways are online, "
                  f"{counts[b'offline']} offline, and of {self.n - sum(counts.values())} nothing", flush=True)  # fmt: skip
            if self.brokers.shares_retained and counts[b"online"] < self.n:
                self.failures.append(f"node {number} does not say that all are online")

    def close(self):
        for watcher in self.watchers:
            watcher.close()
        for gateway in self.gateways:
            gateway.process.send_signal(signal.SIGTERM)
        for gateway in self.gateways:
            gateway.process.wait(60)
        self.brokers.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tosd")
    parser.add_argument("--gateways", type=int, default=200)
    parser.add_argument("--interval", type=int, default=5)
    parser.add_argument("--brokers", choices=["rabbitmq", "mosquitto"], default="rabbitmq")
    parser.add_argument("--kept", action="store_true", help="clean_start: false, will_delay: 30s; MQTT 5")
    parser.add_argument("events", nargs="*", help="kill freeze roll herd", default=["kill", "freeze", "roll", "herd"])
    arguments = parser.parse_intermixed_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tos-fleet-"))
    fleet = Fleet(arguments, folder)
    nodes = fleet.brokers.nodes
    try:
        fleet.start()
        for event in arguments.events:
            if event == "kill":
                fleet.happen("kill", nodes[0], nodes[0].start)
            elif event == "freeze":
                fleet.happen("freeze", nodes[1], nodes[1].thaw)
            elif event == "roll":
                for node in nodes:
                    fleet.happen("stop", node, node.start)
            elif event == "herd":
                # Those that note what arrives are away, too, and may come back later than gateways.
                fleet.report()
                fleet.herd()
            else:
                sys.exit(f"there is no event {event}")
        if "herd" not in arguments.events:
            fleet.report()
        fleet.report_statuses()
        sys.exit("; ".join(fleet.failures) or 0)
    finally:
        fleet.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
