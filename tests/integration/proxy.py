# SPDX-License-Identifier: MIT
"""The network between a gateway and its broker, in the test's hands."""

import selectors
import socket
import threading

from harness import TIMEOUT, free_port


class Proxy:
    """Forwards TCP from its own port to another one. Can be cut (connections end, new ones are refused) and frozen (a
    black hole: connections stay, new ones are accepted, and nothing passes)."""

    def __init__(self, target_port):
        self.port = free_port()
        self._target = target_port
        self._lock = threading.Lock()
        self._pairs = {}
        self._listener = None
        self._frozen = False
        self.passed = 0  # bytes, in both directions
        self._left = None  # bytes until it is cut by itself
        self._selector = selectors.DefaultSelector()
        self._wake, self._waker = socket.socketpair()
        self._selector.register(self._wake, selectors.EVENT_READ)
        self._ended = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def open(self):
        """Accepts connections from now on."""
        with self._lock:
            if self._listener is None:
                self._listener = socket.create_server(("127.0.0.1", self.port))
                self._selector.register(self._listener, selectors.EVENT_READ)
        self._wake_up()
        return self

    def cut(self):
        with self._lock:
            self._cut()
        self._wake_up()

    def cut_after(self, size):
        """Cuts by itself after so many more bytes: in the middle of a transfer, however slow the test is."""
        with self._lock:
            self._left = size

    def _cut(self):
        self._left = None
        if self._listener is not None:
            self._selector.unregister(self._listener)
            self._listener.close()
            self._listener = None
        for end in list(self._pairs):
            self._drop(end)

    def freeze(self):
        self._set_frozen(True)

    def thaw(self):
        self._set_frozen(False)

    def close(self):
        self.cut()
        self._ended = True
        self._wake_up()
        self._thread.join(TIMEOUT)
        self._selector.close()
        self._wake.close()
        self._waker.close()

    def _set_frozen(self, frozen):
        with self._lock:
            self._frozen = frozen
        self._wake_up()

    def _wake_up(self):
        self._waker.send(b".")

    def _drop(self, end):
        other = self._pairs.pop(end, None)
        if other is None:
            return
        self._pairs.pop(other, None)
        for each in (end, other):
            self._selector.unregister(each)
            each.close()

    def _accept(self):
        end, _ = self._listener.accept()
        try:
            other = socket.create_connection(("127.0.0.1", self._target))
        except OSError:
            end.close()
            return
        for each in (end, other):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(each, selectors.EVENT_READ)
        self._pairs[end], self._pairs[other] = other, end

    def _forward(self, end):
        if end not in self._pairs:
            return
        try:
            data = end.recv(65536 if self._left is None else min(65536, self._left))
            if data:
                self.passed += len(data)
                self._pairs[end].sendall(data)
                self._count(len(data))
                return
        except OSError:
            pass
        self._drop(end)

    def _count(self, size):
        if self._left is not None:
            self._left -= size
            if self._left == 0:
                self._cut()

    def _run(self):
        while not self._ended:
            with self._lock:
                frozen = self._frozen
            if frozen:
                self._wake.recv(64)
                continue
            ready = [key.fileobj for key, _ in self._selector.select()]
            with self._lock:
                for fileobj in ready:
                    if fileobj is self._wake:
                        self._wake.recv(64)
                    elif self._frozen:
                        continue
                    elif fileobj is self._listener:
                        self._accept()
                    elif fileobj.fileno() >= 0:
                        self._forward(fileobj)
