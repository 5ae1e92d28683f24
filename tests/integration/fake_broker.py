# SPDX-License-Identifier: MIT
"""A broker of a few lines that can do what a real one cannot be asked for: refuse a version, a subscription, or to answer."""

import queue
import socket
import struct
import threading

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, PINGREQ, PINGRESP = 1, 2, 3, 4, 8, 9, 12, 13


class FakeBroker:
    """Acknowledges as if all were QoS 1. Each connection's CONNECT puts its protocol version into .versions, each PUBLISH its topic into .topics,
    and both, with the payload, into .published once it is acknowledged."""

    def __init__(self, on_version_5=b"", port=0, **behaviour):
        self.silent_on = set()  # topics whose messages are not acknowledged
        self.on_version_5 = on_version_5
        self.subscriptions = bytes(behaviour.pop("subscriptions", (1, 1, 1)))
        self.answers_subscribe = behaviour.pop("answers_subscribe", True)
        self.refuses = behaviour.pop("refuses", ())  # topics
        self.ends_on = behaviour.pop("ends_on", ())  # topics: a client that subscribes to one of them is disconnected
        self.kept_words = behaviour.pop("kept_words", b"")  # in one piece with the first CONNACK
        self.early_words = behaviour.pop("early_words", b"")  # the same before it, as from a session that was kept
        self.first_words = behaviour.pop("first_words", b"")  # in one piece with the first SUBACK of all
        self.acknowledges = behaviour.pop("acknowledges", True)
        self.last_words = behaviour.pop("last_words", None)  # in one piece with the first SUBACK, then the connection ends
        self.closes = behaviour.pop("closes", False)  # each connection, as soon as it is made
        assert not behaviour
        self.subscribed = queue.Queue()  # the topics of each SUBSCRIBE
        self.versions = queue.Queue()
        self.topics = queue.Queue()
        self.published = queue.Queue()
        self.connection = None  # the last one
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        # Wakes up accept() too, which close() alone does not.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def publish(self, topic, payload, again=False):
        """With QoS 1, on the last connection. again: with the flag DUP."""
        self.connection.sendall(self.packet(topic, payload, again))

    @staticmethod
    def packet(topic, payload, again=False):
        body = struct.pack(">H", len(topic)) + topic.encode() + b"\0\1" + payload
        return bytes([PUBLISH << 4 | (8 if again else 0) | 2, len(body)]) + body

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connection = connection
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, connection.makefile("rb") as stream:
            try:
                while self._packet(connection, stream):
                    pass
            except OSError:
                pass

    @staticmethod
    def _read(stream):
        first = stream.read(1)
        if not first:
            return None, None
        length = shift = 0
        while True:
            byte = stream.read(1)[0]
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return first[0], stream.read(length)

    @staticmethod
    def _filters(body):
        """The topics of a SUBSCRIBE of MQTT 3.1.1, behind its packet id."""
        while body:
            (length,) = struct.unpack_from(">H", body)
            yield body[2 : 2 + length].decode()
            body = body[2 + length + 1 :]

    def _packet(self, connection, stream):
        first, body = self._read(stream)
        if first is None:
            return False
        kind = first >> 4
        if kind == CONNECT:
            version = body[6]
            self.versions.put(version)
            if version == 5:
                connection.sendall(self.on_version_5)
                return False
            kept, self.kept_words = self.kept_words, b""
            connection.sendall(bytes([CONNACK << 4, 2, 0, 0]) + kept)
            return not self.closes
        elif kind == PINGREQ:
            connection.sendall(bytes([PINGRESP << 4, 0]))
        elif kind == SUBSCRIBE and self.answers_subscribe:
            topics = list(self._filters(body[2:]))
            self.subscribed.put(topics)
            if set(topics) & set(self.ends_on):
                return False
            codes = (self.subscriptions + bytes([1]) * len(topics))[: len(topics)]
            answer = body[:2] + bytes(0x80 if t in self.refuses else c for t, c in zip(topics, codes))
            early, self.early_words = self.early_words, b""
            words, self.first_words = self.first_words, b""
            connection.sendall(early + bytes([SUBACK << 4, len(answer)]) + answer + words + (self.last_words or b""))
            return self.last_words is None
        elif kind == PUBLISH:
            (length,) = struct.unpack_from(">H", body)
            topic, payload = body[2 : 2 + length].decode(), body[2 + length :]
            self.topics.put(topic)
            if first & 6 and self.acknowledges and topic not in self.silent_on:
                connection.sendall(bytes([PUBACK << 4, 2]) + payload[:2])
            self.published.put((topic, payload[2:] if first & 6 else payload))
        return True
