# SPDX-License-Identifier: MIT
"""A broker that offers less than mosquitto, or answers wrongly, as others do: MQTT 3.1.1 and 5, following a script.

It is strict: a client that asks for more than it offers is disconnected, with the reason if the protocol has a code."""

import contextlib
import queue
import socket
import struct
import threading
import time

from harness import TIMEOUT

CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP = 1, 2, 3, 4, 5, 6, 7
SUBSCRIBE, SUBACK, PINGREQ, PINGRESP, DISCONNECT = 8, 9, 12, 13, 14

QOS_NOT_SUPPORTED, RETAIN_NOT_SUPPORTED, KEEP_ALIVE_TIMEOUT = 0x9B, 0x9A, 0x8D
MAXIMUM_QOS, RETAIN_AVAILABLE, SERVER_KEEP_ALIVE, REASON_STRING, RECEIVE_MAXIMUM = 0x24, 0x25, 0x13, 0x1F, 0x21


class Thrown(Exception):
    """The client is disconnected, with this reason code."""


def text(value):
    data = value.encode()
    return struct.pack(">H", len(data)) + data


def packet(first, body):
    length = b""
    left = len(body)
    while True:
        left, digit = left >> 7, left & 0x7F
        length += bytes([digit | (0x80 if left else 0)])
        if not left:
            return bytes([first]) + length + body


