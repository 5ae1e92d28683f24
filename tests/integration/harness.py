# SPDX-License-Identifier: MIT
"""The building blocks of the integration tests: a private broker, a gateway on the simulated board, an independent client.

Everything is awaited as an event: the broker's log, systemd's notifications, MQTT messages, the simulated wires (a FIFO).
Nothing here sleeps.
"""

import contextlib
import fcntl
import functools
import itertools
import json
import os
import pathlib
import random
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

TIMEOUT = float(os.environ.get("TOS_TEST_TIMEOUT", "20"))
# Of an end in order beside other tests. That it is 2 s at most is measured alone, in test_stop_times.py.
IN_TIME_S = TIMEOUT / 2


class Lines:
    """Collects lines from a stream in a thread, and lets a test wait for one."""

    def __init__(self, stream):
        self._condition = threading.Condition()
        self._lines = []
        self._ended = False
        self._thread = threading.Thread(target=self._run, args=(stream,), daemon=True)
        self._thread.start()

    def _run(self, stream):
        for line in stream:
            self._add(line.rstrip("\n"))
        with self._condition:
            self._ended = True
            self._condition.notify_all()

    def _add(self, line):
        with self._condition:
            self._lines.append(line)
            self._condition.notify_all()

    def mark(self):
        """A place in the lines from which wait() and since() can begin."""
        with self._condition:
            return len(self._lines)

    def since(self, mark=0):
        with self._condition:
            return self._lines[mark:]

    def wait(self, pattern, mark=0, timeout=TIMEOUT):
        """The first match at or after mark."""
        expression = re.compile(pattern)
        deadline = time.monotonic() + timeout
        with self._condition:
            at = mark
            while True:
                while at < len(self._lines):
                    match = expression.search(self._lines[at])
                    if match:
                        return match
                    at += 1
                left = deadline - time.monotonic()
                if self._ended or left <= 0 or not self._condition.wait(left):
                    if at >= len(self._lines) and (self._ended or time.monotonic() >= deadline):
                        text = "\n".join(self._lines[mark:][-60:])
                        raise AssertionError(f"no line matches {pattern!r} within {timeout} s; there is:\n{text}")

    def wait_sum(self, pattern, total, mark=0, timeout=TIMEOUT):
        """Until the numbers in the matches' group at or after mark add up to that; a match without a group is 1."""
        expression = re.compile(pattern)
        deadline = time.monotonic() + timeout
        at = mark
        with self._condition:
            while total > 0:
                while at < len(self._lines):
                    match = expression.search(self._lines[at])
                    total -= (int(match.group(1)) if expression.groups else 1) if match else 0
                    at += 1
                if total > 0 and (self._ended or not self._condition.wait(deadline - time.monotonic())):
                    text = "\n".join(self._lines[mark:][-60:])
                    raise AssertionError(f"{pattern!r}: {total} too few within {timeout} s; there is:\n{text}")

    def join(self):
        self._thread.join(TIMEOUT)


class Wires(Lines):
    """The wires of the simulated board, which it writes into a FIFO. Changes before a mark have been read when it is taken."""

    _fences = itertools.count()

    def __init__(self, fd):
        self._fd = fd
        super().__init__(self._read(os.dup(fd)))

    @staticmethod
    def _read(fd):
        with os.fdopen(fd) as stream:
            for line in stream:
                yield line
                if line == "end\n":
                    return

    def fence(self):
        mark = super().mark()
        fence = f"0 fence {next(self._fences)}"
        os.write(self._fd, f"{fence}\n".encode())
        self.wait(f"^{fence}$", mark)

    def mark(self):
        self.fence()
        return super().mark()


def seed_of(name):
    """Of a random order: from the environment, or always the same, for a failure must be the change's. "new": any."""
    text = os.environ.get(name, "1")
    return random.SystemRandom().randrange(1, 10**9) if text == "new" else int(text)


class Ports:
    """A hundred ports that are this process's alone, until it ends. Other runs of the tests have others.

    They are below the range that the kernel takes ports of outgoing connections from: a port stays free while a broker
    restarts. A socket's name marks the hundred as taken: like ports, such names are known in the network namespace."""

    FIRST, COUNT, BLOCKS = 15000, 100, 170

    def __init__(self):
        self._lease = socket.socket(socket.AF_UNIX)
        first = random.randrange(self.BLOCKS)
        for block in (*range(first, self.BLOCKS), *range(first)):
            try:
                self._lease.bind(f"\0tos-gateway-test-ports-{block}")
            except OSError:
                continue
            start = self.FIRST + block * self.COUNT
            self._ports = itertools.cycle(range(start, start + self.COUNT))
            return
        raise AssertionError("all ports for tests are taken")

    def free(self):
        """Returns a free port, in turn, so that a port that was just given up comes last."""
        for port in itertools.islice(self._ports, self.COUNT):
            with socket.socket() as probe:
                # As brokers do. Remains of ended connections are in nobody's way, but a listener is.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                    return port
                except OSError:
                    continue
        raise AssertionError("no port is free")


