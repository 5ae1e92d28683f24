# SPDX-License-Identifier: MIT
"""A terminal, in the test's hands."""

import codecs
import contextlib
import fcntl
import os
import pty
import re
import signal
import struct
import termios
import threading
import unicodedata

from harness import TIMEOUT


class Terminal:
    """A program on a terminal, and the screen as the user sees it."""

    SEQUENCE = re.compile(r"\033\[(\?\d+[hl]|[\d;]*[A-Za-z])")

    # When the first process of a terminal ends, the kernel hangs up, and drops output that nobody has read yet. So a
    # shell is the first one: it writes the program's exit code, and ends when that was read.
    LEADER = """trap : INT; "$@"; printf '\\0%d\\0' $?; read -r _ <&3"""
    END = re.compile("\0(\\d+)\0")

    def __init__(self, arguments, environment, lines=24, columns=80):
        self.lines, self.columns = lines, columns
        self.raw, self.code = "", None
        self._changed = threading.Condition()
        gone, self._go = os.pipe()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            # The size is there before the program looks.
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
            os.dup2(gone, 3)
            os.execve("/bin/sh", ["sh", "-c", self.LEADER, "sh", *arguments], environment)
        os.close(gone)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while not self.END.search(self.raw) and (chunk := os.read(self.fd, 65536)):
                with self._changed:
                    self.raw += decoder.decode(chunk)
                    self._changed.notify_all()
        except OSError:  # it was killed
            pass
        with self._changed:
            end = self.END.search(self.raw)
            self.code = int(end.group(1)) if end else -signal.SIGKILL
            self.raw = self.END.sub("", self.raw)
            self._changed.notify_all()

    def wait_text(self, pattern, mark=0, timeout=TIMEOUT):
        """Waits until that was written at or behind a mark."""
        with self._changed:
            found = self._changed.wait_for(lambda: re.search(pattern, self.raw[mark:]), timeout)
            assert found, f"no {pattern!r} in {self.raw[mark:]!r}"

    def mark(self):
        with self._changed:
            return len(self.raw)

    def screen(self):
        """Returns the lines of the screen as they were last drawn. If they do not fit, one line says so."""
        drawn = re.findall(r"\033\[H((?:(?!\033\[H).)*)\033\[J", self.raw, re.DOTALL)
        rows = []
        for line in (drawn[-1] if drawn else "").replace("\r", "").split("\n"):
            text = self.SEQUENCE.sub("", line)
            wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
            if len(text) + wide > self.columns:
                return ["a line is too long"] * self.lines
            rows.append(text.rstrip())
        if len(rows) > self.lines:
            return ["the screen has scrolled"] * self.lines
        return rows + [""] * (self.lines - len(rows))

    def wait(self, accept, timeout=TIMEOUT):
        """Waits until the screen is so."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.code is not None or accept(self.screen()), timeout), self.screen()
        assert self.code is None, self.raw

    def resize(self, lines, columns):
        with self._changed:
            self.lines, self.columns, self.raw = lines, columns, ""
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def type(self, text):
        os.write(self.fd, text)

    def end(self, timeout=TIMEOUT):
        """Returns the exit code and the whole output."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.code is not None, timeout), self.raw
        self._reader.join()
        return self.code, self.raw

    def close(self):
        if self.code is None:
            # A shell that is the program may have outlived its terminal's leader, and hold the terminal.
            with contextlib.suppress(OSError):
                os.killpg(os.tcgetpgrp(self.fd), signal.SIGKILL)
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        os.close(self._go)
        self._reader.join()
        os.waitpid(self.pid, 0)
        os.close(self.fd)