class Reader:
    """The fields of a packet, one after the other."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def byte(self):
        return self.bytes(1)[0]

    def bytes(self, count):
        self.at += count
        return self.data[self.at - count : self.at]

    def short(self):
        return struct.unpack(">H", self.bytes(2))[0]

    def string(self):
        return self.bytes(self.short()).decode()

    def properties(self):
        length = shift = 0
        while True:
            byte = self.byte()
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return self.bytes(length)

    def left(self):
        return len(self.data) - self.at


class Publication:
    def __init__(self, topic, payload, qos, retain):
        self.topic, self.payload, self.qos, self.retain = topic, payload, qos, retain


class Connection:
    """One client: what its CONNECT had, and what it sent."""

    def __init__(self, broker, stream):
        self.broker, self._socket = broker, stream
        self._lock = threading.Lock()  # a test and the connection's own thread both send
        self._is_over = False
        self.over = threading.Event()  # nothing more comes from it
        self.took_leave = False  # it sent a DISCONNECT
        self.acknowledged = 0  # messages to it
        self.version = self.keep_alive = None
        self.will = None  # a Publication
        self.properties = self.will_properties = None  # of MQTT 5, as bytes
        self.subscriptions = []
        self.options = {}  # the byte of each subscription: QoS, and with MQTT 5 more

    def send(self, first, body):
        """Nothing behind a DISCONNECT."""
        with self._lock:
            if not self._is_over:
                self._is_over = first == DISCONNECT << 4
                self._socket.sendall(packet(first, body))

    def publish(self, topic, payload, retain=False):
        """With QoS 1."""
        self.send(PUBLISH << 4 | 2 | retain, text(topic) + b"\0\1" + (b"\0" if self.version == 5 else b"") + payload)

    def disconnect(self, code, reason=None):
        """With MQTT 5, a word of farewell."""
        if self.version == 5:
            properties = bytes([REASON_STRING]) + text(reason) if reason else b""
            self.send(DISCONNECT << 4, bytes([code, len(properties)]) + properties)
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def serve(self):
        with self._socket, self._socket.makefile("rb") as stream:
            try:
                while self._serve_one(stream):
                    pass
            except Thrown as thrown:
                with contextlib.suppress(OSError):
                    self.disconnect(thrown.args[0])
            except TimeoutError:
                with contextlib.suppress(OSError):
                    self.broker.timed_out.put(self)
                    self.disconnect(KEEP_ALIVE_TIMEOUT)
            except (OSError, ValueError):
                pass
            finally:
                self.over.set()

    def _serve_one(self, stream):
        first = stream.read(1)
        if not first:
            return False
        length = shift = 0
        while True:
            byte = stream.read(1)[0]
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        reader = Reader(stream.read(length))
        handlers = {CONNECT: self._connect, PUBLISH: self._publish, SUBSCRIBE: self._subscribe}
        kind = first[0] >> 4
        self.acknowledged += kind == PUBACK
        if kind == DISCONNECT:
            self.took_leave = True
            return False
        if kind in handlers:
            return handlers[kind](first[0], reader)
        if kind == PUBREL:
            self.send(PUBCOMP << 4, reader.bytes(2))
        elif kind == PINGREQ:
            self.send(PINGRESP << 4, b"")
        return True

    def _connect(self, _, reader):
        reader.string()
        self.version, flags, self.keep_alive = reader.byte(), reader.byte(), reader.short()
        five = self.version == 5
        if five:
            self.properties = reader.properties()
        reader.string()
        if flags & 4:
            if five:
                self.will_properties = reader.properties()
            topic = reader.string()
            self.will = Publication(topic, reader.bytes(reader.short()), flags >> 3 & 3, bool(flags & 0x20))
        self.broker.connects.put(self)
        if five and not self.broker.speaks_5:
            return False
        refusal = self._refuses_will()
        if refusal and five:
            self.send(CONNACK << 4, bytes([0, refusal, 0]))
        if refusal:
            return False
        self.broker.connection = self
        self.send(CONNACK << 4, b"\0\0" + (self._offer() if five else b""))
        limit = self.broker.server_keep_alive if five else None
        self._socket.settimeout(1.5 * (limit or self.keep_alive) or None)
        return True

    def _refuses_will(self):
        if self.will and self.will.qos > self.broker.will_qos:
            return QOS_NOT_SUPPORTED
        if self.will and self.will.retain and not self.broker.retain:
            return RETAIN_NOT_SUPPORTED
        return 0

    def _offer(self):
        properties = b""
        if self.broker.qos < 2 and self.broker.says_qos:
            properties += bytes([MAXIMUM_QOS, self.broker.qos])
        if not self.broker.retain:
            properties += bytes([RETAIN_AVAILABLE, 0])
        if self.broker.receive_maximum:
            properties += bytes([RECEIVE_MAXIMUM]) + struct.pack(">H", self.broker.receive_maximum)
        if self.broker.server_keep_alive:
            properties += bytes([SERVER_KEEP_ALIVE]) + struct.pack(">H", self.broker.server_keep_alive)
        return bytes([len(properties)]) + properties

    def _subscribe(self, _, reader):
        number = reader.bytes(2)
        if self.version == 5:
            reader.properties()
        topics = []
        while reader.left():
            topic, options = reader.string(), reader.byte()
            self.options[topic] = options
            topics.append((topic, options & 3))
        self.subscriptions += [topic for topic, _ in topics]
        if not self.broker.answers_subscribe:
            return True
        refusal = self.broker.refusal
        codes = bytes(refusal if t in self.broker.refused_topics else min(q, self.broker.qos) for t, q in topics)
        self.send(SUBACK << 4, number + (b"\0" if self.version == 5 else b"") + codes)
        return True

    def _publish(self, first, reader):
        qos, retain = first >> 1 & 3, bool(first & 1)
        topic = reader.string()
        number = reader.bytes(2) if qos else b""
        if self.version == 5:
            reader.properties()
        publication = Publication(topic, reader.bytes(reader.left()), qos, retain)
        if qos > self.broker.qos and not self.broker.pubacks_qos_2:
            raise Thrown(QOS_NOT_SUPPORTED)
        if retain and not self.broker.retain:
            raise Thrown(RETAIN_NOT_SUPPORTED)
        if qos and self.broker.acknowledges:
            code = self.broker.puback_codes.get(topic, 0)
            answer = number + bytes([code] if code else [])
            self.send((PUBREC if qos == 2 and not self.broker.pubacks_qos_2 else PUBACK) << 4, answer)
            if code:
                self.broker.refused.put(publication)
                return True
        self.broker.published(publication)
        return True


class ScriptedBroker:
    """A broker that follows a script. Its features and its misbehaviour may be changed while it runs."""

    def __init__(self, port=0, **script):
        self.speaks_5 = script.pop("speaks_5", True)
        self.qos = script.pop("qos", 2)  # the highest one of PUBLISH
        self.says_qos = script.pop("says_qos", True)  # in CONNACK, as MQTT 5 wants it
        self.will_qos = script.pop("will_qos", self.qos)
        self.retain = script.pop("retain", True)
        self.server_keep_alive = script.pop("server_keep_alive", None)
        self.receive_maximum = script.pop("receive_maximum", None)  # of MQTT 5
        self.answers_subscribe = script.pop("answers_subscribe", True)
        self.refused_topics = script.pop("refused_topics", ())
        self.refusal = script.pop("refusal", 0x80)  # of these
        self.puback_codes = script.pop("puback_codes", {})  # of MQTT 5, by topic; the message is not published
        self.refused = queue.Queue()  # messages
        self.acknowledges = script.pop("acknowledges", True)
        self.pubacks_qos_2 = script.pop("pubacks_qos_2", False)
        assert not script
        self.connects = queue.Queue()
        self.timed_out = queue.Queue()  # connections that were silent for too long
        self.connection = None  # the last one that was accepted
        self._publications = []
        self._condition = threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                stream, _ = self._listener.accept()
            except OSError:
                return
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=Connection(self, stream).serve, daemon=True).start()

    def published(self, publication):
        with self._condition:
            self._publications.append(publication)
            self._condition.notify_all()

    def mark(self):
        with self._condition:
            return len(self._publications)

    def wait(self, topic, count=1, mark=0, timeout=TIMEOUT, accept=lambda packet: True):
        """The first count publications on topic at or after mark that are accepted."""
        deadline = time.monotonic() + timeout
        with self._condition:
            while True:
                found = [p for p in self._publications[mark:] if p.topic == topic and accept(p)][:count]
                if len(found) == count:
                    return found
                left = deadline - time.monotonic()
                if left <= 0 or not self._condition.wait(left):
                    got = [(p.topic, p.payload[:80]) for p in self._publications[mark:][-20:]]
                    raise AssertionError(f"{len(found)} of {count} messages on {topic} in {timeout} s; there is: {got}")

    def so_far(self, topic):
        with self._condition:
            return [p for p in self._publications if p.topic == topic]

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        if self.connection:
            with contextlib.suppress(OSError):
                self.connection.disconnect(0)
