# SPDX-License-Identifier: MIT
"""Three brokers on loopback that work as one: a cluster of RabbitMQ, or mosquittos with bridges."""

import contextlib
import pathlib
import signal
import subprocess
import sys
from concurrent import futures

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "integration"), str(ROOT / "tests" / "brokers")]

# pylint: disable=wrong-import-position
import rabbitmq
from harness import Broker, free_port

NODES = 3
# Without it, a node that hangs is noticed after a minute, and until then others wait for its queues.
TICK_S = 8
CLUSTER = """
cluster_formation.peer_discovery_backend = classic_config
cluster_partition_handling = autoheal
net_ticktime = {tick}
"""


class Node(rabbitmq.RabbitMQ):
    """One of a cluster: they share the port mapper and the cookie."""

    def __init__(self, folder, mapper_port, home):
        folder.mkdir()
        super().__init__(folder)
        self._mapper_port, self._home = mapper_port, home
        self._mapper = contextlib.nullcontext()  # it is the cluster's

    def join(self, nodes):
        with (self.folder / "rabbitmq.conf").open("a") as file:
            file.write(CLUSTER.format(tick=TICK_S))
            for number, node in enumerate(nodes, 1):
                file.write(f"cluster_formation.classic_config.nodes.{number} = tos{node.port}@localhost\n")

    def _environment(self):
        return {**super()._environment(), "HOME": str(self._home)}

    def close(self):
        self.kill()


class RabbitCluster:
    """Starts within a minute or two."""

    name = "three nodes of RabbitMQ"
    shares_retained = False
    user = "guest"

    def __init__(self, folder):
        home = folder / "home"
        home.mkdir()
        cookie = home / ".erlang.cookie"
        cookie.write_text("TOSGATEWAYFLEETCOOKIE")
        cookie.chmod(0o400)
        mapper_port = free_port()
        self.nodes = [Node(folder / f"node{number}", mapper_port, home) for number in range(NODES)]
        for node in self.nodes:
            node.join(self.nodes)
        environment = {"ERL_EPMD_ADDRESS": "127.0.0.1", "ERL_EPMD_PORT": str(mapper_port), "PATH": "/usr/bin:/bin"}
        self._mapper = subprocess.Popen(["epmd", "-address", "127.0.0.1"], env=environment, stderr=subprocess.DEVNULL)

    def start(self):
        # Together: a node waits for those that it is to find.
        with futures.ThreadPoolExecutor(NODES) as executor:
            list(executor.map(Node.start, self.nodes))
        return self

    def keep_sessions(self):
        """With classic queues, a session would be refused while the node of its queue is away."""
        for node in self.nodes:
            with (node.folder / "rabbitmq.conf").open("a") as file:
                file.write("mqtt.durable_queue_type = quorum\n")

    def version(self):
        return "RabbitMQ " + ".".join(map(str, self.nodes[0].version()))

    def close(self):
        for node in self.nodes:
            node.close()
        self._mapper.kill()
        self._mapper.wait()


class Bridged(Broker):
    """A mosquitto whose messages go to a hub and come from there."""

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)


class Mosquittos:
    """The first one is the hub, and the others bridge everything to it and from it."""

    name = "three mosquittos, two of them with bridges to the first"
    shares_retained = True
    user = None

    def __init__(self, folder):
        common = "persistence true\nautosave_interval 5\nmax_queued_messages 100000\n"
        self.nodes = []
        for number in range(NODES):
            place = folder / f"mosquitto{number}"
            place.mkdir()
            bridge = "" if number == 0 else (
                f"connection leaf{number}\naddress 127.0.0.1:{self.nodes[0].port}\ntopic fleet/# both 1\n"
                "try_private true\ncleansession false\nnotifications false\nrestart_timeout 1 5\n"
                "bridge_protocol_version mqttv50\n"
            )
            self.nodes.append(Bridged(place, f"{common}persistence_location {place}/\n{bridge}"))

    def start(self):
        for node in self.nodes:
            node.start()
        return self

    def keep_sessions(self):
        raise ValueError("a mosquitto does not know the sessions of another one")

    def version(self):
        line = subprocess.run(["mosquitto", "-h"], capture_output=True, text=True, check=False).stdout.splitlines()[0]
        return line.replace("version ", "")

    def close(self):
        for node in self.nodes:
            node.stop()
