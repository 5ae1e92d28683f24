# SPDX-License-Identifier: MIT
"""A private RabbitMQ with its MQTT plugin, on loopback alone, with files, cookie and port mapper of its own."""

import os
import pathlib
import signal
import socket
import subprocess

from harness import Lines, free_port

# The script of the package, without the wrapper that changes to the system's user.
PROGRAM = "/usr/lib/rabbitmq/bin/rabbitmq-server"
START_S = 120  # an Erlang node on a loaded machine

CONFIGURATION = """
listeners.tcp = none
mqtt.listeners.tcp.1 = 127.0.0.1:{port}
mqtt.listeners.ssl = none
mqtt.retained_message_store = rabbit_mqtt_retained_msg_store_dets
mqtt.retained_message_store_dets_sync_interval = 100
mqtt.tcp_listen_options.nodelay = true
disk_free_limit.absolute = 1MB
log.console = true
log.console.level = info
log.file = false
"""


class RabbitMQ:
    """One node. Its data outlives stop(), kill() and the next start()."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.port, self._mapper_port, self._distribution_port = free_port(), free_port(), free_port()
        self.process = self._mapper = self.log = None
        (self.folder / "rabbitmq.conf").write_text(CONFIGURATION.format(port=self.port))
        (self.folder / "enabled_plugins").write_text("[rabbitmq_mqtt].\n")
        (self.folder / "none.conf").touch()

    def _environment(self):
        own = {
            "HOME": self.folder,  # of the cookie
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": self._mapper_port,
            "RABBITMQ_NODENAME": f"tos{self.port}@localhost",
            "RABBITMQ_DIST_PORT": self._distribution_port,
            "RABBITMQ_CONFIG_FILE": self.folder / "rabbitmq.conf",
            "RABBITMQ_CONFIG_FILES": self.folder / "none.d",  # not those of this machine
            "RABBITMQ_ADVANCED_CONFIG_FILE": self.folder / "none.config",
            "RABBITMQ_CONF_ENV_FILE": self.folder / "none.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": self.folder / "enabled_plugins",
            "RABBITMQ_MNESIA_BASE": self.folder / "mnesia",
            "RABBITMQ_LOG_BASE": self.folder / "log",
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1 +sbwt none",
        }
        others = {k: v for k, v in os.environ.items() if k != "NOTIFY_SOCKET" and not k.startswith("RABBITMQ_")}
        return {**others, **{name: str(value) for name, value in own.items()}}

    def start(self):
        """It runs, and accepts MQTT, when this returns."""
        environment = self._environment()
        if self._mapper is None:
            # Otherwise the node starts one that outlives it.
            self._mapper = subprocess.Popen(["epmd", "-address", "127.0.0.1"], env=environment, stderr=subprocess.DEVNULL)
            while self._mapper.poll() is None and not self._listens(self._mapper_port):
                pass
        # A session of its own: the script's children are ended with it.
        self.process = subprocess.Popen(
            [PROGRAM],
            env=environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self.log = Lines(self.process.stdout)
        self.log.wait("Server startup complete", timeout=START_S)
        return self

    @staticmethod
    def _listens(port):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def version(self):
        """The two numbers that tell what it can, such as (3, 10)."""
        first, second = self.log.wait(r"Starting RabbitMQ (\d+)\.(\d+)").groups()
        return int(first), int(second)

    def signal(self, number):
        os.killpg(self.process.pid, number)

    def freeze(self):
        self.signal(signal.SIGSTOP)

    def thaw(self):
        self.signal(signal.SIGCONT)

    def kill(self):
        self._end(signal.SIGKILL)

    def stop(self):
        self._end(signal.SIGTERM)

    def restore(self):
        """Running and awake, whatever was done to it."""
        if self.process.poll() is not None:
            self.start()
        self.thaw()

    def _end(self, number):
        if self.process and self.process.poll() is None:
            self.signal(signal.SIGCONT)
            self.signal(number)
            self.process.wait(START_S)
            self.log.join()

    def close(self):
        self.kill()
        if self._mapper:
            self._mapper.kill()
            self._mapper.wait()