@functools.cache
def ports():
    return Ports()


def free_port():
    return ports().free()


class Broker:
    """A private mosquitto on 127.0.0.1."""

    def __init__(self, folder, extra="", port=None):
        self.folder = pathlib.Path(folder)
        self.port = port or free_port()
        self.extra = extra
        self.process = None
        self.log = None

    def start(self):
        config = self.folder / "mosquitto.conf"
        listener = "" if "listener" in self.extra else f"listener {self.port} 127.0.0.1\n"
        anonymous = "" if "allow_anonymous" in self.extra else "allow_anonymous true\n"
        config.write_text(
            f"{listener}{anonymous}set_tcp_nodelay true\nmax_queued_messages 0\nlog_type all\n{self.extra}\n"
        )
        self.process = subprocess.Popen(
            ["/usr/sbin/mosquitto", "-c", str(config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        self.log = Lines(self.process.stderr)
        self.log.wait(r"mosquitto version .* running")
        # It says so a moment before it is: a SIGTERM that comes in between is lost. Who accepts a connection does run.
        with socket.create_connection(("127.0.0.1", self.port)):
            self.log.wait(r"New connection from")
        return self

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        self._end(signal.SIGKILL)

    def stop(self):
        self._end(signal.SIGTERM)

    def _end(self, number):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(number)
            self.process.wait(TIMEOUT)
        if self.log:
            self.log.join()


class Client:
    """An MQTT client that keeps all it gets, and lets a test wait for a message."""

    _numbers = itertools.count()

    def __init__(self, port, version=mqtt.MQTTv311, topics=("#",), client_id=None, clean=True, **options):
        name = client_id or f"test-{os.getpid()}-{next(self._numbers)}"
        arguments = {} if version == mqtt.MQTTv5 else {"clean_session": clean}
        # Version 2 of paho (Debian 13) asks which signatures the callbacks have; 1.6 has only one kind.
        if hasattr(mqtt, "CallbackAPIVersion"):
            arguments["callback_api_version"] = mqtt.CallbackAPIVersion.VERSION2
        self.client = mqtt.Client(client_id=name, protocol=version, **arguments)
        self.version = version
        self.messages = []
        self._condition = threading.Condition()
        self._subscribed = threading.Event()
        self._topics = topics
        self._qos = options.get("qos", 2)
        self.client.on_connect = self._on_connect
        self.client.on_subscribe = lambda *_: self._subscribed.set()
        self.client.on_message = self._on_message
        if "username" in options:
            self.client.username_pw_set(options["username"], options["password"])
        if "tls" in options:
            self.client.tls_set(**options["tls"])
        # On a busy machine a broker may stay frozen for long, and would then end a connection that was silent meanwhile.
        self.client.connect(options.get("host", "127.0.0.1"), port, keepalive=3600)
        # Otherwise a command waits up to 40 ms for the acknowledgement of what was sent before it.
        self.client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.client.loop_start()
        if topics and not self._subscribed.wait(TIMEOUT):
            raise AssertionError("the test's own client could not subscribe")

    def _on_connect(self, client, *_):
        # In one packet, so that all of them are there when it is answered.
        if self._topics:
            client.subscribe([(topic, self._qos) for topic in self._topics])

    def _on_message(self, _client, _userdata, message):
        with self._condition:
            self.messages.append(message)
            self._condition.notify_all()

    def mark(self):
        with self._condition:
            return len(self.messages)

    def since(self, mark=0, topic=None):
        with self._condition:
            return [m for m in self.messages[mark:] if topic is None or m.topic == topic]

    def wait(self, topic, accept=lambda message: True, mark=0, timeout=TIMEOUT):
        """The first message on topic, or on one of several, at or after mark that accept() likes."""
        topics = (topic,) if isinstance(topic, str) else topic
        deadline = time.monotonic() + timeout
        with self._condition:
            at = mark
            while True:
                while at < len(self.messages):
                    message = self.messages[at]
                    if message.topic in topics and accept(message):
                        return message
                    at += 1
                left = deadline - time.monotonic()
                if left <= 0 or (not self._condition.wait(left) and at >= len(self.messages)):
                    got = [(m.topic, m.payload[:200]) for m in self.messages[mark:][-30:]]
                    raise AssertionError(f"no message on {topic} within {timeout} s; there is: {got}")

    def wait_several(self, topic, count, mark=0, timeout=TIMEOUT):
        """The first count messages on topic at or after mark."""
        deadline = time.monotonic() + timeout
        with self._condition:
            while True:
                found = [m for m in self.messages[mark:] if m.topic == topic][:count]
                left = deadline - time.monotonic()
                if len(found) == count:
                    return found
                if left <= 0 or not self._condition.wait(left):
                    raise AssertionError(f"{len(found)} instead of {count} messages on {topic}: {found}")

    def wait_json(self, topic, accept=lambda value: True, mark=0, timeout=TIMEOUT):
        message = self.wait(topic, lambda m: accept(json.loads(m.payload)), mark, timeout)
        return json.loads(message.payload)

    def publish(self, topic, payload, qos=1, retain=False, properties=None):
        if isinstance(payload, (dict, list)):
            payload = json.dumps(payload)
        info = self.client.publish(topic, payload, qos, retain, properties=properties)
        info.wait_for_publish(TIMEOUT)
        return info

    def fence(self):
        """Returns once everything that the broker had for this client has arrived."""
        mark = self.mark()
        self.publish("test/fence", "")
        self.wait("test/fence", mark=mark)

    def ask(self, payload, topic="tos/actions", answer="tos/actions/ack", **options):
        """Publishes a command and returns the text of the answer that comes after it."""
        mark = self.mark()
        self.publish(topic, payload, **options)
        return self.wait(answer, mark=mark).payload.decode()

    def ask_json(self, payload, **options):
        return json.loads(self.ask(payload, **options))

    def close(self):
        self.client.disconnect()
        # Version 2 of paho forgets its thread when that ends, maybe between its own look for it and its waiting for it.
        with contextlib.suppress(AttributeError):
            self.client.loop_stop()


def response_properties(topic, correlation=None):
    properties = Properties(PacketTypes.PUBLISH)
    properties.ResponseTopic = topic
    if correlation is not None:
        properties.CorrelationData = correlation
    return properties


class Notifications:
    """The service manager's end of sd_notify()."""

    def __init__(self, folder):
        self.path = str(pathlib.Path(folder) / "notify")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        self.lines = Lines(self._receive())

    def _receive(self):
        while True:
            try:
                data = self._socket.recv(4096)
            except OSError:
                return
            for line in data.decode().splitlines():
                if line == "TEST=END":
                    return
                yield line

    def close(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"TEST=END", self.path)
        self.lines.join()
        self._socket.close()


class Gateway:
    """A tosd on the simulated board, with its wires in the test's hands."""

    def __init__(self, binary, folder, map_text, arguments=(), environment=None):
        self.binary = binary
        self.folder = pathlib.Path(folder)
        # Its folder is the simulated board's root as well, and a board has an id, which a bare chroot lacks.
        (self.folder / "etc").mkdir(parents=True, exist_ok=True)
        (self.folder / "etc" / "machine-id").write_text("0123456789abcdef0123456789abcdef\n")
        self.map = self.folder / "tosd.yaml"
        self.map.write_text(map_text)
        self.arguments = list(arguments)
        self.environment = environment or {}
        self.process = self.log = self.wire = self.notifications = None

    def start(self, wait_ready=True):
        (self.folder / "state").mkdir(exist_ok=True)
        fifo = self.folder / "wire.log"
        if not fifo.exists():
            os.mkfifo(fifo)
        # Read and write, so that neither side waits for the other, and the reader sees no end.
        self._wire_fd = os.open(fifo, os.O_RDWR)
        self.wire = Wires(self._wire_fd)
        notify = self.folder / "notify"
        notify.unlink(missing_ok=True)
        self.notifications = Notifications(self.folder)
        environment = dict(os.environ, NOTIFY_SOCKET=self.notifications.path, TOS_SIM_DIR=str(self.folder))
        for name in ("JOURNAL_STREAM", "STATE_DIRECTORY", "WATCHDOG_USEC", "WATCHDOG_PID"):
            environment.pop(name, None)
        environment.update(self.environment)
        state = [] if "STATE_DIRECTORY" in self.environment else ["--state", str(self.folder / "state")]
        self.process = subprocess.Popen(
            [self.binary, "--simulate", "--config", str(self.map), *state, *self.arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env=environment,
        )
        # The gateway does not wait for whoever reads its log, and a test may be slow: linux/fcntl.h, F_SETPIPE_SZ.
        fcntl.fcntl(self.process.stderr, 1031, 1 << 20)
        self.log = Lines(self.process.stderr)
        if wait_ready:
            self.notifications.lines.wait(r"^READY=1$")
        return self

    def refuse_start(self):
        """It opens its outputs and runs its threads, and cannot go on: nobody can control its board."""
        control = self.folder / "control"
        control.unlink(missing_ok=True)
        control.mkdir()
        self.start(wait_ready=False)
        self.log.wait("error: cannot start: ")
        assert self.process.wait(TIMEOUT) == 1
        self._finish()
        control.rmdir()

    def control(self, command):
        """One command to the simulated board; returns the answer."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
            control.settimeout(TIMEOUT)
            control.connect(str(self.folder / "control"))
            control.sendall(command.encode() + b"\n")
            answer = control.makefile().readline().strip()
        return answer

    @contextlib.contextmanager
    def commands(self):
        """The same for many, on one connection: each is one message to the gateway."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
            control.settimeout(TIMEOUT)
            control.connect(str(self.folder / "control"))
            with control.makefile() as answers:

                def command(text):
                    control.sendall(text.encode() + b"\n")
                    return answers.readline().strip()

                yield command

    def fault(self, target, name):
        assert self.control(f"fault {target} {name}") == "ok"

    def set(self, target, value):
        """Sets the value that a channel of a simulated part shows from now on."""
        assert self.control(f"set {target} {value}") == "ok"

    def output(self, target):
        """The level of a line or the duty of a PWM channel, as the hardware has it now."""
        word, value = self.control(f"get {target}").split()
        assert word == "ok"
        return float(value)

    def wires(self, mark=0):
        """The changes on the wires so far, without the times."""
        self.wire.fence()
        lines = (line.split(" ", 1)[1] for line in self.wire.since(mark))
        return [line for line in lines if not line.startswith("fence ")]

    def taken(self):
        """The ts of all readings that it took, in their order: of its own log, with --verbose. What a busy machine has
        kept it from taking is not in it."""
        found = (re.search(r"sensors: reading (\d+)$", line) for line in self.log.since())
        return [int(match.group(1)) for match in found if match]

    def spooled(self):
        """The ts of the readings that it left on disk for the next start."""
        path = self.folder / "state" / "spool.db"
        if not path.is_file():
            return set()
        with contextlib.closing(sqlite3.connect(path)) as database:
            return {row[0] for row in database.execute("SELECT taken_ms FROM reading")}

    def reload(self, map_text=None):
        if map_text is not None:
            self.map.write_text(map_text)
        self.process.send_signal(signal.SIGHUP)

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self, number=signal.SIGKILL):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(number)
            self.process.wait(TIMEOUT)
        return self._finish()

    def stop(self):
        """SIGTERM; returns the exit code."""
        return self.kill(signal.SIGTERM)

    def stop_before(self, client):
        """The same, and the client has got all that it said. Returns a mark behind that."""
        mark = client.mark()
        assert self.stop() == 0
        client.wait("tos/status", lambda message: message.payload == b"offline", mark)
        return client.mark()

    def _finish(self):
        if not self.process:
            return None
        self.log.join()
        if self.notifications:
            self.notifications.close()
            self.notifications = None
            # The wire's reader ends with its last writer: give it a last line to wake up on.
            os.write(self._wire_fd, b"end\n")
            self.wire.join()
            os.close(self._wire_fd)
        return self.process.returncode


class Program:
    """A Python program that is a client of its own, with its output as lines."""

    def __init__(self, path, *arguments):
        self.process = subprocess.Popen(
            [sys.executable, "-u", str(path), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.output = Lines(self.process.stdout)

    def type(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def end(self):
        self.process.terminate()
        self.process.wait(TIMEOUT)
        self.output.join()
        self.process.stdin.close()


def run_tosd(binary, *arguments, **environment):
    """Runs it to its end; returns what subprocess.run() does."""
    return subprocess.run(
        [binary, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        env=dict(os.environ, **environment),
    )


def build_library(folder, name):
    """A library for LD_PRELOAD, from the source of that name beside this file."""
    library = pathlib.Path(folder) / f"{name}.so"
    source = pathlib.Path(__file__).resolve().parent / f"{name}.c"
    compiler = os.environ.get("CC", "cc").split()
    subprocess.run([*compiler, "-D_GNU_SOURCE", "-shared", "-fPIC", "-o", library, source], check=True)
    return library


def check_sanitizers(gateway):
    """Fails if a sanitizer has reported anything."""
    if gateway.log:
        text = "\n".join(gateway.log.since())
        assert "Sanitizer" not in text and "runtime error:" not in text, text
